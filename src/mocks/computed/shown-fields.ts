/** Fields of traces and spans that are computed when they are shown. */
import { microsecondsOf } from '../collections/parse-instant.js'
import type { Entry } from '../world/collection.js'

/** When entries begin of which only an update has been seen. */
export const EPOCH = '1970-01-01T00:00:00Z'

/** Whether no create has been seen yet. */
export function isPartial(entry: Entry): boolean {
  return entry['start_time'] === EPOCH
}

/** Milliseconds from start to end, to the microsecond; undefined while one of them is missing. */
export function durationOf(entry: Entry): number | undefined {
  const { start_time: start, end_time: end } = entry
  if (end === undefined || isPartial(entry)) return undefined
  return (microsecondsOf(end) - microsecondsOf(start)) / 1000
}

/** Metadata with a field before the others; as it is where that has no value or metadata has no fields. */
export function withFirst(metadata: unknown, name: string, value: unknown): unknown {
  if (value === undefined) return metadata
  if (metadata === undefined) return { [name]: value }
  const isFields = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)
  return isFields ? { [name]: value, ...metadata } : metadata
}

/** Without the fields that have no value. */
export function present(fields: Entry): Entry {
  const left: Record<string, unknown> = {}
  for (const name in fields) if (fields[name] !== undefined) left[name] = fields[name]
  return left
}
