/** The way of a move as the `d` of an SVG path. */
import type { Edge, PlacedMove, Point } from './layout.js'

/** A curve between neighbours, or a way along a lane. */
export function outlineOf({ points, isCurved }: Pick<PlacedMove<Edge>, 'points' | 'isCurved'>): string {
  return isCurved ? curve(points) : corners(points)
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

/** A coordinate with one decimal. */
export function at(value: number): string {
  return String(Math.round(value * 10) / 10)
}
