/** How the rules say that an answer is not what the model says; thrown and caught within the model alone. */
import { isDeepStrictEqual } from 'node:util'
import { show } from '../../target/expectation.js'
import type { ModelAnswer } from './call.js'

/** An answer that the model does not accept. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'
  readonly expected: string
  readonly actual: string

  constructor(expected: string, actual: string) {
    super(`expected ${expected}; got ${actual}`)
    this.expected = expected
    this.actual = actual
  }
}

/** A server that limits what the sequences need; nothing is wrong with it. */
export class Interrupted extends Error {
  override readonly name = 'Hindered'
}

/** A sequence that cannot go on, through no fault of the target. */
export class Abandoned extends Error {
  override readonly name = 'Abandoned'
}

/** Refuses an answer with another status. */
export function demandStatus(answer: ModelAnswer, statuses: readonly number[], why: string): void {
  if (statuses.includes(answer.status)) return
  const body = answer.body === undefined ? '' : ` ${show(answer.body)}`
  throw new Mismatch(`status ${statuses.join(' or ')} (${why})`, `${answer.status}${body}`)
}

/** Refuses unless `holds`. */
export function demand(holds: boolean, expected: string, actual: unknown): asserts holds {
  if (!holds) throw new Mismatch(expected, show(actual))
}

/** Refuses a value that is another one. */
export function demandEqual(what: string, actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) throw new Mismatch(`${what} to be ${show(expected)}`, show(actual))
}

/** Refuses lists that do not hold the same texts, in whatever order. */
export function demandSame(what: string, actual: readonly string[], expected: readonly string[]): void {
  demandEqual(what, actual.toSorted(), expected.toSorted())
}
