// Checks of jobs as time passes: their timestamps, their timeout, their expiry.
import { checksOn } from '../core/checks-on.js'
import { takes } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectThat } from '../../target/expectation.js'
import type { LocalRunnerJob } from '../../../kernel/types.js'
import type { RunnerHandle } from '../../check/runner-handle.js'
import type { Limits } from '../../target/target.js'
import {
  early,
  expectApart,
  secondsBetween,
  longEnough,
  passTimeKeepingRunner,
  awaitReaper,
  reaperSeconds,
  type ReaperOptions,
  createdJob,
  takenJob,
} from '../../check/check-steps.js'

/** Less than time zones are apart, and more than any two clocks of one server. */
const MIN_ZONE_SECONDS = 600

async function awaitTimeout(
  context: Context,
  runner: RunnerHandle,
  jobId: string,
  who: Pick<ReaperOptions, 'alive' | 'kept'> = { kept: runner },
): Promise<LocalRunnerJob> {
  const isOver = async (): Promise<boolean> => (await runner.readJob(jobId)).status !== 'running'
  const keptFor = context.limits.completed_job_ttl_seconds
  await awaitReaper(context, 'the job to be failed after its timeout', isOver, { ...who, keptFor })
  const job = await runner.readJob(jobId)
  expectEqual('status of the job', job.status, 'failed')
  return job
}

/** An agent whose jobs are never timed out while a check lasts. */
const PATIENT = { slow: { timeout: 86_400 } }

/** What ends a job in each way. */
const ENDS = {
  completed: 'reportJobResult 1',
  failed: 'reportJobResult 1 status=failed',
  cancelled: 'cancelJob 1',
}

/** Seconds after its time at which a job must be gone. */
const after = (limits: Limits): number => Math.min(60, 5 + 0.1 * ttl(limits))

const ttl = ({ completed_job_ttl_seconds }: Limits): number => completed_job_ttl_seconds
const takesExpiry = takes((limits) => ttl(limits) + after(limits))

/** A job that has ended can be read nearly as long as it lives, and is gone after that. */
function outlived(limits: Limits): string {
  const kept = early(ttl(limits))
  return `pass kept ${kept}, getJob 1, pass kept ${ttl(limits) - kept + after(limits)}, getJob 1`
}

const roundAndMinute = (limits: Limits): number => Math.ceil(reaperSeconds(limits)) + 60

