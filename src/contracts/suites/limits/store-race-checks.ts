// Checks of sessions, slots, logs, agents and queues that are written to by several calls at once.
import { toBase64 } from '../../../kernel/pairing.js'
import { alternatives } from '../../target/answer.js'
import { defineCheck } from '../../check/check.js'
import { expectAnyStatus, expectEqual, expectStatus } from '../../target/expectation.js'
import { activate, createdId, openSession } from '../../check/runner-handle.js'
import { many, needsLogs, statusesOf, together } from '../../check/keep-runner.js'

const pairingChecks = [
  defineCheck({
    id: 'concurrency/one-activation-wins',
    race: true,
    title: 'Of several activations of one session at once exactly one is 201; the others are 409.',
    rule: {
      operation: 'activatePairingSession',
      machine: 'pairingSession',
      on: 'activatePairingSession',
      from: 'open',
      to: 'activated',
    },
    async run(context) {
      const session = await openSession(context)
      const name = context.name('runner')
      const answers = await together(6, () => activate(context, session, name))
      expectEqual('the statuses', statusesOf(answers), [201, ...Array.from({ length: 5 }, () => 409)], answers)
      const read = await context.call('getRunner', { path: { runnerId: session.runnerId } })
      expectStatus(read, 200)
      expectEqual('name of the runner', read.body.name, name, read)
    },
  }),
  defineCheck({
    id: 'concurrency/one-runner-per-slot',
    race: true,
    title: 'Of several runners that are activated for one slot at once exactly one is left.',
    rule: { operation: 'activatePairingSession', machine: 'runner', on: 'slot.taken', from: 'connected', to: 'none' },
    async run(context) {
      const project = await context.newProject()
      const sessions = await together(5, () => openSession(context, { project }))
      const answers = await Promise.all(sessions.map((each) => activate(context, each, context.name('runner'))))
      for (const answer of answers) expectStatus(answer, 201)
      const { content, total } = await context.expectCall(200, 'listRunners', { query: { project_id: project.id } })
      expectEqual('how many runners are listed and counted', [content.length, total], [1, 1])
      const beats = await Promise.all(
        sessions.map(({ runnerId }) => context.call('heartbeat', { path: { runnerId }, body: {} })),
      )
      expectEqual('the statuses of their heartbeats', statusesOf(beats), [200, 410, 410, 410, 410], beats)
    },
  }),
  defineCheck({
    id: 'concurrency/session-ids-differ',
    title: 'Sessions that are opened at once with one key get ids of their own.',
    rule: { operation: 'createPairingSession', machine: 'pairingSession', on: 'createPairingSession', from: 'none' },
    async run(context) {
      const { id: project_id } = await context.project()
      const activation_key = toBase64(context.random.bytes(32))
      const opened = await together(6, () =>
        context.expectCall(201, 'createPairingSession', { body: { project_id, activation_key, type: 'endpoint' } }),
      )
      const ids = opened.flatMap(({ session_id, runner_id }) => [session_id, runner_id])
      expectEqual('how many different ids there are', new Set(ids).size, 12)
    },
  }),
]

const storeChecks = [
  defineCheck({
    id: 'concurrency/logs-complete',
    title: 'Batches of log entries that are appended at once are all there, each in its order.',
    rule: { operation: 'appendJobLogs', machine: 'job', on: 'appendJobLogs', from: 'running' },
    needs: needsLogs(5),
    async run(context) {
      const runner = await context.pair({ agents: ['echo'] })
      const jobId = await runner.createJob()
      await runner.takeJob()
      const batch = (at: number): { stream: string; text: string }[] =>
        Array.from({ length: 5 }, (_, line) => ({ stream: `s${at}`, text: `line ${line}` }))
      await together(10, (at) => context.expectCall(204, 'appendJobLogs', { path: { jobId }, body: batch(at) }))
      const log = await context.expectCall(200, 'getJobLogs', { path: { jobId } })
      expectEqual('how many entries there are', log.length, 50)
      for (let at = 0; at < 10; at++) {
        expectEqual(
          `the entries of batch ${at}`,
          log.filter(({ stream }) => stream === `s${at}`),
          batch(at),
        )
      }
    },
  }),
  defineCheck({
    id: 'concurrency/agents-of-one-registration',
    race: true,
    title: 'Of several registrations at once one stays, whole.',
    rule: { operation: 'registerAgents', machine: 'runner', on: 'registerAgents', from: 'connected' },
    async run(context) {
      const runner = await context.pair()
      await together(6, (at) => runner.register([`a${at}`, `b${at}`]))
      const names = (await runner.read()).agents.map(({ name }) => name).toSorted()
      const [first = ''] = names
      expectEqual('names of the agents', names, [first, first.replace('a', 'b')])
    },
  }),
  defineCheck({
    id: 'concurrency/limit-holds',
    race: true,
    title: 'Jobs that are created at once fill the queue up to its limit and no further.',
    rule: { operation: 'createJob', machine: 'runner', on: 'createJob', from: 'connected' },
    severity: 'should',
    needs: { limits: { max_pending_jobs_per_runner: 500 } },
    async run(context) {
      const most = context.limits.max_pending_jobs_per_runner
      const runner = await context.pair({ agents: ['echo'] })
      const body = { agent_name: 'echo', project_id: runner.project.id }
      const answers = await many(most + 10, 15, () => context.call('createJob', { body }))
      for (const answer of answers) expectAnyStatus(answer, [201, 429])
      const accepted = answers.filter(({ status }) => status === 201)
      expectEqual('how many jobs were accepted', accepted.length, most)
      expectEqual('how many different ids they have', new Set(accepted.map(createdId)).size, most)
    },
  }),
  defineCheck({
    id: 'concurrency/one-project-of-a-name',
    title: 'Of several projects that are created under one name at once exactly one is 201; the others are 409.',
    rule: { operation: 'createProject' },
    severity: 'should',
    async run(context) {
      // Not run where projects may not be created.
      await context.newProject()
      const name = context.name()
      const answers = await together(5, () => context.call('createProject', { body: { name } }))
      for (const answer of answers.filter(({ status }) => status === 201)) {
        const id = createdId(answer)
        context.defer(() => context.call('deleteProjectById', { path: { id } }))
      }
      expectEqual('the statuses', statusesOf(answers), [201, 409, 409, 409, 409], answers)
    },
  }),
  defineCheck({
    id: 'concurrency/disconnect-or-next',
    race: true,
    title: 'A runner that is disconnected while it is polled leaves nothing behind: its job is gone.',
    rule: { operation: 'disconnectRunner', machine: 'job', on: 'runner.gone', from: 'pending' },
    async run(context) {
      for (let round = 0; round < 3; round++) {
        const runner = await context.pair({ agents: ['echo'] })
        const jobId = await runner.createJob()
        const poll = context.open('nextJob', { path: { runnerId: runner.id } })
        await runner.disconnect()
        const answer = await poll.answer
        expectAnyStatus(answer, alternatives.pollOfGoneRunner)
        expectStatus(await context.call('getJob', { path: { jobId } }), 404)
        expectStatus(await context.call('getRunner', { path: { runnerId: runner.id } }), 404)
      }
    },
  }),
]

export const storeRaceChecks = [...pairingChecks, ...storeChecks]
