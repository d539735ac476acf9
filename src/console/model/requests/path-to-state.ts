/** The way that a job or a command has taken through its lifecycle: from events where they are kept, else from its times. */
import { narrowDiagrams, type Diagram } from '../../../generated/lifecycle-diagrams.js'
import { readHistory } from '../admin-api.js'
import type { WorkFacts } from '../world-state.js'
import { useWatched } from './watched-requests.js'

export interface PathStep {
  readonly from: string
  readonly to: string
  /** The operation, timer or event; all that it may have been where only times are known. */
  readonly on: string
  /** Virtual milliseconds. */
  readonly at: number
}

/** The steps of a job or command while they go on; by its times when its first events are not kept any more. */
export function useSteps(id: string, work: WorkFacts): readonly PathStep[] {
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
    // Its end is a step as well.
    isAbout: (event) => 'machine' in event && event.resource.id === id,
  })
  return value.length > 0 ? value : stepsByTimes(work, narrowDiagrams[machine])
}

function stepsByTimes({ kind, status, made, begun, ended }: WorkFacts, { moves }: Diagram): PathStep[] {
  const busy = kind === 'job' ? 'running' : 'picked_up'
  const states = [['pending', made] as const, [busy, begun] as const, [status, ended] as const]
  const known = states.flatMap(([to, at]) => (at === undefined ? [] : [{ to, at: Date.parse(at) }]))
  return known.map(({ to, at }, place) => {
    const from = known[place - 1]?.to ?? 'none'
    const on = moves.find((move) => move.from === from && move.to === to)?.triggers.join(' or ') ?? ''
    return { from, to, on, at }
  })
}
