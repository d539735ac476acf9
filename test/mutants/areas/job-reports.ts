// Mistakes about what a runner reports of its jobs, and about their cancellation.
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { answer, isObject, isSuccess, membersOf, textIn, without, type Members } from '../reply.js'
import { editRequest, editRequestBody, editResource, refuseWhen } from '../spoils.js'
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

const traceMutants = [
  defineMutant({
    id: 'job-reports/trace-id-dropped',
    mistake: 'The trace id of a report is not kept.',
    touches: ['reportJobResult'],
    spoil: editRequestBody((report) => without(report, 'trace_id')),
  }),
  defineMutant({
    id: 'job-reports/error-of-running-dropped',
    mistake: 'Only the final report stores an error.',
    touches: ['reportJobResult'],
    spoil: editRequestBody((report) => (report['status'] === 'running' ? without(report, 'error') : report)),
  }),
  defineMutant({
    id: 'job-reports/trace-id-of-running-dropped',
    mistake: 'Only the final report stores a trace id.',
    touches: ['reportJobResult'],
    spoil: editRequestBody((report) => (report['status'] === 'running' ? without(report, 'trace_id') : report)),
  }),
  defineMutant({
    id: 'job-reports/trace-id-lost-by-result',
    mistake: 'A result without a trace id removes the one that is there.',
    touches,
    spoil: overrides((report) =>
      report['status'] === 'completed' && !('trace_id' in report) ? { trace_id: undefined } : undefined,
    ),
  }),
  defineMutant({
    id: 'job-reports/trace-id-lost-by-failure',
    mistake: 'A failure without a trace id removes the one that is there.',
    touches,
    spoil: overrides((report) =>
      report['status'] === 'failed' && !('trace_id' in report) ? { trace_id: undefined } : undefined,
    ),
  }),
  defineMutant({
    id: 'job-reports/trace-id-lost-by-cancellation',
    mistake: 'A cancelled job shows no trace id.',
    touches: jobReads,
    spoil: editResource((job) => (job['status'] === 'cancelled' ? without(job, 'trace_id') : job)),
  }),
  defineMutant({
    id: 'job-reports/first-trace-id-stays',
    mistake: 'A trace id, once there, is not replaced by a later one.',
    touches: ['reportJobResult'],
    spoil: () => {
      const traced = new Set<string>()
      return (call) => {
        const id = call.path['jobId'] ?? ''
        const isLater = traced.has(id)
        if ('trace_id' in call.members) traced.add(id)
        return call.proceed(isLater ? { body: without(call.members, 'trace_id') } : {})
      }
    },
  }),
  defineMutant({
    id: 'job-reports/trace-id-of-failure-dropped',
    mistake: 'A failure stores no trace id.',
    touches: ['reportJobResult'],
    spoil: editRequestBody((report) => (report['status'] === 'failed' ? without(report, 'trace_id') : report)),
  }),
]

