// Mistakes about the times of jobs: timestamps, timeout, expiry.
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { answer, isSuccess, itemsOf, membersIn, membersOf, textIn, withBody, without, type Members } from '../reply.js'
import { editReply, editResource } from '../spoils.js'
import type { Stage } from '../stage.js'
import type { Reply } from '../../../src/mocks/base/exchange.js'

import { isLapsed } from './time-runners.js'

const jobReads = ['getJob', 'listJobs', 'nextJob'] as const

/** Remembers when resources came into a state that a call shows. */
function seenSince(): (id: string, now: number) => number {
  const first = new Map<string, number>()
  return (id, now) => {
    const since = first.get(id) ?? now
    first.set(id, since)
    return since
  }
}

/** Fails running jobs when `isOver` says so, as their reader sees them. */
export function failsJobs(isOver: (job: Members, stage: Stage) => boolean): Spoil {
  return (stage) =>
    editResource((job) =>
      job['status'] === 'running' && isOver(job, stage)
        ? { ...job, status: 'failed', error: 'Job timed out', completed_at: new Date(stage.now()).toISOString() }
        : job,
    )(stage)
}

/** Jobs that are kept for good: reading one that is forgotten shows what was shown before. */
function keepsForGood(isKept: (job: Members) => boolean): Spoil {
  return (stage) => {
    const kept = new Map<string, Reply>()
    return async (call) => {
      const reply = await call.proceed()
      const id = call.path['jobId'] ?? ''
      if (isSuccess(reply) && isKept(membersIn(reply))) kept.set(id, reply)
      const job = stage.jobs.get(id)
      const isThere = job !== undefined && stage.stateOf('runner', job.runnerId) !== 'none'
      return reply.status === 404 && isThere ? (kept.get(id) ?? reply) : reply
    }
  }
}

