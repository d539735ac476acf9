/** Runners: lists, slots, and the calls that need none. */
import { checksOn, takes } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { activate, openSession, type RunnerHandle } from '../../check/runner-handle.js'
import { isOfMedia } from '../../target/answer.js'
import { expectAnyStatus, expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import { createdJob, idsOf, pickedUpCommand, tryJob, lapsedSeconds } from '../../check/check-steps.js'

async function listIds(context: Context, { project }: RunnerHandle, status?: 'connected' | 'disconnected' | 'pairing') {
  const query = { project_id: project.id, ...(status === undefined ? {} : { status }) }
  const { content } = await context.expectCall(200, 'listRunners', { query })
  return idsOf(content)
}

export const runnerChecks = checksOn('listRunners', (it, at) => {
  it('runner/list-shows-the-same: A list shows a runner exactly as reading it does.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    await context.expectCall(204, 'patchChecklist', { path: { runnerId: runner.id }, body: { step: { done: true } } })
    const list = await context.call('listRunners', { query: { project_id: runner.project.id } })
    expectStatus(list, 200)
    const entry = list.body.content.find(({ id }) => id === runner.id)
    expectEqual('the runner in the list', entry, await runner.read(), list)
  })
  it('runner/reading-changes-nothing [getRunner]: Reading a runner twice gives the same.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const first = await runner.read()
    await listIds(context, runner)
    expectEqual('the runner', await runner.read(), first)
  })
  it('runner/list-of-project: A list shows the runners of its project and of no other.', async (context) => {
    const first = await context.pair()
    const second = await context.pair({ project: await context.newProject() })
    const shown = await listIds(context, first)
    expectThat(shown.includes(first.id) && !shown.includes(second.id), `${first.id} and not ${second.id}`, shown)
    const others = await listIds(context, second)
    expectThat(others.includes(second.id) && !others.includes(first.id), `${second.id} and not ${first.id}`, others)
  })
  it('runner/list-by-connected: The status connected lists connected runners.', async (context) => {
    const runner = await context.pair()
    const shown = await listIds(context, runner, 'connected')
    expectThat(shown.includes(runner.id), 'the connected runner to be listed', shown)
  })
  it('runner/list-by-other-status: A connected runner is not listed under another status.', async (context) => {
    const runner = await context.pair()
    for (const status of ['disconnected', 'pairing'] as const) {
      const shown = await listIds(context, runner, status)
      expectThat(!shown.includes(runner.id), `the connected runner not to be listed as ${status}`, shown)
    }
  })
  it('runner/list-empty: The list of a project without runners is empty, with a total of 0.', async (context) => {
    const { id } = await context.newProject()
    const { content, total } = await context.expectCall(200, 'listRunners', { query: { project_id: id } })
    expectEqual('content and total', { content, total }, { content: [], total: 0 })
  })
  at('disconnectRunner runner')
  it('runner/disconnected-is-gone [connected -> none]: A disconnected runner is 404 to whoever reads it, and 410 to its own heartbeat.', async (context) => {
    const runner = await context.pair()
    await runner.disconnect()
    expectStatus(await context.call('getRunner', { path: { runnerId: runner.id } }), 404)
    expectStatus(await context.call('heartbeat', { path: { runnerId: runner.id }, body: {} }), 410)
    const shown = await listIds(context, runner)
    expectThat(!shown.includes(runner.id), 'the runner not to be listed', shown)
  })
  it('runner/heartbeat-brings-nobody-back [heartbeat none]: No heartbeat brings a disconnected runner back.', async (context) => {
    const runner = await context.pair()
    await runner.disconnect()
    const path = { runnerId: runner.id }
    for (const capabilities of [[], ['jobs']]) {
      expectStatus(await context.call('heartbeat', { path, body: { capabilities } }), 410)
    }
    expectStatus(await context.call('getRunner', { path }), 404)
  })
  it('runner/disconnect-twice [none]: Disconnecting a runner again is 204 and changes nothing.', async (context) => {
    const runner = await context.pair()
    await runner.disconnect()
    await runner.disconnect()
    expectStatus(await context.call('getRunner', { path: { runnerId: runner.id } }), 404)
  })
  it('runner/disconnect-spares-the-other-type [connected -> none]: Disconnecting the connect runner of a project leaves its endpoint runner and its jobs alone.', async (context) => {
    const { runner: endpoint, jobId } = await createdJob(context)
    const connect = await context.pair({ type: 'connect' })
    await connect.disconnect()
    expectEqual('status of the endpoint runner', (await endpoint.read()).status, 'connected')
    expectEqual('status of its job', (await endpoint.readJob(jobId)).status, 'pending')
    await endpoint.heartbeat()
  })
  it('runner/no-jobs-after-disconnect [createJob none]: A project whose endpoint runner was disconnected takes no jobs (404).', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    await runner.createJob()
    await runner.disconnect()
    expectStatus(await tryJob(context, runner), 404)
  })
  at('disconnectRunner job runner.gone running -> failed')
  it('runner/disconnect-takes-jobs-along: The jobs of a disconnected runner are gone with all that belongs to them, ended ones too.', async (context) => {
    const { runner, jobId: ended } = await createdJob(context)
    const running = await runner.createJob()
    await runner.takeJob()
    await runner.takeJob()
    await runner.reportJob(ended, { status: 'failed', error: 'It broke.' })
    const pending = await runner.createJob()
    await runner.disconnect()
    for (const jobId of [ended, running, pending]) {
      expectStatus(await context.call('getJob', { path: { jobId } }), 404)
      expectStatus(await context.call('getJobLogs', { path: { jobId } }), 404)
      expectStatus(await context.call('cancelJob', { path: { jobId } }), 404)
    }
  })
  at('disconnectRunner bridgeCommand runner.gone')
  it('runner/disconnect-takes-commands-along: The commands of a disconnected runner are gone, ended ones too.', async (context) => {
    const { runner, commandId: ended } = await pickedUpCommand(context)
    await runner.reportCommand(ended, { status: 'completed', result: {} })
    const pending = await runner.submit()
    await runner.disconnect()
    for (const commandId of [ended, pending]) {
      expectStatus(await context.call('getBridgeCommand', { path: { runnerId: runner.id, commandId } }), 404)
    }
  })
})

