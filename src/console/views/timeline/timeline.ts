/** What the timeline draws: for each runner its heartbeats, lapses, work and faults; and which part is in sight. */
import { computed, signal } from '@preact/signals'
import type { TransitionEvent } from '../../../generated/kit-schema.js'
import { shortId } from '../../model/labels.js'
import { createHistory } from '../../model/live.js'
import { BUSY, projects, runners, work, type WorkItem } from '../../model/world-state.js'
import { type SkippedTime, createTimeAxis } from './time-axis.js'
import { currentTime } from '../../model/time.js'
import { fits } from '../../model/list-filters.js'

/** A runner over time, also one that is gone. */
export interface Lane {
  readonly id: string
  name: string
  readonly type: string
  /** Its project's name, which tells runners of one name apart. */
  readonly project: string
  /** In the order in which they came; time may have been set back. */
  readonly beats: number[]
  readonly faults: { readonly at: number; readonly id: string; readonly effect: string }[]
  readonly changes: { readonly at: number; readonly to: string }[]
  readonly work: Map<string, WorkItem>
}

export const { events, follow: followTimeline } = createHistory('', 20_000, {
  isStart: ({ type }) => type === 'reset',
  isAbout: (event) => event.type !== 'request' || event.operation === 'heartbeat',
})

/** What is in the world, and what has happened in it and to what is gone. */
export const timeline = computed(() => {
  const lanes = new Map<string, Lane>()
  const jumps: SkippedTime[] = []
  const laneOf = (id: string): Lane => {
    const runner = runners.value.get(id)
    const project = projects.value.get(runner?.project_id ?? '')?.name ?? ''
    const { name = shortId(id), type = '' } = runner ?? {}
    const lane = lanes.get(id) ?? { id, name, type, project, beats: [], faults: [], changes: [], work: new Map() }
    lanes.set(id, lane)
    return lane
  }
  for (const { id, connected_at: begin, last_heartbeat_at: beat } of runners.value.values()) {
    const { changes, beats } = laneOf(id)
    changes.push({ at: Date.parse(begin), to: 'connected' })
    beats.push(Date.parse(beat))
  }
  for (const item of [...work.job.value.values(), ...work.command.value.values()])
    laneOf(item.runner_id).work.set(item.id, item)
  for (const event of events.value) {
    const at = 'at' in event ? Date.parse(event.at) : 0
    if ('machine' in event) noteMove(event, laneOf)
    else if (event.type === 'request' && event.operation === 'heartbeat' && event.status === 200)
      laneOf(runnerIn(event.path)).beats.push(at)
    else if (event.type === 'fault' && event.runner_id !== undefined)
      laneOf(event.runner_id).faults.push({ at, id: event.fault, effect: event.effect })
    else if (event.type === 'clock' && (event.action === 'advance' || event.action === 'set'))
      jumps.push({ from: Date.parse(event.from), to: Date.parse(event.to) })
  }
  return { lanes, jumps }
})

/** The runner whose id stands in a path; '' without one. */
function runnerIn(path: string): string {
  return /\/local-runners\/([0-9a-f-]{36})(?:\/|$)/i.exec(path)?.[1]?.toLowerCase() ?? ''
}

function noteMove({ machine, from, to, at, resource }: TransitionEvent, laneOf: (id: string) => Lane): void {
  const { id, runner_id, name = '' } = resource
  if (machine === 'runner' && to !== 'pairing' && from !== 'none' && (from !== 'pairing' || to === 'connected')) {
    const lane = laneOf(id)
    lane.name = name || lane.name
    lane.changes.push({ at: Date.parse(at), to })
  }
  // Work that has expired stays on the chart.
  if ((machine !== 'job' && machine !== 'bridgeCommand') || runner_id === undefined || to === 'none') return
  const { work: own } = laneOf(runner_id)
  const item = own.get(id)
  if (item !== undefined) {
    const times = BUSY.includes(to) ? { begun: at } : to === 'pending' ? { begun: undefined } : { ended: at }
    own.set(id, { ...item, ...times, status: to })
  } else if (from === 'none') {
    const kind = machine === 'job' ? 'job' : 'command'
    own.set(id, { kind, id, runner_id, name, status: to, made: at, begun: undefined, ended: undefined })
  }
}

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
