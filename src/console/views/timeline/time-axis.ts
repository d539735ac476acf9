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
  return {
    folds,
    place(at: number): number {
      let saved = 0
      for (const { from, to } of folds) {
        if (at <= from) break
        const length = to - from
        if (at >= to) saved += length - SKIPPED_MS
        else saved += (at - from) * (1 - SKIPPED_MS / length)
      }
      return at - saved
    },
    moment(place: number): number {
      let at = place
      for (const { from, to } of folds) {
        if (at <= from) break
        const length = to - from
        at = at >= from + SKIPPED_MS ? at + length - SKIPPED_MS : from + ((at - from) * length) / SKIPPED_MS
        if (at < to) break
      }
      return at
    },
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
  let at = Math.ceil(axis.moment(from) / step) * step
  let last = -Infinity
  while (axis.place(at) <= to && ticks.length < 500) {
    const fold = axis.folds.find((each) => at > each.from && at < each.to)
    if (fold !== undefined) {
      at = Math.ceil(fold.to / step) * step
      continue
    }
    const place = axis.place(at)
    if (place - last >= gap) {
      ticks.push(at)
      last = place
    }
    at += step
  }
  return ticks
}
