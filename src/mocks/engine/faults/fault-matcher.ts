/** Decides whether a request is one that a fault is meant for. Built once per fault, asked for each request. */
import type { Interception } from '../engine.js'
import type { Fault } from '../../base/fault.js'

/** Whether a fault is meant for a request. `runner` finds the runner that the request is about, when it is asked for. */
export type Matcher = (request: Interception, runner: () => string | undefined) => boolean

/** Builds the matcher of a fault. */
export function createMatcher(fault: Fault): Matcher {
  const operations = setOf(fault.operation)
  const methods = setOf(fault.method)
  const path = fault.path === undefined ? undefined : createGlob(fault.path)
  const id = fault.runner?.toLowerCase()
  return (request, runner) =>
    (operations?.has(request.operation?.id ?? '') ?? true) &&
    (methods?.has(request.exchange.method) ?? true) &&
    (path?.(request.path) ?? true) &&
    (id === undefined || runner() === id) &&
    ((fault.evict !== true && fault.hold === undefined) || runner() !== undefined)
}

function setOf(value: string | readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (value === undefined) return undefined
  return new Set(typeof value === 'string' ? [value] : value)
}

/**
 * `*` and the spec's `{name}` stand for a part of one segment, `**` for anything. It goes from piece to piece and keeps
 * all places that it may have come to, which no pattern can make slow.
 */
function createGlob(pattern: string): (path: string) => boolean {
  const pieces = pattern.replace(/(.)\/$/, '$1').split(/(\*{2,}|\*|\{\w+\})/)
  return (path) => {
    let places = new Set([0])
    pieces.forEach((piece, index) => {
      const ends = new Set<number>()
      for (const start of places) {
        if (index % 2 === 0) {
          if (path.startsWith(piece, start)) ends.add(start + piece.length)
          continue
        }
        // Where an earlier place has led to, it has led as far as this one would.
        for (let end = start; end <= path.length && !ends.has(end); end++) {
          ends.add(end)
          if (path[end] === '/' && !piece.startsWith('**')) break
        }
      }
      places = ends
    })
    return places.has(path.length)
  }
}
