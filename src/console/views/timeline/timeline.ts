/** What the timeline draws: for each runner its heartbeats, lapses, work and faults, and where the clock was moved. */
import { computed } from '@preact/signals'
import type { TransitionEvent } from '../../../generated/kit-schema.js'
import { shortId } from '../../model/labels.js'
import { createHistory } from '../../model/live.js'
import { BUSY, projects, runners, work, type WorkItem } from '../../model/world-state.js'
import type { SkippedTime } from './time-axis.js'

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

const history = createHistory('limit=20000', {
  isStart: ({ type }) => type === 'reset',
  isAbout: (event) => event.type !== 'request' || event.operation === 'heartbeat',
})

export const followTimeline = history.follow

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
  for (const event of history.events.value) {
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
