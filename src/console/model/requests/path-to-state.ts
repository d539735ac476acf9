/** The way that a job or a command has taken through its lifecycle: from events where they are kept, else from its times. */
import { readHistory } from '../admin-api.js'
import type { WorkFacts } from '../world-state.js'
import { useWatched } from './watched-requests.js'

export interface PathStep {
  readonly from: string
  readonly to: string
  /** The operation, timer or event. */
  readonly on: string
  /** Virtual milliseconds. */
  readonly at: number
}

const TRIGGERS = {
  job: ['createJob', 'running', 'nextJob', 'reportJobResult'],
  command: ['createBridgeCommand', 'picked_up', 'nextBridgeCommands', 'reportBridgeResult'],
} as const

function stepsByTimes({ kind, status, made, begun, ended }: WorkFacts, error: unknown): PathStep[] {
  const [create, busy, take, report] = TRIGGERS[kind]
  const hasRunOut = kind === 'job' && /^Job timed out after \d+s$/.test(typeof error === 'string' ? error : '')
  const steps: PathStep[] = [{ from: 'none', to: 'pending', on: create, at: Date.parse(made) }]
  if (begun !== undefined) steps.push({ from: 'pending', to: busy, on: take, at: Date.parse(begun) })
  if (ended === undefined || status === 'pending' || status === busy) return steps
  const ends: Readonly<Record<string, string>> = {
    cancelled: 'cancelJob',
    timed_out: 'timer.command_timeout',
    ...(hasRunOut && { failed: 'timer.job_timeout' }),
  }
  const on = ends[status] ?? report
  return [...steps, { from: begun === undefined ? 'pending' : busy, to: status, on, at: Date.parse(ended) }]
}

/** The steps of a job or command while they go on; by its times when its first events are not kept any more. */
export function useSteps(id: string, work: WorkFacts, error: unknown): readonly PathStep[] {
  const machine = work.kind === 'job' ? 'job' : 'bridgeCommand'
  const { value = [] } = useWatched<readonly PathStep[]>(`${machine} ${id}`, {
    read: async () => {
      const history = await readHistory(`type=${machine}.*&about=${id}`)
      const steps = (history?.events ?? []).flatMap((event) =>
        'machine' in event && event.resource.id === id
          ? [{ from: event.from, to: event.to, on: event.trigger, at: Date.parse(event.at) }]
          : [],
      )
      return steps[0]?.from === 'none' ? steps : []
    },
    isAbout: (event) => 'machine' in event && event.resource.id === id,
  })
  return value.length > 0 ? value : stepsByTimes(work, error)
}
