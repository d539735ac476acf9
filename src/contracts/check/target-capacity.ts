// What a check needs of a target that holds little: where it declares less room, the check cannot be run.
import type { SettingName } from '../../kernel/lifecycle.js'
import type { Limits } from '../target/target.js'

/** What must hold for both. */
export function both(one: (limits: Limits) => string | undefined, other: (limits: Limits) => string | undefined): Room {
  return { when: (limits) => one(limits) ?? other(limits) }
}

interface Room {
  when: (limits: Limits) => string | undefined
}

const roomIn =
  (name: SettingName, what: string) =>
  (count: number): Room => ({
    when: (limits) =>
      limits[name] >= count ? undefined : `needs room for ${count} ${what}; the target has ${limits[name]}`,
  })

/** Room for so many pending jobs of one runner. */
export const needsJobs = roomIn('max_pending_jobs_per_runner', 'pending jobs')

/** Room for so many pending commands of one runner. */
export const needsCommands = roomIn('bridge_max_pending_per_runner', 'pending commands')

/** Room for so many log entries in one batch. */
export const needsLogs = roomIn('max_log_entries_per_batch', 'log entries in a batch')

/** Room for so many agents of one runner. */
export const needsAgents = roomIn('max_agents_per_runner', 'agents')
