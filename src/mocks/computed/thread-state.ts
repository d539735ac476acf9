/** Whether a thread is active: unless it was closed, for some time after its last change. */
import { secondsOf } from '../collections/field-values.js'
import type { KeptContext } from '../engine/collection-code.js'
import type { Entry } from '../world/collection.js'

/** What is kept of a thread beside its traces. */
export function stateOfThread(project_id: string, thread: string, { world, caller }: KeptContext): Entry | undefined {
  const { entries } = world.collections.threadStates.list(caller, { project_id })
  return entries.find(({ thread_id: each }) => each === thread)
}

/** How long after its last change a thread is inactive, unless the workspace is configured otherwise. */
const INACTIVE_AFTER = 'PT15M'

function inactiveAfterMs({ world, caller }: KeptContext): number {
  const [configuration] = world.collections.configurations.list(caller).entries
  const timeout = configuration?.['timeout_to_mark_thread_as_inactive']
  return 1000 * secondsOf(typeof timeout === 'string' ? timeout : INACTIVE_AFTER)
}

/** @param changed when a trace of it changed last, in milliseconds */
export function statusOfThread(state: Entry | undefined, changed: number, context: KeptContext): 'active' | 'inactive' {
  const { status, status_at } = state ?? {}
  const told = Number(status_at ?? -Infinity)
  if (status === 'inactive' && told >= changed) return 'inactive'
  const last = status === 'active' ? Math.max(told, changed) : changed
  return context.world.now() - last < inactiveAfterMs(context) ? 'active' : 'inactive'
}
