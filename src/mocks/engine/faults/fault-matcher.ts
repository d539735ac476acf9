/** Decides whether a request is one that a fault is meant for. Built once per fault, asked for each request. */
import type { Interception } from '../engine.js'
import type { Fault } from '../../base/fault.js'

/** Whether a fault is meant for a request. `runner` finds the runner that the request is about, when it is asked for. */
export type Matcher = (request: Interception, runner: () => string | undefined) => boolean

/** Builds the matcher of a fault. */
export function createMatcher(fault: Fault): Matcher {
  const operations = setOf(fault.operation)
  const methods = setOf(fault.method)
  const path = fault.path === undefined ? undefined : toRegExp(fault.path)
  const id = fault.runner?.toLowerCase()
  return (request, runner) =>
    (operations?.has(request.operation?.id ?? '') ?? true) &&
    (methods?.has(request.exchange.method) ?? true) &&
    (path?.test(request.path) ?? true) &&
    (id === undefined || runner() === id) &&
    ((fault.evict !== true && fault.hold === undefined) || runner() !== undefined)
}

function setOf(value: string | readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (value === undefined) return undefined
  return new Set(typeof value === 'string' ? [value] : value)
}

/** `*` and the spec's `{name}` stand for a part of one segment, `**` for anything. */
function toRegExp(pattern: string): RegExp {
  const trimmed = pattern.length > 1 && pattern.endsWith('/') ? pattern.slice(0, -1) : pattern
  const source = trimmed
    .split(/(\*{2,}|\*|\{\w+\})/)
    .map((piece, index) => (index % 2 === 0 ? escapeText(piece) : piece.startsWith('**') ? '.*' : '[^/]*'))
    .join('')
  return new RegExp(`^${source}$`)
}

function escapeText(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
