/**
 * A machine's drawing: its lines and states, those that were seen in colour; words on the lines are the caller's. And
 * the way that one resource has taken on it.
 */
import type { ComponentChildren } from 'preact'
import { narrowDiagrams } from '../../generated/lifecycle-diagrams.js'
import type { Diagram, DiagramMove, DiagramState } from '../../generated/lifecycle-diagrams.js'
import { plain, clockTime, duration } from '../model/labels.js'
import type { MachineName } from '../../lifecycle/table.js'
import type { PathStep } from '../model/requests/path-to-state.js'

export function StateDiagram(props: {
  diagram: Diagram
  id: string
  /** Read to those who cannot see it. */
  label: string
  isMade: (move: DiagramMove) => boolean
  isReached: (state: DiagramState) => boolean
  isCurrent?: (state: DiagramState) => boolean
  children?: ComponentChildren
}) {
  const { diagram, id, label, isMade, isReached, isCurrent, children } = props
  const { width, height, states, moves } = diagram
  const lines = moves.toSorted((a, b) => Number(isMade(a)) - Number(isMade(b)))
  return (
    <svg
      class="state-diagram"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      <defs>
        <Head id={`${id}-open`} kind="head" />
        <Head id={`${id}-seen`} kind="head seen" />
      </defs>
      {lines.map((move) => (
        <path
          key={`${move.from} ${move.to}`}
          class={isMade(move) ? 'move seen' : 'move'}
          d={move.path}
          marker-end={`url(#${id}-${isMade(move) ? 'seen' : 'open'})`}
        />
      ))}
      {children}
      {states.map((state) => (
        <State
          key={`${state.kind} ${state.name}`}
          state={state}
          kinds={`state${isReached(state) ? ' seen' : ''}${isCurrent?.(state) === true ? ' current' : ''}`}
        />
      ))}
    </svg>
  )
}

function Head({ id, kind }: { id: string; kind: string }) {
  return (
    <marker
      id={id}
      viewBox="0 0 8 8"
      refX="7"
      refY="4"
      markerUnits="userSpaceOnUse"
      markerWidth="8"
      markerHeight="8"
      orient="auto"
    >
      <path class={kind} d="M0,0.5 L8,4 L0,7.5 z" />
    </marker>
  )
}

function State({ state: { name, kind, x, y, width, height }, kinds }: { state: DiagramState; kinds: string }) {
  const [middle, center] = [x + width / 2, y + height / 2]
  return (
    <g class={kinds}>
      {kind !== 'start' && <rect x={x} y={y} width={width} height={height} rx={kind === 'end' ? 10 : 17} />}
      {kind === 'state' ? (
        <text x={middle} y={center + 4.5}>
          {plain(name)}
        </text>
      ) : (
        <circle cx={middle} cy={center} r={kind === 'start' ? 7 : 5} />
      )}
    </g>
  )
}

/** The drawing with the way, and step by step the time of each. `current`: the state that it is in. */
export function PathDiagram(props: { machine: MachineName; steps: readonly PathStep[]; current: string }) {
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
