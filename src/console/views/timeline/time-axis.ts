/**
 * Virtual time on a line. Where the clock was moved by a jump, hours pass in a moment: such stretches are folded, so that
 * what happened before and after stands side by side. Folded time is measured in milliseconds as well.
 */

/** A stretch that is drawn shorter than it is. */
export interface SkippedTime {
  readonly from: number
  readonly to: number
}

/** A line with its folds, in order and apart from each other. */
export type TimeAxis = ReturnType<typeof createTimeAxis>

/** What a folded stretch is as long as. */
export const SKIPPED_MS = 5000

/** Makes a line. `jumps`: stretches to fold; short ones are left as they are, and those that overlap become one. */
export function createTimeAxis(jumps: readonly SkippedTime[]) {
  const folds = mergeFolds(jumps)
  const within = (ms: number, most: number): number => Math.min(Math.max(ms, 0), most)
  return {
    folds,
    place: (at: number): number =>
      folds.reduce((place, { from, to }) => place - within(at - from, to - from) * (1 - SKIPPED_MS / (to - from)), at),
    moment: (place: number): number =>
      folds.reduce((at, { from, to }) => at + within(at - from, SKIPPED_MS) * ((to - from) / SKIPPED_MS - 1), place),
  }
}

function mergeFolds(jumps: readonly SkippedTime[]): SkippedTime[] {
  const sorted = jumps.filter(({ from, to }) => to - from > 2 * SKIPPED_MS).toSorted((a, b) => a.from - b.from)
  const folds: SkippedTime[] = []
  for (const jump of sorted) {
    const last = folds.at(-1)
    if (last === undefined || jump.from > last.to) folds.push(jump)
    else folds[folds.length - 1] = { from: last.from, to: Math.max(last.to, jump.to) }
  }
  return folds
}

const STEPS = [
  ...[100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000],
  ...[60_000, 120_000, 300_000, 600_000, 1_800_000],
  ...[3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000, 604_800_000],
]

/** Moments to write on the line between two places: round ones, at least `gap` apart on it, none inside a fold. */
export function ticksOf(axis: TimeAxis, from: number, to: number, gap: number): number[] {
  const step = STEPS.find((each) => each >= gap) ?? 604_800_000
  const ticks: number[] = []
  const first = Math.ceil(axis.moment(from) / step) * step
  for (let at = first; axis.place(at) <= to && ticks.length < 500; at += step) {
    const fold = axis.folds.find((each) => at > each.from && at < each.to)
    // The next one is the first behind it.
    if (fold !== undefined) at = Math.ceil(fold.to / step - 1) * step
    else if (axis.place(at) - axis.place(ticks.at(-1) ?? -Infinity) >= gap) ticks.push(at)
  }
  return ticks
}