const resultMutants = [
  defineMutant({
    id: 'job-reports/falsy-results-dropped',
    mistake: 'Results of 0 and false count as none.',
    touches: ['reportJobResult'],
    spoil: editRequestBody((report) =>
      report['result'] === 0 || report['result'] === false ? without(report, 'result') : report,
    ),
  }),
  defineMutant({
    id: 'job-reports/null-result-dropped',
    mistake: 'A result of null counts as none.',
    touches: ['reportJobResult'],
    spoil: editRequestBody((report) => (report['result'] === null ? without(report, 'result') : report)),
  }),
  defineMutant({
    id: 'job-reports/empty-result-dropped',
    mistake: 'A result without members is left out.',
    touches: jobReads,
    spoil: editResource((job) =>
      isObject(job['result']) && Object.keys(job['result']).length === 0 ? without(job, 'result') : job,
    ),
  }),
  defineMutant({
    id: 'job-reports/nulls-in-result-dropped',
    mistake: 'Nulls inside a result are dropped.',
    touches: ['reportJobResult'],
    spoil: editRequestBody((report) =>
      isObject(report['result'])
        ? {
            ...report,
            result: Object.fromEntries(Object.entries(report['result']).filter(([, each]) => each !== null)),
          }
        : report,
    ),
  }),
  defineMutant({
    id: 'job-reports/results-only-objects',
    mistake: 'A result that is no object is wrapped into one.',
    touches: ['reportJobResult'],
    spoil: editRequestBody((report) =>
      'result' in report && !isObject(report['result']) ? { ...report, result: { value: report['result'] } } : report,
    ),
  }),
  defineMutant({
    id: 'job-reports/result-made-up',
    mistake: 'A job that completes without a result shows null as one.',
    touches: jobReads,
    spoil: editResource((job) => (job['status'] === 'completed' ? { result: null, ...job } : job)),
  }),
  defineMutant({
    id: 'job-reports/result-not-listed',
    mistake: 'The list of jobs leaves the results out.',
    touches: ['listJobs'],
    spoil: editResource((job) => without(job, 'result')),
  }),
  defineMutant({
    id: 'job-reports/error-cut',
    mistake: 'Of an error only the first line is kept.',
    touches: ['reportJobResult'],
    spoil: editRequestBody((report) =>
      typeof report['error'] === 'string' ? { ...report, error: report['error'].split('\n')[0] } : report,
    ),
  }),
  defineMutant({
    id: 'job-reports/error-of-completed-made-up',
    mistake: 'A completed job shows an empty error.',
    touches: jobReads,
    spoil: editResource((job) => (job['status'] === 'completed' ? { error: '', ...job } : job)),
  }),
  defineMutant({
    id: 'job-reports/inputs-gone-with-end',
    mistake: 'A job that has ended no longer shows its inputs.',
    touches: jobReads,
    spoil: editResource((job) => (TERMINAL.has(textIn(job, 'status')) ? without(job, 'inputs') : job)),
  }),
  defineMutant({
    id: 'job-reports/no-end-shown',
    mistake: 'A job that has ended does not show when.',
    touches: jobReads,
    spoil: editResource((job) => without(job, 'completed_at')),
  }),
]

const stateMutants = [
  defineMutant({
    id: 'job-reports/running-ends-job',
    mistake: 'A report of running sets the end of the job.',
    touches: jobReads,
    spoil: editResource((job) => (job['status'] === 'running' ? { completed_at: job['started_at'], ...job } : job)),
  }),
  defineMutant({
    id: 'job-reports/running-stores-nothing',
    mistake: 'A report of running is taken and not stored.',
    touches: ['reportJobResult'],
    spoil: () => (call) => (call.members['status'] === 'running' ? answer(204) : call.proceed()),
  }),
  defineMutant({
    id: 'job-reports/running-starts-pending-job',
    mistake: 'A report of running on a pending job makes it running.',
    touches,
    spoil: overrides((report, { state }, stage) =>
      report['status'] === 'running' && state === 'pending'
        ? { status: 'running', started_at: new Date(stage.now()).toISOString() }
        : undefined,
    ),
  }),
  defineMutant({
    id: 'job-reports/last-end-counts',
    mistake: 'A later report replaces the end of a job.',
    touches,
    spoil: overrides((report, { state }) =>
      state === 'completed' || state === 'failed' ? without(report, 'trace_id') : undefined,
    ),
  }),
  defineMutant({
    id: 'job-reports/result-ends-cancelled-job',
    mistake: 'A result that comes after the cancellation completes the job.',
    touches,
    spoil: overrides((report, { state }) => (state === 'cancelled' ? without(report, 'trace_id') : undefined)),
  }),
  defineMutant({
    id: 'job-reports/late-report-refused',
    mistake: 'A report on a job that has ended is 409.',
    touches: ['reportJobResult'],
    spoil: refuseWhen(409, ({ path }, stage) => TERMINAL.has(stage.stateOf('job', path['jobId'] ?? ''))),
  }),
  defineMutant({
    id: 'job-reports/oldest-job-ended',
    mistake: 'A report ends the job of the runner that has run the longest.',
    touches: ['reportJobResult'],
    spoil: editRequest(({ path }, stage) => {
      const runnerId = stage.jobs.get(path['jobId'] ?? '')?.runnerId
      const running = [...stage.jobs.values()].filter(
        (job) => job.runnerId === runnerId && stage.stateOf('job', job.id) === 'running',
      )
      const last = running.at(-1)
      return last === undefined ? undefined : { path: { jobId: last.id } }
    }),
  }),
  defineMutant({
    id: 'job-reports/reported-pending-job-stuck',
    mistake: 'A job that is reported ended before its hand-out blocks the queue behind it.',
    touches: ['reportJobResult', 'nextJob'],
    spoil: (stage) => {
      const stuck = new Map<string, Members>()
      return async (call) => {
        const jobId = call.path['jobId'] ?? ''
        if (call.operation === 'reportJobResult' && stage.stateOf('job', jobId) === 'pending') {
          const { body } = await call.ask('getJob', { path: { jobId } })
          if (call.members['status'] !== 'running') stuck.set(stage.jobs.get(jobId)?.runnerId ?? '', membersOf(body))
        }
        const job = stuck.get(call.path['runnerId'] ?? '')
        return call.operation === 'nextJob' && job !== undefined
          ? answer(200, { ...job, status: 'running' })
          : call.proceed()
      }
    },
  }),
]

