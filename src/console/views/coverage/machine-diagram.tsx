/** A machine with how often each of its moves was made; drawn like the one in the HTML report. */
import { diagrams, lineHeight, type LabelledDiagram, type LabelledMove } from '../../../generated/lifecycle-diagrams.js'
import type { MachineCoverage } from '../../model/paths/lifecycle-cover.js'
import { StateDiagram } from '../../parts/state-diagram.js'

/** The diagram. */
export function MachineDiagram({ coverage, title }: { coverage: MachineCoverage; title: string }) {
  const { machine, moves, seenStates, isEndSeen } = coverage
  const diagram: LabelledDiagram = diagrams[machine]
  const counts = new Map(moves.map(({ from, on, to, count }) => [`${from} ${on} ${to}`, count]))
  const countsOf = ({ from, to, triggers }: Pick<LabelledMove, 'from' | 'to' | 'triggers'>): number[] =>
    triggers.map((on) => counts.get(`${from} ${on} ${to}`) ?? 0)
  const seen = moves.filter(({ count }) => count > 0)
  const label = `${title}: ${seen.map(({ from, to, on, count }) => `${from} to ${to} by ${on}, ${count} times`).join('; ') || 'nothing was exercised'}`
  return (
    <div class="diagram-box scroll" tabIndex={0} role="region" aria-label={`${title}, diagram`}>
      <StateDiagram
        diagram={diagram}
        id={machine}
        label={label}
        isMade={(move) => countsOf(move).some((count) => count > 0)}
        isReached={({ name, kind }) => (kind === 'end' ? isEndSeen : seenStates.has(name))}
      >
        {diagram.moves.map((move) => (
          <Label key={`${move.from} ${move.to}`} move={move} counts={countsOf(move)} />
        ))}
      </StateDiagram>
    </div>
  )
}

function Label({ move: { label, triggers }, counts }: { move: LabelledMove; counts: readonly number[] }) {
  return (
    <g>
      <rect class="label-box" x={label.x} y={label.y} width={label.width} height={label.height} />
      {triggers.map((trigger, row) => {
        const count = counts[row] ?? 0
        return (
          <text
            key={trigger}
            class={count > 0 ? 'trigger seen' : 'trigger'}
            x={label.x + label.width / 2}
            y={label.y + 14 + row * lineHeight}
          >
            {trigger}
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
