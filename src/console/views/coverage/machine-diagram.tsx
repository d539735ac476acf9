/** A machine with how often each of its moves was made; drawn like the one in the HTML report. */
import { useMemo } from 'preact/hooks'
import { layOut, LINE_HEIGHT, STATE_HEIGHT, type PlacedMove, type PlacedState } from '../../../diagram/layout.js'
import { outlineOf } from '../../../diagram/outline.js'
import type { CountedMove, MachineCoverage } from '../../model/paths/lifecycle-cover.js'
import { plain } from '../../model/labels.js'

/** Characters beside the trigger's name, for the count and for the weight of what was seen. */
const ROOM = 5

/** The diagram. */
export function MachineDiagram({ coverage, title }: { coverage: MachineCoverage; title: string }) {
  const { machine, moves, seenStates, isEndSeen } = coverage
  // Places depend on the machine alone, counts come and go.
  const diagram = useMemo(() => layOut(moves, ROOM), [machine])
  const counts = new Map(moves.map((move) => [keyOf(move), move.count]))
  const seen = moves.filter(({ count }) => count > 0)
  const label = `${title}: ${seen.map(({ from, to, on, count }) => `${from} to ${to} by ${on}, ${count} times`).join('; ') || 'nothing was exercised'}`
  return (
    <div class="diagram-box scroll" tabIndex={0} role="region" aria-label={`${title}, diagram`}>
      <svg
        class="machine-diagram"
        width={Math.ceil(diagram.width)}
        height={Math.ceil(diagram.height)}
        viewBox={`0 0 ${Math.ceil(diagram.width)} ${Math.ceil(diagram.height)}`}
        role="img"
        aria-label={label}
      >
        <defs>
          {['seen', 'open'].map((kind) => (
            <marker
              key={kind}
              id={`${machine}-${kind}`}
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerUnits="userSpaceOnUse"
              markerWidth="8"
              markerHeight="8"
              orient="auto"
            >
              <path class={`head ${kind}`} d="M0,0.5 L8,4 L0,7.5 z" />
            </marker>
          ))}
        </defs>
        {diagram.moves.map((move) => (
          <Move
            key={`${move.triggers[0]?.from} ${move.triggers[0]?.to}`}
            move={move}
            counts={counts}
            machine={machine}
          />
        ))}
        {diagram.states.map((state) => (
          <State
            key={`${state.kind} ${state.name}`}
            state={state}
            isSeen={state.kind === 'end' ? isEndSeen : seenStates.has(state.name)}
          />
        ))}
      </svg>
    </div>
  )
}

function keyOf({ from, on, to }: Pick<CountedMove, 'from' | 'on' | 'to'>): string {
  return `${from} ${on} ${to}`
}

function Move(props: { move: PlacedMove<CountedMove>; counts: ReadonlyMap<string, number>; machine: string }) {
  const { move, counts, machine } = props
  const { label, triggers } = move
  const isSeen = triggers.some((trigger) => (counts.get(keyOf(trigger)) ?? 0) > 0)
  return (
    <g>
      <path
        class={isSeen ? 'move seen' : 'move'}
        d={outlineOf(move)}
        marker-end={`url(#${machine}-${isSeen ? 'seen' : 'open'})`}
      />
      <rect class="label-box" x={label.x} y={label.y} width={label.width} height={label.height} rx="4" />
      {triggers.map((trigger, row) => {
        const count = counts.get(keyOf(trigger)) ?? 0
        return (
          <text
            key={trigger.on}
            class={count > 0 ? 'trigger seen' : 'trigger'}
            x={label.x + label.width / 2}
            y={label.y + 14 + row * LINE_HEIGHT}
          >
            {trigger.on}
            {count > 0 && <tspan class="times"> ×{shortCount(count)}</tspan>}
          </text>
        )
      })}
    </g>
  )
}

function shortCount(count: number): string {
  return count < 10_000 ? String(count) : `${Math.round(count / 1000)}k`
}

function State({ state: { name, kind, x, y, width }, isSeen }: { state: PlacedState; isSeen: boolean }) {
  const kinds = isSeen ? 'state seen' : 'state'
  if (kind === 'start') return <circle class={kinds} cx={x + width / 2} cy={y} r="7" />
  if (kind === 'end') {
    return (
      <g class={kinds}>
        <circle class="ring" cx={x + width / 2} cy={y} r="10" />
        <circle cx={x + width / 2} cy={y} r="5" />
      </g>
    )
  }
  return (
    <g class={kinds}>
      <rect x={x} y={y - STATE_HEIGHT / 2} width={width} height={STATE_HEIGHT} rx="17" />
      <text x={x + width / 2} y={y + 4.5}>
        {plain(name)}
      </text>
    </g>
  )
}
