/** The way that one resource has taken: on a drawing of its machine, and step by step with the time of each. */
import { narrowDiagrams, type Diagram } from '../../generated/lifecycle-diagrams.js'
import type { MachineName } from '../../kernel/lifecycle.js'
import type { Step } from '../model/paths/path-to-state.js'
import { clockTime, duration, plain } from '../model/labels.js'
import { StateDiagram } from './state-diagram.js'

/** Both. `current`: the state that it is in. */
export function PathDiagram(props: { machine: MachineName; steps: readonly Step[]; current: string }) {
  const { machine, steps, current } = props
  const diagram: Diagram = narrowDiagrams[machine]
  const reached = new Set([...steps.map(({ to }) => to), current])
  return (
    <div class="state-path">
      <StateDiagram
        diagram={diagram}
        id="path"
        label={`Lifecycle. ${steps.map(({ on, to, at }) => `${on} to ${wordOf(to)} at ${clockTime(at)}`).join(', ')}`}
        isMade={({ from, to }) => steps.some((step) => step.from === from && step.to === to)}
        isReached={({ name, kind }) => kind === 'start' || reached.has(name)}
        isCurrent={({ name, kind }) => kind !== 'start' && name === current}
      />
      <ol class="steps" aria-label="Steps">
        {steps.map(({ on, to, at }, index) => (
          <li key={index}>
            <time dateTime={new Date(at).toISOString()} title={new Date(at).toISOString()}>
              {timeOf(at, steps[index - 1])}
            </time>
            <span class="on">{on.replace(/^timer\./, '')}</span>
            <span class="to">{wordOf(to)}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}

function timeOf(at: number, before: Step | undefined): string {
  return before === undefined ? clockTime(at, 'milliseconds') : `+${duration(at - before.at)}`
}

function wordOf(state: string): string {
  return state === 'none' ? 'gone' : plain(state)
}
