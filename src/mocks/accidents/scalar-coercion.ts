/** A scalar of a neighbouring JSON type is taken for the declared one: 1.5 as 1, 5 as "5", "2" as 2, true as "true". */
import { placeAt } from '../../kernel/json-value.js'
import type { Deviations } from '../engine/deviations.js'

export const scalarCoercion: Deviations = {
  mend({ body, flaws }) {
    let isChanged = false
    for (const { keyword, instancePath, params } of flaws) {
      if (keyword !== 'type') continue
      const place = placeAt(body, instancePath)
      if (place === undefined) continue
      const taken = coerce(Reflect.get(place.parent, place.key), params['type'])
      if (taken !== undefined) isChanged = Reflect.set(place.parent, place.key, taken) || isChanged
    }
    return isChanged
  },
}

/** The value as another type reads it; undefined where it cannot. */
function coerce(value: unknown, type: unknown): string | number | boolean | undefined {
  if (type === 'string') return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
  if (type === 'boolean') return value === 'true' ? true : value === 'false' ? false : undefined
  if (type !== 'integer' && type !== 'number') return undefined
  if (typeof value === 'number') return Math.trunc(value)
  return typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : undefined
}
