// Keeping a runner alive through many calls in a row, on targets where each of them takes its time.
import type { Context } from './context.js'
import type { RunnerHandle } from './runner-handle.js'

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
