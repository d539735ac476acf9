/** Times that are known to lie between two bounds: what has surely passed, and what may have. */

/** When something happened, in milliseconds of the server's time: between these two, both included. */
export interface TimeRange {
  readonly from: number
  readonly to: number
}

/** A server's timers may be this much off, and so may a reading of its clock. */
const SLACK_MS = 500

/** Whether at least `ms` lie between the two, whatever the bounds hide. */
export function hasPassed(since: TimeRange, now: TimeRange, ms: number): boolean {
  return now.from - since.to > ms + SLACK_MS
}

/** Whether `ms` may lie between the two. */
export function mayHavePassed(since: TimeRange, now: TimeRange, ms: number): boolean {
  return now.to - since.from > ms - SLACK_MS
}

/** Whether a span that began at one moment is over now; `open` where the bounds hide it. */
export function isOver(since: TimeRange, now: TimeRange, ms: number): 'over' | 'open' | 'running' {
  if (hasPassed(since, now, ms)) return 'over'
  return mayHavePassed(since, now, ms) ? 'open' : 'running'
}

/** Whether an answer was held for as long as a wait takes. */
export function mayHaveWaited({ waitedMs }: { waitedMs: number }, ms: number): boolean {
  return waitedMs >= ms - Math.min(SLACK_MS, ms / 5)
}
