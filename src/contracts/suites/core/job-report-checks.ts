// Checks of a runner's reports about its jobs, and of their cancellation.
import { checksOn } from './checks-on.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectFields, isSet } from '../../target/expectation.js'
import type { LocalRunnerJob, LocalRunnerJobResultRequest } from '../../../kernel/types.js'
import { takenJob } from '../../check/check-steps.js'

const takeJob = (context: Context): ReturnType<typeof takenJob> => takenJob(context, { inputs: { text: 'hi' } })

const RESULTS: Readonly<Record<string, unknown>> = {
  object: { answer: 42, deep: { list: [1, 'two', null] }, none: null },
  list: [1, [2, null]],
  text: 'Grüße, 世界 🌍\n"quoted"',
  number: -0.25,
  false: false,
  zero: 0,
  null: null,
  empty: {},
}

const FAILED = { status: 'failed', error: 'RangeError: größer als 7\n  at answer (agent.ts:12)' } as const
const DONE = { status: 'completed', result: { text: 'ho' } } as const
const trace_id = '019f5fa5-d430-7d25-8f73-4c49a1dd4d01'
const TRACED = { status: 'running', trace_id } as const

const late = (status: string) => ({
  status,
  trace_id: trace_id.replace('a', 'b'),
  result: 'second',
  error: 'It broke.',
})

type Shown = Partial<Record<keyof LocalRunnerJob, unknown>>

/** Reports on a running job, one after another, leave it with these fields and all others as they were. */
async function expectReported(context: Context, reports: readonly LocalRunnerJobResultRequest[], shown: Shown) {
  const { runner, jobId } = await takeJob(context)
  const before = await runner.readJob(jobId)
  for (const report of reports) await runner.reportJob(jobId, report)
  const end = shown.status === 'running' ? undefined : isSet
  const others = { result: undefined, error: undefined, trace_id: undefined, completed_at: end }
  expectFields('the job', await runner.readJob(jobId), { ...before, ...others, ...shown })
}

export const jobReportChecks = checksOn('reportJobResult job', (it, at) => {
  it('job-reports/completed [running -> completed]: A job reported completed is completed, with its result, its end and all that it had.', (context) =>
    expectReported(context, [{ ...DONE, trace_id }], { ...DONE, trace_id }))
  it('job-reports/failed [running -> failed]: A job reported failed is failed, with its error text and its end.', (context) =>
    expectReported(context, [FAILED], FAILED))
  it('job-reports/without-result [running -> completed]: A job may complete without a result, and then shows none.', (context) =>
    expectReported(context, [{ status: 'completed' }], { status: 'completed', result: undefined }))
  it('job-reports/running-stores [running]: A report of running stores result and trace id and leaves the job running, without an end.', (context) =>
    expectReported(context, [{ ...TRACED, result: { progress: 0.5 } }], { ...TRACED, result: { progress: 0.5 } }))
  it('job-reports/running-stores-error [running]: A report of running stores an error as well, and the job runs on.', (context) =>
    expectReported(context, [{ status: 'running', error: 'Trying again.' }], {
      status: 'running',
      error: 'Trying again.',
    }))
  it`job-reports/running-on-pending [pending]: A report of running on a pending job stores its trace id; the job stays pending and is handed out.
    pair, createJob, reportJobResult 1 ${TRACED}, getJob 1, nextJob`
  it('job-reports/trace-id-survives [running -> completed]: A trace id survives a later result that brings none.', (context) =>
    expectReported(context, [TRACED, DONE], { ...DONE, trace_id }))
  it('job-reports/trace-id-survives-failure [running -> failed]: A trace id survives a later failure that brings none.', (context) =>
    expectReported(context, [TRACED, FAILED], { ...FAILED, trace_id }))
  it`job-reports/trace-id-survives-cancellation [cancelJob running -> cancelled]: A trace id survives the cancellation of its job.
    pair, createJob, nextJob, reportJobResult 1 ${TRACED}, cancelJob 1, getJob 1`
  it('job-reports/trace-id-replaced [running]: A later trace id replaces an earlier one.', (context) =>
    expectReported(
      context,
      [
        { ...TRACED, trace_id: context.random.uuid() },
        { ...DONE, trace_id },
      ],
      { ...DONE, trace_id },
    ))
  it('job-reports/trace-id-first-with-failure [running -> failed]: A failure that brings the first trace id stores it.', (context) =>
    expectReported(context, [{ ...FAILED, trace_id }], { ...FAILED, trace_id }))
  it`job-reports/first-end-counts [completed]: A job that has ended keeps its result, whatever is reported later.
    pair, createJob, nextJob, reportJobResult 1 ${{ ...DONE, trace_id }}, reportJobResult 1 ${late('running')},
    reportJobResult 1 ${late('completed')}, reportJobResult 1 ${late('failed')}, getJob 1`
  it('job-reports/listed-as-read [listJobs]: A list shows each job exactly as reading it does, whatever has become of it.', async (context) => {
    const { runner, jobId: completed } = await takeJob(context)
    await runner.reportJob(completed, { ...DONE, trace_id })
    const [failed, running, pending] = [await runner.createJob(), await runner.createJob(), await runner.createJob()]
    for (let taken = 0; taken < 2; taken++) await runner.takeJob()
    await runner.reportJob(failed, FAILED)
    const read = await Promise.all([pending, running, failed, completed].map((id) => runner.readJob(id)))
    expectEqual('the jobs in the list', (await runner.listJobs()).content, read)
  })
  it`job-reports/of-one-job [running -> completed]: A report ends the job that it names and no other.
    pair, createJob x3, nextJob x2, reportJobResult 1, getJob 2, getJob 3`
  it`job-reports/ended-while-pending [pending -> completed]: A job that is reported ended before it was handed out has ended, and the queue goes on after it.
    pair, createJob x2, reportJobResult 1, getJob 1, nextJob`

  at('reportJobResult job running -> completed')
  for (const [name, result] of Object.entries(RESULTS)) {
    it`job-reports/result-${name}: A result may be any JSON; ${JSON.stringify(result)} comes back as it was.
      pair, createJob, nextJob, reportJobResult 1 ${{ status: 'completed', result }}, getJob 1, listJobs`
  }

  at('cancelJob job')
  it`job-reports/cancelled-leaves-queue [pending -> cancelled]: A pending job that is cancelled is not handed out; the next one is.
    pair, createJob x2, cancelJob 1, nextJob, getJob 1`
  it`job-reports/cancelled-has-an-end [running -> cancelled]: A cancelled job shows when it ended, and neither a result nor an error of its own.
    pair, createJob, nextJob, cancelJob 1, getJob 1`
  it`job-reports/late-result-of-cancelled [reportJobResult cancelled]: A result that comes after the cancellation is 204 and changes nothing.
    pair, createJob, nextJob, cancelJob 1, getJob 1, reportJobResult 1 ${{ ...DONE, trace_id }}, getJob 1`
  it`job-reports/cancel-one-of-many [pending -> cancelled]: A cancellation concerns the job that it names and no other.
    pair, createJob x3, cancelJob 2, nextJob x2`
})
