/**
 * Fields that are computed when entries are shown, once until one of them changes: entries and the lists of them are
 * replaced, never changed.
 */
import { keepSpelling } from '../../kernel/json-text.js'
import { microsecondsOf } from '../collections/field-values.js'
import type { Entry } from '../world/collection.js'

/** When entries begin of which only an update has been seen. */
export const EPOCH = '1970-01-01T00:00:00Z'

/** Whether no create has been seen yet. */
export function isPartial(entry: Entry): boolean {
  return entry['start_time'] === EPOCH
}

/** Milliseconds from start to end, to the microsecond; undefined while one of them is missing. */
export function durationOf(entry: Entry): number | undefined {
  return durationOnce(entry, undefined)
}

const durationOnce = oncePerEntry((entry, _nothing: undefined) => {
  const { start_time: start, end_time: end } = entry
  if (end === undefined || isPartial(entry)) return undefined
  return (microsecondsOf(end) - microsecondsOf(start)) / 1000
})

/**
 * Metadata with a field before the others, instead of a value without fields; unchanged where that field has no value.
 */
export function withFirst(metadata: unknown, name: string, value: unknown): unknown {
  if (value === undefined) return metadata
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return { [name]: value }
  const shown = { [name]: value, ...metadata }
  keepSpelling(shown, metadata)
  return shown
}

/** Computes once for each list: a collection gives the same one again while nothing in it has changed. */
export function oncePerList<Result>(compute: (entries: readonly Entry[]) => Result): typeof compute {
  const known = new WeakMap<readonly Entry[], { readonly result: Result }>()
  return (entries) => {
    const kept = known.get(entries) ?? { result: compute(entries) }
    known.set(entries, kept)
    return kept.result
  }
}

/** Computes once for each entry while what it depends on besides is the same. */
export function oncePerEntry<Besides, Result>(
  compute: (entry: Entry, besides: Besides) => Result,
): (entry: Entry, besides: Besides) => Result {
  const known = new WeakMap<Entry, { readonly besides: Besides; readonly result: Result }>()
  return (entry, besides) => {
    const kept = known.get(entry)
    if (kept !== undefined && kept.besides === besides) return kept.result
    const result = compute(entry, besides)
    known.set(entry, { besides, result })
    return result
  }
}
