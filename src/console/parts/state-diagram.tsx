/** A machine's drawing: its lines and states, those that were seen in colour. Words on the lines are the caller's. */
import type { ComponentChildren } from 'preact'
import type { Diagram, DiagramMove, DiagramState } from '../../generated/lifecycle-diagrams.js'
import { plain } from '../model/labels.js'

/** What is shown of a machine. */
export interface StateDiagramProps {
  readonly diagram: Diagram
  /** Distinct on a page. */
  readonly id: string
  /** Read to those who cannot see it. */
  readonly label: string
  readonly isMade: (move: DiagramMove) => boolean
  readonly isReached: (state: DiagramState) => boolean
  readonly isCurrent?: (state: DiagramState) => boolean
  /** What lies over the lines. */
  readonly children?: ComponentChildren
}

/** The drawing, as large as it is where there is room. */
export function StateDiagram({ diagram, id, label, isMade, isReached, isCurrent, children }: StateDiagramProps) {
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
