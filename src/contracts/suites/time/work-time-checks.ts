// Checks of jobs and bridge commands as time passes: timestamps, timeouts, and the end of what is over, unread or unfinished.
import { by, checksOn } from '../core/checks-on.js'
import { takes } from '../../check/check.js'
import { expectEqual, expectThat, bodyOf, NotRun } from '../../target/expectation.js'
import type { Limits } from '../../target/target.js'
import {
  early,
  secondsBetween,
  longEnough,
  awaitReaper,
  reaperSeconds,
  createdJob,
  takenJob,
  commandLife,
  overdueSeconds,
  longestCommand,
  pickedUpCommand,
} from '../../check/check-steps.js'
import { expectValueOr } from '../../check/seen-quirks.js'

/** Less than time zones are apart, and more than any two clocks of one server. */
const MIN_ZONE_SECONDS = 600

/** Two times of a resource between which 3 seconds were let pass; a busy machine takes longer. */
function expectApart<Name extends string>(times: Readonly<Partial<Record<Name, string>>>, from: Name, to: Name) {
  const seconds = secondsBetween(times[from], times[to])
  expectThat(seconds >= 2 && seconds < 30, `about 3 s from ${from} to ${to}`, `${seconds} s`)
}

/** An agent whose jobs are never timed out while a check lasts. */
const PATIENT = { echo: { timeout: 86_400 } }

/** One whose jobs time out when the reaper comes round next. */
const QUICK = { echo: { timeout: 1 } }

/** What ends a job in each way. */
const ENDS = {
  completed: 'reportJobResult 1',
  failed: 'reportJobResult 1 status=failed',
  cancelled: 'cancelJob 1',
}

/** Seconds after its time at which a job must be gone. */
const after = (limits: Limits): number => Math.min(60, 5 + 0.1 * ttl(limits))

const ttl = ({ completed_job_ttl_seconds }: Limits): number => completed_job_ttl_seconds

/** A job or command can be read after some seconds, and is gone some seconds later. */
const aroundEnd = (read: string, kept: number, rest: number): string =>
  `pass kept ${kept}, ${read} 1, pass kept ${rest}, ${read} 1`

/** A job that has ended, `sooner` at the most than was seen, can be read nearly as long as it lives, and is gone after that. */
function outlived(limits: Limits, sooner = 0): string {
  const kept = Math.max(0, early(ttl(limits)) - sooner)
  return aroundEnd('getJob', kept, ttl(limits) - kept + after(limits))
}

const roundAndMinute = (limits: Limits): number => Math.ceil(reaperSeconds(limits)) + 60

const untilTimeout = (limits: Limits): number => overdueSeconds(limits) + reaperSeconds(limits)

/** Life of an unfinished command, for the requested timeout, which is cut to the longest one. */
const lifeOf = (asked: number, { bridge_max_command_timeout_seconds: most }: Limits): number =>
  commandLife(Math.min(asked, most))

const commandTtl = ({ bridge_completed_command_ttl_seconds }: Limits): number => bridge_completed_command_ttl_seconds

/** A command that has ended, `sooner` at the most than was seen, is read in its time to live and after it. */
function commandOutlived(limits: Limits, sooner = 0): string {
  const kept = Math.max(0, early(commandTtl(limits)) - sooner)
  return aroundEnd('getBridgeCommand', kept, commandTtl(limits) - kept + Math.max(5, sooner))
}

const longest = by((limits) => ({ timeout_seconds: longestCommand(limits) }))

