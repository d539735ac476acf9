// Checks of runners as time passes: the life that a heartbeat gives, lapse, return, purge; and of pairing sessions.
import { by, checksOn } from '../core/checks-on.js'
import { takes, type CheckNeeds } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectAnyStatus, expectEqual, expectStatus } from '../../target/expectation.js'
import { type RunnerHandle, activate, openSession, type OpenSession } from '../../check/runner-handle.js'
import type { Limits } from '../../target/target.js'
import {
  awaitReaper,
  commandLife,
  createdJob,
  early,
  lapsedSeconds as lapsed,
  longEnough,
  reaperSeconds,
  tryCommand,
} from '../../check/check-steps.js'
import { constants } from '../../../lifecycle/table.js'

const ttl = ({ heartbeat_ttl_seconds }: Limits): number => heartbeat_ttl_seconds
/** A lapsed runner must not be purged at once. */
const when = longEnough('dead_runner_purge_seconds')

/** An unfinished command must live longer than its runner without a heartbeat. */
function outlivesLapse(limits: Limits): string | undefined {
  const life = commandLife(limits.bridge_max_command_timeout_seconds)
  return life > lapsed(limits) + 4 ? when(limits) : 'bridge_max_command_timeout_seconds is too short to be seen'
}

/** The runner must be kept for a round of the reaper. */
function outlivesRound(limits: Limits): string | undefined {
  const isKept = limits.dead_runner_purge_seconds >= reaperSeconds(limits) + 4
  return isKept ? undefined : 'dead_runner_purge_seconds is shorter than a round of the reaper'
}

async function statusOf(runner: RunnerHandle): Promise<string> {
  return (await runner.read()).status
}

const purgeSeconds = (limits: Limits): number =>
  lapsed(limits) + limits.dead_runner_purge_seconds + 2 * reaperSeconds(limits)

async function awaitPurge(context: Context, { id: runnerId }: RunnerHandle): Promise<void> {
  await awaitReaper(context, 'the dead runner to be purged', async () => {
    const answer = await context.call('getRunner', { path: { runnerId } })
    expectAnyStatus(answer, [200, 404])
    return answer.status === 404
  })
}

/** Activates one session before its end and looks at another one after it. */
async function judgeLife(context: Context, seconds: number, ttlSeconds?: number): Promise<void> {
  const used = await openSession(context, { ttlSeconds })
  const left = await openSession(context, { ttlSeconds, project: await context.newProject() })
  if (context.time.mostSeconds < seconds + 2) return judgeShortly(context, used)
  await context.time.pass(early(seconds))
  expectStatus(await activate(context, used, context.name('runner')), 201)
  await context.time.pass(seconds - early(seconds) + 2)
  expectStatus(await activate(context, left, context.name('runner')), 404)
  await context.expectCall(404, 'getRunner', { path: { runnerId: left.runnerId } })
}

const { session_ttl_seconds: usual, session_ttl_seconds_min: shortest, session_ttl_seconds_max: longest } = constants
const shortly = (): number => shortest + 2

/** Where so much time cannot pass: a session outlives the shortest one, which was opened with it. */
async function judgeShortly(context: Context, long: OpenSession): Promise<void> {
  const short = await openSession(context, { ttlSeconds: shortest, project: await context.newProject() })
  await context.time.pass(shortly())
  expectStatus(await activate(context, short, context.name('runner')), 404)
  expectStatus(await activate(context, long, context.name('runner')), 201)
}

const lifeOf = (seconds: number): CheckNeeds => ({ clock: { seconds: seconds + 2, fewest: shortly } })

