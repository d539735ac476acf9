/** Values of entries: found by a path, and as text. */

/** The value at a path such as `usage.total_tokens` or `a.b[0].c`; '' is the value itself, undefined where it leads nowhere. */
export function valueAt(value: unknown, path: string): unknown {
  if (path === '') return value
  let place = value
  for (const [, name, index] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (typeof place !== 'object' || place === null) return undefined
    place = Reflect.get(place, name ?? Number(index))
  }
  return place
}

/** Text as it is, anything else as JSON, '' for nothing. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Whether there is nothing in it. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  return Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.keys(value).length === 0
}

/** The number that a value is or spells; NaN for anything else. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
}
