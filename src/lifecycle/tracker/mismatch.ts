/**
 * How a rule says that an answer is wrong, and where it is right only because servers of today have a quirk. Thrown and caught
 * within the tracker alone.
 */
import type { QuirkId } from '../../generated/quirks.js'
import { isSameJson } from '../../kernel/json-value.js'
import { show } from '../../kernel/printable.js'
import { isNewId, type TrackedWorld } from './tracked-world.js'

/** An answer that the rules do not allow. */
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

/** Refuses unless `holds`. */
export function expectThat(holds: boolean, expected: string, actual: unknown): asserts holds {
  if (!holds) throw new Mismatch(expected, show(actual))
}

/** Refuses a value that is another one. */
export function expectSame(what: string, actual: unknown, expected: unknown): void {
  if (!isSameJson(actual, expected)) throw new Mismatch(`${what} to be ${show(expected)}`, show(actual))
}

/** The id of something that was created, which must be new. */
export function expectNewId(world: TrackedWorld, id: string | undefined, what: string): string {
  expectThat(id !== undefined && isNewId(world, id), `a new id of the ${what}`, id)
  return id
}

/** How a failure names a quirk that is refused. */
export function refusal(id: QuirkId): string {
  return `quirk ${id}, refused by --strict`
}

/** Notes a quirk without which an answer would not have been right. */
export function noteQuirk(world: TrackedWorld, id: QuirkId): void {
  if (!world.excused.has(id)) world.excused = new Set([...world.excused, id])
}

/** A rule must know whether the server has a quirk of which nothing is known. */
export class Undecided extends Error {
  override readonly name = 'Undecided'
  readonly id: QuirkId

  constructor(id: QuirkId) {
    super(id)
    this.id = id
  }
}

/**
 * Whether the server has a quirk, now that what leads to it has happened. Each server has it or not, so there are two worlds
 * from the first time on, until answers decide between them.
 * @throws Undecided where nothing is known yet: the caller asks again in either world
 */
export function hasQuirk({ assumed }: TrackedWorld, id: QuirkId): boolean {
  const isSo = assumed.get(id)
  if (isSo === undefined) throw new Undecided(id)
  return isSo
}

/** The two worlds of a quirk, first the one without it. */
export function eitherWorld(world: TrackedWorld, id: QuirkId): readonly TrackedWorld[] {
  return [false, true].map((isSo) => ({ ...world, assumed: new Map([...world.assumed, [id, isSo]]) }))
}

/** Quirks that a world needs to be what it is. */
export function quirksOf({ assumed, excused }: TrackedWorld): ReadonlySet<QuirkId> {
  if (assumed.size === 0) return excused
  return new Set([...excused, ...[...assumed].flatMap(([id, isSo]) => (isSo ? [id] : []))])
}

/** The worlds that are left of several; what is wrong with the first of them when none is. */
export function among(
  worlds: readonly TrackedWorld[],
  judgeIn: (world: TrackedWorld) => readonly TrackedWorld[] | Mismatch,
): readonly TrackedWorld[] | Mismatch {
  if (worlds.length === 1 && worlds[0] !== undefined) return judgeIn(worlds[0])
  const outcomes = worlds.map(judgeIn)
  const left = outcomes.flatMap((outcome) => (outcome instanceof Mismatch ? [] : outcome))
  return left.length > 0 ? left : (outcomes[0] ?? [])
}