const cancelMutants = [
  defineMutant({
    id: 'job-reports/cancelled-job-handed-out',
    mistake: 'A pending job that is cancelled stays in the queue.',
    touches: ['cancelJob', 'nextJob'],
    spoil: (stage) => {
      const queue = new Map<string, Members[]>()
      return async (call) => {
        const jobId = call.path['jobId'] ?? ''
        if (call.operation === 'cancelJob' && stage.stateOf('job', jobId) === 'pending') {
          const runnerId = stage.jobs.get(jobId)?.runnerId ?? ''
          const { body } = await call.ask('getJob', { path: { jobId } })
          queue.set(runnerId, [...(queue.get(runnerId) ?? []), membersOf(body)])
        }
        const kept = queue.get(call.path['runnerId'] ?? '') ?? []
        const first = call.operation === 'nextJob' ? kept.shift() : undefined
        return first === undefined ? call.proceed() : answer(200, { ...first, status: 'running' })
      }
    },
  }),
  defineMutant({
    id: 'job-reports/cancel-takes-all',
    mistake: 'Cancelling a job cancels whatever its runner has pending.',
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
  defineMutant({
    id: 'job-reports/cancelled-without-end',
    mistake: 'A cancelled job does not show when it ended.',
    touches: jobReads,
    spoil: editResource((job) => (job['status'] === 'cancelled' ? without(job, 'completed_at') : job)),
  }),
  defineMutant({
    id: 'job-reports/cancelled-with-result',
    mistake: 'A cancelled job shows a result that says so.',
    touches: jobReads,
    spoil: editResource((job) => (job['status'] === 'cancelled' ? { result: 'cancelled', ...job } : job)),
  }),
  defineMutant({
    id: 'job-reports/cancelled-as-failed',
    mistake: 'A cancelled job is shown as failed.',
    touches: ['getJob', 'listJobs'],
    spoil: editResource((job) => (job['status'] === 'cancelled' ? { ...job, status: 'failed' } : job)),
  }),
  defineMutant({
    id: 'job-reports/cancel-waits-for-runner',
    mistake: 'A running job that is cancelled runs on until its runner reports.',
    touches: ['cancelJob'],
    spoil: (stage) => (call) =>
      stage.stateOf('job', call.path['jobId'] ?? '') === 'running' ? answer(204) : call.proceed(),
  }),
]

export const jobReportMutants: readonly Mutant[] = [
  ...traceMutants,
  ...resultMutants,
  ...stateMutants,
  ...cancelMutants,
  defineMutant({
    id: 'job-reports/error-demanded',
    mistake: 'A job that failed must bring a result, too (422).',
    touches: ['reportJobResult'],
    spoil: refuseWhen(422, ({ members }) => members['status'] === 'failed' && !('result' in members)),
  }),
  defineMutant({
    id: 'job-reports/timeout-reset',
    mistake: 'A job that has ended shows a timeout of 0.',
    touches: ['getJob'],
    spoil: editResource((job) => (TERMINAL.has(textIn(job, 'status')) ? { ...job, timeout: 0 } : job)),
  }),
]
