/**
 * The model: says whether an answer is right in a world, and changes the world as the call does; and the worlds that the
 * answers so far allow. Written from the rules, for a second opinion beside the lifecycle tables; what the rules leave open
 * is accepted in every variant.
 */
import { clearSuspects, eitherWorld, nameSuspects, Undecided, Mismatch, accidentsOf } from './mismatch.js'
import { memberOf } from '../../../kernel/json-value.js'
import type { Modelled, ModelAnswer, ModelCall, Waits } from './call.js'
import { pollWaits as commandPollWaits, isUnfinished, keepingOf } from './command-states.js'
import { pollWaits as jobPollWaits } from './job-states.js'
import {
  judgeCreateBridgeCommand,
  judgeGetBridgeCommand,
  judgeNextBridgeCommands,
  judgeReportBridgeResult,
} from './judge-commands.js'
import {
  judgeAppendJobLogs,
  judgeCancelJob,
  judgeCreateJob,
  judgeGetJob,
  judgeGetJobLogs,
  judgeListJobs,
  judgeNextJob,
  judgeReportJobResult,
} from './judge-jobs.js'
import {
  judgeActivatePairingSession,
  judgeCreatePairingSession,
  judgeDisconnectRunner,
  judgeGetRunner,
  judgeHeartbeat,
  judgeListRunners,
  judgePatchChecklist,
  judgeRegisterAgents,
} from './judge-runners.js'
import { copyWorld, ownCommand, ownRunner, type Moment, type World } from './model-world.js'
import type { AccidentId } from '../../check/seen-accidents.js'

/** Judges one operation's answer: throws a Mismatch, or changes the world. */
export type Judge = (world: World, call: ModelCall, answer: ModelAnswer, now: Moment) => void

const judges: Readonly<Record<Modelled, Judge>> = {
  createPairingSession: judgeCreatePairingSession,
  activatePairingSession: judgeActivatePairingSession,
  listRunners: judgeListRunners,
  getRunner: judgeGetRunner,
  disconnectRunner: judgeDisconnectRunner,
  heartbeat: judgeHeartbeat,
  registerAgents: judgeRegisterAgents,
  patchChecklist: judgePatchChecklist,
  createJob: judgeCreateJob,
  getJob: judgeGetJob,
  cancelJob: judgeCancelJob,
  getJobLogs: judgeGetJobLogs,
  appendJobLogs: judgeAppendJobLogs,
  reportJobResult: judgeReportJobResult,
  listJobs: judgeListJobs,
  nextJob: judgeNextJob,
  createBridgeCommand: judgeCreateBridgeCommand,
  nextBridgeCommands: judgeNextBridgeCommands,
  getBridgeCommand: judgeGetBridgeCommand,
  reportBridgeResult: judgeReportBridgeResult,
}

/**
 * Holds an answer against the model, and leaves the world as it is.
 *
 * @param now when the call was under way, in the target's time
 * @returns the world as the call leaves it, or several when it hangs on accidents of which nothing is known yet, the one
 *   without them first; or what is wrong with the answer
 */
export function judge(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): readonly World[] | Mismatch {
  const next = copyWorld(world)
  try {
    judges[call.operation](next, call, answer, now)
  } catch (error) {
    if (error instanceof Undecided) return among(eitherWorld(world, error.id), (each) => judge(each, call, answer, now))
    if (error instanceof Mismatch) return nameSuspects(next, error)
    throw error
  }
  clearSuspects(next)
  return [next]
}

/** The worlds that are left of several; what is wrong with the first of them when none is. */
export function among(
  worlds: readonly World[],
  judgeIn: (world: World) => readonly World[] | Mismatch,
): readonly World[] | Mismatch {
  const outcomes = worlds.map(judgeIn)
  const left = outcomes.flatMap((outcome) => (outcome instanceof Mismatch ? [] : outcome))
  return left.length > 0 ? left : (outcomes[0] ?? [])
}

/** Whether a call is answered at once; not so a poll that finds nothing, and a reader who waits for an end. */
function waitsIn(world: World, { operation, identity, path, query }: ModelCall, now: Moment): Waits {
  const { runnerId = '', commandId = '' } = path
  const runner = ownRunner(world, identity, runnerId)
  if (runner === undefined) return 'no'
  if (operation === 'nextJob') return jobPollWaits(world, runner)
  if (operation === 'nextBridgeCommands') return commandPollWaits(world, runner, now)
  if (operation !== 'getBridgeCommand' || query['wait'] !== true) return 'no'
  const command = ownCommand(world, identity, runnerId, commandId)
  const isOpen = command !== undefined && isUnfinished(command) && keepingOf(world, command, now) !== 'gone'
  return isOpen ? 'yes' : 'no'
}

/**
 * The worlds that the answers so far allow; never empty. There is more than one where something has happened that servers
 * of today answer for with an accident, or do not; later answers decide between them.
 */
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
  const isRight = isReader ? memberOf(body, 'status') === 'timed_out' : isNothingToDo(body)
  if (status === 404 || (status === 200 && isRight)) return undefined
  const expected = isReader
    ? 'the reader to see the command of the gone runner as timed_out, or 404'
    : 'the poll of the gone runner to get nothing, or 404'
  return new Mismatch(expected, `${status} ${JSON.stringify(body)}`)
}

function isNothingToDo(body: unknown): boolean {
  const commands = memberOf(body, 'commands')
  return body === null || (Array.isArray(commands) && commands.length === 0)
}
