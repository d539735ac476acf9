/** What is computed of many entries, such as the sums of a trace's spans: kept until one of them changes. */
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
