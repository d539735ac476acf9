/**
 * Places a machine's states from top to bottom, narrow enough for a column, with the moves between them as curves. Only
 * moves that were made carry words, so nothing needs room that has not happened.
 */
import type { Edge } from '../../../diagram/layout.js'
import { rankStates } from '../../../diagram/ranks.js'

/** A state's place; its middle. */
export interface PathState {
  readonly name: string
  readonly kind: 'state' | 'start' | 'end'
  readonly x: number
  readonly y: number
  readonly width: number
}

/** A move's way, and where words on it may begin. */
export interface PathMove {
  readonly from: string
  readonly to: string
  readonly outline: string
  readonly label: { readonly x: number; readonly y: number; readonly side: 'left' | 'right' }
}

/** A laid-out machine. */
export interface PathDiagram {
  readonly width: number
  readonly height: number
  readonly states: readonly PathState[]
  readonly moves: readonly PathMove[]
}

export const STATE_HEIGHT = 30
const ROW = 74
const WIDTH = 460
const GAP = 22
const END_HEIGHT = 9

/** Name of the outside as an end. */
export const GONE = 'gone'

/** Lays a machine out. */
export function layOutPath(edges: readonly Edge[]): PathDiagram {
  const moves = distinctMoves(edges)
  const names = [...new Set(moves.flatMap(({ from, to }) => [from, to]))]
  const ranks = rankStates(names, moves, 'none', GONE)
  const rows = Math.max(...ranks.values()) + 1
  const states = new Map(placeStates(names, ranks).map((state) => [state.name, state]))
  return {
    width: WIDTH,
    height: (rows - 1) * ROW + 44,
    states: [...states.values()],
    moves: moves.flatMap(({ from, to }) => {
      const ends = { from: states.get(from), to: states.get(to) }
      return ends.from === undefined || ends.to === undefined ? [] : [placeMove(ends.from, ends.to, ranks)]
    }),
  }
}

function distinctMoves(edges: readonly Edge[]): { from: string; to: string }[] {
  const moves = new Map<string, { from: string; to: string }>()
  for (const edge of edges) {
    const to = edge.to === 'none' ? GONE : edge.to
    moves.set(`${edge.from} ${to}`, { from: edge.from, to })
  }
  return [...moves.values()]
}

function placeStates(names: readonly string[], ranks: ReadonlyMap<string, number>): PathState[] {
  return names.map((name) => {
    const rank = ranks.get(name) ?? 0
    const row = names.filter((other) => (ranks.get(other) ?? 0) === rank)
    const total = row.reduce((sum, each) => sum + widthOf(each) + GAP, -GAP)
    const before = row.slice(0, row.indexOf(name)).reduce((sum, each) => sum + widthOf(each) + GAP, 0)
    const x = WIDTH / 2 - total / 2 + before + widthOf(name) / 2
    return { name, kind: kindOf(name), x, y: rank * ROW + 18, width: widthOf(name) }
  })
}

function kindOf(name: string): PathState['kind'] {
  return name === 'none' ? 'start' : name === GONE ? 'end' : 'state'
}

function widthOf(name: string): number {
  return kindOf(name) === 'state' ? Math.round(name.length * 7.2 + 30) : 18
}

function placeMove(from: PathState, to: PathState, ranks: ReadonlyMap<string, number>): PathMove {
  const distance = (ranks.get(to.name) ?? 0) - (ranks.get(from.name) ?? 0)
  const way = distance === 1 ? downTo(from, to) : distance > 1 ? around(from, to) : backTo(from, to)
  return { from: from.name, to: to.name, ...way }
}

type Way = Pick<PathMove, 'outline' | 'label'>

function bottomOf({ y, kind }: PathState): number {
  return y + (kind === 'state' ? STATE_HEIGHT / 2 : END_HEIGHT)
}

/** The arrow's head ends here. */
function topOf({ y, kind }: PathState): number {
  return y - (kind === 'state' ? STATE_HEIGHT / 2 : END_HEIGHT) - 1
}

/** To a neighbour below. */
function downTo(from: PathState, to: PathState): Way {
  const [start, end] = [bottomOf(from), topOf(to)]
  const middle = (start + end) / 2
  const outline = `M${from.x},${start} C${from.x},${middle + 6} ${to.x},${middle - 6} ${to.x},${end}`
  const x = (from.x + to.x) / 2
  const side = to.x < from.x - 20 ? 'left' : 'right'
  return { outline, label: { x: x + (side === 'left' ? -24 : 10), y: middle, side } }
}

/** Past the states in between, on the side of the target. */
function around(from: PathState, to: PathState): Way {
  const side = to.x < from.x - 20 || to.kind === 'end' ? -1 : 1
  const start = { x: from.x + (side * from.width) / 2, y: from.y }
  if (to.kind === 'end') {
    const lane = 12
    const outline = `M${start.x},${start.y} C${lane},${start.y} ${lane},${start.y + 40} ${lane},${start.y + 70} L${lane},${to.y - 40} C${lane},${to.y} ${lane + 40},${to.y} ${to.x - 12},${to.y}`
    return { outline, label: { x: lane + 10, y: (start.y + to.y) / 2, side: 'right' } }
  }
  const end = { x: to.x + side * Math.min(to.width / 4, 18), y: topOf(to) }
  const bulge = Math.max(Math.abs(end.x - start.x), 66)
  const outline = `M${start.x},${start.y} C${start.x + side * bulge},${start.y} ${end.x + side * 26},${end.y - 74} ${end.x},${end.y}`
  const x = start.x + side * bulge * 0.72
  return { outline, label: { x: x + side * 6, y: (start.y * 2 + end.y) / 3, side: side < 0 ? 'left' : 'right' } }
}

/** Up again, on the left. */
function backTo(from: PathState, to: PathState): Way {
  const start = { x: from.x - from.width / 2, y: from.y }
  const end = { x: to.x - to.width / 2 - 1, y: to.y + 5 }
  const lane = Math.min(start.x, end.x) - 34
  const outline = `M${start.x},${start.y} C${lane},${start.y} ${lane},${end.y} ${end.x},${end.y}`
  return { outline, label: { x: lane - 2, y: (start.y + end.y) / 2, side: 'left' } }
}