export const timeJobChecks = checksOn('getJob Times', takes(6), (it, at) => {
  it('time/job-timestamps: created_at, started_at and completed_at are the times of creation, hand-out and end.', async (context) => {
    const { runner, jobId } = await createdJob(context, { agents: PATIENT })
    await context.time.pass(3)
    await runner.takeJob()
    await context.time.pass(3)
    await runner.reportJob(jobId, { status: 'completed', result: 1 })
    const job = await runner.readJob(jobId)
    expectApart(job, 'created_at', 'started_at')
    expectApart(job, 'started_at', 'completed_at')
  })
  at('getJob Times')
  it("time/job-times-are-utc: created_at is in UTC: it agrees with the time that the job's own id carries.", async (context) => {
    const { runner, jobId } = await createdJob(context, { agents: PATIENT })
    const { created_at } = await runner.readJob(jobId)
    const carried = Number.parseInt(jobId.replace('-', '').slice(0, 12), 16)
    const apart = Math.abs(Date.parse(created_at) - carried) / 1000
    expectThat(apart < MIN_ZONE_SECONDS, `created_at about ${new Date(carried).toISOString()}`, created_at)
  })
  at('reportJobResult job running', takes(3))
  it`time/running-report-ends-nothing: A report of running moves neither started_at nor the end of a job.
    pair, registerAgents ${{ echo: { timeout: 86_400 } }}, createJob, nextJob, getJob 1, pass 3,
    reportJobResult 1 ${{ status: 'running' }}, getJob 1`

  at('job timer.job_timeout running -> failed', (limits) => 5 + reaperSeconds(limits))
  it("time/job-times-out: A running job fails once its agent's timeout is over and the reaper has come round.", async (context) => {
    const { runner, jobId } = await takenJob(context, { agents: { slow: { timeout: 5 } } })
    await context.time.pass(5, { alive: [runner] })
    const job = await awaitTimeout(context, runner, jobId, { alive: [runner] })
    expectThat((job.error ?? '') !== '', 'an error that says so', job)
    expectThat(secondsBetween(job.started_at, job.completed_at) >= 5, 'an end after its timeout of 5 s', job)
    expectEqual('the announced cancellations', await runner.heartbeat(), [])
  })
  at('job timer.job_timeout running -> failed', (limits) => 3 * reaperSeconds(limits))
  it`time/job-not-timed-out-early: A running job is left alone while its timeout lasts, however often the reaper comes round.
    pair, registerAgents ${({ limits }) => ({ echo: { timeout: Math.ceil(3 * reaperSeconds(limits)) + 120 } })},
    createJob, nextJob, pass kept ${({ limits }) => 3 * reaperSeconds(limits)}, getJob 1`
  at('job timer.job_timeout running -> failed', (limits) => 2 * reaperSeconds(limits) + 70)
  it`time/timeout-counts-from-hand-out: A job's timeout counts from its hand-out; while it is pending it never times out.
    pair, registerAgents ${({ limits }) => ({ echo: { timeout: roundAndMinute(limits) } })}, createJob,
    pass kept ${({ limits }) => roundAndMinute(limits) + 5}, getJob 1, nextJob,
    pass kept ${({ limits }) => reaperSeconds(limits)}, getJob 1`
  at('job timer.job_timeout running -> failed', (limits) => limits.job_timeout_seconds + reaperSeconds(limits))
  it("time/default-job-timeout: A job whose agent declares no timeout fails after the server's, and not before.", async (context) => {
    const seconds = context.limits.job_timeout_seconds
    const { runner, jobId } = await takenJob(context)
    await passTimeKeepingRunner(context, runner, early(seconds))
    expectEqual('status while the timeout lasts', (await runner.readJob(jobId)).status, 'running')
    await passTimeKeepingRunner(context, runner, seconds - early(seconds))
    await awaitTimeout(context, runner, jobId)
  })
  at(
    'job timer.job_timeout running -> failed',
    takes((limits) => limits.heartbeat_ttl_seconds + 3 + reaperSeconds(limits), {
      when: (limits) => longEnough('dead_runner_purge_seconds', reaperSeconds(limits) + 8)(limits),
    }),
  )
  it('time/lapsed-runners-job-times-out: A job of a lapsed runner times out like any other.', async (context) => {
    // Its time is over when the runner has lapsed, and its end can be seen then.
    const timeout = Math.ceil(context.limits.heartbeat_ttl_seconds) + 2
    const { runner, jobId } = await takenJob(context, { agents: { slow: { timeout } } })
    await context.time.pass(context.limits.heartbeat_ttl_seconds + 1)
    expectEqual('status of the runner', (await runner.read()).status, 'disconnected')
    await awaitTimeout(context, runner, jobId, {})
  })
  at('reportJobResult job failed', takes(reaperSeconds))
  it('time/late-result-of-timed-out: A result that comes after the timeout is 204 and changes nothing; the trace id is kept.', async (context) => {
    const { runner, jobId } = await takenJob(context, { agents: { quick: { timeout: 1 } } })
    const trace_id = context.random.uuid()
    await runner.reportJob(jobId, { status: 'running', trace_id })
    const timedOut = await awaitTimeout(context, runner, jobId)
    expectEqual('trace_id', timedOut.trace_id, trace_id)
    await runner.reportJob(jobId, { status: 'completed', result: 'late' })
    expectEqual('the job', await runner.readJob(jobId), timedOut)
  })

  at('job timer.completed_job_ttl', takesExpiry)
  for (const [end, ending] of Object.entries(ENDS)) {
    it`time/${end}-job-expires [${end} -> none]: A ${end} job can be read for its time to live, and is 404 after that, with its log.
      pair, registerAgents ${{ echo: PATIENT.slow }}, createJob, nextJob, ${ending},
      ${({ limits }) => outlived(limits)}, getJobLogs 1`
  }

  at('job timer.completed_job_ttl cancelled -> none', (limits) => ttl(limits) + after(limits))
  it`time/cancelled-pending-job-expires: A job that was cancelled before it was handed out can be read for its time to live, and is 404 after that.
    pair, createJob, cancelJob 1, ${({ limits }) => outlived(limits)}`
  at('job timer.completed_job_ttl failed -> none', (limits) => reaperSeconds(limits) + ttl(limits) + after(limits))
  it('time/timed-out-job-expires: A job that timed out can be read for its time to live, and is 404 after that.', async (context) => {
    const { runner, jobId } = await takenJob(context, { agents: { quick: { timeout: 1 } } })
    await awaitTimeout(context, runner, jobId, { alive: [runner] })
    // It may have ended a round of the reaper before that was seen.
    const kept = Math.max(0, early(ttl(context.limits)) - reaperSeconds(context.limits))
    if (kept > 0) {
      await passTimeKeepingRunner(context, runner, kept)
      expectEqual('status before its time', (await runner.readJob(jobId)).status, 'failed')
    }
    await passTimeKeepingRunner(context, runner, ttl(context.limits) - kept + after(context.limits))
    await context.expectCall(404, 'getJob', { path: { jobId } })
  })

  at('listJobs job none', (limits) => ttl(limits) + after(limits))
  it`time/expired-job-not-listed: An expired job leaves the list of its runner; unfinished ones stay.
    pair, createJob, nextJob, reportJobResult 1, createJob, pass kept ${({ limits }) => ttl(limits) + after(limits)},
    listJobs, getJob 2`
})
