/** The total of an unfiltered list of jobs counts those that have expired. */
import type { Deviations } from '../engine/deviations.js'
import type { RunnerRecord } from '../world/records.js'

/** Counts from now on: what expired before is forgotten. */
export function totalCountsExpired(): Deviations {
  const expired = new WeakMap<RunnerRecord, number>()
  return {
    onExpired: ({ runner }) => void expired.set(runner, (expired.get(runner) ?? 0) + 1),
    totalOf: (runner, existing) => existing + (expired.get(runner) ?? 0),
  }
}
