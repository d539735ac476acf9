/** Runners: lists, slots, and the calls that need none. */
import { defineCheck, defineShould } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { activate, openSession, type RunnerHandle } from '../../check/runner-handle.js'
import { isOfMedia } from '../../target/answer.js'
import { expectAnyStatus, expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import { createdJob, idsOf, pickedUpCommand, tryJob } from '../../check/check-steps.js'

const gone = { operation: 'disconnectRunner', machine: 'runner', on: 'disconnectRunner', to: 'none' } as const

async function listIds(context: Context, { project }: RunnerHandle, status?: 'connected' | 'disconnected' | 'pairing') {
  const query = { project_id: project.id, ...(status === undefined ? {} : { status }) }
  const { content } = await context.expectCall(200, 'listRunners', { query })
  return idsOf(content)
}

export const runnerChecks = [
  defineCheck({
    id: 'runner/list-shows-the-same',
    title: 'A list shows a runner exactly as reading it does.',
    rule: { operation: 'listRunners' },
    async run(context) {
      const runner = await context.pair({ agents: ['echo'] })
      await context.expectCall(204, 'patchChecklist', { path: { runnerId: runner.id }, body: { step: { done: true } } })
      const list = await context.call('listRunners', { query: { project_id: runner.project.id } })
      expectStatus(list, 200)
      const entry = list.body.content.find(({ id }) => id === runner.id)
      expectEqual('the runner in the list', entry, await runner.read(), list)
    },
  }),
  defineCheck({
    id: 'runner/reading-changes-nothing',
    title: 'Reading a runner twice gives the same.',
    rule: { operation: 'getRunner' },
    async run(context) {
      const runner = await context.pair({ agents: ['echo'] })
      const first = await runner.read()
      await listIds(context, runner)
      expectEqual('the runner', await runner.read(), first)
    },
  }),
  defineCheck({
    id: 'runner/list-of-project',
    title: 'A list shows the runners of its project and of no other.',
    rule: { operation: 'listRunners' },
    async run(context) {
      const first = await context.pair()
      const second = await context.pair({ project: await context.newProject() })
      const shown = await listIds(context, first)
      expectThat(shown.includes(first.id) && !shown.includes(second.id), `${first.id} and not ${second.id}`, shown)
      const others = await listIds(context, second)
      expectThat(others.includes(second.id) && !others.includes(first.id), `${second.id} and not ${first.id}`, others)
    },
  }),
  defineCheck({
    id: 'runner/list-by-connected',
    title: 'The status connected lists connected runners.',
    rule: { operation: 'listRunners' },
    async run(context) {
      const runner = await context.pair()
      const shown = await listIds(context, runner, 'connected')
      expectThat(shown.includes(runner.id), 'the connected runner to be listed', shown)
    },
  }),
  defineCheck({
    id: 'runner/list-by-other-status',
    title: 'A connected runner is not listed under another status.',
    rule: { operation: 'listRunners' },
    async run(context) {
      const runner = await context.pair()
      for (const status of ['disconnected', 'pairing'] as const) {
        const shown = await listIds(context, runner, status)
        expectThat(!shown.includes(runner.id), `the connected runner not to be listed as ${status}`, shown)
      }
    },
  }),
  defineCheck({
    id: 'runner/list-empty',
    title: 'The list of a project without runners is empty, with a total of 0.',
    rule: { operation: 'listRunners' },
    async run(context) {
      const { id } = await context.newProject()
      const { content, total } = await context.expectCall(200, 'listRunners', { query: { project_id: id } })
      expectEqual('content and total', { content, total }, { content: [], total: 0 })
    },
  }),
  defineCheck({
    id: 'runner/disconnected-is-gone',
    title: 'A disconnected runner is 404 to whoever reads it, and 410 to its own heartbeat.',
    rule: { ...gone, from: 'connected' },
    async run(context) {
      const runner = await context.pair()
      await runner.disconnect()
      expectStatus(await context.call('getRunner', { path: { runnerId: runner.id } }), 404)
      expectStatus(await context.call('heartbeat', { path: { runnerId: runner.id }, body: {} }), 410)
      const shown = await listIds(context, runner)
      expectThat(!shown.includes(runner.id), 'the runner not to be listed', shown)
    },
  }),
  defineCheck({
    id: 'runner/heartbeat-brings-nobody-back',
    title: 'No heartbeat brings a disconnected runner back.',
    rule: { operation: 'heartbeat', machine: 'runner', on: 'heartbeat', from: 'none' },
    async run(context) {
      const runner = await context.pair()
      await runner.disconnect()
      const path = { runnerId: runner.id }
      for (const capabilities of [[], ['jobs']]) {
        expectStatus(await context.call('heartbeat', { path, body: { capabilities } }), 410)
      }
      expectStatus(await context.call('getRunner', { path }), 404)
    },
  }),
  defineCheck({
    id: 'runner/disconnect-twice',
    title: 'Disconnecting a runner again is 204 and changes nothing.',
    rule: { operation: 'disconnectRunner', machine: 'runner', on: 'disconnectRunner', from: 'none' },
    async run(context) {
      const runner = await context.pair()
      await runner.disconnect()
      await runner.disconnect()
      expectStatus(await context.call('getRunner', { path: { runnerId: runner.id } }), 404)
    },
  }),
  defineCheck({
    id: 'runner/disconnect-takes-jobs-along',
    title: 'The jobs of a disconnected runner are gone with all that belongs to them, ended ones too.',
    rule: { operation: 'disconnectRunner', machine: 'job', on: 'runner.gone', from: 'running', to: 'failed' },
    async run(context) {
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
    },
  }),
  defineCheck({
    id: 'runner/disconnect-takes-commands-along',
    title: 'The commands of a disconnected runner are gone, ended ones too.',
    rule: { operation: 'disconnectRunner', machine: 'bridgeCommand', on: 'runner.gone' },
    async run(context) {
      const { runner, commandId: ended } = await pickedUpCommand(context)
      await runner.reportCommand(ended, { status: 'completed', result: {} })
      const pending = await runner.submit()
      await runner.disconnect()
      for (const commandId of [ended, pending]) {
        expectStatus(await context.call('getBridgeCommand', { path: { runnerId: runner.id, commandId } }), 404)
      }
    },
  }),
  defineCheck({
    id: 'runner/disconnect-spares-the-other-type',
    title: 'Disconnecting the connect runner of a project leaves its endpoint runner and its jobs alone.',
    rule: { ...gone, from: 'connected' },
    async run(context) {
      const { runner: endpoint, jobId } = await createdJob(context)
      const connect = await context.pair({ type: 'connect' })
      await connect.disconnect()
      expectEqual('status of the endpoint runner', (await endpoint.read()).status, 'connected')
      expectEqual('status of its job', (await endpoint.readJob(jobId)).status, 'pending')
      await endpoint.heartbeat()
    },
  }),
  defineCheck({
    id: 'runner/no-jobs-after-disconnect',
    title: 'A project whose endpoint runner was disconnected takes no jobs (404).',
    rule: { operation: 'createJob', machine: 'runner', on: 'createJob', from: 'none' },
    async run(context) {
      const runner = await context.pair({ agents: ['echo'] })
      await runner.createJob()
      await runner.disconnect()
      expectStatus(await tryJob(context, runner), 404)
    },
  }),
]

const eviction = { machine: 'runner', on: 'slot.taken', to: 'none' } as const

/** The runner answers as one that never was: 404, and 410 to its heartbeat. */
async function expectGone(context: Context, { id: runnerId }: Pick<RunnerHandle, 'id'>): Promise<void> {
  expectStatus(await context.call('getRunner', { path: { runnerId } }), 404)
  expectStatus(await context.call('heartbeat', { path: { runnerId }, body: {} }), 410)
}

export const slotChecks = [
  defineCheck({
    id: 'slots/newcomer-evicts',
    title: 'A second runner of the same project and type evicts the first, whose reads are 404 and heartbeats 410.',
    rule: { ...eviction, operation: 'activatePairingSession', from: 'connected' },
    async run(context) {
      const first = await context.pair()
      const second = await context.pair()
      await expectGone(context, first)
      expectEqual('status of the second runner', (await second.read()).status, 'connected')
    },
  }),
  defineCheck({
    id: 'slots/newcomer-evicts-lapsed',
    title: 'A new runner also evicts one whose heartbeat has lapsed: its return is 410.',
    rule: { ...eviction, operation: 'activatePairingSession', from: 'disconnected' },
    needs: { clock: { seconds: ({ heartbeat_ttl_seconds }) => heartbeat_ttl_seconds + 1 } },
    async run(context) {
      const first = await context.pair()
      await context.time.pass(context.limits.heartbeat_ttl_seconds + 1)
      expectEqual('status of the first runner', (await first.read()).status, 'disconnected')
      await context.pair()
      await expectGone(context, first)
    },
  }),
  defineCheck({
    id: 'slots/evicted-not-listed',
    title: 'An evicted runner leaves the list of its project.',
    rule: { operation: 'listRunners', machine: 'runner', from: 'none' },
    async run(context) {
      const first = await context.pair()
      const second = await context.pair()
      const { content } = await context.expectCall(200, 'listRunners', { query: { project_id: first.project.id } })
      const ids = idsOf(content)
      expectThat(!ids.includes(first.id), 'the evicted runner not to be listed', ids)
      expectThat(ids.includes(second.id), 'the new runner to be listed', ids)
    },
  }),
  defineCheck({
    id: 'slots/evicted-jobs',
    title: 'The jobs of an evicted runner are gone, pending, running and ended ones alike.',
    rule: { machine: 'job', on: 'runner.gone', operation: 'activatePairingSession' },
    async run(context) {
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
    },
  }),
  defineCheck({
    id: 'slots/evicted-commands',
    title: 'The commands of an evicted runner are gone.',
    rule: { machine: 'bridgeCommand', on: 'runner.gone', operation: 'activatePairingSession' },
    async run(context) {
      const { runner: first, commandId: pickedUp } = await pickedUpCommand(context)
      const pending = await first.submit()
      await context.pair({ type: 'connect' })
      for (const commandId of [pickedUp, pending]) {
        expectStatus(await context.call('getBridgeCommand', { path: { runnerId: first.id, commandId } }), 404)
      }
    },
  }),
  defineCheck({
    id: 'slots/queue-not-inherited',
    title: 'A new runner inherits neither the pending jobs nor the agents of the one it evicts.',
    rule: { operation: 'nextJob', machine: 'runner', on: 'slot.taken' },
    async run(context) {
      const first = await context.pair({ agents: ['echo'] })
      await first.createJob()
      const second = await context.pair()
      expectEqual('agents of the new runner', (await second.read()).agents, [])
      await second.register(['echo'])
      const own = await second.createJob()
      expectEqual('the job handed to the new runner', (await second.takeJob()).id, own)
    },
  }),
  defineCheck({
    id: 'slots/types-coexist',
    title: 'A connect and an endpoint runner of one project live side by side.',
    rule: { machine: 'runner', operation: 'activatePairingSession' },
    async run(context) {
      const endpoint = await context.pair({ type: 'endpoint' })
      const connect = await context.pair({ type: 'connect' })
      for (const runner of [endpoint, connect]) {
        expectEqual(`status of the ${runner.type} runner`, (await runner.read()).status, 'connected')
        await runner.heartbeat()
      }
    },
  }),
  defineCheck({
    id: 'slots/projects-coexist',
    title: 'Runners of one user in two projects live side by side.',
    rule: { machine: 'runner', operation: 'activatePairingSession' },
    async run(context) {
      const first = await context.pair()
      const second = await context.pair({ project: await context.newProject() })
      for (const runner of [first, second]) {
        expectEqual('status of the runner', (await runner.read()).status, 'connected')
        await runner.heartbeat()
      }
    },
  }),
  defineCheck({
    id: 'slots/opening-evicts-nobody',
    title: 'A session that is opened, or whose activation fails, evicts nobody.',
    rule: { machine: 'runner', operation: 'createPairingSession' },
    async run(context) {
      const holder = await context.pair()
      const session = await openSession(context)
      await holder.heartbeat()
      const forged = { ...session, activationKey: context.random.bytes(32) }
      expectStatus(await activate(context, forged, context.name('runner')), 403)
      await holder.heartbeat()
      expectEqual('status of the runner', (await holder.read()).status, 'connected')
    },
  }),
  defineCheck({
    id: 'slots/freed-by-disconnect',
    title: 'A disconnect frees the slot: the next runner is connected, and the old one stays gone.',
    rule: { machine: 'runner', on: 'disconnectRunner', operation: 'disconnectRunner', from: 'connected', to: 'none' },
    async run(context) {
      const first = await context.pair()
      await first.disconnect()
      const second = await context.pair()
      expectEqual('status of the second runner', (await second.read()).status, 'connected')
      await expectGone(context, first)
    },
  }),
  defineCheck({
    id: 'slots/late-goodbye',
    title: 'The disconnect of an evicted runner does not touch the one that took its slot.',
    rule: { machine: 'runner', on: 'disconnectRunner', operation: 'disconnectRunner', from: 'none' },
    async run(context) {
      const first = await context.pair()
      const second = await context.pair()
      await first.disconnect()
      expectEqual('status of the second runner', (await second.read()).status, 'connected')
      await second.heartbeat()
    },
  }),
]

export const systemChecks = [
  defineShould('isAlive', {
    id: 'system/is-alive',
    title: 'The server says that it is alive.',
    async run(context) {
      const { healthy } = await context.expectCall(200, 'isAlive')
      expectEqual('healthy', healthy, true)
    },
  }),
  defineCheck({
    id: 'system/trailing-slash',
    title: 'A slash at the end of a path changes nothing.',
    rule: { section: 'Paths' },
    async run(context) {
      const { id } = await context.project()
      const plain = await context.call('listRunners', { query: { project_id: id } })
      const slashed = await context.raw({ method: 'GET', path: `/v1/private/local-runners/?project_id=${id}` })
      expectStatus(plain, 200)
      expectAnyStatus(slashed, [200])
      expectEqual('the answer with a slash', slashed.body, plain.body, [plain, slashed])
    },
  }),
  defineCheck({
    id: 'system/json-answers',
    title: 'Answers with a body are application/json.',
    rule: { section: 'Bodies' },
    async run(context) {
      const { id } = await context.project()
      const answer = await context.call('listRunners', { query: { project_id: id } })
      expectStatus(answer, 200)
      const type = answer.headers['content-type'] ?? 'none'
      expectThat(isOfMedia(answer.headers, 'application/json'), 'content-type application/json', type, answer)
    },
  }),
]
