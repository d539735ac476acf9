/** Explains a request that no operation matches: which one it resembles most, and what differs. */
import { operations, type Operation } from '../../operation.js'

/** A message that names the nearest operation and the first difference. */
export function describeUnknown(method: string, path: string): string {
  const nearest = findNearest(method, path)
  return (
    `No operation has the path '${path}'. The nearest is ${nearest.id}: ${nearest.method} ${nearest.path}; ` +
    `${describeDifference(path, nearest.path)}.`
  )
}

function findNearest(method: string, path: string): Operation {
  const [first, ...rest] = Object.values<Operation>(operations)
  if (first === undefined) throw new Error('The spec has no operations.')
  const score = (operation: Operation): number =>
    distance(segments(path), segments(operation.path)) + (operation.method === method ? 0 : 0.5)
  return rest.reduce((best, operation) => (score(operation) < score(best) ? operation : best), first)
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

function isParameter(segment: string): boolean {
  return segment.startsWith('{')
}

/** How many segments must be added, removed or changed; one that only is misspelt counts less. */
function distance(given: readonly string[], wanted: readonly string[]): number {
  let previous = wanted.map((_, index) => index + 1)
  previous.unshift(0)
  for (const [row, segment] of given.slice(0, MOST_SEGMENTS).entries()) {
    const current = [row + 1]
    for (const [column, template] of wanted.entries()) {
      const change = (previous[column] ?? 0) + cost(segment, template)
      const removal = (previous[column + 1] ?? 0) + 1
      const addition = (current[column] ?? 0) + 1
      current.push(Math.min(change, removal, addition))
    }
    previous = current
  }
  return previous[wanted.length] ?? 0
}

/** Longer paths resemble nothing. */
const MOST_SEGMENTS = 20

function cost(segment: string, template: string): number {
  if (segment === template || isParameter(template)) return 0
  return segment.slice(0, 3).toLowerCase() === template.slice(0, 3).toLowerCase() ? 0.4 : 1
}

function describeDifference(path: string, template: string): string {
  const given = segments(path)
  const wanted = segments(template)
  const place = wanted.findIndex((segment, index) => !isParameter(segment) && segment !== given[index])
  if (place < 0) return `the path has ${given.length} segments instead of ${wanted.length}`
  const got = given[place]
  return got === undefined
    ? `'${wanted[place] ?? ''}' is missing`
    : `'${got}' stands where '${wanted[place] ?? ''}' belongs`
}
