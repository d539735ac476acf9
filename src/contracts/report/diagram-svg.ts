/** Draws a machine's diagram as SVG; colours come from the page's style. */
import type { EdgeCoverage, MachineCoverage } from '../coverage-report.js'
import {
  layOut,
  LINE_HEIGHT,
  STATE_HEIGHT,
  type Diagram,
  type PlacedMove,
  type PlacedState,
  type Point,
} from './diagram-layout.js'
import { escapeHtml } from './html-text.js'

const MARKS: Readonly<Record<EdgeCoverage['outcome'], string>> = { passed: '✓', failed: '✗', 'not-seen': '·' }

/** Renders a machine; `title` is read to those who cannot see it. */
export function renderDiagram(machine: MachineCoverage, title: string): string {
  const diagram = layOut(machine)
  const moves = diagram.moves.map((move) => renderMove(move, machine.machine))
  const parts = [renderMarkers(machine.machine), ...moves, ...diagram.states.map(renderState)]
  return svg(diagram, title, parts.join(''))
}

function svg({ width, height }: Diagram, title: string, content: string): string {
  const size = `width="${Math.ceil(width)}" height="${Math.ceil(height)}" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}"`
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

function renderMove({ points, isCurved, label, triggers }: PlacedMove, id: string): string {
  const outcome = outcomeOf(triggers)
  const path = `<path class="move ${outcome}" d="${isCurved ? curve(points) : corners(points)}" marker-end="url(#${id}-${outcome})"/>`
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

function renderState({ name, kind, x, y, width, isSeen }: PlacedState): string {
  const seen = isSeen ? 'passed' : 'not-seen'
  if (kind === 'start') return `<circle class="outside" cx="${at(x + width / 2)}" cy="${at(y)}" r="7"/>`
  if (kind === 'end') {
    const center = `cx="${at(x + width / 2)}" cy="${at(y)}"`
    return `<circle class="outside ring" ${center} r="10"/><circle class="outside" ${center} r="5"/>`
  }
  const box = `<rect x="${at(x)}" y="${at(y - STATE_HEIGHT / 2)}" width="${at(width)}" height="${STATE_HEIGHT}" rx="9"/>`
  return `<g class="state ${seen}">${box}<text x="${at(x + width / 2)}" y="${at(y + 4.5)}">${escapeHtml(name)}</text></g>`
}

function curve(points: readonly Point[]): string {
  const [from, enter, leave, to] = points
  if (from === undefined || enter === undefined || leave === undefined || to === undefined) return ''
  return `M${xy(from)} ${bend(from, enter)} L${xy(leave)} ${bend(leave, to)}`
}

function bend(a: Point, b: Point): string {
  const middle = (a.x + b.x) / 2
  return `C${at(middle)},${at(a.y)} ${at(middle)},${at(b.y)} ${xy(b)}`
}

const RADIUS = 6

/** Straight lines with rounded corners. */
function corners(points: readonly Point[]): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  let path = `M${xy(first)}`
  rest.forEach((corner, index) => {
    const before = points[index]
    const after = rest[index + 1]
    if (after === undefined || before === undefined) path += ` L${xy(corner)}`
    else path += ` L${xy(towards(corner, before))} Q${xy(corner)} ${xy(towards(corner, after))}`
  })
  return path
}

function towards(corner: Point, other: Point): Point {
  const distance = Math.hypot(other.x - corner.x, other.y - corner.y)
  const share = distance === 0 ? 0 : Math.min(RADIUS, distance / 2) / distance
  return { x: corner.x + (other.x - corner.x) * share, y: corner.y + (other.y - corner.y) * share }
}

function xy({ x, y }: Point): string {
  return `${at(x)},${at(y)}`
}

function at(value: number): string {
  return String(Math.round(value * 10) / 10)
}
