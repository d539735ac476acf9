/** Draws a machine as SVG: its states and moves have a class for how they went, and colours come from the page's style. */
import { lineHeight, type LabelledMove } from '../generated/lifecycle-diagrams.js'
import type { Diagram, DiagramBox, DiagramMove, DiagramState } from '../generated/lifecycle-diagrams.js'
import { escapeMarkup } from '../kernel/printable.js'

/** Where lines cross, those of a later tone cover the others. */
const TONES = ['not-seen', 'passed', 'failed'] as const

export interface ShownTrigger {
  readonly tone: (typeof TONES)[number]
  readonly words: string
  /** How often it was seen, for instance. */
  readonly count?: string
}

export interface DiagramLook {
  /** Tells its arrow heads from those of other drawings on the page. */
  readonly id: string
  /** Read to those who cannot see it. */
  readonly title: string
  /** How each trigger of a move went; their words stand where the drawing has room for them. */
  readonly triggersOf: (move: DiagramMove) => readonly ShownTrigger[]
  /** The classes of a state. */
  readonly kindsOf: (state: DiagramState) => string
}

export function renderStateDiagram(diagram: Diagram, { id, title, triggersOf, kindsOf }: DiagramLook): string {
  const { width, height, states } = diagram
  const moves = diagram.moves.map((move: DiagramMove | LabelledMove) => {
    const triggers = triggersOf(move)
    const tone = TONES.findLast((each) => triggers.some((trigger) => trigger.tone === each)) ?? 'not-seen'
    const line = `<path class="move ${tone}" d="${move.path}" marker-end="url(#${id}-${tone})"/>`
    return { tone, line, label: 'label' in move ? renderLabel(move.label, triggers) : '' }
  })
  const heads = TONES.map(
    (tone) =>
      `<marker id="${id}-${tone}" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="8" ` +
      `markerHeight="8" orient="auto"><path class="head ${tone}" d="M0,0.5 L8,4 L0,7.5 z"/></marker>`,
  )
  const content = [
    `<defs>${heads.join('')}</defs>`,
    ...TONES.flatMap((tone) => moves.filter((move) => move.tone === tone).map(({ line }) => line)),
    ...moves.map(({ label }) => label),
    ...states.map((state) => `<g class="state ${kindsOf(state)}">${renderState(state)}</g>`),
  ]
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return `<svg class="diagram" role="img" aria-label="${escapeMarkup(title)}" ${size}>${content.join('')}</svg>`
}

function renderLabel(box: DiagramBox, triggers: readonly ShownTrigger[]): string {
  const words = triggers.map(({ tone, words: text, count = '' }, row) => {
    const place = `x="${box.x + box.width / 2}" y="${box.y + 14 + row * lineHeight}"`
    const times = count === '' ? '' : `<tspan class="times"> ${escapeMarkup(count)}</tspan>`
    return `<text class="${tone}" ${place}>${escapeMarkup(text)}${times}</text>`
  })
  return `<rect class="label" ${rectangle(box)} rx="4"/>${words.join('')}`
}

function renderState(state: DiagramState): string {
  const { name, kind, x, y, width, height } = state
  const [middle, center] = [x + width / 2, y + height / 2]
  const dot = `<circle cx="${middle}" cy="${center}" r="${kind === 'start' ? 7 : 5}"/>`
  if (kind === 'start') return dot
  if (kind === 'end') return `<rect ${rectangle(state)} rx="10"/>${dot}`
  const words = escapeMarkup(name.replaceAll('_', ' '))
  return `<rect ${rectangle(state)} rx="17"/><text x="${middle}" y="${center + 4.5}">${words}</text>`
}

function rectangle({ x, y, width, height }: DiagramBox): string {
  return `x="${x}" y="${y}" width="${width}" height="${height}"`
}
