/**
 * The tracker: says whether an answer is right in a world, and changes the world as the call does; and the worlds that the
 * answers so far allow. The rules are those of the tables; what they leave open is accepted in every variant.
 */
import type { QuirkId } from '../../generated/quirks.js'
import type { ApiAnswer, ApiCall } from '../../kernel/recording/api-call.js'
import { memberOf } from '../../kernel/json-value.js'
import { roleOf } from '../roles.js'
import { waitSeconds } from '../timers.js'
import { pollWaits } from './work-queues.js'
import { judgeActivation, judgeOpening, judgeRunnerCall, judgeRunnerList } from './judge-runners.js'
import { judgeCreation, judgePoll, judgeWorkCall, judgeWorkList } from './judge-work.js'
import { among, eitherWorld, Mismatch, quirksOf, refusal, Undecided } from './mismatch.js'
import type { TimeRange } from './time-range.js'
import { hasEnded, keepingOf } from './tracked-states.js'
import { isLargerThan } from './tracked-view.js'
import { copyWorld, findOwnRunner, findOwnWork, type TrackedWorld } from './tracked-world.js'

/** Whether a call is answered only when something has happened, or its time is over. */
export type Waits = 'yes' | 'no' | 'maybe'

type Judge = (world: TrackedWorld, call: ApiCall, answer: ApiAnswer, now: TimeRange) => void

function judgeOf(operation: ApiCall['operation']): Judge {
  const { machine, creates, handsOut, lists } = roleOf(operation)
  if (machine === 'pairingSession') return creates === undefined ? judgeActivation : judgeOpening
  if (creates !== undefined) return judgeCreation
  if (machine !== 'runner') return judgeWorkCall
  if (lists === 'runner') return judgeRunnerList
  if (lists !== undefined) return judgeWorkList
  return handsOut === undefined ? judgeRunnerCall : judgePoll
}

/** A server may limit how often a caller pairs; no rule says how often. */
export function isPairingLimit(
  { operation }: Pick<ApiCall, 'operation'>,
  { status }: Pick<ApiAnswer, 'status'>,
): boolean {
  return status === 429 && roleOf(operation).machine === 'pairingSession'
}

/** A proxy may refuse a body beyond the limits before any rule is asked (alternative oversizedBody). */
function isRefusedBySize({ limits }: TrackedWorld, { body }: ApiCall, { status }: ApiAnswer): boolean {
  return status === 413 && isLargerThan(body, limits.bridge_max_payload_bytes) === true
}

/**
 * Judges an answer, and leaves the world as it is.
 * @param now when the call was under way, in the server's time
 * @returns the world as the call leaves it, or several when it depends on quirks of which nothing is known yet, the one
 *   without them first; or what is wrong with the answer
 */
export function judge(
  world: TrackedWorld,
  call: ApiCall,
  answer: ApiAnswer,
  now: TimeRange,
): readonly TrackedWorld[] | Mismatch {
  if (isPairingLimit(call, answer) || isRefusedBySize(world, call, answer)) return [world]
  const next = copyWorld(world)
  try {
    judgeOf(call.operation)(next, call, answer, now)
  } catch (error) {
    if (error instanceof Undecided) return among(eitherWorld(world, error.id), (each) => judge(each, call, answer, now))
    if (error instanceof Mismatch) return error
    throw error
  }
  return [next]
}

/**
 * Changes the world itself as a call does, for those who take each answer for right: what is unknown of quirks is then not so.
 * @returns whether the rules allow the answer; what they do not allow may have been carried out in part
 */
export function follow(world: TrackedWorld, call: ApiCall, answer: ApiAnswer, now: TimeRange): boolean {
  try {
    judgeOf(call.operation)(world, call, answer, now)
    return true
  } catch (error) {
    if (error instanceof Mismatch) return false
    if (!(error instanceof Undecided)) throw error
    world.assumed = new Map(world.assumed).set(error.id, false)
    return follow(world, call, answer, now)
  }
}

/** Whether a call waits: a poll that finds nothing, and a reader of an unfinished command. */
function waitsIn(world: TrackedWorld, { operation, caller, path, query }: ApiCall, now: TimeRange): Waits {
  const { machine, handsOut } = roleOf(operation)
  const runner = findOwnRunner(world, caller, path['runnerId'] ?? '')
  if (runner === undefined || waitSeconds(operation, query, world.limits) === undefined) return 'no'
  if (handsOut !== undefined) return pollWaits(world, runner, handsOut, now)
  if (machine !== 'bridgeCommand') return 'no'
  const command = findOwnWork(world, caller, machine, { id: path['commandId'] ?? '', runnerId: runner.id })
  const isOpen = command !== undefined && !hasEnded(command) && keepingOf(world, command, now) !== 'gone'
  return isOpen ? 'yes' : 'no'
}

