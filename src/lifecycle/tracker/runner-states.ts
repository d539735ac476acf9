/** What a runner may be by now: connected, silent, purged; and how heartbeats and purges are noted. */
import { spanMs } from '../timers.js'
import { allowQuirk } from './mismatch.js'
import { isOver, mayHavePassed, type TimeRange } from './time-range.js'
import type { TrackedRunner, TrackedWorld } from './tracked-world.js'

/** The states of a runner that is there. */
export type LiveState = 'connected' | 'disconnected'

const STATES = {
  running: ['connected'],
  over: ['disconnected'],
  open: ['connected', 'disconnected'],
} as const satisfies Record<string, readonly LiveState[]>

/** What a runner's status may be. */
export function statusesOf({ limits }: TrackedWorld, runner: TrackedRunner, now: TimeRange): readonly LiveState[] {
  return STATES[isOver(runner.beat, now, spanMs('heartbeat_ttl', limits))]
}

/**
 * Whether the reaper may have purged a runner. It purges only the dead; when exactly depends on how many runners it has to look
 * at. A server may count from the first death although the runner came back in between.
 */
export function mayBePurged(world: TrackedWorld, runner: TrackedRunner, now: TimeRange): boolean {
  if (!statusesOf(world, runner, now).includes('disconnected')) return false
  const death = { from: firstDeath(world, runner), to: now.to }
  return mayHavePassed(death, now, spanMs('dead_runner_purge', world.limits))
}

/** Whether an answer that only a gone runner explains may come of a purge; it is then noted as gone. */
export function isTakenByPurge(world: TrackedWorld, runner: TrackedRunner, now: TimeRange): boolean {
  if (mayBePurged(world, runner, now)) notePurge(world, runner, now)
  return runner.isGone
}

/** Notes that a runner has been purged. */
export function notePurge(world: TrackedWorld, runner: TrackedRunner, now: TimeRange): void {
  const since = { from: runner.beat.from + spanMs('heartbeat_ttl', world.limits), to: now.to }
  if (!mayHavePassed(since, now, spanMs('dead_runner_purge', world.limits)))
    allowQuirk(world, 'second-death-purges', 'the purge time to run from the last death', 'a runner that is gone')
  Object.assign(runner, { isGone: true, isPurged: true })
}

/** Notes a heartbeat that counts. */
export function noteBeat(world: TrackedWorld, runner: TrackedRunner, now: TimeRange): void {
  if (statusesOf(world, runner, now).includes('disconnected')) runner.firstDeath = firstDeath(world, runner)
  runner.beat = now
}

function firstDeath({ limits }: TrackedWorld, { firstDeath: known, beat }: TrackedRunner): number {
  return known ?? beat.from + spanMs('heartbeat_ttl', limits)
}
