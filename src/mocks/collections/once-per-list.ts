/**
 * What is computed of entries, such as the sums of a trace's spans: kept until one of them changes. Entries and the lists of
 * them are replaced, never changed.
 */
import type { Entry } from '../world/collection.js'

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
