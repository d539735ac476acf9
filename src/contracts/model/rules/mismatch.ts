/**
 * How the rules say that an answer is not what the model says, and where it is right only because servers of today do so:
 * thrown and caught within the model alone.
 */
import { isDeepStrictEqual } from 'node:util'
import { show } from '../../target/expectation.js'
import type { ModelAnswer } from './call.js'
import { refusal, type AccidentId } from '../../check/seen-accidents.js'
import type { World } from './model-world.js'

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

/** Accepts an answer for the sake of an accident; refuses it where the accident is refused. */
export function allowDeviation(world: World, id: AccidentId, expected: string, actual: unknown): void {
  if (world.refused.has(id)) throw new Mismatch(`${expected} (${refusal(id)})`, show(actual))
  world.excused.add(id)
}

/** A rule that must know whether the server has an accident of which nothing is known; thrown and caught within the model. */
export class Undecided extends Error {
  override readonly name = 'Undecided'
  readonly id: AccidentId

  constructor(id: AccidentId) {
    super(id)
    this.id = id
  }
}

/**
 * Whether the server has an accident, now that what leads to it has happened. Each server has it or has it not, so there
 * are two worlds from the first time on, until answers decide between them. Where the accident is refused no server may
 * have it, and it is suspected of what is wrong: `now`, in this answer, or `later`, in any that follows.
 *
 * @throws Undecided for whoever judges: it asks again in either world
 */
export function hasAccident(world: World, id: AccidentId, shows: 'now' | 'later'): boolean {
  if (world.refused.has(id)) {
    if (world.suspects.get(id) !== 'later') world.suspects.set(id, shows)
    return false
  }
  const isSo = world.assumed.get(id)
  if (isSo === undefined) throw new Undecided(id)
  return isSo
}

/** The two worlds of an accident, first the one without it. */
export function eitherWorld(world: World, id: AccidentId): readonly World[] {
  return [false, true].map((isSo) => ({ ...world, assumed: new Map([...world.assumed, [id, isSo]]) }))
}

/** Accidents that a world needs to be what it is. */
export function accidentsOf({ assumed, excused }: World): ReadonlySet<AccidentId> {
  return new Set([...excused, ...[...assumed].flatMap(([id, isSo]) => (isSo ? [id] : []))])
}

/** The same mismatch, with the accidents that may have led to it. */
export function nameSuspects({ suspects }: World, mismatch: Mismatch): Mismatch {
  if (suspects.size === 0) return mismatch
  const names = [...suspects.keys()].map((id) => refusal(id)).join('; or ')
  return new Mismatch(`${mismatch.expected} (perhaps ${names})`, mismatch.actual)
}

/** Forgets accidents that would have shown by now. */
export function clearSuspects(world: World): void {
  for (const [id, shows] of world.suspects) if (shows === 'now') world.suspects.delete(id)
}

/** Whether the world has nothing under an id. */
export function isNew(world: World, id: string): boolean {
  const isRunner = world.runners.has(id) || [...world.sessions.values()].some(({ runnerId }) => runnerId === id)
  return id !== '' && !isRunner && !world.sessions.has(id) && !world.jobs.has(id) && !world.commands.has(id)
}

/** The id of something that was created, which must be new. */
export function demandNew(world: World, id: string | undefined, what: string): string {
  demand(id !== undefined && isNew(world, id), `a new id of the ${what}`, id)
  return id
}
