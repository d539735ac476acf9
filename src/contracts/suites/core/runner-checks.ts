// Checks of reading, listing and disconnecting runners.
import { defineCheck } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import type { RunnerHandle } from '../../check/runner-handle.js'

const gone = { operation: 'disconnectRunner', machine: 'runner', on: 'disconnectRunner', to: 'none' } as const

async function listIds(context: Context, { project }: RunnerHandle, status?: 'connected' | 'disconnected' | 'pairing') {
  const query = { project_id: project.id, ...(status === undefined ? {} : { status }) }
  const { content } = await context.expectCall(200, 'listRunners', { query })
  return content.map(({ id }) => id)
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
      const runner = await context.pair({ agents: ['echo'] })
      const ended = await runner.createJob()
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
      const runner = await context.pair({ type: 'connect' })
      const ended = await runner.submit()
      await runner.nextCommands()
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
      const endpoint = await context.pair({ agents: ['echo'] })
      const jobId = await endpoint.createJob()
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
      const body = { agent_name: 'echo', project_id: runner.project.id }
      expectStatus(await context.call('createJob', { body }), 404)
    },
  }),
]
