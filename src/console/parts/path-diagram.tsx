/** A state machine with the way that one resource has taken through it, and the time on each step. */
import { useMemo } from 'preact/hooks'
import { movesOf } from '../../diagram/moves.js'
import type { MachineName } from '../../kernel/lifecycle.js'
import { GONE, layOutPath, STATE_HEIGHT, type PathMove, type PathState } from '../model/paths/path-layout.js'
import type { Step } from '../model/paths/path-to-state.js'
import { clockTime, duration, plain } from '../model/labels.js'

/** The diagram. `current`: the state that it is in. */
export function PathDiagram(props: { machine: MachineName; steps: readonly Step[]; current: string }) {
  const { machine, steps, current } = props
  const diagram = useMemo(() => layOutPath(movesOf(machine)), [machine])
  const visited = new Set(['none', ...steps.flatMap(({ from, to }) => [from, nameOf(to)])])
  const isTaken = (move: PathMove): boolean => stepsOn(move, steps).length > 0
  const moves = diagram.moves.toSorted((a, b) => Number(isTaken(a)) - Number(isTaken(b)))
  return (
    <svg
      class="path-diagram"
      viewBox={`0 0 ${diagram.width} ${diagram.height}`}
      role="img"
      aria-label={`Lifecycle. ${describe(steps)}`}
    >
      <defs>
        {['taken', 'open'].map((kind) => (
          <marker
            key={kind}
            id={`head-${kind}`}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerUnits="userSpaceOnUse"
            markerWidth="9"
            markerHeight="9"
            orient="auto"
          >
            <path class={`head ${kind}`} d="M0,0.5 L8,4 L0,7.5 z" />
          </marker>
        ))}
      </defs>
      {moves.map((move) => (
        <path
          key={`${move.from} ${move.to}`}
          class={isTaken(move) ? 'move taken' : 'move'}
          d={move.outline}
          marker-end={`url(#head-${isTaken(move) ? 'taken' : 'open'})`}
        />
      ))}
      {diagram.states.map((state) => (
        <State
          key={state.name}
          state={state}
          isVisited={visited.has(state.name)}
          isCurrent={state.name === nameOf(current)}
        />
      ))}
      {moves.map((move) => (
        <Label key={`${move.from} ${move.to}`} move={move} steps={steps} />
      ))}
    </svg>
  )
}

function nameOf(state: string): string {
  return state === 'none' ? GONE : state
}

function stepsOn({ from, to }: PathMove, steps: readonly Step[]): readonly Step[] {
  return steps.filter((step) => step.from === from && nameOf(step.to) === to)
}

function State({ state, isVisited, isCurrent }: { state: PathState; isVisited: boolean; isCurrent: boolean }) {
  const { name, kind, x, y, width } = state
  const kinds = `state ${name}${isVisited ? ' visited' : ''}${isCurrent ? ' current' : ''}`
  if (kind === 'start') return <circle class={kinds} cx={x} cy={y} r="6" />
  if (kind === 'end') {
    return (
      <g class={kinds}>
        <circle class="ring" cx={x} cy={y} r="8" />
        <circle cx={x} cy={y} r="4" />
      </g>
    )
  }
  return (
    <g class={kinds}>
      <rect x={x - width / 2} y={y - STATE_HEIGHT / 2} width={width} height={STATE_HEIGHT} rx="15" />
      <text x={x} y={y + 4.5}>
        {plain(name)}
      </text>
    </g>
  )
}

function Label({ move, steps }: { move: PathMove; steps: readonly Step[] }) {
  const taken = stepsOn(move, steps)
  const last = taken.at(-1)
  if (last === undefined) return null
  const { x, y, side } = move.label
  const before = steps[steps.indexOf(last) - 1]
  const time = before === undefined ? clockTime(last.at, 'milliseconds') : `+${duration(last.at - before.at)}`
  return (
    <text class={`label ${side}`} x={x} y={y + 4}>
      <title>{new Date(last.at).toISOString()}</title>
      <tspan class="on">{last.on.replace(/^timer\./, '')}</tspan>
      <tspan class="at" dx="6">
        {time}
        {taken.length > 1 ? ` ×${taken.length}` : ''}
      </tspan>
    </text>
  )
}

function describe(steps: readonly Step[]): string {
  return steps.map(({ on, to, at }) => `${on} to ${plain(nameOf(to))} at ${clockTime(at)}`).join(', ')
}
