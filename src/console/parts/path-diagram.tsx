/** The way that one resource has taken through its lifecycle: on its drawing, and step by step with the time of each. */
import { narrowDiagrams } from '../../generated/lifecycle-diagrams.js'
import { renderStateDiagram } from '../../report/state-diagram.js'
import { plain, clockTime, duration } from '../model/labels.js'
import type { MachineName } from '../../lifecycle/table.js'
import type { PathStep } from '../model/requests/path-to-state.js'

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
