/** Runners: lists, slots, and the calls that need none. */
import { checksOn, takes } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { activate, openSession, type RunnerHandle } from '../../check/runner-handle.js'
import type { QueryInput } from '../../target/client.js'
import { isOfMedia } from '../../target/answer.js'
import { expectAnyStatus, expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import { createdJob, lapsedSeconds, pickedUpCommand, tryJob } from '../../check/check-steps.js'

async function expectListed(
  runner: RunnerHandle,
  isListed: boolean,
  query?: Partial<QueryInput<'listRunners'>>,
): Promise<void> {
  expectEqual('whether the runner is listed', (await runner.readListed(query)) !== undefined, isListed)
}

/** Reading the runner is 404, its heartbeat 410. */
async function expectGone(context: Context, { id: runnerId }: RunnerHandle, capabilities?: string[]): Promise<void> {
  await context.expectCall(404, 'getRunner', { path: { runnerId } })
  const body = capabilities === undefined ? {} : { capabilities }
  await context.expectCall(410, 'heartbeat', { path: { runnerId }, body })
}

async function expectConnected(...runners: readonly RunnerHandle[]): Promise<void> {
  for (const runner of runners) {
    expectEqual('status of the runner', (await runner.read()).status, 'connected')
    await runner.heartbeat()
  }
}

/** Jobs of every kind go with their runner, and all that belongs to them. */
async function expectJobsGone(context: Context, end: (runner: RunnerHandle) => Promise<unknown>): Promise<void> {
  const { runner, jobId: ended } = await createdJob(context)
  const running = await runner.createJob()
  await runner.takeJob()
  await runner.takeJob()
  await runner.reportJob(ended, { status: 'failed', error: 'It broke.' })
  const pending = await runner.createJob()
  await end(runner)
  for (const jobId of [ended, running, pending]) {
    for (const operation of ['getJob', 'getJobLogs', 'cancelJob'] as const) {
      await context.expectCall(404, operation, { path: { jobId } })
    }
  }
}

/** Commands of every kind go with their runner. */
async function expectCommandsGone(context: Context, end: (runner: RunnerHandle) => Promise<unknown>): Promise<void> {
  const { runner, commandId: ended } = await pickedUpCommand(context)
  await runner.reportCommand(ended, { status: 'completed', result: {} })
  const pickedUp = await runner.submit()
  await runner.nextCommands()
  const pending = await runner.submit()
  await end(runner)
  for (const commandId of [ended, pickedUp, pending]) {
    await context.expectCall(404, 'getBridgeCommand', { path: { runnerId: runner.id, commandId } })
  }
}

export const runnerChecks = checksOn('listRunners', (it, at) => {
  it('runner/list-shows-the-same: A list shows a runner exactly as reading it does.', async (_, runner) => {
    await runner.patchChecklist({ step: { done: true } })
    expectEqual('the runner in the list', await runner.readListed(), await runner.read())
  })
  it('runner/reading-changes-nothing [getRunner]: Reading a runner twice gives the same.', async (_, runner) => {
    const first = await runner.read()
    await runner.readListed()
    expectEqual('the runner', await runner.read(), first)
  })
  it('runner/list-of-project: A list shows the runners of its project and of no other.', async (context) => {
    const runners = [await context.pair(), await context.pair({ project: await context.newProject() })]
    for (const runner of runners) {
      for (const { project } of runners) {
        await expectListed(runner, project === runner.project, { project_id: project.id })
      }
    }
  })
  it('runner/list-by-connected: The status connected lists connected runners.', async (context) =>
    expectListed(await context.pair(), true, { status: 'connected' }))
  it('runner/list-by-other-status: A connected runner is not listed under another status.', async (_, runner) => {
    await expectListed(runner, false, { status: 'disconnected' })
    await expectListed(runner, false, { status: 'pairing' })
  })
  it('runner/list-empty: The list of a project without runners is empty, with a total of 0.', async (context) => {
    const query = { project_id: (await context.newProject()).id }
    const { content, total } = await context.expectCall(200, 'listRunners', { query })
    expectEqual('content and total', { content, total }, { content: [], total: 0 })
  })
  at('disconnectRunner runner')
  it('runner/disconnected-is-gone [connected -> none]: A disconnected runner is 404 to whoever reads it, and 410 to its own heartbeat.', async (context, runner) => {
    await runner.disconnect()
    await expectGone(context, runner)
    await expectListed(runner, false)
  })
  it('runner/heartbeat-brings-nobody-back [heartbeat none]: No heartbeat brings a disconnected runner back.', async (context, runner) => {
    await runner.disconnect()
    for (const capabilities of [[], ['jobs']]) await expectGone(context, runner, capabilities)
    await expectGone(context, runner)
  })
  it('runner/disconnect-twice [none]: Disconnecting a runner again is 204 and changes nothing.', async (context, runner) => {
    for (let call = 0; call < 2; call++) await runner.disconnect()
    await expectGone(context, runner)
  })
  it('runner/disconnect-spares-the-other-type [connected -> none]: Disconnecting the connect runner of a project leaves its endpoint runner and its jobs alone.', async (context, endpoint, jobId) => {
    const connect = await context.pair({ type: 'connect' })
    await connect.disconnect()
    await expectConnected(endpoint)
    expectEqual('status of its job', (await endpoint.readJob(jobId)).status, 'pending')
  })
  it('runner/no-jobs-after-disconnect [createJob none]: A project whose endpoint runner was disconnected takes no jobs (404).', async (context) => {
    const { runner } = await createdJob(context)
    await runner.disconnect()
    expectStatus(await tryJob(context, runner), 404)
  })
  at('disconnectRunner job runner.gone running -> failed')
  it('runner/disconnect-takes-jobs-along: The jobs of a disconnected runner are gone with all that belongs to them, ended ones too.', (context) =>
    expectJobsGone(context, (runner) => runner.disconnect()))
  at('disconnectRunner bridgeCommand runner.gone')
  it('runner/disconnect-takes-commands-along: The commands of a disconnected runner are gone, ended ones too.', (context) =>
    expectCommandsGone(context, (runner) => runner.disconnect()))
})

export const slotChecks = checksOn('activatePairingSession runner slot.taken', (it, at) => {
  it('slots/newcomer-evicts [connected -> none]: A second runner of the same project and type evicts the first, whose reads are 404 and heartbeats 410.', async (context) => {
    const [first, second] = [await context.pair(), await context.pair()]
    await expectGone(context, first)
    await expectConnected(second)
  })
  it('slots/queue-not-inherited [nextJob]: A new runner inherits neither the pending jobs nor the agents of the one it evicts.', async (context) => {
    await createdJob(context)
    const second = await context.pair()
    expectEqual('agents of the new runner', (await second.read()).agents, [])
    await second.register(['echo'])
    const own = await second.createJob()
    expectEqual('the job handed to the new runner', (await second.takeJob()).id, own)
  })
  at('activatePairingSession runner slot.taken disconnected -> none', takes(lapsedSeconds))
  it('slots/newcomer-evicts-lapsed: A new runner also evicts one whose heartbeat has lapsed: its return is 410.', async (context, first) => {
    await context.time.pass(lapsedSeconds(context.limits))
    expectEqual('status of the first runner', (await first.read()).status, 'disconnected')
    await context.pair()
    await expectGone(context, first)
  })
  at('activatePairingSession runner')
  it('slots/evicted-not-listed [listRunners none]: An evicted runner leaves the list of its project.', async (context) => {
    const [first, second] = [await context.pair(), await context.pair()]
    await expectListed(first, false)
    await expectListed(second, true)
  })
  it('slots/types-coexist: A connect and an endpoint runner of one project live side by side.', async (context) =>
    expectConnected(await context.pair({ type: 'endpoint' }), await context.pair({ type: 'connect' })))
  it('slots/projects-coexist: Runners of one user in two projects live side by side.', async (context) =>
    expectConnected(await context.pair(), await context.pair({ project: await context.newProject() })))
  it('slots/opening-evicts-nobody [createPairingSession]: A session that is opened, or whose activation fails, evicts nobody.', async (context, holder) => {
    const session = await openSession(context)
    await holder.heartbeat()
    const forged = { ...session, activationKey: context.random.bytes(32) }
    expectStatus(await activate(context, forged, context.name('runner')), 403)
    await expectConnected(holder)
  })
  it('slots/freed-by-disconnect [disconnectRunner connected -> none]: A disconnect frees the slot: the next runner is connected, and the old one stays gone.', async (context, first) => {
    await first.disconnect()
    await expectConnected(await context.pair())
    await expectGone(context, first)
  })
  it('slots/late-goodbye [disconnectRunner none]: The disconnect of an evicted runner does not touch the one that took its slot.', async (context) => {
    const [first, second] = [await context.pair(), await context.pair()]
    await first.disconnect()
    await expectConnected(second)
  })
  at('activatePairingSession job runner.gone')
  it('slots/evicted-jobs: The jobs of an evicted runner are gone, pending, running and ended ones alike.', (context) =>
    expectJobsGone(context, () => context.pair({ agents: ['echo'] })))
  at('activatePairingSession bridgeCommand runner.gone')
  it('slots/evicted-commands: The commands of an evicted runner are gone.', (context) =>
    expectCommandsGone(context, () => context.pair({ type: 'connect' })))
})

export const systemChecks = checksOn('isAlive should', (it, at) => {
  it('system/is-alive: The server says that it is alive.', async (context) => {
    const { healthy } = await context.expectCall(200, 'isAlive')
    expectEqual('healthy', healthy, true)
  })
  at('Paths')
  it('system/trailing-slash: A slash at the end of a path changes nothing.', async (context) => {
    const { id } = await context.project()
    const plain = await context.call('listRunners', { query: { project_id: id } })
    const slashed = await context.raw({ method: 'GET', path: `/v1/private/local-runners/?project_id=${id}` })
    expectStatus(plain, 200)
    expectAnyStatus(slashed, [200])
    expectEqual('the answer with a slash', slashed.body, plain.body, [plain, slashed])
  })
  at('Bodies')
  it('system/json-answers: Answers with a body are application/json.', async (context) => {
    const { id } = await context.project()
    const answer = await context.call('listRunners', { query: { project_id: id } })
    const type = answer.headers['content-type'] ?? 'none'
    expectThat(isOfMedia(answer.headers, 'application/json'), 'content-type application/json', type, answer)
  })
})
