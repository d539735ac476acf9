// Time that passes for checks which need their runner until the end: one that is dead for too long is purged.
import type { Context } from './context.js'
import { expectStatus, NotRun } from '../target/expectation.js'
import type { RunnerHandle } from './runner-handle.js'
import type { Limits } from '../target/target.js'

/** More heartbeats than that are too many for one check; it then lets its runner lapse, and return before it is purged. */
const MOST_HEARTBEATS = 200
const MOST_RETURNS = 500

/** Lets seconds pass, with so many heartbeats that the runner is not purged; it may lapse meanwhile. */
export async function passTimeKeepingRunner(context: Context, runner: RunnerHandle, seconds: number): Promise<void> {
  const step = stepOf(context.limits, seconds)
  if (seconds / step > MOST_RETURNS) {
    throw new NotRun(`the target purges dead runners too soon for one to be kept for ${Math.ceil(seconds)} s`)
  }
  // What heartbeats take counts, too: on a busy machine it adds up.
  const until = (await context.time.now()) + 1000 * seconds
  await beat(context, runner)
  for (let left = seconds; left > 0; left = (until - (await context.time.now())) / 1000) {
    await context.time.pass(Math.min(step, left))
    if (step < seconds) await beat(context, runner)
  }
}

/** Seconds between two heartbeats. */
function stepOf({ heartbeat_ttl_seconds, dead_runner_purge_seconds }: Limits, seconds: number): number {
  if (seconds < 0.5 * (heartbeat_ttl_seconds + dead_runner_purge_seconds)) return seconds
  const alive = 0.5 * heartbeat_ttl_seconds
  return seconds / alive <= MOST_HEARTBEATS ? alive : Math.max(0.5 * dead_runner_purge_seconds, alive)
}

async function beat(context: Context, runner: RunnerHandle): Promise<void> {
  const answer = await context.call('heartbeat', { path: { runnerId: runner.id }, body: {} })
  // A server may purge a runner at its second death (alternative secondDeath): then it cannot be watched for so long.
  if (answer.status === 410) throw new NotRun('the target purges a runner at its second death, before the check ends')
  expectStatus(answer, 200)
}

/** The part of a span at which it is surely not over, on machines that are busy. */
export function early(seconds: number): number {
  return (seconds < 30 ? 0.6 : 0.9) * seconds
}

/** Seconds that must lie between two deadlines for a check to see what is so in between. */
const SHORTEST_SECONDS = 4

/** A span that lasts long enough to be seen; else the reason why a check cannot run. */
export function longEnough(name: keyof Limits, seconds = SHORTEST_SECONDS): (limits: Limits) => string | undefined {
  return (limits) => (limits[name] >= seconds ? undefined : `${name} is too short to be seen`)
}

/** Part of the time to live after which the next heartbeat is due. */
const DUE = 0.3

/** Creates a function to call between others: it sends a heartbeat when one is due. The runner was alive just now. */
export async function createHeartbeatLoop(context: Context, runner: RunnerHandle): Promise<() => Promise<void>> {
  let last = await context.time.now()
  return async () => {
    const now = await context.time.now()
    if (now - last < 1000 * DUE * context.limits.heartbeat_ttl_seconds) return
    last = now
    await runner.heartbeat()
  }
}