/**
 * The worlds that the answers so far allow; never empty. There is more than one where something has happened that servers of
 * today answer with a quirk, or do not; later answers decide between them.
 */
export class PossibleWorlds {
  private worlds: readonly [TrackedWorld, ...TrackedWorld[]]
  private readonly refused: ReadonlySet<QuirkId>

  /** @param refused quirks of today's servers that no server may have; without it all of them are accepted */
  constructor(first: TrackedWorld, refused: ReadonlySet<QuirkId> = new Set()) {
    this.worlds = [first]
    this.refused = refused
  }

  /** The one that needs the fewest quirks. */
  get plainest(): TrackedWorld {
    return this.worlds[0]
  }

  /** Quirks without which an answer would not have been right. */
  get excused(): ReadonlySet<QuirkId> {
    return quirksOf(this.plainest)
  }

  /**
   * Judges an answer in each of them, and drops those in which it is wrong.
   * @returns what is wrong when it is wrong in all of them, which then stay as they are
   */
  judge(call: ApiCall, answer: ApiAnswer, now: TimeRange): Mismatch | undefined {
    return this.narrow((world) => judge(world, call, answer, now))
  }

  /** The same for the answer of a call that has waited: its runner may have gone meanwhile. */
  judgeWoken(call: ApiCall, answer: ApiAnswer, now: TimeRange): Mismatch | undefined {
    return this.narrow((world) =>
      hasRunner(world, call) ? judge(world, call, answer, now) : (judgeOfGoneRunner(call, answer) ?? [world]),
    )
  }

  /** Whether a call is answered only when something has happened, `maybe` where the worlds do not agree. */
  waits(call: ApiCall, now: TimeRange): Waits {
    const [first, ...others] = new Set(this.worlds.map((world) => waitsIn(world, call, now)))
    return first === undefined || others.length > 0 ? 'maybe' : first
  }

  /**
   * Whether a call that waits must be answered by now. What becomes of a poll whose runner has gone is open (alternative
   * pollOfGoneRunner); readers wake.
   */
  isDue(call: ApiCall, now: TimeRange): Waits {
    const isReader = roleOf(call.operation).handsOut === undefined
    const dues = this.worlds.map((world) => waitsIn(world, call, now) === 'no' && (isReader || hasRunner(world, call)))
    return dues.every(Boolean) ? 'yes' : dues.some(Boolean) ? 'maybe' : 'no'
  }

  /** Whether the runner of a call is gone in all of them. */
  isOfGoneRunner(call: ApiCall): boolean {
    return !this.worlds.some((world) => hasRunner(world, call))
  }

  private narrow(judgeIn: (world: TrackedWorld) => readonly TrackedWorld[] | Mismatch): Mismatch | undefined {
    const left = among(this.worlds, judgeIn)
    if (left instanceof Mismatch) return left
    const [first, ...others] = left.toSorted(
      (one, other) =>
        this.refusedIn(one).length - this.refusedIn(other).length || quirksOf(one).size - quirksOf(other).size,
    )
    const [id] = first === undefined ? [] : this.refusedIn(first)
    if (id !== undefined) {
      const plain = among(
        this.worlds.filter((world) => this.refusedIn(world).length === 0),
        judgeIn,
      )
      const flaw = plain instanceof Mismatch ? plain : new Mismatch('an answer that needs no quirk', 'one that does')
      return new Mismatch(`${flaw.expected} (${refusal(id)})`, flaw.actual)
    }
    if (first !== undefined) this.worlds = [first, ...others]
    return undefined
  }

  private refusedIn(world: TrackedWorld): QuirkId[] {
    return [...quirksOf(world)].filter((id) => this.refused.has(id))
  }
}

function hasRunner(world: TrackedWorld, { caller, path }: ApiCall): boolean {
  return findOwnRunner(world, caller, path['runnerId'] ?? '') !== undefined
}

/**
 * A reader of a command whose runner goes sees it timed out, or nothing; a poll ends with nothing to do (alternatives
 * readerOfGoneRunner, pollOfGoneRunner).
 */
function judgeOfGoneRunner({ operation }: ApiCall, { status, body }: ApiAnswer): Mismatch | undefined {
  const isReader = roleOf(operation).handsOut === undefined
  const isRight = isReader ? memberOf(body, 'status') === 'timed_out' : isNothingToDo(body)
  if (status === 404 || (status === 200 && isRight)) return undefined
  const expected = isReader
    ? 'the reader to see the command of the gone runner as timed_out, or 404'
    : 'the poll of the gone runner to get nothing, or 404'
  return new Mismatch(expected, `${status} ${JSON.stringify(body)}`)
}

/** Whether a poll was answered with nothing. */
export function isNothingToDo(body: unknown): boolean {
  const commands = memberOf(body, 'commands')
  return body === null || (Array.isArray(commands) && commands.length === 0)
}
