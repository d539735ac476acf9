// Checks of how much a runner may hold: pending jobs and commands, agents, log entries.
import { playStory } from '../core/story-steps.js'
import { type CheckNeeds, checksOn, takes } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectStatus } from '../../target/expectation.js'
import type { RunnerHandle } from '../../check/runner-handle.js'
import type { LocalRunnerLogEntry } from '../../../kernel/types.js'
import {
  createHeartbeatLoop,
  lapsedSeconds,
  many,
  needsJobs,
  takenJob,
  tryCommand,
  tryJob,
} from '../../check/check-steps.js'

const jobRoom: CheckNeeds = { limits: { max_pending_jobs_per_runner: 500 } }
const commandRoom: CheckNeeds = { limits: { bridge_max_pending_per_runner: 300 } }
const payloadRoom: CheckNeeds = { limits: { bridge_max_payload_bytes: 4_194_304 } }
const logRoom: CheckNeeds = { limits: { max_log_entries_per_batch: 20_000 } }

/** Calls that fill a queue at once; few enough for the jobs made first to be handed out first. */
const FILLING_AT_ONCE = 4

async function fill(context: Context, runner: RunnerHandle, room: number, create: () => Promise<string>) {
  const stayAlive = await createHeartbeatLoop(context, runner)
  const ids = await many(room, FILLING_AT_ONCE, async () => {
    await stayAlive()
    return create()
  })
  return { runner, ids }
}

async function fillJobs(context: Context): ReturnType<typeof fill> {
  const runner = await context.pair({ agents: ['echo'] })
  return fill(context, runner, context.limits.max_pending_jobs_per_runner, () => runner.createJob())
}

async function fillCommands(context: Context): Promise<RunnerHandle> {
  const runner = await context.pair({ type: 'connect' })
  await fill(context, runner, context.limits.bridge_max_pending_per_runner, () => runner.submit())
  return runner
}

function agentsNamed(count: number): Record<string, object> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`agent-${at}`, {}]))
}

function logLines(count: number): LocalRunnerLogEntry[] {
  return Array.from({ length: count }, (_, at) => ({ stream: 'stdout', text: `line ${at}` }))
}

