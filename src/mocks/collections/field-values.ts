/** Values of entries and queries: found by a path, and as text, numbers, lists and times. */

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

/** A list that comes as JSON text in a query parameter; undefined for anything else. */
export function parseList(text: unknown): unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(String(text))
    return Array.isArray(value) ? Array.from<unknown>(value) : undefined
  } catch {
    return undefined
  }
}

/**
 * Microseconds since 1970 of a time as the API writes it, ISO-8601 with up to nine decimals; NaN for what is no time.
 */
export function microsecondsOf(time: unknown): number {
  if (typeof time !== 'string' || !ISO.test(time)) return Number.NaN
  // Most have no more than three decimals.
  const decimals = time.length > MILLISECONDS ? (/\.\d{3}(\d{1,3})/.exec(time)?.[1] ?? '') : ''
  return Date.parse(time) * 1000 + Number(decimals.padEnd(3, '0'))
}

/** Whole milliseconds since 1970. */
export function millisecondsOf(time: unknown): number {
  return Math.floor(microsecondsOf(time) / 1000)
}

const MILLISECONDS = '2026-07-14T09:30:04.118Z'.length

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i
