/** The rules of jobs: the queue of each runner, exactly-once hand-out, reports, cancellation, logs and lists. */
import type { LocalRunnerJobResultRequest } from '../../../kernel/types.js'
import { isObject, memberOf, objectsAt, objectsOf, textAt } from '../../../kernel/json-value.js'
import type { ModelAnswer, ModelCall } from './call.js'
import {
  cancelled,
  distinct,
  facesOf,
  isOverdue,
  isUnfinished,
  keepingOf,
  reported,
  running,
  firstOf,
  queueOf,
} from './job-states.js'
import { meetRunner } from './judge-runners.js'
import { allowDeviation, demandEqual, demandStatus, Mismatch, demandNew } from './mismatch.js'
import { isTakenByPurge, mayBePurged, mayHaveWaited, notePurge, statusesOf } from './time-bounds.js'
import { judgePage, type PageEntry, demandJob } from './shown-resources.js'
import { inSlot, ownJob, PENDING, type Job, type Moment, type Runner, type World } from './model-world.js'

/** createJob: a runner, its heartbeat, the agent, room in the queue, in this order. */
export function judgeCreateJob(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  const { identity, body } = call
  const runner = inSlot(world, identity, textAt(body, 'project_id'), 'endpoint')
  if (runner === undefined) {
    demandStatus(answer, [404], 'the caller has no endpoint runner for the project')
    return
  }
  if (answer.status === 404 && mayBePurged(world, runner, now)) {
    notePurge(world, runner, now)
    return
  }
  const agent = Object.hasOwn(runner.agents, textAt(body, 'agent_name'))
    ? runner.agents[textAt(body, 'agent_name')]
    : undefined
  const statuses = statusesOf(world, runner, now)
  const whenAlive = agent === undefined ? [400] : roomFor(world, runner)
  const wanted = [
    ...(statuses.includes('connected') ? whenAlive : []),
    ...(statuses.includes('disconnected') ? [409] : []),
  ]
  demandStatus(
    answer,
    wanted,
    `the runner is ${statuses.join(' or ')}, its agents: ${Object.keys(runner.agents).join(', ')}`,
  )
  if (answer.status !== 201) return
  const id = demandNew(world, answer.createdId, 'job')
  const timeout = agent?.timeout ?? 0
  const timeoutMs = 1000 * (timeout > 0 ? timeout : world.limits.job_timeout_seconds)
  world.jobs.set(id, {
    ...{ id, runnerId: runner.id, created: now, createdAt: undefined, request: toShown(body), timeoutMs },
    ...{ started: undefined, startedAt: undefined, faces: [{ ...PENDING }], logs: [], isGone: false, mayBeGone: false },
  })
  runner.jobs = [...runner.jobs, id]
  runner.queue = [...runner.queue, id]
}

function roomFor(world: World, runner: Runner): number[] {
  const most = world.limits.max_pending_jobs_per_runner
  return runner.queue.length >= most && queueOf(world, runner).length >= most ? [429] : [201]
}

/** What a job shows of its request. */
function toShown(body: unknown): Record<string, unknown> {
  const { prompt_masks: masks, blueprint_name: name, ...shown } = isObject(body) ? body : {}
  return {
    ...shown,
    ...(isObject(masks) && Object.keys(masks).length > 0 ? { prompt_masks: masks } : {}),
    ...(typeof name === 'string' ? { blueprint_name: name.trim() } : {}),
  }
}

/** The job of a call if it is there; else the answer must be 404. Time may have taken it away. */
function meetJob(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): Job | undefined {
  const job = ownJob(world, call.identity, call.path['jobId'] ?? '')
  const keeping = job === undefined ? 'gone' : keepingOf(world, job, now)
  if (job === undefined || keeping === 'gone') {
    demandStatus(answer, [404], 'the caller has no such job')
    return undefined
  }
  if (answer.status !== 404) {
    if (isOverdue(world, job, now))
      allowDeviation(world, 'cancelled-running-never-expires', 'the job to have expired', answer.body)
    return job
  }
  const runner = world.runners.get(job.runnerId)
  if (keeping === 'open') job.isGone = true
  else if (runner !== undefined && mayBePurged(world, runner, now)) notePurge(world, runner, now)
  else return job
  return undefined
}

/** getJob. */
export function judgeGetJob(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  const job = meetJob(world, call, answer, now)
  if (job === undefined) return
  demandStatus(answer, [200], 'the job is on a runner of the caller')
  demandJob(job, answer.body, now)
}

/** cancelJob: a pending job leaves the queue, a running one is announced by the next heartbeat. */
export function judgeCancelJob(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  const job = meetJob(world, call, answer, now)
  if (job === undefined) return
  demandStatus(answer, [204], 'the job is on a runner of the caller')
  const faces = facesOf(job, now)
  const isCertain = faces.every(({ status }) => status === 'running')
  const runner = world.runners.get(job.runnerId)
  if (runner !== undefined && faces.some(({ status }) => status === 'running'))
    runner.unannounced = [...runner.unannounced, { id: job.id, isCertain }]
  job.faces = distinct(faces.map((face) => cancelled(face, now)))
  if (runner !== undefined && faces.some(isUnfinished)) runner.queue = runner.queue.filter((id) => id !== job.id)
}

