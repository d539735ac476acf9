/**
 * The way that a job or a command has taken through its lifecycle: from events where they are kept, else from its
 * times.
 */
import type { EventView } from '../../../kernel/admin-views.js'
import type { BridgeCommand, LocalRunnerJob } from '../../../kernel/types.js'
import { readAdmin } from '../admin-api.js'
import { isObject, memberOf } from '../../../kernel/json-value.js'
import { useWatched } from './watched-requests.js'

/** One move that was made. */
export interface PathStep {
  readonly from: string
  readonly to: string
  /** The operation, timer or event. */
  readonly on: string
  /** Virtual milliseconds. */
  readonly at: number
}

/** The steps among events about one resource; empty when the first ones are not kept any more. */
function stepsOf(events: readonly EventView[], id: string): PathStep[] {
  const steps = events.flatMap((event) =>
    'machine' in event && event.resource.id === id
      ? [{ from: event.from, to: event.to, on: event.trigger, at: Date.parse(event.at) }]
      : [],
  )
  return steps[0]?.from === 'none' ? steps : []
}

/** What a job's times tell of its way. */
export function inferJobSteps({ status, created_at, started_at, completed_at, error }: LocalRunnerJob): PathStep[] {
  const ends = {
    completed: 'reportJobResult',
    cancelled: 'cancelJob',
    failed: /^Job timed out after \d+s$/.test(error ?? '') ? 'timer.job_timeout' : 'reportJobResult',
  }
  return inferSteps({ created: 'createJob', at: created_at }, [
    { to: 'running', on: 'nextJob', at: started_at },
    ...(status === 'pending' || status === 'running' ? [] : [{ to: status, on: ends[status], at: completed_at }]),
  ])
}

/** What a command's times tell of its way. */
export function inferCommandSteps({ status, submitted_at, picked_up_at, completed_at }: BridgeCommand): PathStep[] {
  const ends = {
    completed: 'reportBridgeResult',
    failed: 'reportBridgeResult',
    timed_out: 'timer.command_timeout',
  }
  return inferSteps({ created: 'createBridgeCommand', at: submitted_at }, [
    { to: 'picked_up', on: 'nextBridgeCommands', at: picked_up_at },
    ...(status === 'pending' || status === 'picked_up' ? [] : [{ to: status, on: ends[status], at: completed_at }]),
  ])
}

interface Arrival {
  readonly to: string
  readonly on: string
  readonly at: string | undefined
}

function inferSteps(start: { created: string; at: string }, arrivals: readonly Arrival[]): PathStep[] {
  const steps: PathStep[] = [{ from: 'none', to: 'pending', on: start.created, at: Date.parse(start.at) }]
  for (const { to, on, at } of arrivals) {
    const from = steps.at(-1)?.to ?? 'none'
    if (at !== undefined) steps.push({ from, to, on, at: Date.parse(at) })
  }
  return steps
}

/**
 * The steps of one resource while they go on; empty when it was made before the page listened, or too long ago.
 */
export function useSteps(machine: 'job' | 'bridgeCommand', id: string): readonly PathStep[] {
  const { value = [] } = useWatched<readonly PathStep[]>(`${machine} ${id}`, {
    read: async () => {
      const { body } = await readAdmin(`/history?type=${machine}.*&about=${id}`)
      const events: unknown = memberOf(body, 'events')
      return Array.isArray(events) ? stepsOf(events.filter(isEvent), id) : []
    },
    isAbout: (event) => 'machine' in event && event.resource.id === id,
  })
  return value
}

function isEvent(value: unknown): value is EventView {
  return isObject(value) && 'type' in value
}
