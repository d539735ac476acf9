/** What the timeline draws: for each runner its heartbeats, lapses, work and faults, and where the clock was moved. */
import { signal } from '@preact/signals'
import type { EventView, TransitionView } from '../../../kernel/admin-views.js'
import { FRAME, gather } from '../../model/platform.js'
import { shortId } from '../../model/labels.js'
import { readHistory } from '../../model/admin-api.js'
import { onEvents } from '../../model/live.js'
import { projects, runnerIn, runners, work } from '../../model/world-state.js'

export interface WorkSpan {
  readonly kind: 'job' | 'command'
  readonly id: string
  readonly label: string
  status: string
  /** Virtual milliseconds. */
  readonly created: number
  started: number | undefined
  ended: number | undefined
  /** Which of the lane's rows it lies in. */
  readonly row: number
}

export interface Lane {
  readonly id: string
  name: string
  readonly type: string
  /** Its project's name, which tells runners of one name apart. */
  readonly project: string
  /** Work for which there was no row of its own. */
  readonly leftOut: Set<string>
  /** In the order in which they came; time may have been set back. */
  readonly beats: number[]
  readonly faults: { readonly at: number; readonly id: string; readonly effect: string }[]
  readonly changes: { readonly at: number; readonly to: string }[]
  readonly work: Map<string, WorkSpan>
  /** When each row of work is free again. */
  readonly free: number[]
}

export const lanes = new Map<string, Lane>()
export const marks: { readonly action: string; readonly from: number; readonly to: number }[] = []
export const timelineRevision = signal(0)

/** Rows of work that a lane can have; more work at a time is counted. */
const MAX_ROWS = 4
const MAX_BEATS = 4000
const MAX_MARKS = 500

let isFollowing = false

/** Reads what is kept and follows what comes; the second time nothing happens. */
export function followTimeline(): void {
  if (isFollowing) return
  isFollowing = true
  void readAgain()
  onEvents((events) => {
    if (events.some((event) => event.type === 'reset')) void readAgain()
    else for (const event of events) note(event)
    tell()
  })
}

async function readAgain(): Promise<void> {
  const known = await readHistory('limit=20000')
  if (known === undefined) return
  const start = known.findLastIndex((event) => event.type === 'reset')
  lanes.clear()
  marks.length = 0
  takeWorld()
  for (const event of known.slice(start + 1)) note(event)
  tell()
}

function takeWorld(): void {
  for (const runner of runners.values()) {
    const lane = laneOf(runner.id)
    lane.changes.push({ at: Date.parse(runner.connected_at), to: 'connected' })
    lane.beats.push(Date.parse(runner.last_heartbeat_at))
  }
  for (const item of [...work.job.values(), ...work.command.values()]) {
    const { kind, id, name: label, status, made: at, begun, ended } = item
    addWork(laneOf(item.runner_id), { kind, id, label, status, at }, begun, ended)
  }
}

function laneOf(id: string, name?: string): Lane {
  const known = lanes.get(id)
  if (known !== undefined) {
    if (name !== undefined) known.name = name
    return known
  }
  const runner = runners.get(id)
  const lane: Lane = {
    id,
    name: name ?? runner?.name ?? shortId(id),
    type: runner?.type ?? '',
    project: projects.get(runner?.project_id ?? '')?.name ?? '',
    ...{ leftOut: new Set(), beats: [], faults: [], changes: [], work: new Map(), free: [] },
  }
  lanes.set(id, lane)
  return lane
}

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

function noteMove({ machine, resource, from, to, at }: TransitionView): void {
  const { id, runner_id, name } = resource
  if (machine === 'runner' && to !== 'pairing' && from !== 'none') {
    if (from !== 'pairing' || to === 'connected') laneOf(id, name).changes.push({ at: Date.parse(at), to })
  }
  if ((machine !== 'job' && machine !== 'bridgeCommand') || runner_id === undefined) return
  const lane = laneOf(runner_id)
  const known = lane.work.get(id)
  if (known === undefined) {
    const kind = machine === 'job' ? 'job' : 'command'
    if (from === 'none') addWork(lane, { kind, id, label: name ?? kind, status: to, at })
    return
  }
  if (to === 'none') return
  known.status = to
  if (to === 'running' || to === 'picked_up') known.started = Date.parse(at)
  else if (to === 'pending') known.started = undefined
  else lane.free[known.row] = known.ended = Date.parse(at)
}

type NewWork = Pick<WorkSpan, 'kind' | 'id' | 'label' | 'status'> & { readonly at: string }

function addWork(lane: Lane, { at, ...work }: NewWork, started?: string, ended?: string): void {
  const created = Date.parse(at)
  const end = ended === undefined ? Infinity : Date.parse(ended)
  let row = lane.free.findIndex((free) => free < created)
  if (row < 0) row = lane.free.length
  if (row >= MAX_ROWS) {
    lane.leftOut.add(work.id)
    return
  }
  lane.free[row] = end
  const start = started === undefined ? undefined : Date.parse(started)
  lane.work.set(work.id, { ...work, created, started: start, ended: end === Infinity ? undefined : end, row })
}

const tell = gather(FRAME, () => timelineRevision.value++)
