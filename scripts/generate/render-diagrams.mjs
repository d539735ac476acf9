// @ts-check
// Renders lifecycle-diagrams.ts: for each machine a drawing with words on its moves, and one without that is narrow. The
// layout is ELK's; what is drawn and how large the words are is decided here. Colours are the pages'.
import { literal } from './literal.mjs'
import { NONE } from './read-lifecycle.mjs'

/** @typedef {import('elkjs/lib/elk-api.js').ElkNode} ElkNode */
/** @typedef {import('elkjs/lib/elk-api.js').ElkExtendedEdge} ElkEdge */
/** @typedef {import('elkjs/lib/elk-api.js').ElkPoint} Point */
/** @typedef {import('./read-lifecycle.mjs').Machine} Machine */
/** @typedef {{ from: string, to: string, triggers: string[] }} Move */
/** @typedef {{ hasLabels: boolean, layout: (graph: ElkNode) => Promise<ElkNode> }} Style */

/** Id of the outside as an end; as a start it is the state `none`. */
const GONE = 'gone'

const STATE_HEIGHT = 34
const LINE_HEIGHT = 15
/** Width of a character of a label, in the widest letters that a page uses for them. */
const CHARACTER = 6.92
/** Characters beside a trigger's name, for a mark or a count. */
const ROOM = 3
const CORNER = 6

const OPTIONS = {
  algorithm: 'layered',
  direction: 'RIGHT',
  edgeRouting: 'ORTHOGONAL',
  'layered.cycleBreaking.strategy': 'DEPTH_FIRST',
  'layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'layered.thoroughness': '20',
  'spacing.nodeNode': '16',
  'spacing.edgeNode': '12',
  'spacing.edgeEdge': '12',
  'spacing.edgeLabel': '2',
  'layered.spacing.nodeNodeBetweenLayers': '16',
  'layered.spacing.edgeNodeBetweenLayers': '14',
  'layered.spacing.edgeEdgeBetweenLayers': '10',
}

/**
 * @param {readonly Machine[]} machines
 * @returns {Promise<string>}
 */
export async function renderDiagrams(machines) {
  const { default: Elk } = await import('elkjs/lib/elk.bundled.js')
  const elk = new Elk.default()
  /** @param {ElkNode} graph */
  const layout = (graph) => elk.layout(graph)
  const [labelled, narrow] = [
    await drawAll(machines, { hasLabels: true, layout }),
    await drawAll(machines, { hasLabels: false, layout }),
  ]
  return `${DECLARATIONS}
/** The drawing of each machine, with room for the words on its moves. */
export const diagrams = ${literal(labelled)} as const satisfies Record<string, LabelledDiagram>

/** The same without words, for where there is little room. */
export const narrowDiagrams = ${literal(narrow)} as const satisfies Record<string, Diagram>
`
}

/**
 * @param {readonly Machine[]} machines
 * @param {Style} style
 */
async function drawAll(machines, style) {
  /** @type {[string, object][]} */
  const drawn = []
  for (const machine of machines) drawn.push([machine.name, await draw(movesOf(machine), style)])
  return Object.fromEntries(drawn)
}

/**
 * One move for each pair of states, in the order of the rules. A rule that changes no state makes no move.
 * @param {Machine} machine
 */
function movesOf({ rules }) {
  /** @type {Map<string, Move>} */
  const moves = new Map()
  for (const { on, from, to } of rules) {
    for (const state of to === null ? [] : from) {
      if (to === null || to === state) continue
      const key = `${state} ${to}`
      const move = moves.get(key) ?? { from: state, to, triggers: [] }
      if (!move.triggers.includes(on)) move.triggers.push(on)
      moves.set(key, move)
    }
  }
  return [...moves.values()]
}

/**
 * @param {readonly Move[]} moves
 * @param {Style} style
 */
async function draw(moves, { hasLabels, layout }) {
  const names = [...new Set(moves.flatMap(({ from, to }) => [from, idOfTarget(to)]))]
  const entering = moves.filter(({ to }) => to === NONE).length
  const graph = await layout({
    id: 'machine',
    layoutOptions: OPTIONS,
    children: names.map((name) => nodeOf(name, entering)),
    edges: moves.map((move) => edgeOf(move, hasLabels)),
  })
  const edges = new Map((graph.edges ?? []).map((edge) => [edge.id, edge]))
  return {
    width: Math.ceil(graph.width ?? 0),
    height: Math.ceil(graph.height ?? 0),
    states: (graph.children ?? []).map(stateOf),
    moves: moves.map((move) => placeMove(move, edges.get(idOf(move)))),
  }
}

