// Checks of the slot that a runner takes: one runner per workspace, project, user and type. Whoever comes later evicts.
import { defineCheck } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import { activate, openSession, type RunnerHandle } from '../../check/runner-handle.js'

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
      const ids = content.map(({ id }) => id)
      expectThat(!ids.includes(first.id), 'the evicted runner not to be listed', ids)
      expectThat(ids.includes(second.id), 'the new runner to be listed', ids)
    },
  }),
  defineCheck({
    id: 'slots/evicted-jobs',
    title: 'The jobs of an evicted runner are gone, pending, running and ended ones alike.',
    rule: { machine: 'job', on: 'runner.gone', operation: 'activatePairingSession' },
    async run(context) {
      const first = await context.pair({ agents: ['echo'] })
      const ended = await first.createJob()
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
      const first = await context.pair({ type: 'connect' })
      const pickedUp = await first.submit()
      await first.nextCommands()
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
