/** The queue of a runner's jobs as creations and polls meet it, with what has ended in it. */
import { hasAccident } from './allowed-deviation.js'
import { keepingOf } from './job-states.js'
import type { Waits } from './call.js'
import type { Job, Moment, Runner, World } from './model-world.js'

const HANDED_OUT = 'reported-pending-handed-out'

/** Jobs that wait to be handed out, oldest first. What was reported as ended among them is there by an accident. */
export function queueOf(world: World, runner: Runner): readonly string[] {
  if (runner.queue.every((id) => isPending(world, id))) return runner.queue
  if (!hasAccident(world, HANDED_OUT, 'now')) runner.queue = runner.queue.filter((id) => isPending(world, id))
  return runner.queue
}

/** The jobs of which a poll gets the first: one that has ended and has expired meanwhile may be passed over. */
export function firstOf(world: World, queue: readonly string[], now: Moment): readonly string[] {
  const last = queue.findIndex((id) => isPending(world, id) || isKept(world, id, now))
  return last === -1 ? queue : queue.slice(0, last + 1)
}

/** Whether a poll of these jobs waits. */
export function pollWaits(world: World, { queue }: Runner): Waits {
  if (queue.some((id) => isPending(world, id))) return 'no'
  const isSo = world.assumed.get(HANDED_OUT)
  return queue.length === 0 || isSo === false ? 'yes' : isSo === true ? 'no' : 'maybe'
}

function isPending(world: World, id: string): boolean {
  const job = world.jobs.get(id)
  return job === undefined || !hasEnded(job)
}

function hasEnded({ faces }: Job): boolean {
  return faces.every(({ ended }) => ended !== undefined)
}

function isKept(world: World, id: string, now: Moment): boolean {
  const job = world.jobs.get(id)
  return job !== undefined && keepingOf(world, job, now) === 'kept'
}
