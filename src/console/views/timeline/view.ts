/** What part of the timeline is looked at, and how one moves in it. */
import { computed, signal } from '@preact/signals'
import { createTimeAxis } from './time-axis.js'
import { currentTime } from '../../model/time.js'
import type { WorkItem } from '../../model/world-state.js'
import { fits } from '../../model/list-filters.js'
import { timeline } from './timeline.js'

export const isFolding = signal(true)
/** How much time is in sight, in milliseconds of the folded line. */
export const span = signal(120_000)
/** Where the right edge is; undefined: at the present, and it moves along. */
export const edge = signal<number | undefined>(undefined)
export const laneSearch = signal('')

const MIN_SPAN_MS = 500
const MAX_SPAN_MS = 30 * 86_400_000

export const axis = computed(() => createTimeAxis(isFolding.value ? timeline.value.jumps : []))

/** Rows of work that a lane can have; more work at a time is counted. */
const MAX_ROWS = 4
export const ROW = 17

/** The lanes that pass the search, with their tops and heights; those with the most recent connection first. */
export const shownLanes = computed(() => {
  let top = 0
  return [...timeline.value.lanes.values()]
    .filter(({ name, id }) => fits(`${name} ${id}`, laneSearch.value))
    .reverse()
    .map((lane) => {
      const { bars, rows, leftOut } = placeWork(lane.work.values())
      const place = { lane, bars, leftOut, top, height: 32 + Math.max(rows, 1) * ROW }
      top += place.height
      return place
    })
})

export type PlacedLane = (typeof shownLanes.value)[number]
export type Bar = PlacedLane['bars'][number]

/** Each piece of work with its times in virtual milliseconds, in the first row that is free. */
function placeWork(work: Iterable<WorkItem>) {
  const free: number[] = []
  let leftOut = 0
  const bars = Array.from(work).flatMap((item) => {
    const created = Date.parse(item.made)
    const [started, ended] = [item.begun, item.ended].map((at) => (at === undefined ? undefined : Date.parse(at)))
    const found = free.findIndex((end) => end < created)
    const row = found < 0 ? free.length : found
    if (row >= MAX_ROWS) {
      leftOut++
      return []
    }
    free[row] = ended ?? Infinity
    return [{ item, created, started, ended, row }]
  })
  return { bars, rows: free.length, leftOut }
}

export function rangeOf(): { from: number; to: number } {
  const to = edge.value ?? axis.value.place(currentTime()) + span.value * 0.04
  return { from: to - span.value, to }
}

/** Shows more or less time, around a place between 0 (left) and 1 (right). */
export function zoom(factor: number, around = 1): void {
  const { from, to } = rangeOf()
  const fixed = from + (to - from) * around
  span.value = Math.min(Math.max(span.value * factor, MIN_SPAN_MS), MAX_SPAN_MS)
  if (edge.value !== undefined || around < 0.98) edge.value = fixed + span.value * (1 - around)
}

export function pan(share: number): void {
  const { to } = rangeOf()
  const now = axis.value.place(currentTime())
  const next = to + share * span.value
  edge.value = next >= now + span.value * 0.04 ? undefined : next
}

let isFitted = false

/** The first time that there is something to see, as much as there is, within reason. */
export function fitOnce(): void {
  if (isFitted || timeline.value.lanes.size === 0) return
  isFitted = true
  showAll()
  span.value = Math.min(Math.max(span.value, 20_000), 300_000)
}

export function showNow(): void {
  edge.value = undefined
}

export function showAll(): void {
  const starts = [...timeline.value.lanes.values()].flatMap(({ changes, beats, work }) => [
    changes[0]?.at ?? Infinity,
    beats[0] ?? Infinity,
    Date.parse(work.values().next().value?.made ?? '') || Infinity,
  ])
  const first = Math.min(...starts)
  if (!Number.isFinite(first)) return
  const now = axis.value.place(currentTime())
  span.value = Math.min(Math.max((now - axis.value.place(first)) * 1.08, MIN_SPAN_MS), MAX_SPAN_MS)
  edge.value = undefined
}
