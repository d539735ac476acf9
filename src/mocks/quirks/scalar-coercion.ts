/**
 * A scalar of a neighbouring JSON type is taken for the declared one: 1.5 as 1, 5 as "5", "2" as 2, true as "true"; a
 * number instead of a time as seconds since 1970. A null among counts is left out, and an empty text instead of a number,
 * an id or a time.
 */
import { placeAt } from '../../kernel/json-value.js'
import type { Deviations } from '../engine/deviations.js'

export const scalarCoercion: Deviations = {
  mend({ body, flaws }) {
    let isChanged = false
    for (const { keyword, instancePath, params } of flaws) {
      const place = keyword === 'type' || keyword === 'format' ? placeAt(body, instancePath) : undefined
      if (place === undefined) continue
      const given: unknown = Reflect.get(place.parent, place.key)
      const isCount = /\/usage\/[^/]+$/.test(instancePath)
      if ((given === null && isCount) || (given === '' && mayBeEmpty(place.parent, keyword, params['type'])))
        isChanged = Reflect.deleteProperty(place.parent, place.key) || isChanged
      if (keyword === 'format') continue
      const taken = TIME.test(place.key) && typeof given === 'number' ? timeAt(given) : coerce(given, params['type'])
      if (taken !== undefined) isChanged = Reflect.set(place.parent, place.key, taken) || isChanged
    }
    return isChanged
  },
}

const TIME = /_(time|at)$/

/** Whether an empty text in an object is read as nothing: instead of a number, an id or a time. */
function mayBeEmpty(parent: object, keyword: string, type: unknown): boolean {
  return !Array.isArray(parent) && (keyword === 'format' || type === 'number' || type === 'integer')
}

/** A time by its seconds since 1970; undefined for one that no clock shows. */
function timeAt(seconds: number): string | undefined {
  const moment = new Date(seconds * 1000)
  return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString().replace(/^\+\d+/, '9999')
}

/** The value as another type reads it; undefined where it cannot. */
function coerce(value: unknown, type: unknown): string | number | boolean | undefined {
  if (type === 'string') return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
  if (type === 'boolean') return value === 'true' ? true : value === 'false' ? false : undefined
  if (type === 'number')
    return typeof value === 'string' && /^-?\d{1,10}(\.\d+)?$/.test(value) ? Number(value) : undefined
  if (type !== 'integer') return undefined
  if (typeof value === 'number') return Math.trunc(value)
  return typeof value === 'string' && /^-?\d{1,10}$/.test(value) ? Number(value) : undefined
}
