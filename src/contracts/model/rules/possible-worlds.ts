/**
 * The worlds that the answers so far allow. There is more than one where something has happened that servers of today
 * answer for with an accident, or do not; later answers decide between them.
 */
import type { AccidentId } from '../../check/seen-accidents.js'
import { accidentsOf } from './allowed-deviation.js'
import { fieldOf, type ModelAnswer, type ModelCall, type Waits } from './call.js'
import { among, judge, waitsIn } from './judge-call.js'
import { Mismatch } from './mismatch.js'
import { ownRunner, type Moment, type World } from './model-world.js'

/** Never empty. */
export class PossibleWorlds {
  private worlds: readonly [World, ...World[]]

  constructor(first: World) {
    this.worlds = [first]
  }

  /** All of them, the plainest first. */
  get all(): readonly World[] {
    return this.worlds
  }

  /** The one that needs the fewest accidents. */
  get plainest(): World {
    return this.worlds[0]
  }

  /** Accidents without which an answer would not have been right. */
  get excused(): ReadonlySet<AccidentId> {
    return accidentsOf(this.plainest)
  }

  /**
   * Holds an answer against each of them; those in which it is wrong are none any more.
   * @returns what is wrong when it is wrong in all of them, which then stay as they are
   */
  judge(call: ModelCall, answer: ModelAnswer, now: Moment): Mismatch | undefined {
    return this.narrow((world) => judge(world, call, answer, now))
  }

  /** The same for the answer of a call that has waited: its runner may have gone meanwhile. */
  judgeWoken(call: ModelCall, answer: ModelAnswer, now: Moment): Mismatch | undefined {
    return this.narrow((world) =>
      hasRunner(world, call) ? judge(world, call, answer, now) : (judgeOfGoneRunner(call, answer) ?? [world]),
    )
  }

  /** Whether a call is answered only when something has happened, `maybe` where the worlds do not agree. */
  waits(call: ModelCall, now: Moment): Waits {
    const [first, ...others] = new Set(this.worlds.map((world) => waitsIn(world, call, now)))
    return first === undefined || others.length > 0 ? 'maybe' : first
  }

  /**
   * Whether a call that waits must be answered by now. What becomes of a poll whose runner has gone is open (alternative
   * pollOfGoneRunner); readers wake.
   */
  isDue(call: ModelCall, now: Moment): 'yes' | 'no' | 'maybe' {
    const isReader = call.operation === 'getBridgeCommand'
    const dues = this.worlds.map((world) => waitsIn(world, call, now) === 'no' && (isReader || hasRunner(world, call)))
    return dues.every(Boolean) ? 'yes' : dues.some(Boolean) ? 'maybe' : 'no'
  }

  /** Whether the runner of a call is gone in all of them. */
  isOfGoneRunner(call: ModelCall): boolean {
    return !this.worlds.some((world) => hasRunner(world, call))
  }

  private narrow(judgeIn: (world: World) => readonly World[] | Mismatch): Mismatch | undefined {
    const left = among(this.worlds, judgeIn)
    if (left instanceof Mismatch) return left
    const [first, ...others] = left.toSorted((one, other) => accidentsOf(one).size - accidentsOf(other).size)
    if (first !== undefined) this.worlds = [first, ...others]
    return undefined
  }
}

function hasRunner(world: World, { identity, path }: ModelCall): boolean {
  return ownRunner(world, identity, path['runnerId'] ?? '') !== undefined
}

/**
 * A reader of a command whose runner goes sees it timed out, or nothing; a poll ends with nothing to do (alternatives
 * readerOfGoneRunner, pollOfGoneRunner).
 */
function judgeOfGoneRunner({ operation }: ModelCall, { status, body }: ModelAnswer): Mismatch | undefined {
  const isReader = operation === 'getBridgeCommand'
  const isRight = isReader ? fieldOf(body, 'status') === 'timed_out' : isNothingToDo(body)
  if (status === 404 || (status === 200 && isRight)) return undefined
  const expected = isReader
    ? 'the reader to see the command of the gone runner as timed_out, or 404'
    : 'the poll of the gone runner to get nothing, or 404'
  return new Mismatch(expected, `${status} ${JSON.stringify(body)}`)
}

function isNothingToDo(body: unknown): boolean {
  const commands = fieldOf(body, 'commands')
  return body === null || (Array.isArray(commands) && commands.length === 0)
}
