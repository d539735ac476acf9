/** The rules of bridge commands: submission, hand-out in batches, readers who wait, and reports of which one counts. */
import type { BridgeCommandType } from '../../../kernel/types.js'
import { readerSeconds } from '../../target/waiting-places.js'
import { isObject, memberOf, objectsAt, textAt } from '../../../kernel/json-value.js'
import type { ModelAnswer, ModelCall } from './call.js'
import { demandEmpty, fitsOneMore, takeBatch, isUnfinished, keepingOf, mayBeTimedOut } from './command-states.js'
import { meetRunner } from './judge-runners.js'
import { allowDeviation, demand, demandEqual, demandStatus, Mismatch, demandNew } from './mismatch.js'
import { isTakenByPurge, mayBePurged, mayHaveWaited, notePurge, statusesOf } from './time-bounds.js'
import { demandCommand, demandRequest } from './shown-resources.js'
import {
  ABSENT,
  given,
  ownCommand,
  ownRunner,
  type Command,
  type Moment,
  type Runner,
  type World,
} from './model-world.js'

const TYPES: readonly BridgeCommandType[] = ['ReadFile', 'WriteFile', 'EditFile', 'ListFiles', 'SearchFiles', 'Exec']
const WRITES: readonly string[] = ['WriteFile', 'EditFile', 'Exec']

/** createBridgeCommand: ownership, heartbeat, capability, room, rates, in this order. */
export function judgeCreateBridgeCommand(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  const runner = ownRunner(world, call.identity, call.path['runnerId'] ?? '')
  if (runner === undefined) {
    demandStatus(answer, [404], 'the caller has no such runner')
    return
  }
  // A runner that is gone and one that has lapsed answer alike: that it is gone is learned elsewhere.
  const type = TYPES.find((each) => each === textAt(call.body, 'type')) ?? 'ReadFile'
  const statuses = statusesOf(world, runner, now)
  const whenAlive = runner.capabilities.includes('bridge') ? roomFor(world, runner, type, now) : [409]
  const wanted = [
    ...(statuses.includes('connected') ? whenAlive : []),
    ...(statuses.includes('disconnected') ? [404] : []),
  ]
  demandStatus(
    answer,
    wanted,
    `the runner is ${statuses.join(' or ')}, its capabilities: ${runner.capabilities.join(', ')}`,
  )
  if (answer.status === 429) excuseRefusal(world, runner, type, now)
  if (answer.status !== 201) return
  const id = demandNew(world, textAt(answer.body, 'command_id'), 'command')
  demandEqual('the id in Location', answer.createdId, id)
  world.commands.set(id, {
    ...{ id, runnerId: runner.id, type, args: memberOf(call.body, 'args'), timeoutMs: timeoutOf(world, call) },
    ...{
      status: 'pending',
      submitted: now,
      submittedAt: undefined,
      pickedUp: undefined,
      pickedUpAt: undefined,
      ended: undefined,
    },
    ...{ result: ABSENT, error: ABSENT, duration: ABSENT, isGone: false, mayBeGone: false },
  })
  runner.commands = [...runner.commands, id]
  runner.commandQueue = [...runner.commandQueue, id]
  const { all, writes, refusedWrites } = runner.accepted
  runner.accepted = { all: all + 1, writes: writes + (WRITES.includes(type) ? 1 : 0), refusedWrites }
}

/** Rates count by the minute of the clock: beyond them a command may be refused, or a new minute may have begun. */
function roomFor(world: World, runner: Runner, type: BridgeCommandType, now: Moment): number[] {
  const { limits } = world
  const fits = fitsOneMore(world, runner, now)
  if (fits === 'no') return [429]
  const isFast = runner.accepted.all + runner.accepted.refusedWrites >= limits.bridge_max_commands_per_minute
  const isWritingFast = WRITES.includes(type) && runner.accepted.writes >= limits.bridge_max_write_commands_per_minute
  return fits === 'maybe' || isFast || isWritingFast ? [201, 429] : [201]
}

/** Notes why a command may have been refused where there seems to be room. */
function excuseRefusal(world: World, runner: Runner, type: BridgeCommandType, now: Moment): void {
  const { limits } = world
  const { all, writes, refusedWrites } = runner.accepted
  if (fitsOneMore(world, runner, now) !== 'yes') return
  if (WRITES.includes(type) && writes >= limits.bridge_max_write_commands_per_minute)
    runner.accepted = { all, writes, refusedWrites: refusedWrites + 1 }
  else if (all < limits.bridge_max_commands_per_minute)
    allowDeviation(world, 'refused-payload-counts', 'refused commands not to count against the rate', 429)
}

function timeoutOf({ limits }: World, { body }: ModelCall): number {
  const asked = memberOf(body, 'timeout_seconds')
  const seconds = typeof asked === 'number' && asked > 0 ? asked : limits.bridge_default_command_timeout_seconds
  return 1000 * Math.min(seconds, limits.bridge_max_command_timeout_seconds)
}

