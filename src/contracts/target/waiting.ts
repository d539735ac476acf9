/** Which requests wait at a target, and for how long at most: known from the operation and the target's limits. */
import type { OperationId } from '../../kernel/operation.js'
import type { Limits } from './target.js'

/** How long a reader waits that names no time, before it is clamped; no setting. */
export const DEFAULT_READ_SECONDS = 30
const SHORTEST_READ_SECONDS = 1

/** How long getBridgeCommand with wait=true holds its answer, in seconds; `asked` is its `timeout`. */
export function readerSeconds({ bridge_max_command_timeout_seconds }: Limits, asked = DEFAULT_READ_SECONDS): number {
  return Math.min(Math.max(asked, SHORTEST_READ_SECONDS), bridge_max_command_timeout_seconds)
}

/**
 * The longest that a request is held, in seconds; undefined for one that is answered at once. `query` as it is sent or
 * as a caller gives it.
 */
export function waitOf(
  operation: OperationId | null,
  query: Readonly<Record<string, unknown>>,
  limits: Limits,
): number | undefined {
  if (operation === 'nextJob') return limits.next_job_poll_timeout_seconds
  if (operation === 'nextBridgeCommands') return limits.bridge_poll_timeout_seconds
  if (operation !== 'getBridgeCommand' || String(query['wait']).toLowerCase() !== 'true') return undefined
  const asked = Number(query['timeout'] ?? DEFAULT_READ_SECONDS)
  return readerSeconds(limits, Number.isFinite(asked) ? asked : undefined)
}
