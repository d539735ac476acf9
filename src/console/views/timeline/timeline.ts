/** What the timeline draws: for each runner its heartbeats, lapses, work and faults, and where the clock was moved. */
import { signal } from '@preact/signals'
import type { EventView, TransitionView } from '../../../kernel/admin-views.js'
import { FRAME, gather } from '../../model/platform.js'
import { shortId } from '../../model/labels.js'
import { followHistory } from '../../model/live.js'
import { BUSY, projects, runners, work, type WorkItem } from '../../model/world-state.js'

/** A runner over time, also one that is gone. */
export interface Lane {
  readonly id: string
  name: string
  type: string
  /** Its project's name, which tells runners of one name apart. */
  project: string
  /** In the order in which they came; time may have been set back. */
  readonly beats: number[]
  readonly faults: { readonly at: number; readonly id: string; readonly effect: string }[]
  readonly changes: { readonly at: number; readonly to: string }[]
  readonly work: Map<string, WorkItem>
}

export const lanes = new Map<string, Lane>()
export const marks: { readonly action: string; readonly from: number; readonly to: number }[] = []
export const timelineRevision = signal(0)

const MAX_BEATS = 4000
const MAX_MARKS = 500

let isFollowing = false

/** Reads what is kept and follows what comes; the second time nothing happens. */
export function followTimeline(): void {
  if (isFollowing) return
  isFollowing = true
  const isStart = ({ type }: EventView): boolean => type === 'reset'
  followHistory('limit=20000', isStart, (events, isBeginning) => {
    if (isBeginning) takeWorld()
    for (const event of events) note(event)
    tell()
  })
}

function takeWorld(): void {
  lanes.clear()
  marks.length = 0
  for (const runner of runners.value.values()) {
    const lane = laneOf(runner.id)
    lane.changes.push({ at: Date.parse(runner.connected_at), to: 'connected' })
    lane.beats.push(Date.parse(runner.last_heartbeat_at))
  }
  for (const item of [...work.job.value.values(), ...work.command.value.values()])
    laneOf(item.runner_id).work.set(item.id, item)
}

function laneOf(id: string, name?: string): Lane {
  const runner = runners.value.get(id)
  const lane = lanes.get(id) ?? { id, name: '', type: '', project: '', ...emptyLane() }
  lanes.set(id, lane)
  return Object.assign(lane, {
    name: name ?? runner?.name ?? (lane.name || shortId(id)),
    type: runner?.type ?? lane.type,
    project: projects.value.get(runner?.project_id ?? '')?.name ?? lane.project,
  })
}

const emptyLane = () => ({ beats: [], faults: [], changes: [], work: new Map<string, WorkItem>() })

function note(event: EventView): void {
  if ('machine' in event) return noteMove(event)
  if (event.type === 'request' && event.operation === 'heartbeat' && event.status === 200) {
    const { beats } = laneOf(runnerIn(event.path))
    beats.push(Date.parse(event.at))
    if (beats.length > MAX_BEATS) beats.shift()
  }
  if (event.type === 'fault' && event.runner_id !== undefined)
    laneOf(event.runner_id).faults.push({ at: Date.parse(event.at), id: event.fault, effect: event.effect })
  if (event.type === 'clock') {
    marks.push({ action: event.action, from: Date.parse(event.from), to: Date.parse(event.to) })
    if (marks.length > MAX_MARKS) marks.shift()
  }
}

function noteMove(event: TransitionView): void {
  const { machine, from, to, at } = event
  const { id, runner_id, name } = event.resource
  if (machine === 'runner' && to !== 'pairing' && from !== 'none') {
    if (from !== 'pairing' || to === 'connected') laneOf(id, name).changes.push({ at: Date.parse(at), to })
  }
  // Work that has expired stays on the chart.
  if ((machine === 'job' || machine === 'bridgeCommand') && runner_id !== undefined && to !== 'none')
    noteWork(laneOf(runner_id).work, event)
}

/** The runner whose id stands in a path; '' without one. */
function runnerIn(path: string): string {
  return /\/local-runners\/([0-9a-f-]{36})(?:\/|$)/i.exec(path)?.[1]?.toLowerCase() ?? ''
}

/** Notes the move of a job or command to a state that it can be in. */
function noteWork(store: Map<string, WorkItem>, { machine, from, to, resource, at }: TransitionView): void {
  const { id, runner_id, name = '' } = resource
  const item = store.get(id)
  if (item !== undefined) {
    const times = BUSY.includes(to) ? { begun: at } : to === 'pending' ? { begun: undefined } : { ended: at }
    store.set(id, { ...item, ...times, status: to })
  } else if (from === 'none' && runner_id !== undefined) {
    const kind = machine === 'job' ? 'job' : 'command'
    store.set(id, { kind, id, runner_id, name, status: to, made: at, begun: undefined, ended: undefined })
  }
}

const tell = gather(FRAME, () => timelineRevision.value++)
