/** Times as the API writes them: ISO-8601 with up to nine decimals, told apart to the microsecond. */

/** Microseconds since 1970; NaN for what is no time. */
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
