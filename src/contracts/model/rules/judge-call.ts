/**
 * The model: says whether an answer is right in a world, and changes the world as the call does. Written from the rules,
 * for a second opinion beside the lifecycle tables; what the rules leave open is accepted in every variant.
 */
import { clearSuspects, eitherWorld, nameSuspects, Undecided } from './allowed-deviation.js'
import type { Modelled, ModelAnswer, ModelCall, Waits } from './call.js'
import { pollWaits as commandPollWaits } from './command-queue.js'
import { isUnfinished, keepingOf } from './command-states.js'
import { pollWaits as jobPollWaits } from './job-queue.js'
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
import { Mismatch } from './mismatch.js'
import { copyWorld, ownCommand, ownRunner, type Moment, type World } from './model-world.js'

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
export function waitsIn(world: World, { operation, identity, path, query }: ModelCall, now: Moment): Waits {
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
