// Mistakes about what a runner reports of its jobs, and about their cancellation.
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { answer, isObject, isSuccess, textIn, without, type Members } from '../reply.js'
import { editRequestBody, editResource, refuseWhen } from '../spoils.js'
import type { Stage } from '../stage.js'

const jobReads = ['getJob', 'listJobs'] as const
const TERMINAL = new Set(['completed', 'failed', 'cancelled'])

/** Fields of jobs that are shown in place of the mock's own, decided when a report comes. */
function overrides(
  decide: (report: Members, job: { id: string; state: string; shown: Members }, stage: Stage) => Members | undefined,
): Spoil {
  return (stage) => {
    const shown = new Map<string, Members>()
    const show = editResource((job) => {
      const own = shown.get(textIn(job, 'id'))
      if (own === undefined) return job
      return Object.fromEntries(Object.entries({ ...job, ...own }).filter(([, value]) => value !== undefined))
    })(stage)
    return async (call) => {
      if (call.operation !== 'reportJobResult') return show(call)
      const id = call.path['jobId'] ?? ''
      const state = stage.stateOf('job', id)
      const reply = await call.proceed()
      const own = isSuccess(reply) ? decide(call.members, { id, state, shown: shown.get(id) ?? {} }, stage) : undefined
      if (own !== undefined) shown.set(id, { ...shown.get(id), ...own })
      return reply
    }
  }
}

const touches = ['reportJobResult', ...jobReads] as const

export const jobReportMutants: readonly Mutant[] = [
  defineMutant('job-reports/results-only-objects', 'A result that is no object is wrapped into one.', {
    touches: ['reportJobResult'],
    spoil: editRequestBody((report) =>
      'result' in report && !isObject(report['result']) ? { ...report, result: { value: report['result'] } } : report,
    ),
  }),
  defineMutant('job-reports/result-made-up', 'A job that completes without a result shows null as one.', {
    touches: jobReads,
    spoil: editResource((job) => (job['status'] === 'completed' ? { result: null, ...job } : job)),
  }),
  defineMutant('job-reports/error-of-completed-made-up', 'A completed job shows an empty error.', {
    touches: jobReads,
    spoil: editResource((job) => (job['status'] === 'completed' ? { error: '', ...job } : job)),
  }),
  defineMutant('job-reports/running-ends-job', 'A report of running sets the end of the job.', {
    touches: jobReads,
    spoil: editResource((job) => (job['status'] === 'running' ? { completed_at: job['started_at'], ...job } : job)),
  }),
  defineMutant('job-reports/last-end-counts', 'A later report replaces the end of a job.', {
    touches,
    spoil: overrides((report, { state }) =>
      state === 'completed' || state === 'failed' ? without(report, 'trace_id') : undefined,
    ),
  }),
  defineMutant('job-reports/result-ends-cancelled-job', 'A result after the cancellation completes the job.', {
    touches,
    spoil: overrides((report, { state }) => (state === 'cancelled' ? without(report, 'trace_id') : undefined)),
  }),
  defineMutant('job-reports/cancel-takes-all', 'Cancelling a job cancels whatever its runner has pending.', {
    touches: ['cancelJob'],
    spoil: (stage) => async (call) => {
      const runnerId = stage.jobs.get(call.path['jobId'] ?? '')?.runnerId
      const others = [...stage.jobs.values()].filter(
        ({ id, runnerId: own }) => own === runnerId && stage.stateOf('job', id) === 'pending',
      )
      // The last one is left, lest a poll wait for its whole time.
      for (const { id } of others.slice(0, -1)) await call.ask('cancelJob', { path: { jobId: id } })
      return call.proceed()
    },
  }),
  defineMutant('job-reports/cancelled-with-result', 'A cancelled job shows a result that says so.', {
    touches: jobReads,
    spoil: editResource((job) => (job['status'] === 'cancelled' ? { result: 'cancelled', ...job } : job)),
  }),
  defineMutant('job-reports/cancel-waits-for-runner', 'A cancelled job runs on until its runner reports.', {
    touches: ['cancelJob'],
    spoil: (stage) => (call) =>
      stage.stateOf('job', call.path['jobId'] ?? '') === 'running' ? answer(204) : call.proceed(),
  }),
  defineMutant('job-reports/error-demanded', 'A job that failed must bring a result, too (422).', {
    touches: ['reportJobResult'],
    spoil: refuseWhen(422, ({ members }) => members['status'] === 'failed' && !('result' in members)),
  }),
  defineMutant('job-reports/timeout-reset', 'A job that has ended shows a timeout of 0.', {
    touches: ['getJob'],
    spoil: editResource((job) => (TERMINAL.has(textIn(job, 'status')) ? { ...job, timeout: 0 } : job)),
  }),
]