/** @param {string} to */
const idOfTarget = (to) => (to === NONE ? GONE : to)

/** @param {Move} move */
const idOf = ({ from, to }) => `${from} ${to}`

/**
 * @param {string} name
 * @param {number} entering Moves to the end, which is as high as they need.
 * @returns {ElkNode}
 */
function nodeOf(name, entering) {
  if (name === NONE)
    return { id: name, width: 14, height: 14, layoutOptions: { 'layered.layering.layerConstraint': 'FIRST' } }
  if (name === GONE) {
    const height = Math.max(20, 8 + 10 * entering)
    return { id: name, width: 20, height, layoutOptions: { 'layered.layering.layerConstraint': 'LAST' } }
  }
  return { id: name, width: Math.round(name.length * 7.8 + 24), height: STATE_HEIGHT }
}

/**
 * @param {Move} move
 * @param {boolean} hasLabels
 * @returns {ElkEdge}
 */
function edgeOf(move, hasLabels) {
  const longest = Math.max(...move.triggers.map((trigger) => trigger.length))
  const label = {
    text: move.triggers.join(' '),
    width: Math.ceil((longest + ROOM) * CHARACTER + 6),
    height: move.triggers.length * LINE_HEIGHT + 6,
    layoutOptions: { 'edgeLabels.inline': 'true' },
  }
  return { id: idOf(move), sources: [move.from], targets: [idOfTarget(move.to)], labels: hasLabels ? [label] : [] }
}

/** @param {ElkNode} node */
function stateOf({ id, ...box }) {
  const kind = id === NONE ? 'start' : id === GONE ? 'end' : 'state'
  return { name: id === GONE ? NONE : id, kind, ...boxOf(box) }
}

/**
 * @param {Move} move
 * @param {ElkEdge | undefined} edge
 */
function placeMove({ from, to, triggers }, edge) {
  const points = (edge?.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [
    startPoint,
    ...bendPoints,
    endPoint,
  ])
  const label = edge?.labels?.[0]
  return { from, to, triggers, path: pathThrough(points), label: label === undefined ? undefined : boxOf(label) }
}

/** @param {{ x?: number | undefined, y?: number | undefined, width?: number | undefined, height?: number | undefined }} box */
function boxOf({ x = 0, y = 0, width = 0, height = 0 }) {
  return { x: round(x), y: round(y), width: round(width), height: round(height) }
}

/**
 * Straight lines with rounded corners, as the `d` of an SVG path.
 * @param {readonly Point[]} points
 */
function pathThrough(points) {
  const steps = points.map((point, index) => {
    const [before, after] = [points[index - 1], points[index + 1]]
    if (before === undefined) return `M${xy(point)}`
    if (after === undefined) return `L${xy(point)}`
    return `L${xy(towards(point, before))}Q${xy(point)} ${xy(towards(point, after))}`
  })
  return steps.join('')
}

/**
 * @param {Point} corner
 * @param {Point} other
 */
function towards(corner, other) {
  const distance = Math.hypot(other.x - corner.x, other.y - corner.y)
  const share = distance === 0 ? 0 : Math.min(CORNER, distance / 2) / distance
  return { x: corner.x + (other.x - corner.x) * share, y: corner.y + (other.y - corner.y) * share }
}

/** @param {Point} point */
const xy = ({ x, y }) => `${round(x)},${round(y)}`

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10

const DECLARATIONS = `
/** A rectangle on a drawing. */
export interface DiagramBox {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A state. \`start\` and \`end\` are the outside, \`none\`: no resource yet, and no resource any more. */
export interface DiagramState extends DiagramBox {
  readonly name: string
  readonly kind: 'state' | 'start' | 'end'
}

/** All moves from one state to another: one line, on which every trigger is a word. */
export interface DiagramMove {
  readonly from: string
  readonly to: string
  readonly triggers: readonly string[]
  /** The \`d\` of an SVG path. */
  readonly path: string
}

/** A move with room for its triggers, one below the other. */
export interface LabelledMove extends DiagramMove {
  readonly label: DiagramBox
}

/** The drawing of a machine. */
export interface Diagram {
  readonly width: number
  readonly height: number
  readonly states: readonly DiagramState[]
  readonly moves: readonly DiagramMove[]
}

/** The drawing of a machine, with words. */
export interface LabelledDiagram extends Diagram {
  readonly moves: readonly LabelledMove[]
}

/** From one line of a label to the next. */
export const lineHeight = ${LINE_HEIGHT}
`
