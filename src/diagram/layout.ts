/**
 * Places a machine's states and moves on a plane: states in columns by their distance from the start, moves between
 * neighbours straight across, longer and backward ones through lanes below. Pure geometry; colours are the drawer's.
 */
import { rankStates } from './ranks.js'

/** One trigger that leads from one state to another; where they are the same it is not drawn. */
export interface Edge {
  readonly from: string
  readonly to: string
  readonly on: string
}

/** A state's place. */
export interface PlacedState {
  name: string
  /** `start` and `end` are the outside: no resource yet, and no resource any more. */
  kind: 'state' | 'start' | 'end'
  x: number
  y: number
  width: number
}

/** A move's way, with the triggers that are written on it. */
export interface PlacedMove<E extends Edge> {
  points: readonly Point[]
  isCurved: boolean
  label: { x: number; y: number; width: number; height: number }
  triggers: readonly E[]
}

export interface Point {
  x: number
  y: number
}

/** A laid-out machine. */
export interface Diagram<E extends Edge> {
  width: number
  height: number
  states: readonly PlacedState[]
  moves: readonly PlacedMove<E>[]
}

export const STATE_HEIGHT = 34
export const LINE_HEIGHT = 15
const STATE_GAP = 64
const CHARACTER = 6.7
const CHANNEL = 14
const CHANNEL_STEP = 5
const MARGIN = 10
const OUTSIDE_WIDTH = 22

/** A group of triggers that lead from one state to another. */
interface Group<E extends Edge = Edge> {
  from: string
  to: string
  triggers: E[]
  labelWidth: number
  lane: number | undefined
}

/** Name of the outside as an end; as a start it is the state `none`. */
const GONE = 'gone'

/** Lays a machine out. `room`: characters that a label needs beside the trigger's name. */
export function layOut<E extends Edge>(edges: readonly E[], room = 2): Diagram<E> {
  const groups = groupMoves(edges, room)
  const names = [...new Set(groups.flatMap(({ from, to }) => [from, to]))]
  const ranks = rankStates(names, groups, 'none', GONE)
  assignLanes(groups, ranks)
  const lanes = groups.filter(({ lane }) => lane !== undefined)
  const channel = CHANNEL + CHANNEL_STEP * lanes.length
  const columns = placeColumns(names, ranks, groups, channel)
  const states = placeStates(names, ranks, columns)
  const upper = Math.max(...columns.map(({ names: inColumn }) => inColumn.length)) * STATE_GAP
  const laneTops = stackLanes(lanes, upper)
  const short = placeShort(groups, ranks, columns, states, upper)
  const moves = groups.map((group) => {
    const place = { states, columns, ranks, laneTop: laneTops.get(group) ?? 0 }
    return group.lane === undefined ? straightMove(group, place, short.get(group) ?? 0) : laneMove(group, place)
  })
  const last = columns.at(-1)
  const bottoms = moves.map(({ label }) => label.y + label.height)
  return {
    width: (last?.x ?? 0) + (last?.width ?? 0) + MARGIN,
    height: Math.max(upper, ...bottoms) + MARGIN,
    states: [...states.values()],
    moves,
  }
}

function groupMoves<E extends Edge>(edges: readonly E[], room: number): Group<E>[] {
  const groups = new Map<string, Group<E>>()
  for (const edge of edges) {
    if (edge.from === edge.to) continue
    const to = edge.to === 'none' ? GONE : edge.to
    const key = `${edge.from} ${to}`
    const group = groups.get(key) ?? { from: edge.from, to, triggers: [], labelWidth: 0, lane: undefined }
    group.triggers.push(edge)
    group.labelWidth = Math.max(group.labelWidth, (edge.on.length + room) * CHARACTER + 12)
    groups.set(key, group)
  }
  return [...groups.values()]
}

function assignLanes(groups: readonly Group[], ranks: ReadonlyMap<string, number>): void {
  let lanes = 0
  for (const group of groups) {
    const distance = rankOf(group.to, ranks) - rankOf(group.from, ranks)
    if (distance !== 1) group.lane = lanes++
  }
}

function rankOf(name: string, ranks: ReadonlyMap<string, number>): number {
  return ranks.get(name) ?? 0
}

interface Column {
  names: readonly string[]
  x: number
  width: number
  /** Width of the labels that stand between this column and the next. */
  gap: number
}

function placeColumns(
  names: readonly string[],
  ranks: ReadonlyMap<string, number>,
  groups: readonly Group[],
  channel: number,
): Column[] {
  const count = Math.max(...ranks.values()) + 1
  let x = MARGIN
  return Array.from({ length: count }, (_, rank) => {
    const inColumn = names.filter((name) => rankOf(name, ranks) === rank)
    const width = Math.max(...inColumn.map(widthOf))
    const labels = groups.filter((group) => gapOf(group, ranks) === rank).map(({ labelWidth }) => labelWidth)
    const gap = Math.max(40, ...labels) + 2 * channel
    const column = { names: inColumn, x, width, gap }
    x += width + gap
    return column
  })
}

