/** How long time passes on a target for a step of a story: until the timers are over that end in it. */
import { STEP_SECONDS, walkLimits } from '../../../lifecycle/states/behaviour.js'
import { COMMAND_SECONDS, READER_SECONDS, SESSION_SECONDS, type Step } from '../../../lifecycle/states/small-step.js'
import { isTimerName, spanMs, timerTable, type TimerLimits } from '../../../lifecycle/timers.js'

const BEYOND_SECONDS = 1

export function secondsOf({ timers, ended }: Step, limits: TimerLimits): number {
  const names = Object.entries(walkLimits).filter(([name]) => name.endsWith('_seconds'))
  const given: Readonly<Record<string, number>> = limits
  if (names.every(([name, value]) => given[name] === value)) return STEP_SECONDS
  const reaper = limits.reaper_interval_seconds
  const fields = { ttl_seconds: SESSION_SECONDS, timeout: limits.job_timeout_seconds, timeout_seconds: COMMAND_SECONDS }
  const spans = timers.map((name) =>
    isTimerName(name)
      ? spanMs(name, limits, fields) / 1000 + (timerTable[name]?.byReaper === true ? reaper : 0)
      : reaper,
  )
  const waits = ended.map(({ wait }) => waitSecondsOf(limits)[wait.on])
  return Math.max(0, ...spans, ...waits) + BEYOND_SECONDS
}

export function waitSecondsOf(limits: TimerLimits) {
  return {
    nextJob: limits.next_job_poll_timeout_seconds,
    nextBridgeCommands: limits.bridge_poll_timeout_seconds,
    getBridgeCommand: READER_SECONDS,
  }
}
