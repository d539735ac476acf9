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