export const timeJobMutants: readonly Mutant[] = [
  defineMutant({
    id: 'time/cancelled-pending-jobs-kept',
    mistake: 'A job that was cancelled before it was handed out is kept for good.',
    touches: ['getJob'],
    spoil: keepsForGood((job) => job['status'] === 'cancelled' && !('started_at' in job)),
  }),
  defineMutant({
    id: 'time/timed-out-jobs-kept',
    mistake: 'A job that timed out is kept for good.',
    touches: ['getJob'],
    spoil: keepsForGood((job) => /timed out/.test(textIn(job, 'error'))),
  }),
  defineMutant({
    id: 'time/started-at-creation',
    mistake: 'started_at is the time of creation.',
    touches: jobReads,
    spoil: editResource((job) => ('started_at' in job ? { ...job, started_at: job['created_at'] } : job)),
  }),
  defineMutant({
    id: 'time/completed-at-start',
    mistake: 'completed_at is the time of the hand-out.',
    touches: jobReads,
    spoil: editResource((job) => ('completed_at' in job ? { ...job, completed_at: job['started_at'] } : job)),
  }),
  defineMutant({
    id: 'time/local-times',
    mistake: 'Times are those of the server’s zone, and say that they are UTC.',
    touches: jobReads,
    spoil: editResource((job) => ({
      ...job,
      created_at: new Date(Date.parse(textIn(job, 'created_at')) + 7_200_000).toISOString(),
    })),
  }),
  defineMutant({
    id: 'time/running-report-restarts',
    mistake: 'A report of running sets started_at anew.',
    touches: ['reportJobResult', ...jobReads],
    spoil: (stage) => {
      const restarted = new Map<string, string>()
      const show = editResource((job) => {
        const started_at = restarted.get(textIn(job, 'id'))
        return started_at === undefined ? job : { ...job, started_at }
      })(stage)
      return (call) => {
        if (call.operation === 'reportJobResult' && call.members['status'] === 'running')
          restarted.set(call.path['jobId'] ?? '', new Date(stage.now()).toISOString())
        return show(call)
      }
    },
  }),
  defineMutant({
    id: 'time/reaper-never-comes',
    mistake: 'Nobody looks for jobs and commands that have timed out.',
    settings: { reaper_interval_seconds: 1_000_000_000 },
  }),
  defineMutant({
    id: 'time/jobs-time-out-at-once',
    mistake: 'The timeout of a job is read as milliseconds.',
    touches: jobReads,
    spoil: (stage) => {
      const since = seenSince()
      return failsJobs((job) => stage.now() - since(textIn(job, 'id'), stage.now()) > Number(job['timeout']))(stage)
    },
  }),
  defineMutant({
    id: 'time/job-timeout-counts-from-creation',
    mistake: "A job's timeout counts from its creation.",
    touches: jobReads,
    spoil: failsJobs(
      (job, stage) => stage.now() - Date.parse(textIn(job, 'created_at')) > 1000 * Number(job['timeout']),
    ),
  }),
  defineMutant({
    id: 'time/pending-jobs-time-out',
    mistake: 'A pending job times out, too.',
    touches: ['getJob'],
    spoil: editResource((job, _, stage) =>
      job['status'] === 'pending' && stage.now() - Date.parse(textIn(job, 'created_at')) > 1000 * Number(job['timeout'])
        ? { ...job, status: 'failed', completed_at: new Date(stage.now()).toISOString() }
        : job,
    ),
  }),
  defineMutant({
    id: 'time/default-timeout-of-a-quarter',
    mistake: 'The default timeout of jobs is 15 minutes.',
    settings: { job_timeout_seconds: 900 },
  }),
  defineMutant({
    id: 'time/no-default-timeout',
    mistake: 'A job of an agent without a timeout never times out.',
    settings: { job_timeout_seconds: 1_000_000 },
  }),
  defineMutant({
    id: 'time/jobs-of-lapsed-runners-run-on',
    mistake: 'Jobs of lapsed runners do not time out.',
    touches: ['getJob'],
    spoil: editResource((job, _, stage) =>
      job['status'] === 'failed' && isLapsed(stage, textIn(job, 'runner_id'))
        ? without({ ...job, status: 'running' }, 'error', 'completed_at')
        : job,
    ),
  }),
  defineMutant({
    id: 'time/timed-out-as-cancelled',
    mistake: 'A job that timed out is shown as cancelled.',
    touches: ['getJob'],
    spoil: editResource((job) => (/timed out/.test(textIn(job, 'error')) ? { ...job, status: 'cancelled' } : job)),
  }),
  defineMutant({
    id: 'time/timed-out-without-error',
    mistake: 'A job that timed out does not say so.',
    touches: ['getJob'],
    spoil: editResource((job) => (/timed out/.test(textIn(job, 'error')) ? without(job, 'error') : job)),
  }),
  defineMutant({
    id: 'time/timed-out-announced',
    mistake: 'A job that timed out is announced to its runner as cancelled.',
    touches: ['heartbeat'],
    spoil: editReply((reply, { path }, stage) => {
      const failed = stage.jobsOf(path['runnerId'] ?? '', 'failed').map(({ id }) => id)
      return isSuccess(reply) && failed.length > 0 ? withBody(reply, { cancelled_job_ids: failed }) : reply
    }),
  }),
  defineMutant({
    id: 'time/timeout-loses-trace-id',
    mistake: 'A job that timed out has lost its trace id.',
    touches: ['getJob'],
    spoil: editResource((job) => (/timed out/.test(textIn(job, 'error')) ? without(job, 'trace_id') : job)),
  }),
  defineMutant({
    id: 'time/late-result-counts',
    mistake: 'A result that comes after the timeout completes the job.',
    touches: ['reportJobResult', 'getJob'],
    spoil: (stage) => {
      const late = new Map<string, Members>()
      return async (call) => {
        const id = call.path['jobId'] ?? ''
        const state = stage.stateOf('job', id)
        const reply = await call.proceed()
        if (call.operation === 'reportJobResult' && state === 'failed') late.set(id, call.members)
        const own = late.get(id)
        return call.operation === 'getJob' && own !== undefined && isSuccess(reply)
          ? withBody(reply, { ...without(membersIn(reply), 'error'), ...own })
          : reply
      }
    },
  }),
  defineMutant({
    id: 'time/ended-jobs-kept-a-day',
    mistake: 'Ended jobs are kept for a day.',
    settings: { completed_job_ttl_seconds: 86_400 },
  }),
  defineMutant({
    id: 'time/ended-jobs-kept-for-good',
    mistake: 'Ended jobs are never dropped.',
    settings: { completed_job_ttl_seconds: 1_000_000_000 },
  }),
  defineMutant({
    id: 'time/failed-jobs-kept',
    mistake: 'Failed jobs are kept for good.',
    touches: ['getJob', 'getJobLogs'],
    spoil: editReply((reply, { path, operation }, stage) => {
      const job = stage.jobs.get(path['jobId'] ?? '')
      const isThere = job !== undefined && stage.stateOf('runner', job.runnerId) !== 'none'
      return reply.status === 404 && isThere && operation === 'getJobLogs' ? answer(200, []) : reply
    }),
  }),
  defineMutant({
    id: 'time/expired-jobs-listed',
    mistake: 'Ended jobs stay in the list when their time is over.',
    touches: ['getJob', 'listJobs', 'reportJobResult'],
    spoil: () => {
      const ended = new Map<string, Members>()
      return async (call) => {
        const reply = await call.proceed()
        if (call.operation === 'reportJobResult') {
          const { body } = await call.ask('getJob', { path: call.path })
          ended.set(call.path['jobId'] ?? '', membersOf(body))
        }
        if (call.operation !== 'listJobs' || !isSuccess(reply)) return reply
        const page = membersIn(reply)
        const shown = itemsOf(page['content'])
        const known = new Set(shown.map((job) => textIn(job, 'id')))
        const more = [...ended.values()].filter(
          (job) => job['runner_id'] === call.path['runnerId'] && !known.has(textIn(job, 'id')),
        )
        return withBody(reply, { ...page, content: [...shown, ...more] })
      }
    },
  }),
  defineMutant({
    id: 'time/pending-jobs-expire',
    mistake: 'Pending jobs are dropped with the ended ones.',
    touches: ['listJobs'],
    spoil: editReply((reply, _, stage) => {
      const page = membersIn(reply)
      if (!Array.isArray(page['content'])) return reply
      const isFresh = (job: unknown): boolean => stage.now() - Date.parse(textIn(job, 'created_at')) < 604_800_000
      const content = itemsOf(page['content']).filter(isFresh)
      return withBody(reply, { ...page, content, total: content.length })
    }),
  }),
]
