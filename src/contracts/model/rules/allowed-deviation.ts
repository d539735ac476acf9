/** Where an answer is right only because servers of today do so: the accident is noted, or refused by its name. */
import { refusal, type AccidentId } from '../../check/seen-accidents.js'
import { show } from '../../target/expectation.js'
import { Mismatch } from './mismatch.js'
import type { World } from './model-world.js'

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