/** A label stands in the gap next to the state that is left. */
function gapOf({ from, to }: Group, ranks: ReadonlyMap<string, number>): number {
  const rank = rankOf(from, ranks)
  return rankOf(to, ranks) > rank ? rank : rank - 1
}

function widthOf(name: string): number {
  return name === 'none' || name === GONE ? OUTSIDE_WIDTH : Math.round(name.length * 7.6 + 26)
}

function labelHeight({ triggers }: Group): number {
  return triggers.length * LINE_HEIGHT + 6
}

function placeStates(
  names: readonly string[],
  ranks: ReadonlyMap<string, number>,
  columns: readonly Column[],
): Map<string, PlacedState> {
  const tallest = Math.max(...columns.map(({ names: inColumn }) => inColumn.length))
  return new Map(
    names.map((name) => {
      const column = columns[rankOf(name, ranks)]
      const inColumn = column?.names ?? []
      const row = inColumn.indexOf(name) - (inColumn.length - 1) / 2 + tallest / 2
      const width = widthOf(name)
      const x = (column?.x ?? 0) + ((column?.width ?? 0) - width) / 2
      const kind = name === 'none' ? 'start' : name === GONE ? 'end' : 'state'
      return [name, { name, kind, x, y: row * STATE_GAP, width }]
    }),
  )
}

function stackLanes(lanes: readonly Group[], top: number): Map<Group, number> {
  let y = top + 8
  const tops = new Map<Group, number>()
  for (const lane of lanes) {
    tops.set(lane, y)
    y += labelHeight(lane) + 8
  }
  return tops
}

/** Tops of the labels between neighbours: near their states, without overlaps. */
function placeShort(
  groups: readonly Group[],
  ranks: ReadonlyMap<string, number>,
  columns: readonly Column[],
  states: ReadonlyMap<string, PlacedState>,
  upper: number,
): Map<Group, number> {
  const tops = new Map<Group, number>()
  for (let rank = 0; rank < columns.length; rank++) {
    const here = groups.filter((group) => group.lane === undefined && gapOf(group, ranks) === rank)
    const middle = ({ from, to }: Group): number => ((states.get(from)?.y ?? 0) + (states.get(to)?.y ?? 0)) / 2
    here.sort((a, b) => middle(a) - middle(b))
    const total = here.reduce((sum, group) => sum + labelHeight(group) + 6, -6)
    let y =
      here.length === 1 && here[0] !== undefined ? middle(here[0]) - labelHeight(here[0]) / 2 : (upper - total) / 2
    for (const group of here) {
      tops.set(group, y)
      y += labelHeight(group) + 6
    }
  }
  return tops
}

interface Place {
  states: ReadonlyMap<string, PlacedState>
  columns: readonly Column[]
  ranks: ReadonlyMap<string, number>
  laneTop: number
}

function ends(group: Group, { states }: Place): { from: PlacedState; to: PlacedState } {
  const from = states.get(group.from)
  const to = states.get(group.to)
  if (from === undefined || to === undefined) throw new Error(`No place for ${group.from} -> ${group.to}.`)
  return { from, to }
}

function labelBox(group: Group, place: Place, top: number): PlacedMove<Edge>['label'] {
  const column = place.columns[gapOf(group, place.ranks)]
  const width = group.labelWidth
  const center = (column?.x ?? 0) + (column?.width ?? 0) + (column?.gap ?? 0) / 2
  return { x: center - width / 2, y: top, width, height: labelHeight(group) }
}

function straightMove<E extends Edge>(group: Group<E>, place: Place, top: number): PlacedMove<E> {
  const { from, to } = ends(group, place)
  const label = labelBox(group, place, top)
  const y = label.y + label.height / 2
  const points = [
    { x: from.x + from.width, y: from.y },
    { x: label.x, y },
    { x: label.x + label.width, y },
    { x: to.x, y: to.y },
  ]
  return { points, isCurved: true, label, triggers: group.triggers }
}

/** Out of the state, down to the lane, along it, and up to the other state; each lane has its own channel. */
function laneMove<E extends Edge>(group: Group<E>, place: Place): PlacedMove<E> {
  const { from, to } = ends(group, place)
  const label = labelBox(group, place, place.laneTop)
  const y = label.y + label.height / 2
  const step = 10 + CHANNEL_STEP * (group.lane ?? 0)
  const isForward = rankOf(group.to, place.ranks) > rankOf(group.from, place.ranks)
  const side = 6
  const leave = isForward ? from.x + from.width : from.x
  const reach = isForward ? to.x : to.x + to.width
  const away = isForward ? step : -step
  const points = [
    { x: leave, y: from.y + side },
    { x: leave + away, y: from.y + side },
    { x: leave + away, y },
    { x: reach - away, y },
    { x: reach - away, y: to.y + side },
    { x: reach, y: to.y + side },
  ]
  return { points, isCurved: false, label, triggers: group.triggers }
}
