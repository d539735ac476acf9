/** Explains a request that no operation matches: which one it resembles most, and what differs. */
import { matchOperation, operations } from '../../kernel/all-operations.js'
import type { Operation } from '../../kernel/operation.js'
import { clip as cut, distance } from '../../kernel/problem.js'

export interface NearMiss {
  readonly operation: Operation
  /** What would have to change, most important first; phrases. */
  readonly differences: readonly string[]
}

/** A message for a path that is under the API's base and belongs to no operation. */
export function describeUnknown(method: string, path: string): string {
  return `No operation has the path '${clip(path)}'. ${describeNearest(findNearMiss(method, path))}`
}

/** A message for a path outside of the API's base. */
export function describeMisplaced(method: string, path: string, base: string): string {
  const where = `The API is under '${base}/', and '${clip(path)}' is not.`
  // Whatever prefix it has, a path that ends like one of ours was sent to the wrong base.
  const start = path.search(/\/(v1\/private|v1\/session|is-alive)(\/|$)/)
  const rest = start < 0 ? path : path.slice(start)
  const meant = matchOperation(method, rest)
  if (meant.kind === 'operation') {
    return `${where} For ${meant.operation.id} send ${method} ${base}${clip(rest)}: ${prefixDifference(path.slice(0, start), base)}.`
  }
  return `${where} ${describeNearest(findNearMiss(method, rest))}`
}

export function findNearMiss(method: string, path: string): NearMiss {
  const given = segments(path).slice(0, MAX_SEGMENTS)
  let best: { operation: Operation; cost: number; edits: readonly Pair[] } | undefined
  for (const operation of Object.values<Operation>(operations)) {
    const { cost, edits } = compare(given, segments(operation.path))
    const total = cost + (operation.method === method ? 0 : 0.5)
    if (best === undefined || total < best.cost) best = { operation, cost: total, edits }
  }
  if (best === undefined) throw new Error('The spec has no operations.')
  const differences = best.edits.map(describeEdit)
  if (path.includes('//')) differences.push('the path has an empty segment')
  if (best.operation.method !== method) differences.push(`the method is ${method} instead of ${best.operation.method}`)
  return { operation: best.operation, differences }
}

/** Longer paths resemble nothing. */
const MAX_SEGMENTS = 20
/** More differences than these do not help. */
const MAX_LISTED = 3

function describeNearest({ operation, differences }: NearMiss): string {
  const told = differences.slice(0, MAX_LISTED).join(', ')
  return `The nearest is ${operation.id}: ${operation.method} ${operation.path}${told === '' ? '' : `; ${told}`}.`
}

function prefixDifference(given: string, base: string): string {
  return given === '' ? `'${base}' is missing` : `'${clip(given)}' stands where '${base}' belongs`
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

/** A segment that was sent beside the one that an operation wants: changed, too much (no `wanted`) or missing (no `given`). */
interface Pair {
  readonly given: string | undefined
  readonly wanted: string | undefined
}

/** What both paths begin with counts as meant; behind that, segments are paired from the end. */
function compare(given: readonly string[], wanted: readonly string[]): { cost: number; edits: readonly Pair[] } {
  const fewest = Math.min(given.length, wanted.length)
  let start = 0
  while (start < fewest && costOf({ given: given[start], wanted: wanted[start] }) === 0) start++
  const [left, right] = [given.slice(start), wanted.slice(start)]
  const length = Math.max(left.length, right.length)
  const pairs = Array.from({ length }, (_, at) => {
    return { given: left[at - length + left.length], wanted: right[at - length + right.length] }
  })
  const cost = pairs.reduce((sum, pair) => sum + costOf(pair), 0)
  return { cost, edits: pairs.filter((pair) => costOf(pair) >= SAME) }
}

function costOf({ given, wanted }: Pair): number {
  return given === undefined || wanted === undefined ? 1 : differenceOf(given, wanted)
}

/** Below this two segments count as the same: any text may be a parameter, though an id is the likelier one. */
const SAME = 0.1
const UUID_LIKE = /^[0-9a-f-]{32,36}$/i

/** From 0 for the same to 1.2 for nothing in common; a misspelling lies between. */
function differenceOf(given: string, template: string): number {
  if (template.startsWith('{')) return UUID_LIKE.test(given) ? 0 : SAME / 2
  if (given === template) return 0
  const letters = distance(given.toLowerCase().slice(0, 40), template)
  return Math.max(SAME, Math.min(1.2, (2 * letters) / template.length))
}

function describeEdit({ given, wanted }: Pair): string {
  if (given === undefined) return `'${wanted ?? ''}' is missing`
  if (wanted === undefined) return `'${clip(given)}' is too much`
  return `'${clip(given)}' stands where '${wanted}' belongs`
}

/** What strangers send can be long. */
const clip = (text: string): string => cut(text, 200)