export const timeRunnerChecks = checksOn('', (it, at) => {
  at('runner timer.heartbeat_ttl connected -> disconnected', { when })
  it`time/runner-lapses: A runner without a heartbeat is connected until its time to live is over, and disconnected then.
  pair, pass soon, getRunner, pass rest, getRunner`
  at('heartbeat runner connected')
  it`time/heartbeat-renews: A heartbeat renews the whole time to live.
  pair, pass soon, heartbeat, pass soon, getRunner`
  at('runner timer.heartbeat_ttl connected -> disconnected', { when })
  it`time/renewed-life-ends: A renewed time to live ends as the first one does.
  pair, pass soon, heartbeat, pass lapse, getRunner`
  at('heartbeat runner', { when })
  it`time/lapsed-returns [disconnected -> connected]: A heartbeat brings a lapsed runner back, with its agents, capabilities and checklist.
  pair, heartbeat declares=files, patchChecklist, pass lapse, getRunner, heartbeat, getRunner`
  it`time/lapsed-listed [listRunners disconnected]: A lapsed runner is listed as disconnected, without agents, and not among the connected ones.
  pair, pass lapse, listRunners, listRunners status=disconnected, listRunners status=connected`
  at('runner timer.heartbeat_ttl connected -> disconnected', { when })
  it`time/only-heartbeats-count: Nothing but a heartbeat keeps a runner alive: not reading it, registering, polling, reporting or logging.
  pair, createJob, pass soon, getRunner, registerAgents, patchChecklist, nextJob, appendJobLogs 1, reportJobResult 1,
  pass rest, getRunner`
  it`time/requests-for-work-do-not-count: Creating, reading and cancelling its jobs, and submitting commands, keeps no runner alive.
  pair, heartbeat declares=bridge, pass soon, createJob, getJob 1, listJobs, getJobLogs 1, cancelJob 1,
  createBridgeCommand, listRunners, pass rest, getRunner`
  at('runner timer.heartbeat_ttl connected -> disconnected', { when: outlivesLapse })
  it`time/command-polls-do-not-count: Polling for commands and reporting on them keeps no runner alive.
  pair-connect,
  createBridgeCommand ${by((limits) => ({ timeout_seconds: limits.bridge_max_command_timeout_seconds }))}, pass soon,
  nextBridgeCommands, getBridgeCommand 1, reportBridgeResult 1, pass rest, getRunner`
  at('heartbeat runner connected', (limits) => 2.5 * ttl(limits))
  it`time/alive-by-heartbeats: A runner that keeps sending heartbeats stays connected.
  pair${', pass soon, heartbeat'.repeat(3)}, pass soon, getRunner`

  at('createJob runner disconnected', { when })
  it`time/lapsed-takes-no-jobs: A lapsed runner takes no new jobs (409), whatever their agent; after its return it does.
  pair, pass lapse, createJob, createJob agent=unknown, heartbeat, createJob`
  it`time/lapsed-takes-no-commands [createBridgeCommand]: A lapsed runner takes no commands (404), with the capability or without; after its return it does.
  pair-connect, 2: createPairingSession, 2: activatePairingSession, pass lapse, createBridgeCommand,
  2: createBridgeCommand, heartbeat, createBridgeCommand`
  it`time/lapsed-works-on-jobs [nextJob]: A lapsed runner still gets its pending jobs, and its reports and logs are taken.
  pair, createJob, pass lapse, getRunner, nextJob, appendJobLogs 1, reportJobResult 1, getJob 1, getJobLogs 1`
  it`time/lapsed-registers [registerAgents]: A lapsed runner may register agents and patch its checklist; the agents show once it is back.
  createPairingSession, activatePairingSession, pass lapse, registerAgents, patchChecklist, getRunner, heartbeat,
  getRunner`
  at('nextBridgeCommands runner disconnected', { when: outlivesLapse })
  it`time/lapsed-works-on-commands: A lapsed runner still gets its pending commands, and its reports are taken.
  pair-connect,
  createBridgeCommand ${by((limits) => ({ timeout_seconds: limits.bridge_max_command_timeout_seconds }))}, pass lapse,
  getRunner, nextBridgeCommands, reportBridgeResult 1, getBridgeCommand 1`
  at('getJob runner timer.heartbeat_ttl connected -> disconnected', { when: outlivesRound })
  it`time/lapse-fails-no-jobs: The lapse of its runner ends no job: running ones run on, pending ones wait for the return.
  pair, registerAgents ${{ echo: { timeout: 86_400 } }}, createJob x2, nextJob,
  pass ${by((limits) => lapsed(limits) + reaperSeconds(limits))}, getJob 1, getJob 2, heartbeat, nextJob`

  at('runner timer.dead_runner_purge disconnected -> none', takes(purgeSeconds, { when }))
  it('time/dead-runner-purged: A runner that stays dead is kept for the purge time and then gone for good, with its jobs.', async (context) => {
    const { dead_runner_purge_seconds: kept } = context.limits
    const { runner, jobId } = await createdJob(context)
    // It may be seen dead at the very end of its life.
    const before = Math.max(ttl(context.limits) + early(kept), lapsed(context.limits))
    await context.time.pass(before)
    expectEqual('status before the purge time', await statusOf(runner), 'disconnected')
    expectEqual('status of its job', (await runner.readJob(jobId)).status, 'pending')
    await context.time.pass(lapsed(context.limits) + kept - before + reaperSeconds(context.limits))
    await awaitPurge(context, runner)
    await context.expectCall(410, 'heartbeat', { path: { runnerId: runner.id }, body: {} })
    await context.expectCall(404, 'getJob', { path: { jobId } })
  })
  at('runner timer.dead_runner_purge disconnected -> none', takes(purgeSeconds))
  it('time/purge-takes-commands-along: The commands of a purged runner are gone.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    await context.time.pass(lapsed(context.limits) + context.limits.dead_runner_purge_seconds)
    await awaitPurge(context, runner)
    expectEqual('the purged runner in the list', await runner.readListed(), undefined)
    expectStatus(await tryCommand(context, runner), 404)
  })
  at('heartbeat runner timer.dead_runner_purge disconnected -> none should', {
    when: longEnough('dead_runner_purge_seconds', 10),
  })
  it`time/purge-counts-from-last-death: A runner that returns and dies again is kept for the whole purge time once more.
  pair, pass ${by((limits) => lapsed(limits) + 0.6 * limits.dead_runner_purge_seconds)}, heartbeat, getRunner,
  pass ${by((limits) => lapsed(limits) + 0.7 * limits.dead_runner_purge_seconds)}, getRunner`

  at('activatePairingSession pairingSession timer.session_ttl open -> expired', lifeOf(usual))
  it(`time/session-default-life: A session that names no time to live can be activated for ${usual} s, and is 404 after that.`, (context) =>
    judgeLife(context, usual))
  at('activatePairingSession pairingSession timer.session_ttl', takes(shortly()))
  it('time/session-life-as-asked [open -> expired]: A session can be activated for the time to live that it asks for, and is 404 after that.', (context) =>
    judgeLife(context, shortest, shortest))
  it`time/used-session-expires [activated -> expired]: A session that was activated expires too: a right proof is 404 then, and a wrong one as well.
  createPairingSession ${{ ttl_seconds: shortest }}, activatePairingSession, pass ${shortly()},
  activatePairingSession, activatePairingSession proof=invalid`
  it`time/runner-outlives-session [activated -> expired]: A runner lives on when the session that it came from expires.
    createPairingSession ${{ ttl_seconds: shortest }}, activatePairingSession, registerAgents, pass kept ${shortly()},
    heartbeat, getRunner, createJob`
  at('createPairingSession runner pairingSession.abandoned pairing -> none', lifeOf(longest))
  it(`time/session-longest-life: A session that asks for ${longest} s can be activated for as long, and is 404 after that.`, (context) =>
    judgeLife(context, longest, longest))
})
