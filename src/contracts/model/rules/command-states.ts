/** What a bridge command may be by now: whether it is still there, and whether time has ended it. */
import { hasPassed, mayHavePassed } from './time-bounds.js'
import type { Command, Moment, World } from './model-world.js'

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
  const { status, submitted, timeoutMs, ended } = command
  const endedTtlMs = 1000 * world.limits.bridge_completed_command_ttl_seconds
  if (ended !== undefined) return judgeAge(ended, now, endedTtlMs, command.mayBeGone)
  const lifetimeMs = 2 * timeoutMs + 60_000
  const age = judgeAge(submitted, now, lifetimeMs)
  // Once picked up it may have timed out before its lifetime was over, and is then kept as ended ones are.
  return age === 'gone' && status === 'picked_up' ? 'open' : age
}

function judgeAge(since: Moment, now: Moment, ms: number, isDoubtful = false): 'kept' | 'open' | 'gone' {
  if (hasPassed(since, now, ms)) return 'gone'
  return isDoubtful || mayHavePassed(since, now, ms) ? 'open' : 'kept'
}
