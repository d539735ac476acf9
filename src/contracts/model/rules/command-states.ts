/**
 * What a bridge command may be by now: whether it is still there, and whether time has ended it; and the queue of a runner's
 * commands as submissions and polls meet it, with what is over in it.
 */
import { hasPassed, mayHavePassed } from './time-bounds.js'
import type { Command, Moment, World, Runner } from './model-world.js'
import { hasAccident, demand, Mismatch } from './mismatch.js'
import type { Waits } from './call.js'

/** Whether nobody has ended it, as far as is known. */
export function isUnfinished({ status }: Command): boolean {
  return status === 'pending' || status === 'picked_up'
}

/** The reaper gives a command that was picked up this long beyond its timeout. */
const GRACE_MS = 10_000

/** Whether a command that was picked up may have timed out. */
export function mayBeTimedOut(command: Command, now: Moment): boolean {
  const { status, pickedUp, timeoutMs } = command
  return status === 'picked_up' && pickedUp !== undefined && mayHavePassed(pickedUp, now, timeoutMs + GRACE_MS)
}

/** Whether a command must, may or must not be there any more. */
export function keepingOf(world: World, command: Command, now: Moment): 'kept' | 'open' | 'gone' {
  if (command.isGone) return 'gone'
  const { status, submitted, timeoutMs, ended, pickedUp } = command
  const endedTtlMs = 1000 * world.limits.bridge_completed_command_ttl_seconds
  if (ended !== undefined) return judgeAge(ended, now, endedTtlMs, command.mayBeGone)
  const lifetimeMs = 2 * timeoutMs + 60_000
  const age = judgeAge(submitted, now, lifetimeMs)
  if (status !== 'picked_up' || pickedUp === undefined) return age
  // It may have timed out before its lifetime was over, and is then kept as ended ones are: for longer, or not for so long.
  const isShort = mayHavePassed(pickedUp, now, timeoutMs + GRACE_MS + endedTtlMs)
  return age === 'gone' || isShort ? 'open' : age
}

function judgeAge(since: Moment, now: Moment, ms: number, isDoubtful = false): 'kept' | 'open' | 'gone' {
  if (hasPassed(since, now, ms)) return 'gone'
  return isDoubtful || mayHavePassed(since, now, ms) ? 'open' : 'kept'
}

/** Something in the queue. */
interface Place {
  id: string
  /** Whether it can be handed out. */
  isPending: 'yes' | 'perhaps' | 'no'
  /** Whether it is in the way when it is not. */
  isInTheWay: 'yes' | 'perhaps' | 'no'
}

/** What a command in the queue is by now. */
type Kind = 'pending' | 'perhaps' | 'expired' | 'reported'

function kindOf(world: World, id: string, now: Moment): Kind {
  const command = world.commands.get(id)
  if (command === undefined) return 'expired'
  if (!isUnfinished(command)) return 'reported'
  const keeping = keepingOf(world, command, now)
  return keeping === 'kept' ? 'pending' : keeping === 'open' ? 'perhaps' : 'expired'
}

const accidentOf = (kind: Kind) => (kind === 'reported' ? 'reported-command-in-queue' : 'expired-command-ends-poll')

/** Everything that may be in the queue, oldest first. */
function placesOf(world: World, { commandQueue, takenPerhaps }: Runner, now: Moment): Place[] {
  return commandQueue.flatMap((id): Place[] => {
    const kind = kindOf(world, id, now)
    if (kind === 'pending') return [{ id, isPending: 'yes', isInTheWay: 'yes' }]
    const isMet = hasAccident(world, accidentOf(kind), 'now')
    if (kind === 'perhaps') return [{ id, isPending: 'perhaps', isInTheWay: isMet ? 'yes' : 'no' }]
    return isMet ? [{ id, isPending: 'no', isInTheWay: takenPerhaps.includes(id) ? 'perhaps' : 'yes' }] : []
  })
}

