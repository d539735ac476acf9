/** What part of the timeline is looked at, and how one moves in it. */
import { computed, signal } from '@preact/signals'
import { createTimeAxis } from './time-axis.js'
import { currentTime } from '../../model/time.js'
import { lanes, marks, timelineRevision } from './timeline.js'

export const isFolding = signal(true)
/** How much time is in sight, in milliseconds of the folded line. */
export const span = signal(120_000)
/** Where the right edge is; undefined: at the present, and it moves along. */
export const edge = signal<number | undefined>(undefined)
export const laneSearch = signal('')

export const LEFT_MARGIN = 170
export const HEAD = 34

const MIN_SPAN_MS = 500
const MAX_SPAN_MS = 30 * 86_400_000

export const axis = computed(() => {
  void timelineRevision.value
  const jumps = marks.filter(({ action, from, to }) => (action === 'advance' || action === 'set') && to > from)
  return createTimeAxis(isFolding.value ? jumps : [])
})

/** The lanes in sight with their tops and heights; those with the most recent connection first. */
export const shownLanes = computed(() => {
  void timelineRevision.value
  const words = laneSearch.value.toLowerCase()
  const shown = [...lanes.values()].filter(({ name, id }) => `${name} ${id}`.toLowerCase().includes(words)).reverse()
  let top = 0
  return shown.map((lane) => {
    const height = 26 + Math.max(lane.free.length, 1) * 17 + 6
    const place = { lane, top, height }
    top += height
    return place
  })
})

export type PlacedLane = (typeof shownLanes.value)[number]

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
  if (isFitted || lanes.size === 0) return
  isFitted = true
  showAll()
  span.value = Math.min(Math.max(span.value, 20_000), 300_000)
}

export function showNow(): void {
  edge.value = undefined
}

export function showAll(): void {
  const starts = [...lanes.values()].flatMap(({ changes, beats, work }) => [
    changes[0]?.at ?? Infinity,
    beats[0] ?? Infinity,
    work.values().next().value?.created ?? Infinity,
  ])
  const first = Math.min(...starts)
  if (!Number.isFinite(first)) return
  const now = axis.value.place(currentTime())
  span.value = Math.min(Math.max((now - axis.value.place(first)) * 1.08, MIN_SPAN_MS), MAX_SPAN_MS)
  edge.value = undefined
}
