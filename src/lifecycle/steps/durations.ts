/** How long time passes in a step of a sequence, and in one of a story. */
import { STEP_SECONDS, walkLimits } from '../states/behaviour.js'
import { COMMAND_SECONDS, READER_SECONDS, SESSION_SECONDS, type Step } from '../states/small-world.js'
import { isTimerName, spanMs, timerNames, timerTable, waitSeconds, type TimerLimits } from '../timers.js'

/** A margin on top of a deadline. */
const BEYOND = 2

/** Seconds after which a timer has ended, the reaper's round included. */
function secondsOfTimer(name: string, limits: TimerLimits, resource?: object): number {
  const reaper = limits.reaper_interval_seconds
  if (!isTimerName(name)) return reaper
  return spanMs(name, limits, resource) / 1000 + (timerTable[name]?.byReaper === true ? reaper : 0)
}

/** Seconds after which a runner that does not beat is purged, and all that it has with it. */
function purgeSeconds(limits: TimerLimits): number {
  return limits.heartbeat_ttl_seconds + secondsOfTimer('dead_runner_purge', limits)
}

/** Seconds of a step of a sequence: the plainest form first; what is quick comes several times. */
export function durationOf(limits: TimerLimits, form: number): number {
  const { heartbeat_ttl_seconds: ttl, job_timeout_seconds: timeout } = limits
  // No runner beats while time passes: what lives longer than a dead runner goes with it.
  const purge = purgeSeconds(limits)
  const deadlines = [
    ...[ttl, limits.next_job_poll_timeout_seconds, ttl, limits.bridge_poll_timeout_seconds],
    ...timerNames.map((name) => Math.min(purge, secondsOfTimer(name, limits, { timeout }))),
    purge,
  ]
  const soon = 0.4 * ttl
  const seconds = [soon, ...deadlines.flatMap((each, at) => (at % 3 === 0 ? [each + BEYOND, soon] : [each + BEYOND]))]
  return seconds[form % seconds.length] ?? soon
}

/** How long time passes in a step of a story: until the timers are over that end in it. */
export function storySeconds({ timers, ended }: Step, limits: TimerLimits): number {
  const names = Object.entries(walkLimits).filter(([name]) => name.endsWith('_seconds'))
  const given: Readonly<Record<string, number>> = limits
  if (names.every(([name, value]) => given[name] === value)) return STEP_SECONDS
  const fields = { ttl_seconds: SESSION_SECONDS, timeout: limits.job_timeout_seconds, timeout_seconds: COMMAND_SECONDS }
  const spans = timers.map((name) => Math.min(purgeSeconds(limits), secondsOfTimer(name, limits, fields)))
  const waits = ended.map(({ wait: { on } }) => waitSeconds(on, { wait: true, timeout: READER_SECONDS }, limits) ?? 0)
  return Math.max(0, ...spans, ...waits) + 1
}