/** reportJobResult: an impossible status before the job; an ended job ignores it. */
export function judgeReportJobResult(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  const report = readReport(call.body)
  if (report.status === 'pending' || report.status === 'cancelled') {
    demandStatus(answer, [400], `a runner cannot report ${report.status}`)
    return
  }
  const job = meetJob(world, call, answer, now)
  if (job === undefined) return
  demandStatus(answer, [204], 'the job is on a runner of the caller')
  const faces = facesOf(job, now)
  job.faces = distinct(faces.map((face) => reported(face, report, now)))
}

function readReport(body: unknown): LocalRunnerJobResultRequest {
  const status = textAt(body, 'status')
  const known = (['pending', 'running', 'completed', 'failed', 'cancelled'] as const).find((each) => each === status)
  const error = memberOf(body, 'error')
  const traceId = memberOf(body, 'trace_id')
  return {
    status: known ?? 'pending',
    ...(isObject(body) && 'result' in body ? { result: body['result'] } : {}),
    ...(typeof error === 'string' ? { error } : {}),
    ...(typeof traceId === 'string' ? { trace_id: traceId } : {}),
  }
}

/** appendJobLogs: the length of the batch before the job; in any state. */
export function judgeAppendJobLogs(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  const entries = objectsOf(call.body)
  if (entries.length > world.limits.max_log_entries_per_batch) {
    demandStatus(answer, [400], 'more entries than a batch may have')
    return
  }
  const job = meetJob(world, call, answer, now)
  if (job === undefined) return
  demandStatus(answer, [204], 'the job is on a runner of the caller')
  const added = entries.map((entry) => ({ stream: textAt(entry, 'stream'), text: textAt(entry, 'text') }))
  job.logs = [...job.logs, ...added]
}

/** getJobLogs: from the offset on, in the order in which entries were appended. */
export function judgeGetJobLogs(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  const job = meetJob(world, call, answer, now)
  if (job === undefined) return
  demandStatus(answer, [200], 'the job is on a runner of the caller')
  const offset = Number(call.query['offset'] ?? 0)
  demandEqual(`the log from offset ${offset}`, answer.body, job.logs.slice(offset))
}

/** listJobs: newest first. */
export function judgeListJobs(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  const runner = meetRunner(world, call, answer, now)
  if (runner === undefined) return
  demandStatus(answer, [200], 'the caller owns the runner')
  const { project_id: projectId } = call.query
  const isOfProject = projectId === undefined || projectId === runner.projectId
  const content = objectsAt(answer.body, 'content')
  const entries = isOfProject ? runner.jobs.flatMap((id) => toEntry(world, id, content, now)).toReversed() : []
  const overcount = projectId === undefined ? runner.jobs.length - entries.length : 0
  const { tieMs } = world
  judgePage({ what: 'jobs', entries, query: call.query, body: answer.body, tieMs, overcount })
  const total = memberOf(answer.body, 'total')
  if (Number(total) > entries.length)
    allowDeviation(world, 'total-counts-expired', `a total of ${entries.length} jobs at most`, total)
  for (const shown of content) {
    const job = world.jobs.get(textAt(shown, 'id'))
    if (job !== undefined) demandJob(job, shown, now)
  }
}

function toEntry(world: World, id: string, content: readonly Record<string, unknown>[], now: Moment): PageEntry[] {
  const job = world.jobs.get(id)
  const keeping = job === undefined ? 'gone' : keepingOf(world, job, now)
  if (job === undefined || keeping === 'gone') return []
  const shown = textAt(
    content.find((each) => each['id'] === id),
    'created_at',
  )
  const time = job.createdAt ?? (shown === '' ? undefined : Date.parse(shown))
  return [{ id, isCertain: keeping === 'kept', time, moment: job.created }]
}

/** nextJob: the oldest pending job, and nothing only when the wait is over. */
export function judgeNextJob(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  const runner = meetRunner(world, call, answer, now)
  if (runner === undefined) return
  demandStatus(answer, [200], 'the caller owns the runner')
  const queue = queueOf(world, runner)
  if (answer.body === null) {
    judgeEmptyPoll(world, runner, answer, now)
    return
  }
  const id = textAt(answer.body, 'id')
  const job = world.jobs.get(id)
  const first = firstOf(world, queue, now)
  if (job === undefined || !first.includes(id)) {
    const [oldest] = first
    throw new Mismatch(oldest === undefined ? 'no job: none is pending' : `the oldest pending job, ${oldest}`, id)
  }
  handOut(runner, job, now)
  demandJob(job, answer.body, now)
}

function judgeEmptyPoll(world: World, runner: Runner, answer: ModelAnswer, now: Moment): void {
  const [oldest] = runner.queue
  const pollMs = 1000 * world.limits.next_job_poll_timeout_seconds
  if (mayHaveWaited(answer, pollMs)) {
    // Its time may have been over just before the job came.
    const began = now.to - answer.waitedMs
    const missed = runner.queue.find((id) => (world.jobs.get(id)?.created.to ?? now.to) < began)
    if (missed === undefined) return
  }
  if (oldest !== undefined) throw new Mismatch(`the oldest pending job, ${oldest}`, 'null')
  // A poll ends when its runner is purged meanwhile (alternative pollOfGoneRunner).
  if (isTakenByPurge(world, runner, now)) return
  throw new Mismatch(`an empty poll to wait for ${pollMs / 1000} s`, `null after ${Math.round(answer.waitedMs)} ms`)
}

function handOut(runner: Runner, job: Job, now: Moment): void {
  runner.queue = runner.queue.slice(runner.queue.indexOf(job.id) + 1)
  job.started = now
  job.startedAt = undefined
  job.faces = distinct(job.faces.map(running))
}
