/** Reckons with times that are known to lie between two bounds: what has surely passed, and what may have. */
import { allowDeviation } from './mismatch.js'
import type { Moment, Runner, World } from './model-world.js'

/** A server's timers may be this much off, and so may our reading of its clock. */
const SLACK_MS = 500

/** Whether at least `ms` lie between the two, whatever the bounds hide. */
export function hasPassed(since: Moment, now: Moment, ms: number): boolean {
  return now.from - since.to > ms + SLACK_MS
}

/** Whether `ms` may lie between the two. */
export function mayHavePassed(since: Moment, now: Moment, ms: number): boolean {
  return now.to - since.from > ms - SLACK_MS
}

/** Whether an answer was held for as long as a wait takes. */
export function mayHaveWaited({ waitedMs }: { waitedMs: number }, ms: number): boolean {
  return waitedMs >= ms - Math.min(SLACK_MS, ms / 5)
}

/** Whether something that may have happened at one moment did so within a time that is over now, `open` if unsure. */
export function isOver(since: Moment, now: Moment, ms: number): 'over' | 'open' | 'running' {
  if (hasPassed(since, now, ms)) return 'over'
  return mayHavePassed(since, now, ms) ? 'open' : 'running'
}

/** What a runner's status may be. */
export function statusesOf(world: World, runner: Runner, now: Moment): readonly ('connected' | 'disconnected')[] {
  const lapse = isOver(runner.beat, now, 1000 * world.limits.heartbeat_ttl_seconds)
  if (lapse === 'running') return ['connected']
  return lapse === 'over' ? ['disconnected'] : ['connected', 'disconnected']
}

/**
 * Whether the reaper may have purged a runner. It does so only to the dead; when exactly depends on how many runners it
 * has to look at. A server may count from the first death although the runner came back in between.
 */
export function mayBePurged(world: World, runner: Runner, now: Moment): boolean {
  if (!statusesOf(world, runner, now).includes('disconnected')) return false
  const death = { from: firstDeath(world, runner), to: now.to }
  return mayHavePassed(death, now, 1000 * world.limits.dead_runner_purge_seconds)
}

/** Whether an answer that only a gone runner explains may come of a purge; it is then noted as gone. */
export function isTakenByPurge(world: World, runner: Runner, now: Moment): boolean {
  if (mayBePurged(world, runner, now)) notePurge(world, runner, now)
  return runner.isGone
}

/** Notes that a runner has been purged. */
export function notePurge(world: World, runner: Runner, now: Moment): void {
  const since = { from: runner.beat.from + 1000 * world.limits.heartbeat_ttl_seconds, to: now.to }
  if (!mayHavePassed(since, now, 1000 * world.limits.dead_runner_purge_seconds))
    allowDeviation(world, 'second-death-purges', 'the purge time to run from the last death', 'a runner that is gone')
  runner.isGone = true
}

/** Notes a heartbeat that counts. */
export function noteBeat(world: World, runner: Runner, now: Moment): void {
  if (statusesOf(world, runner, now).includes('disconnected')) runner.firstDeath = firstDeath(world, runner)
  runner.beat = now
}

function firstDeath(world: World, { firstDeath: known, beat }: Runner): number {
  return known ?? beat.from + 1000 * world.limits.heartbeat_ttl_seconds
}
