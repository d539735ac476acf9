/** The queue of a runner's jobs as creations and polls meet it, with what has ended in it. */
import { hasQuirk } from './mismatch.js'
import type { TimeRange } from './time-range.js'
import { hasEnded, keepingOf } from './work-states.js'
import type { TrackedRunner, TrackedWorld } from './tracked-world.js'

const HANDED_OUT = 'reported-pending-handed-out'

/** Jobs that wait to be handed out, oldest first. What was reported as ended among them is there by a quirk. */
export function queueOf(world: TrackedWorld, runner: TrackedRunner): readonly string[] {
  const { queue } = runner.job
  if (queue.every((id) => isPending(world, id))) return queue
  if (hasQuirk(world, HANDED_OUT, 'now')) return queue
  const pending = queue.filter((id) => isPending(world, id))
  runner.job = { ...runner.job, queue: pending }
  return pending
}

/** Whether one more job may wait. */
export function canTakeJob(world: TrackedWorld, runner: TrackedRunner): boolean {
  const most = world.limits.max_pending_jobs_per_runner
  return runner.job.queue.length < most || queueOf(world, runner).length < most
}

/** The jobs of which a poll gets the first: one that has ended and has expired meanwhile may be passed over. */
export function firstOf(world: TrackedWorld, queue: readonly string[], now: TimeRange): readonly string[] {
  const last = queue.findIndex((id) => isPending(world, id) || isRetained(world, id, now))
  return last === -1 ? queue : queue.slice(0, last + 1)
}

/** Whether a poll of these jobs waits. */
export function jobPollWaits(world: TrackedWorld, { job: { queue } }: TrackedRunner): 'yes' | 'no' | 'maybe' {
  if (queue.some((id) => isPending(world, id))) return 'no'
  const isSo = world.assumed.get(HANDED_OUT)
  return queue.length === 0 || isSo === false ? 'yes' : isSo === true ? 'no' : 'maybe'
}

function isPending(world: TrackedWorld, id: string): boolean {
  const job = world.work.get(id)
  return job === undefined || !hasEnded(job)
}

function isRetained(world: TrackedWorld, id: string, now: TimeRange): boolean {
  const job = world.work.get(id)
  return job !== undefined && keepingOf(world, job, now) === 'kept'
}