/** Whether one more command may wait. */
export function fitsOneMore(world: World, runner: Runner, now: Moment): 'yes' | 'no' | 'maybe' {
  const limit = world.limits.bridge_max_pending_per_runner
  if (runner.commandQueue.length < limit) return 'yes'
  const places = placesOf(world, runner, now)
  const most = places.filter(({ isPending, isInTheWay }) => isPending !== 'no' || isInTheWay !== 'no').length
  const least = places.filter(({ isInTheWay }) => isInTheWay === 'yes').length
  return least >= limit ? 'no' : most >= limit ? 'maybe' : 'yes'
}

/** Whether a poll of these commands waits. */
export function pollWaits(world: World, { commandQueue, takenPerhaps }: Runner, now: Moment): Waits {
  let waits: Waits = 'yes'
  for (const id of commandQueue) {
    const kind = kindOf(world, id, now)
    const isSo = kind === 'pending' || world.assumed.get(accidentOf(kind))
    if (isSo === true && !takenPerhaps.includes(id)) return 'no'
    if (isSo !== false || kind === 'perhaps') waits = 'maybe'
  }
  return waits
}

/** Refuses an empty answer at the end of a wait that something in the queue would have ended. */
export function demandEmpty(world: World, runner: Runner, began: number, now: Moment): void {
  const places = placesOf(world, runner, now).filter(({ isInTheWay }) => isInTheWay === 'yes')
  const missed = places.find(({ id }) => (world.commands.get(id)?.submitted.to ?? now.to) < began)
  if (missed !== undefined) throw new Mismatch(`no wait, since ${missed.id} was in the queue when it began`, '[]')
}

/** A batch that was handed out. */
export interface Batch {
  ids: readonly string[]
  /** How many it holds at most. */
  most: number
  /** Whether it is one command of a larger batch, or none of one: what is over may have taken the rest of it. */
  isPart: boolean
}

/**
 * Takes a batch out of the queue: the oldest, of which those that are over are not shown.
 * @returns whether it may be a batch, be it an empty one
 */
export function takeBatch(world: World, runner: Runner, batch: Batch, now: Moment): boolean {
  const { ids, most, isPart } = batch
  demand(ids.length <= most, `at most ${most} commands`, ids)
  demandInOrder(runner.commandQueue, ids)
  const left: string[] = []
  const perhaps: string[] = [...runner.takenPerhaps]
  const handedOut: string[] = []
  const taken = { least: 0, most: 0 }
  const isOne = isPart && ids.length > 0
  for (const { id, isPending, isInTheWay } of placesOf(world, runner, now)) {
    const isReached = taken.most < most
    if (taken.least < most && ids.includes(id) && isPending !== 'no') {
      handedOut.push(id)
      taken.least++
      taken.most++
    } else if (isPending === 'yes') {
      if (isReached) throw new Mismatch(`the oldest pending commands, ${id} among them`, JSON.stringify(ids))
      // The batch was full before it.
      taken.least = most
      left.push(id)
    } else {
      if (!isReached) left.push(id)
      if (!isReached && (isPart || taken.least < most)) perhaps.push(id)
      if (isInTheWay !== 'no' && !isOne) taken.most++
      if (isInTheWay === 'yes' && !isOne) taken.least++
    }
  }
  const stray = ids.find((id) => !handedOut.includes(id))
  if (stray !== undefined) throw new Mismatch('pending commands for which there is room', stray)
  runner.commandQueue = left
  runner.takenPerhaps = perhaps.filter((id) => left.includes(id))
  return taken.most > 0
}

function demandInOrder(queue: readonly string[], ids: readonly string[]): void {
  const places = ids.map((id) => queue.indexOf(id))
  const stray = ids.find((_, at) => places[at] === -1)
  if (stray !== undefined) throw new Mismatch('commands that are pending', `${stray}, which is not`)
  const isInOrder = places.every((place, at) => at === 0 || place > (places[at - 1] ?? 0))
  demand(isInOrder, 'the commands oldest first, each once', ids)
}