const DEFAULT_BATCH = 10
const LARGEST_BATCH = 20

/** nextBridgeCommands: what is pending at once, oldest first; an empty batch only when the wait is over. */
export function judgeNextBridgeCommands(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  const runner = meetRunner(world, call, answer, now)
  if (runner === undefined) return
  demandStatus(answer, [200], 'the caller owns the runner')
  const items = objectsAt(answer.body, 'commands')
  const ids = items.map((item) => textAt(item, 'command_id'))
  if (ids.length === 0 && mayHaveWaited(answer, 1000 * world.limits.bridge_poll_timeout_seconds)) {
    // Its time may have been over just before a command came.
    demandEmpty(world, runner, now.to - answer.waitedMs, now)
    return
  }
  const batch = { ids, most: batchSize(call), isPart: call.isPart === true }
  if (!takeBatch(world, runner, batch, now)) judgeWait(world, runner, answer, now)
  for (const [at, id] of ids.entries()) {
    const command = world.commands.get(id)
    if (command === undefined) continue
    demandRequest(command, items[at] ?? {})
    command.status = 'picked_up'
    command.pickedUp = now
  }
}

function judgeWait(world: World, runner: Runner, answer: ModelAnswer, now: Moment): void {
  // A poll ends when its runner is purged meanwhile (alternative pollOfGoneRunner).
  if (isTakenByPurge(world, runner, now)) return
  const wanted = `an empty poll to wait for ${world.limits.bridge_poll_timeout_seconds} s`
  throw new Mismatch(wanted, `none after ${answer.waitedMs} ms`)
}

function batchSize({ body }: ModelCall): number {
  const asked = memberOf(body, 'max_commands')
  return typeof asked === 'number' && asked > 0 ? Math.min(asked, LARGEST_BATCH) : DEFAULT_BATCH
}

/** The command of a call if it is there; else the answer must be 404. Time may have taken it away. */
function meetCommand(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): Command | undefined {
  const { runnerId = '', commandId = '' } = call.path
  const command = ownCommand(world, call.identity, runnerId, commandId)
  const keeping = command === undefined ? 'gone' : keepingOf(world, command, now)
  if (command === undefined || keeping === 'gone') {
    demandStatus(answer, [404], 'the caller has no such command on this runner')
    return undefined
  }
  if (answer.status !== 404) return command
  const runner = ownRunner(world, call.identity, runnerId)
  if (keeping === 'open') command.isGone = true
  else if (runner !== undefined && mayBePurged(world, runner, now)) notePurge(world, runner, now)
  else return command
  return undefined
}

/** getBridgeCommand: with `wait` the answer comes at its end, or when the wait is over. */
export function judgeGetBridgeCommand(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  const command = meetCommand(world, call, answer, now)
  if (command === undefined) return
  demandStatus(answer, [200], 'the command is on a runner of the caller')
  const isWaiting = call.query['wait'] === true
  const asked = call.query['timeout']
  const waitMs = 1000 * readerSeconds(world.limits, asked === undefined ? undefined : Number(asked))
  const isWaitOver = isWaiting && mayHaveWaited(answer, waitMs)
  if (isWaiting && textAt(answer.body, 'status') === 'timed_out' && !mayBeTimedOut(command, now)) {
    // A reader wakes when the runner is purged meanwhile (alternative readerOfGoneRunner).
    const runner = world.runners.get(command.runnerId)
    if (runner !== undefined && isUnfinished(command) && isTakenByPurge(world, runner, now)) return
  }
  demandCommand(command, answer.body, now, isWaitOver ? ['pending', 'picked_up'] : [])
  if (!isWaiting || isWaitOver) return
  const wanted = `a reader who waits for ${waitMs / 1000} s not to be answered before the command's end`
  demand(!isUnfinished(command), wanted, `${command.status} after ${answer.waitedMs} ms`)
}

/** reportBridgeResult: status and outcome before the command; one report counts. */
export function judgeReportBridgeResult(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  const body = isObject(call.body) ? call.body : {}
  const { status } = body
  if (status !== 'completed' && status !== 'failed') {
    demandStatus(answer, [400], `a runner cannot report ${String(status)}`)
    return
  }
  if (!('result' in body) && !('error' in body)) {
    demandStatus(answer, [400], 'neither result nor error')
    return
  }
  const command = meetCommand(world, call, answer, now)
  if (command === undefined) return
  if (answer.status === 409 && mayBeTimedOut(command, now)) {
    command.status = 'timed_out'
    command.ended = { from: command.pickedUp?.from ?? now.from, to: now.to }
    return
  }
  demandStatus(answer, isUnfinished(command) ? [204] : [409], `the command is ${command.status}`)
  if (!isUnfinished(command)) return
  Object.assign(command, { status, ended: now })
  command.result = given(body['result'])
  command.error = given(body['error'])
  command.duration = given(body['duration_ms'])
}
