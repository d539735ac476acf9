/** How a step is planned: what it may stand on, and the times it speaks of. */
import type { Limits } from '../../target/target.js'
import { formOf, type Intent, type Kind, type Planner } from './intent.js'
import { pairing, runnerPlans } from './plan-runners.js'
import { workPlans } from './plan-work.js'

/** A margin on top of a deadline. */
const BEYOND = 2

/** The plainest first; what takes long comes once, what is quick several times. */
const DURATIONS: readonly [(limits: Limits) => number, ...((limits: Limits) => number)[]] = [
  (limits) => 0.4 * limits.heartbeat_ttl_seconds,
  (limits) => limits.heartbeat_ttl_seconds + BEYOND,
  (limits) => limits.next_job_poll_timeout_seconds + BEYOND,
  (limits) => 0.4 * limits.heartbeat_ttl_seconds,
  (limits) => limits.bridge_poll_timeout_seconds + BEYOND,
  (limits) => limits.heartbeat_ttl_seconds + BEYOND,
  // The agent with a timeout of a minute, and commands with the usual one.
  (limits) => 60 + limits.reaper_interval_seconds + BEYOND,
  (limits) => 0.4 * limits.heartbeat_ttl_seconds,
  // A session's time to live, a reader's longest wait.
  () => 300 + BEYOND,
  (limits) => limits.job_timeout_seconds + limits.reaper_interval_seconds + BEYOND,
  (limits) => limits.bridge_completed_command_ttl_seconds + BEYOND,
  // Nobody beats while time passes: what lives longer than a dead runner goes with it.
  (limits) => Math.min(limits.completed_job_ttl_seconds, purgeSeconds(limits)) + BEYOND,
  (limits) => purgeSeconds(limits) + BEYOND,
]

/** After so much silence a runner has been purged. */
function purgeSeconds(limits: Limits): number {
  return limits.heartbeat_ttl_seconds + limits.dead_runner_purge_seconds + limits.reaper_interval_seconds
}

/** Seconds that a step lets pass. */
export function durationOf(limits: Limits, form: number): number {
  return formOf(DURATIONS, form)(limits)
}

/** Seconds for a sequence in which time cannot be moved: enough for each deadline that a target can have near, once. */
export function shortSequence(limits: Limits): number {
  const { reaper_interval_seconds: round, heartbeat_ttl_seconds, job_timeout_seconds } = limits
  const deadlines = [
    ...[heartbeat_ttl_seconds, limits.next_job_poll_timeout_seconds, limits.bridge_poll_timeout_seconds],
    ...[job_timeout_seconds + round, limits.bridge_completed_command_ttl_seconds, limits.completed_job_ttl_seconds],
  ]
  return deadlines.reduce((sum, seconds) => sum + seconds + BEYOND, 0)
}

const single: Readonly<Record<Exclude<Kind, 'pair' | 'pass'>, Planner>> = { ...runnerPlans, ...workPlans }

/** The planners of a step: one call, or the calls of a whole pairing; none for time that passes. */
export function plannersOf({ kind }: Intent): readonly Planner[] {
  if (kind === 'pass') return []
  return kind === 'pair' ? pairing : [single[kind]]
}