export const limitQueueChecks = checksOn('createJob runner connected', jobRoom, (it, at) => {
  it('limits/pending-jobs: A runner holds as many pending jobs as declared; one more is 429 and is not queued.', async (context) => {
    const { runner, ids } = await fillJobs(context)
    expectStatus(await tryJob(context, runner), 429)
    expectEqual('how many jobs there are', (await runner.listJobs({ size: 1 })).total, ids.length)
  })
  it('limits/agent-before-queue: A job for an unknown agent is refused for that (400), though the queue is full as well (429).', async (context) => {
    const { runner } = await fillJobs(context)
    expectStatus(await tryJob(context, runner, 'contract-unknown'), 400)
  })
  it('limits/pending-jobs-per-runner: A full queue of one runner leaves the room of another alone.', async (context) => {
    const { runner } = await fillJobs(context)
    expectStatus(await tryJob(context, runner), 429)
    const other = await context.pair({ agents: ['echo'], project: await context.newProject() })
    await other.createJob()
  })
  at('createJob runner connected', { ...jobRoom, ...needsJobs(2) })
  it('limits/pending-jobs-freed: Room for a job comes free when one is taken or cancelled; running jobs take no room.', async (context) => {
    const { runner, ids } = await fillJobs(context)
    for (const free of [() => runner.takeJob(), () => runner.cancelJob(ids.at(-1) ?? '')]) {
      expectStatus(await tryJob(context, runner), 429)
      await free()
      expectStatus(await tryJob(context, runner), 201)
    }
  })
  at('createJob runner disconnected', takes(lapsedSeconds, { ...jobRoom }))
  it('limits/alive-before-queue: A lapsed runner refuses jobs for that (409), though its queue is full as well (429).', async (context) => {
    const { runner } = await fillJobs(context)
    await context.time.pass(lapsedSeconds(context.limits))
    expectStatus(await tryJob(context, runner), 409)
  })

  at('registerAgents runner', { limits: { max_agents_per_runner: 5000 } })
  it('limits/agents [connected]: A runner registers as many agents as declared; one more is 400 and leaves the agents as they were.', async (context) => {
    const most = context.limits.max_agents_per_runner
    const runner = await context.pair({ agents: agentsNamed(most) })
    const full = await runner.read()
    expectEqual('how many agents there are', full.agents.length, most)
    const path = { runnerId: runner.id }
    expectStatus(await context.call('registerAgents', { path, body: agentsNamed(most + 1) }), 400)
    expectEqual('the runner', await runner.read(), full)
  })
  it('limits/owner-before-agents [none]: Too many agents for an unknown runner are 404, not 400.', (context) =>
    playStory(context, 'registerAgents agents=too_many'))

  at('appendJobLogs job running', logRoom)
  it('limits/log-batch: A batch holds as many log entries as declared; one more is 400 and appends nothing.', async (context) => {
    const most = context.limits.max_log_entries_per_batch
    const { runner, jobId } = await takenJob(context)
    expectStatus(await context.call('appendJobLogs', { path: { jobId }, body: logLines(most + 1) }), 400)
    expectEqual('the log', await runner.readLogs(jobId), [])
    await runner.appendLogs(jobId, logLines(most))
    expectEqual('how many entries there are', (await runner.readLogs(jobId)).length, most)
  })
  it('limits/log-of-many-batches: The limit is one of a batch: a log may hold more than that.', async (context) => {
    const most = context.limits.max_log_entries_per_batch
    const { runner, jobId } = await takenJob(context)
    for (const count of [most, 2]) await runner.appendLogs(jobId, logLines(count))
    const texts = (await runner.readLogs(jobId, most - 1)).map(({ text }) => text)
    expectEqual('the last entries', texts, [`line ${most - 1}`, 'line 0', 'line 1'])
  })

  at('createBridgeCommand runner connected', commandRoom)
  it('limits/pending-commands: A runner holds as many pending commands as declared; one more is 429.', async (context) => {
    const runner = await fillCommands(context)
    expectStatus(await tryCommand(context, runner), 429)
  })
  it('limits/capability-before-queue: A runner without the capability bridge refuses for that (409), though its queue is full as well (429).', async (context) => {
    const runner = await fillCommands(context)
    await runner.heartbeat(['jobs'])
    expectStatus(await tryCommand(context, runner), 409)
  })
  at('createBridgeCommand runner connected', {
    ...commandRoom,
    when: ({ bridge_max_pending_per_runner: room, bridge_max_commands_per_minute: rate }) =>
      room >= 2 && rate >= room + 3 ? undefined : 'the rates leave no room beyond what may be pending',
  })
  it('limits/pending-commands-freed: Room for commands comes free when they are picked up.', async (context) => {
    const runner = await fillCommands(context)
    expectStatus(await tryCommand(context, runner), 429)
    await runner.nextCommands(2)
    for (const status of [201, 201, 429] as const) expectStatus(await tryCommand(context, runner), status)
  })
  at('createBridgeCommand runner connected', payloadRoom)
  it('limits/capability-before-payload: A runner without the capability bridge refuses for that (409) before the size of the args is looked at (400).', (context) =>
    playStory(
      context,
      'createPairingSession type=connect, activatePairingSession, createBridgeCommand payload=oversized',
    ))
  at('createBridgeCommand runner connected', { limits: { ...commandRoom.limits, ...payloadRoom.limits } })
  it('limits/queue-before-payload: A full queue refuses (429) before the size of the args is looked at (400).', async (context) => {
    const runner = await fillCommands(context)
    const args = { path: 'x'.repeat(context.limits.bridge_max_payload_bytes + 1) }
    const answer = await tryCommand(context, runner, { type: 'ReadFile', args })
    // A proxy may be first to refuse a body of that size.
    if (answer.status !== 413) expectStatus(answer, 429)
  })
})
