/**
 * What a job may be by now: its faces, and whether it is still kept; and the queue of a runner's jobs as creations and polls
 * meet it, with what has ended in it.
 */
import type { LocalRunnerJobResultRequest } from '../../../kernel/types.js'
import {
  given,
  perhaps,
  SOME_TEXT,
  type Job,
  type JobFace,
  type Moment,
  type World,
  type Runner,
} from './model-world.js'
import { hasPassed, mayHavePassed } from './time-bounds.js'
import { hasAccident } from './mismatch.js'
import type { Waits } from './call.js'

/** Whether a job has ended. */
export function isUnfinished({ status }: JobFace): boolean {
  return status === 'pending' || status === 'running'
}

/** What a job may be now. A running one whose time is over fails when the reaper looks at it, sooner or later. */
export function facesOf(job: Job, now: Moment): readonly JobFace[] {
  const { started, timeoutMs, faces } = job
  if (started === undefined || !mayHavePassed(started, now, timeoutMs)) return faces
  const running = faces.find(({ status }) => status === 'running')
  if (running === undefined) return faces
  const ended = { from: started.from + timeoutMs, to: now.to }
  const timedOut: JobFace = { ...running, status: 'failed', result: perhaps(running.result), error: SOME_TEXT, ended }
  return [...faces, timedOut]
}

/** Whether an ended job is still kept: it must be, may be, or must not be. */
export function keepingOf(world: World, job: Job, now: Moment): 'kept' | 'open' | 'gone' {
  if (job.isGone) return 'gone'
  const ttlMs = 1000 * world.limits.completed_job_ttl_seconds
  const faces = facesOf(job, now)
  const ends = faces.flatMap(({ ended, endedBefore }) => [ended, endedBefore])
  const mayBeOver = ends.some((ended) => ended !== undefined && mayHavePassed(ended, now, ttlMs))
  if (!mayBeOver) return job.mayBeGone ? 'open' : 'kept'
  // One that was cancelled while it ran may be kept for good by accident.
  return isOverdue(world, job, now) && !faces.some(({ wasCutOff }) => wasCutOff) ? 'gone' : 'open'
}

/** Whether an ended job was to expire before now, whatever the bounds hide. */
export function isOverdue(world: World, job: Job, now: Moment): boolean {
  const ttlMs = 1000 * world.limits.completed_job_ttl_seconds
  return facesOf(job, now).every(({ ended }) => ended !== undefined && hasPassed(ended, now, ttlMs))
}

/** What a report makes of a job: an ended one ignores it, a trace id survives a report that brings none. */
export function reported(face: JobFace, report: LocalRunnerJobResultRequest, now: Moment): JobFace {
  if (!isUnfinished(face)) return face
  const { status, result, error, trace_id } = report
  return {
    ...face,
    status: status === 'completed' || status === 'failed' ? status : face.status,
    ended: status === 'completed' || status === 'failed' ? now : undefined,
    result: result === undefined ? perhaps(face.result) : given(result),
    error: error === undefined ? perhaps(face.error) : given(error),
    traceId: trace_id ?? face.traceId,
  }
}

/** What a hand-out makes of a job, also of one that has ended before it. */
export function running(face: JobFace): JobFace {
  const endedBefore = face.ended ?? face.endedBefore
  return { ...face, status: 'running', hasStarted: true, ended: undefined, endedBefore }
}

/** What a cancellation makes of a job. */
export function cancelled(face: JobFace, now: Moment): JobFace {
  if (!isUnfinished(face)) return face
  return {
    ...face,
    status: 'cancelled',
    ended: now,
    result: perhaps(face.result),
    error: perhaps(face.error),
    wasCutOff: face.status === 'running',
  }
}

/** What the loss of its runner makes of a job. */
export function lost(face: JobFace, now: Moment): JobFace {
  return isUnfinished(face) ? { ...face, status: 'failed', error: SOME_TEXT, ended: now } : face
}

/** Faces without repetitions. */
export function distinct(faces: readonly JobFace[]): JobFace[] {
  return [...new Map(faces.map((face) => [JSON.stringify(face), face])).values()]
}

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