export const timeWorkChecks = checksOn('getJob Times', takes(6), (it, at) => {
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
  at('reportJobResult job running')
  it`time/running-report-ends-nothing: A report of running moves neither started_at nor the end of a job.
    pair, registerAgents ${PATIENT}, createJob, nextJob, getJob 1, pass 3,
    reportJobResult 1 ${{ status: 'running' }}, getJob 1`

  at('job timer.job_timeout running -> failed')
  it`time/job-times-out: A running job fails once its agent's timeout is over and the reaper has come round.
    pair, registerAgents ${{ echo: { timeout: 5 } }}, createJob, nextJob, pass 5, pass timeout, getJob 1, heartbeat`
  it`time/job-not-timed-out-early: A running job is left alone while its timeout lasts, however often the reaper comes round.
    pair, registerAgents ${by((limits) => ({ echo: { timeout: Math.ceil(3 * reaperSeconds(limits)) + 120 } }))},
    createJob, nextJob, pass kept ${by((limits) => 3 * reaperSeconds(limits))}, getJob 1`
  it`time/timeout-counts-from-hand-out: A job's timeout counts from its hand-out; while it is pending it never times out.
    pair, registerAgents ${by((limits) => ({ echo: { timeout: roundAndMinute(limits) } }))}, createJob,
    pass kept ${by((limits) => roundAndMinute(limits) + 5)}, getJob 1, nextJob,
    pass kept ${by((limits) => reaperSeconds(limits))}, getJob 1`
  it`time/default-job-timeout: A job whose agent declares no timeout fails after the server's, and not before.
    pair, createJob, nextJob, pass kept ${by((limits) => early(limits.job_timeout_seconds))}, getJob 1,
    pass kept ${by(({ job_timeout_seconds: seconds }) => seconds - early(seconds))}, pass timeout, getJob 1`
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
    const keptFor = ttl(context.limits)
    const statusNow = async (): Promise<string> => (await runner.readJob(jobId)).status
    await awaitReaper(context, 'the job to time out', async () => (await statusNow()) !== 'running', { keptFor })
    expectEqual('status of the job', await statusNow(), 'failed')
  })
  at('reportJobResult job failed')
  it`time/late-result-of-timed-out: A result that comes after the timeout is 204 and changes nothing; the trace id is kept.
    pair, registerAgents ${QUICK}, createJob, nextJob,
    reportJobResult 1 ${({ random }) => ({ status: 'running', trace_id: random.uuid() })}, pass timeout, getJob 1,
    reportJobResult 1 ${{ status: 'completed', result: 'late' }}, getJob 1`

  at('job timer.completed_job_ttl')
  for (const [end, ending] of Object.entries(ENDS)) {
    it`time/${end}-job-expires [${end} -> none]: A ${end} job can be read for its time to live, and is 404 after that, with its log.
      pair, registerAgents ${PATIENT}, createJob, nextJob, ${ending},
      ${by((limits) => outlived(limits))}, getJobLogs 1`
  }

  it`time/cancelled-pending-job-expires [cancelled -> none]: A job that was cancelled before it was handed out can be read for its time to live, and is 404 after that.
    pair, createJob, cancelJob 1, ${by((limits) => outlived(limits))}`
  it`time/timed-out-job-expires [failed -> none]: A job that timed out can be read for its time to live, and is 404 after that.
    pair, registerAgents ${QUICK}, createJob, nextJob, pass timeout,
    ${by((limits) => outlived(limits, reaperSeconds(limits)))}`

  at('listJobs job none')
  it`time/expired-job-not-listed: An expired job leaves the list of its runner; unfinished ones stay.
    pair, createJob, nextJob, reportJobResult 1, createJob, pass kept ${by((limits) => ttl(limits) + after(limits))},
    listJobs, getJob 2`

  at('getBridgeCommand Times', takes(6))
  it('time/command-timestamps: submitted_at, picked_up_at and completed_at are the times of submission, hand-out and end.', async (context, runner, commandId) => {
    await context.time.pass(3)
    await runner.nextCommands()
    await context.time.pass(3)
    await runner.reportCommand(commandId, { status: 'completed', result: 1 })
    const command = await runner.readCommand(commandId)
    expectApart(command, 'submitted_at', 'picked_up_at')
    expectApart(command, 'picked_up_at', 'completed_at')
  })
  at('bridgeCommand timer.command_timeout picked_up -> timed_out', takes(untilTimeout))
  it`time/command-times-out: A command that was picked up and not answered times out, ten seconds after its timeout at the earliest.
    pair-connect, createBridgeCommand ${longest}, nextBridgeCommands, pass timeout, getBridgeCommand 1`
  it("time/endpoint-command-times-out [should]: A command of an endpoint runner times out like a connect runner's.", async (context) => {
    const endpoint = await context.pair({ type: 'endpoint', capabilities: ['bridge'] })
    const commandId = await endpoint.submit({ timeout_seconds: longestCommand(context.limits) })
    await endpoint.nextCommands()
    await context.time.pass(untilTimeout(context.limits), { alive: [endpoint] })
    const answer = await context.call('getBridgeCommand', { path: { runnerId: endpoint.id, commandId } })
    if (answer.status === 404) throw new NotRun('the life of a command is over before the reaper comes round')
    const { status: actual } = bodyOf(answer, 200)
    const seen = ['status of the command', actual, 'timed_out'] as const
    expectValueOr(context, answer, seen, 'endpoint-commands-unreaped', 'picked_up')
  })
  at('bridgeCommand timer.command_timeout picked_up -> timed_out')
  it`time/command-not-timed-out-early: A command that was picked up is left alone while its timeout lasts.
    pair-connect, createBridgeCommand ${longest},
    nextBridgeCommands, pass kept ${by((limits) => longestCommand(limits))}, getBridgeCommand 1, reportBridgeResult 1`
  at('getBridgeCommand bridgeCommand timer.command_timeout picked_up -> timed_out', takes(untilTimeout, { waiting: 1 }))
  it('time/timeout-wakes-reader: A reader that waits for a command wakes when it times out.', async (context) => {
    const timeout = longestCommand(context.limits)
    const { runner, commandId } = await pickedUpCommand(context, { timeout_seconds: timeout })
    const [alive, path] = [[runner], { runnerId: runner.id, commandId }]
    await context.time.pass(overdueSeconds(context.limits), { alive })
    const reader = context.open('getBridgeCommand', { path, query: { wait: true, timeout } })
    const isOver = async (): Promise<boolean> => {
      const read = await context.call('getBridgeCommand', { path })
      // On a busy target the command's life may end before the reaper comes to its runner.
      if (read.status === 404) throw new NotRun('the reaper did not come round before the command was gone')
      return bodyOf(read, 200).status !== 'picked_up'
    }
    await awaitReaper(context, 'the command to time out', isOver, { alive, keptFor: commandTtl(context.limits) })
    const answer = await context.time.within(reader, 2, 'the reader to wake')
    const { status: actual } = bodyOf(answer, 200)
    expectValueOr(context, answer, ['status of the command', actual, 'timed_out'], 'stale-wait', 'pending', 'picked_up')
  })
  at('reportBridgeResult bridgeCommand timed_out')
  it`time/late-report-of-timed-out: A report that comes after the timeout is 409 and changes nothing.
    pair-connect, createBridgeCommand ${longest},
    nextBridgeCommands, pass timeout, reportBridgeResult 1, getBridgeCommand 1`

  at('bridgeCommand timer.command_lifetime pending -> none')
  it`time/pending-command-disappears: A command that nobody picks up is gone a minute and twice its timeout after its submission.
    pair-connect, createBridgeCommand ${{ timeout_seconds: 5 }},
    ${by((limits) => aroundEnd('getBridgeCommand', lifeOf(5, limits) - 5, 7))}`
  it`time/command-life-follows-timeout: The life of a command grows with its timeout.
    pair-connect, createBridgeCommand ${{ timeout_seconds: 30 }},
    ${by((limits) => aroundEnd('getBridgeCommand', lifeOf(30, limits) - 5, 7))}`
  at('bridgeCommand timer.command_lifetime picked_up -> none')
  it`time/unanswered-command-ends: A command that was picked up and never answered is timed out or gone when its life is over.
    pair-connect, createBridgeCommand ${{ timeout_seconds: 1 }}, nextBridgeCommands, pass kept ${commandLife(1) + 2},
    getBridgeCommand 1`
  at(
    'nextBridgeCommands bridgeCommand timer.command_lifetime pending -> none',
    takes(commandLife(1) + 4, { waiting: 2, when: longEnough('bridge_poll_timeout_seconds') }),
  )
  it`time/expired-command-not-handed-out: A command whose life is over is not handed out; the poll gets what came after it.
    pair-connect, createBridgeCommand ${{ timeout_seconds: 1 }}, pass kept ${commandLife(1) + 2}, heartbeat,
    nextBridgeCommands, createBridgeCommand`

  at('bridgeCommand timer.bridge_completed_command_ttl')
  for (const end of ['completed', 'failed'] as const) {
    it`time/${end}-command-expires [${end} -> none]: A ${end} command can be read for its time to live, and is 404 after that.
      pair-connect, createBridgeCommand ${{ timeout_seconds: 1 }}, nextBridgeCommands,
      reportBridgeResult 1 status=${end}, ${by((limits) => commandOutlived(limits))}, reportBridgeResult 1`
  }

  it`time/timed-out-command-expires [timed_out -> none]: A command that timed out can be read for its time to live, and is 404 after that.
    pair-connect, createBridgeCommand ${longest},
    nextBridgeCommands, pass timeout, ${by((limits) => commandOutlived(limits, reaperSeconds(limits)))}`
})
