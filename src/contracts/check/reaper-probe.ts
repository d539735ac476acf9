/**
 * Waiting for the reaper: it comes round once in its interval and looks at a limited number of runners each time, so that on
 * a busy target several rounds may pass before it sees a check's own runner.
 */
import type { PassOptions } from './check-time.js'
import type { Context } from './context.js'
import type { BridgeCommand } from '../../kernel/types.js'
import { expectEqual, expectStatus, fail, NotRun, type Proof } from '../target/expectation.js'
import { passTimeKeepingRunner } from './keep-runner.js'
import type { RunnerHandle } from './runner-handle.js'
import type { Limits } from '../target/target.js'

/** Rounds after which a reaper that still has done nothing does not do its work. */
const MOST_ROUNDS = 40

/** Seconds that a check announces for one round. */
export function reaperSeconds({ reaper_interval_seconds }: Limits): number {
  return reaper_interval_seconds + 2
}

/** How to wait for the reaper. */
export interface ReaperOptions extends PassOptions {
  /** A runner that must not be purged meanwhile. */
  kept?: RunnerHandle
  /** Seconds for which the outcome can be seen. Default: for good. */
  keptFor?: number
  proof?: () => Proof
}

/** Lets rounds of the reaper pass until `isDone`; what it waits for completes the phrase "expected ...". */
export async function awaitReaper(
  context: Context,
  what: string,
  isDone: () => Promise<boolean>,
  { alive, kept, proof, keptFor = Infinity }: ReaperOptions = {},
): Promise<void> {
  const round = reaperSeconds(context.limits)
  const step = Math.min(round, Math.max(keptFor / 3, 1))
  for (let passed = 0; passed < MOST_ROUNDS * round; passed += step) {
    if (kept === undefined) await context.time.pass(step, { alive })
    else await passTimeKeepingRunner(context, kept, step)
    if (await isDone()) return
  }
  fail(what, `nothing within ${MOST_ROUNDS} rounds of the reaper`, proof?.())
}

/** Seconds that a command which was picked up gets beyond its own timeout. */
export const COMMAND_GRACE_SECONDS = 10

/** The timeout of a command that lives long enough for the reaper to come round several times. */
export function longestCommand({ bridge_max_command_timeout_seconds }: Limits): number {
  return bridge_max_command_timeout_seconds
}

/** Seconds after which a command that nobody finishes is gone. */
export function commandLife(timeoutSeconds: number): number {
  return 2 * timeoutSeconds + 60
}

/** Waits until a command that was picked up has timed out. */
export async function awaitCommandTimeout(
  context: Context,
  runner: RunnerHandle,
  commandId: string,
): Promise<BridgeCommand> {
  const path = { runnerId: runner.id, commandId }
  const isOver = async (): Promise<boolean> => {
    const answer = await context.call('getBridgeCommand', { path })
    // On a busy target the command's life may end before the reaper comes to its runner.
    if (answer.status === 404) throw new NotRun('the reaper did not come round before the command was gone')
    expectStatus(answer, 200)
    return answer.body.status !== 'picked_up'
  }
  const keptFor = context.limits.bridge_completed_command_ttl_seconds
  await awaitReaper(context, 'the command to time out', isOver, { kept: runner, keptFor })
  const command = await runner.readCommand(commandId)
  expectEqual('status of the command', command.status, 'timed_out')
  return command
}
