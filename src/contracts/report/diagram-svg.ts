/** Draws a machine's diagram as SVG; colours come from the page's style. */
import type { EdgeCoverage, MachineCoverage } from '../check/coverage-report.js'
import {
  layOut,
  LINE_HEIGHT,
  STATE_HEIGHT,
  type Diagram,
  type PlacedMove,
  type PlacedState,
} from '../../diagram/layout.js'
import { at, outlineOf } from '../../diagram/outline.js'
import { escapeHtml } from './html-text.js'

const MARKS: Readonly<Record<EdgeCoverage['outcome'], string>> = { passed: '✓', failed: '✗', 'not-seen': '·' }

/** Renders a machine; `title` is read to those who cannot see it. */
export function renderDiagram(machine: MachineCoverage, title: string): string {
  const diagram = layOut(machine.edges)
  const moves = diagram.moves.map((move) => renderMove(move, machine.machine))
  const parts = [
    renderMarkers(machine.machine),
    ...moves,
    ...diagram.states.map((state) => renderState(state, isSeen(machine, state.name))),
  ]
  return svg(diagram, title, parts.join(''))
}

/** A diagram wider than the page shrinks so far, and is scrolled from there on. */
const READABLE = 0.8

function svg({ width, height }: Diagram<EdgeCoverage>, title: string, content: string): string {
  const size = `style="min-width:${Math.ceil(READABLE * width)}px" width="${Math.ceil(width)}" height="${Math.ceil(height)}" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}"`
  return `<svg class="diagram" role="img" aria-label="${escapeHtml(title)}" ${size}>${content}</svg>`
}

function renderMarkers(id: string): string {
  const markers = Object.keys(MARKS).map(
    (outcome) =>
      `<marker id="${id}-${outcome}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">` +
      `<path class="head ${outcome}" d="M0,0.5 L8,4 L0,7.5 z"/></marker>`,
  )
  return `<defs>${markers.join('')}</defs>`
}

function renderMove({ points, isCurved, label, triggers }: PlacedMove<EdgeCoverage>, id: string): string {
  const outcome = outcomeOf(triggers)
  const path = `<path class="move ${outcome}" d="${outlineOf({ points, isCurved })}" marker-end="url(#${id}-${outcome})"/>`
  const box = `<rect class="label" x="${at(label.x)}" y="${at(label.y)}" width="${at(label.width)}" height="${at(label.height)}" rx="4"/>`
  const lines = triggers.map(
    ({ on, outcome: own }, row) =>
      `<text class="${own}" x="${at(label.x + label.width / 2)}" y="${at(label.y + 14 + row * LINE_HEIGHT)}">${MARKS[own]} ${escapeHtml(on)}</text>`,
  )
  return `<g>${path}${box}${lines.join('')}</g>`
}

/** Red when one trigger failed, green when one was seen, grey when none was. */
function outcomeOf(triggers: readonly EdgeCoverage[]): EdgeCoverage['outcome'] {
  if (triggers.some(({ outcome }) => outcome === 'failed')) return 'failed'
  return triggers.some(({ outcome }) => outcome === 'passed') ? 'passed' : 'not-seen'
}

function isSeen({ states }: MachineCoverage, name: string): boolean {
  return states.some((state) => state.name === name && state.isSeen)
}

function renderState({ name, kind, x, y, width }: PlacedState, wasSeen: boolean): string {
  const seen = wasSeen ? 'passed' : 'not-seen'
  if (kind === 'start') return `<circle class="outside" cx="${at(x + width / 2)}" cy="${at(y)}" r="7"/>`
  if (kind === 'end') {
    const center = `cx="${at(x + width / 2)}" cy="${at(y)}"`
    return `<circle class="outside ring" ${center} r="10"/><circle class="outside" ${center} r="5"/>`
  }
  const box = `<rect x="${at(x)}" y="${at(y - STATE_HEIGHT / 2)}" width="${at(width)}" height="${STATE_HEIGHT}" rx="9"/>`
  return `<g class="state ${seen}">${box}<text x="${at(x + width / 2)}" y="${at(y + 4.5)}">${escapeHtml(name)}</text></g>`
}
