/** The way of a job or command through its lifecycle, by events or its times: on its drawing, and step by step. */
import { narrowDiagrams, type Diagram } from '../../../generated/lifecycle-diagrams.js'
import { renderStateDiagram } from '../../../report/state-diagram.js'
import { plain, clockTime, duration } from '../../model/labels.js'
import type { MachineName } from '../../../lifecycle/table.js'
import { readHistory } from '../../model/admin-api.js'
import type { WorkFacts } from '../../model/world-state.js'
import { useWatched } from '../../model/live.js'

/** @param props `current`: the state that it is in */
export function PathDiagram(props: { machine: MachineName; steps: readonly PathStep[]; current: string }) {
  const { machine, steps, current } = props
  const reached = new Set([...steps.map(({ to }) => to), current])
  const drawing = renderStateDiagram(narrowDiagrams[machine], {
    id: 'path',
    title: `Lifecycle. ${steps.map(({ on, to, at }) => `${on} to ${wordOf(to)} at ${clockTime(at)}`).join(', ')}`,
    triggersOf: ({ from, to }) => {
      const isMade = steps.some((step) => step.from === from && step.to === to)
      return [{ tone: isMade ? 'passed' : 'not-seen', words: '' }]
    },
    kindsOf: ({ name, kind }) => {
      const isReached = kind === 'start' || reached.has(name)
      return `${isReached ? 'passed' : 'not-seen'}${kind !== 'start' && name === current ? ' current' : ''}`
    },
  })
  return (
    <div class="state-path">
      <div dangerouslySetInnerHTML={{ __html: drawing }} />
      <ol class="steps" aria-label="Steps">
        {steps.map(({ on, to, at }, index) => (
          <li key={index}>
            <time dateTime={new Date(at).toISOString()} title={new Date(at).toISOString()}>
              {index === 0 ? clockTime(at, 'milliseconds') : `+${duration(at - (steps[index - 1]?.at ?? at))}`}
            </time>
            <span class="on">{on.replaceAll('timer.', '')}</span>
            <span class="to">{wordOf(to)}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}

function wordOf(state: string): string {
  return state === 'none' ? 'gone' : plain(state)
}

interface PathStep {
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
