/** Shows a machine's drawing as SVG, each part with a class for how it went; colours come from the page's style. */
import {
  diagrams,
  lineHeight,
  type DiagramState,
  type LabelledDiagram,
  type LabelledMove,
} from '../../generated/lifecycle-diagrams.js'
import { escapeMarkup } from '../../kernel/printable.js'
import type { EdgeCoverage, MachineCoverage } from '../check/coverage-report.js'

type Outcome = EdgeCoverage['outcome']

const MARKS: Readonly<Record<Outcome, string>> = { passed: '✓', failed: '✗', 'not-seen': '·' }

/** What lies on top of what, where lines cross. */
const ORDER: readonly Outcome[] = ['not-seen', 'passed', 'failed']

/** Renders a machine; `title` is read to those who cannot see it. */
export function renderDiagram(machine: MachineCoverage, title: string): string {
  const diagram: LabelledDiagram = diagrams[machine.machine]
  const moves = diagram.moves.map((move) => {
    const outcomes = move.triggers.map((on) => outcomeOf(machine, move, on))
    return { move, outcomes, worst: ORDER.findLast((outcome) => outcomes.includes(outcome)) ?? 'not-seen' }
  })
  const lines = moves
    .toSorted((a, b) => ORDER.indexOf(a.worst) - ORDER.indexOf(b.worst))
    .map(({ move, worst }) => renderLine(move, worst, machine.machine))
  const parts = [
    renderMarkers(machine.machine),
    ...lines,
    ...moves.map(({ move, outcomes }) => renderLabel(move, outcomes)),
    ...diagram.states.map((state) => renderState(state, isSeen(machine, state.name))),
  ]
  return svg(diagram, title, parts.join(''))
}

/** A diagram wider than the page shrinks so far, and is scrolled from there on. */
const READABLE = 0.8

function svg({ width, height }: LabelledDiagram, title: string, content: string): string {
  const size = `style="min-width:${Math.ceil(READABLE * width)}px" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return `<svg class="diagram" role="img" aria-label="${escapeMarkup(title)}" ${size}>${content}</svg>`
}

function outcomeOf({ edges }: MachineCoverage, { from, to }: LabelledMove, on: string): Outcome {
  return edges.find((edge) => edge.on === on && edge.from === from && edge.to === to)?.outcome ?? 'not-seen'
}

function isSeen({ states }: MachineCoverage, name: string): boolean {
  return states.some((state) => state.name === name && state.isSeen)
}

function renderMarkers(machine: string): string {
  const markers = ORDER.map(
    (outcome) =>
      `<marker id="${machine}-${outcome}" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="9" orient="auto">` +
      `<path class="head ${outcome}" d="M0,0.5 L8,4 L0,7.5 z"/></marker>`,
  )
  return `<defs>${markers.join('')}</defs>`
}

function renderLine({ path }: LabelledMove, outcome: Outcome, machine: string): string {
  return `<path class="move ${outcome}" d="${path}" marker-end="url(#${machine}-${outcome})"/>`
}

function renderLabel({ label, triggers }: LabelledMove, outcomes: readonly Outcome[]): string {
  const words = triggers.map((on, row) => {
    const outcome = outcomes[row] ?? 'not-seen'
    const y = label.y + 14 + row * lineHeight
    return `<text class="${outcome}" x="${label.x + label.width / 2}" y="${y}">${MARKS[outcome]} ${escapeMarkup(on)}</text>`
  })
  return `<rect class="label" ${box(label)} rx="4"/>${words.join('')}`
}

function renderState(state: DiagramState, wasSeen: boolean): string {
  const { name, kind, x, y, width, height } = state
  const [middle, center] = [x + width / 2, y + height / 2]
  const dot = `<circle class="outside" cx="${middle}" cy="${center}" r="${kind === 'start' ? width / 2 : 5}"/>`
  if (kind === 'start') return dot
  if (kind === 'end') return `<rect class="outside ring" ${box(state)} rx="10"/>${dot}`
  const text = `<text x="${middle}" y="${center + 4.5}">${escapeMarkup(name)}</text>`
  return `<g class="state ${wasSeen ? 'passed' : 'not-seen'}"><rect ${box(state)} rx="9"/>${text}</g>`
}

function box({ x, y, width, height }: Pick<DiagramState, 'x' | 'y' | 'width' | 'height'>): string {
  return `x="${x}" y="${y}" width="${width}" height="${height}"`
}
