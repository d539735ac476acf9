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

/**
 * Whether servers may do what an accident is about, now that what leads to it has happened. Where the accident is refused
 * they may not, and it is suspected of whatever is wrong from now on.
 */
export function mayDeviate(world: World, id: AccidentId): boolean {
  if (!world.refused.has(id)) return true
  world.suspects.add(id)
  return false
}

/** The same mismatch, with the accidents that may have led to it. */
export function nameSuspects({ suspects }: World, mismatch: Mismatch): Mismatch {
  if (suspects.size === 0) return mismatch
  const names = [...suspects].map((id) => refusal(id)).join('; or ')
  return new Mismatch(`${mismatch.expected} (perhaps ${names})`, mismatch.actual)
}
