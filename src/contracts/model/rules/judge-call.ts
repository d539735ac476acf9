/**
 * The model: says whether an answer is right in a world, and changes the world as the call does. Written from the rules,
 * for a second opinion beside the lifecycle tables; what the rules leave open is accepted in every variant.
 */
import { nameSuspects } from './allowed-deviation.js'
import type { Modelled, ModelAnswer, ModelCall } from './call.js'
import { definitelyPending, expiredPending, isUnfinished, keepingOf } from './command-states.js'
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
import { ownCommand, ownRunner, type Moment, type World } from './model-world.js'

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
 * Holds an answer against the model.
 *
 * @param now when the call was under way, in the target's time
 * @returns what is wrong; undefined when the answer is right, and the world has then moved on
 */
export function judge(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): Mismatch | undefined {
  try {
    judges[call.operation](world, call, answer, now)
    return undefined
  } catch (error) {
    if (error instanceof Mismatch) return nameSuspects(world, error)
    throw error
  }
}

/** Whether a call is not answered at once: a poll that finds nothing, a reader who waits for an end. */
export function doesWait(world: World, { operation, identity, path, query }: ModelCall, now: Moment): boolean {
  const { runnerId = '', commandId = '' } = path
  const runner = ownRunner(world, identity, runnerId)
  if (runner === undefined) return false
  if (operation === 'nextJob') return runner.queue.length === 0
  if (operation === 'nextBridgeCommands') return definitelyPending(world, runner, now).length === 0
  if (operation !== 'getBridgeCommand' || query['wait'] !== true) return false
  const command = ownCommand(world, identity, runnerId, commandId)
  return command !== undefined && isUnfinished(command) && keepingOf(world, command, now) !== 'gone'
}

/** Whether a poll that finds nothing may be answered at once all the same, since it meets what is over by an accident. */
export function mayEndAtOnce(world: World, { operation, identity, path }: ModelCall, now: Moment): boolean {
  const runner = ownRunner(world, identity, path['runnerId'] ?? '')
  if (runner === undefined) return false
  if (operation === 'nextJob') return runner.jobs.some((id) => world.jobs.get(id)?.isGhost === true)
  if (operation !== 'nextBridgeCommands') return false
  return runner.reportedQueue.length > 0 || expiredPending(world, runner, now).length > 0
}