/** The runner answers as one that never was: 404, and 410 to its heartbeat. */
async function expectGone(context: Context, { id: runnerId }: Pick<RunnerHandle, 'id'>): Promise<void> {
  expectStatus(await context.call('getRunner', { path: { runnerId } }), 404)
  expectStatus(await context.call('heartbeat', { path: { runnerId }, body: {} }), 410)
}

export const slotChecks = checksOn('activatePairingSession runner slot.taken', (it, at) => {
  it('slots/newcomer-evicts [connected -> none]: A second runner of the same project and type evicts the first, whose reads are 404 and heartbeats 410.', async (context) => {
    const first = await context.pair()
    const second = await context.pair()
    await expectGone(context, first)
    expectEqual('status of the second runner', (await second.read()).status, 'connected')
  })
  it('slots/queue-not-inherited [nextJob]: A new runner inherits neither the pending jobs nor the agents of the one it evicts.', async (context) => {
    const first = await context.pair({ agents: ['echo'] })
    await first.createJob()
    const second = await context.pair()
    expectEqual('agents of the new runner', (await second.read()).agents, [])
    await second.register(['echo'])
    const own = await second.createJob()
    expectEqual('the job handed to the new runner', (await second.takeJob()).id, own)
  })
  at('activatePairingSession runner slot.taken disconnected -> none', takes(lapsedSeconds))
  it('slots/newcomer-evicts-lapsed: A new runner also evicts one whose heartbeat has lapsed: its return is 410.', async (context) => {
    const first = await context.pair()
    await context.time.pass(lapsedSeconds(context.limits))
    expectEqual('status of the first runner', (await first.read()).status, 'disconnected')
    await context.pair()
    await expectGone(context, first)
  })
  at('activatePairingSession runner')
  it('slots/evicted-not-listed [listRunners none]: An evicted runner leaves the list of its project.', async (context) => {
    const first = await context.pair()
    const second = await context.pair()
    const { content } = await context.expectCall(200, 'listRunners', { query: { project_id: first.project.id } })
    const ids = idsOf(content)
    expectThat(!ids.includes(first.id), 'the evicted runner not to be listed', ids)
    expectThat(ids.includes(second.id), 'the new runner to be listed', ids)
  })
  it('slots/types-coexist: A connect and an endpoint runner of one project live side by side.', async (context) => {
    const endpoint = await context.pair({ type: 'endpoint' })
    const connect = await context.pair({ type: 'connect' })
    for (const runner of [endpoint, connect]) {
      expectEqual(`status of the ${runner.type} runner`, (await runner.read()).status, 'connected')
      await runner.heartbeat()
    }
  })
  it('slots/projects-coexist: Runners of one user in two projects live side by side.', async (context) => {
    const first = await context.pair()
    const second = await context.pair({ project: await context.newProject() })
    for (const runner of [first, second]) {
      expectEqual('status of the runner', (await runner.read()).status, 'connected')
      await runner.heartbeat()
    }
  })
  it('slots/opening-evicts-nobody [createPairingSession]: A session that is opened, or whose activation fails, evicts nobody.', async (context) => {
    const holder = await context.pair()
    const session = await openSession(context)
    await holder.heartbeat()
    const forged = { ...session, activationKey: context.random.bytes(32) }
    expectStatus(await activate(context, forged, context.name('runner')), 403)
    await holder.heartbeat()
    expectEqual('status of the runner', (await holder.read()).status, 'connected')
  })
  it('slots/freed-by-disconnect [disconnectRunner connected -> none]: A disconnect frees the slot: the next runner is connected, and the old one stays gone.', async (context) => {
    const first = await context.pair()
    await first.disconnect()
    const second = await context.pair()
    expectEqual('status of the second runner', (await second.read()).status, 'connected')
    await expectGone(context, first)
  })
  it('slots/late-goodbye [disconnectRunner none]: The disconnect of an evicted runner does not touch the one that took its slot.', async (context) => {
    const first = await context.pair()
    const second = await context.pair()
    await first.disconnect()
    expectEqual('status of the second runner', (await second.read()).status, 'connected')
    await second.heartbeat()
  })
  at('activatePairingSession job runner.gone')
  it('slots/evicted-jobs: The jobs of an evicted runner are gone, pending, running and ended ones alike.', async (context) => {
    const { runner: first, jobId: ended } = await createdJob(context)
    const running = await first.createJob()
    await first.takeJob()
    await first.takeJob()
    await first.reportJob(ended, { status: 'completed', result: 1 })
    const pending = await first.createJob()
    await context.pair({ agents: ['echo'] })
    for (const jobId of [ended, running, pending]) {
      expectStatus(await context.call('getJob', { path: { jobId } }), 404)
    }
  })
  at('activatePairingSession bridgeCommand runner.gone')
  it('slots/evicted-commands: The commands of an evicted runner are gone.', async (context) => {
    const { runner: first, commandId: pickedUp } = await pickedUpCommand(context)
    const pending = await first.submit()
    await context.pair({ type: 'connect' })
    for (const commandId of [pickedUp, pending]) {
      expectStatus(await context.call('getBridgeCommand', { path: { runnerId: first.id, commandId } }), 404)
    }
  })
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
    expectStatus(answer, 200)
    const type = answer.headers['content-type'] ?? 'none'
    expectThat(isOfMedia(answer.headers, 'application/json'), 'content-type application/json', type, answer)
  })
})
