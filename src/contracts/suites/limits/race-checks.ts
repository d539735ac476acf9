// Checks of calls that overlap: work is handed out exactly once, however many poll for it at once; of calls that rival for
// one resource one wins, and what is left behind is all of a piece.
import { defineCheck } from '../../check/check.js'
import { expectStatus, expectThat, expectEqual } from '../../target/expectation.js'
import type { Context } from '../../check/context.js'
import type { LocalRunnerJob } from '../../../kernel/types.js'
import type { RunnerHandle } from '../../check/runner-handle.js'
import {
  both,
  createHeartbeatLoop,
  expectSame,
  longEnough,
  many,
  needsCommands,
  needsJobs,
  together,
  statusesOf,
} from '../../check/keep-runner.js'

const handOut = { operation: 'nextJob', machine: 'job', on: 'nextJob', from: 'pending', to: 'running' } as const

/** Requests that overlap may be dated in either order. */
const SAME_MOMENT_MS = 1000

/** So many as a guest may have at a server that others use too. */
const POLLERS = 24

/** Creates jobs on a runner that stays alive meanwhile, however long it takes. */
async function creating(context: Context, runner: RunnerHandle): Promise<(at: number) => Promise<string>> {
  const stayAlive = await createHeartbeatLoop(context, runner)
  return async (at) => {
    await stayAlive()
    return runner.createJob({ inputs: { at } })
  }
}

/** Takes a job. A poll that began before all were there may end with nothing, when they are slow to come. */
async function takeWhileComing(
  context: Context,
  runner: RunnerHandle,
  areAllThere: () => boolean,
): Promise<LocalRunnerJob> {
  while (!areAllThere()) {
    const job = await context.expectCall(200, 'nextJob', { path: { runnerId: runner.id } })
    if (job !== null) return job
  }
  return runner.takeJob()
}

export const handOutChecks = [
  defineCheck({
    id: 'concurrency/many-pollers',
    title: 'Two dozen pollers at once are handed every pending job exactly once.',
    rule: handOut,
    needs: { ...needsJobs(80), waiting: POLLERS },
    async run(context) {
      const runner = await context.pair({ agents: ['echo'] })
      const created = await many(80, 4, await creating(context, runner))
      // As many polls as jobs, so that none has to wait.
      const taken = await many(80, POLLERS, () => runner.takeJob())
      expectSame(
        'the jobs handed out',
        taken.map(({ id }) => id),
        created,
      )
    },
  }),
  defineCheck({
    id: 'concurrency/creating-while-polling',
    title: 'Jobs that are created while two dozen pollers take them are handed out exactly once each.',
    rule: handOut,
    needs: { ...needsJobs(60), waiting: POLLERS },
    async run(context) {
      const runner = await context.pair({ agents: ['echo'] })
      let areAllThere = false
      const made = many(150, 3, await creating(context, runner)).finally(() => (areAllThere = true))
      const taking = many(150, POLLERS, () => takeWhileComing(context, runner, () => areAllThere))
      const [created, taken] = await Promise.all([made, taking])
      expectSame(
        'the jobs handed out',
        taken.map(({ id }) => id),
        created,
      )
    },
  }),
  defineCheck({
    id: 'concurrency/waiting-pollers',
    title: 'Twenty waiting polls are handed one job each, and each job goes to one of them.',
    rule: handOut,
    needs: {
      clock: { seconds: 2 },
      waiting: 20,
      ...both(longEnough('next_job_poll_timeout_seconds'), needsJobs(20).when),
    },
    async run(context) {
      const runner = await context.pair({ agents: ['echo'] })
      const polls = Array.from({ length: 20 }, () => context.open('nextJob', { path: { runnerId: runner.id } }))
      await context.time.settle()
      const created = await many(20, 5, (at) => runner.createJob({ inputs: { at } }))
      const answers = await Promise.all(
        polls.map((poll) => context.time.within(poll, 2, 'every waiting poll to get a job')),
      )
      const taken = answers.map((answer) => {
        expectStatus(answer, 200)
        return answer.body?.id
      })
      expectSame('the jobs handed out', taken, created)
    },
  }),
  defineCheck({
    id: 'concurrency/one-at-a-time-in-order',
    title: 'Jobs that were created at once are handed out in the order in which the list shows them.',
    rule: handOut,
    needs: needsJobs(20),
    async run(context) {
      const runner = await context.pair({ agents: ['echo'] })
      const created = await together(20, (at) => runner.createJob({ inputs: { at } }))
      const query = { size: 50 }
      const { content } = await context.expectCall(200, 'listJobs', { path: { runnerId: runner.id }, query })
      expectSame(
        'the jobs listed',
        content.map(({ id }) => id),
        created,
      )
      const byTime = content.toReversed()
      const taken: LocalRunnerJob[] = []
      for (let at = 0; at < created.length; at++) taken.push(await runner.takeJob())
      expectSame(
        'the jobs handed out',
        taken.map(({ id }) => id),
        created,
      )
      // Created at the same moment, two may come either way round; seen from afar the order must hold.
      const places = taken.map(({ created_at }) => Date.parse(created_at))
      const isInOrder = places.every((time, at) => at === 0 || time >= (places[at - 1] ?? 0) - SAME_MOMENT_MS)
      expectThat(
        isInOrder,
        `the order ${byTime.map(({ id }) => id).join(', ')}`,
        taken.map(({ id }) => id),
      )
    },
  }),
  defineCheck({
    id: 'concurrency/commands-once',
    title: 'Commands are handed to one of several pollers at once; none is lost or doubled.',
    rule: { operation: 'nextBridgeCommands', machine: 'bridgeCommand', on: 'nextBridgeCommands', from: 'pending' },
    needs: { ...needsCommands(40), waiting: 8 },
    async run(context) {
      const runner = await context.pair({ type: 'connect' })
      const submitted = await many(40, 4, () => runner.submit())
      const batches = await together(8, () => runner.nextCommands(5))
      const handed = batches.flat().map(({ command_id }) => command_id)
      const left = await Promise.all(submitted.map(async (id) => [id, (await runner.readCommand(id)).status] as const))
      const pending = left.filter(([, status]) => status === 'pending').map(([id]) => id)
      expectSame('the commands handed out or still pending', [...handed, ...pending], submitted)
      expectThat(handed.length > 0, 'some commands to be handed out', handed)
    },
  }),
]

async function pickUp(context: Context): Promise<{ runner: RunnerHandle; commandId: string }> {
  const runner = await context.pair({ type: 'connect' })
  const commandId = await runner.submit()
  await runner.nextCommands()
  return { runner, commandId }
}

async function takeOne(context: Context): Promise<{ runner: RunnerHandle; jobId: string }> {
  const runner = await context.pair({ agents: ['echo'] })
  const jobId = await runner.createJob()
  await runner.takeJob()
  return { runner, jobId }
}

export const rivalChecks = [
  defineCheck({
    id: 'concurrency/one-command-report-wins',
    race: true,
    title: 'Of several reports on one command at once exactly one is 204 and stays; the others are 409.',
    rule: { operation: 'reportBridgeResult', machine: 'bridgeCommand', on: 'reportBridgeResult', from: 'picked_up' },
    async run(context) {
      const { runner, commandId } = await pickUp(context)
      const path = { runnerId: runner.id, commandId }
      const answers = await together(8, (at) => {
        const body = { status: 'completed' as const, result: { rival: at }, duration_ms: at }
        return context.call('reportBridgeResult', { path, body })
      })
      expectEqual('the statuses', statusesOf(answers), [204, ...Array.from({ length: 7 }, () => 409)], answers)
      const winner = answers.findIndex(({ status }) => status === 204)
      const { result, duration_ms } = await runner.readCommand(commandId)
      expectEqual('result and duration', [result, duration_ms], [{ rival: winner }, winner], answers)
    },
  }),
  defineCheck({
    id: 'concurrency/pending-command-report-or-pick-up',
    race: true,
    title: 'A command that is reported while it is polled for ends once, with the report.',
    rule: { operation: 'reportBridgeResult', machine: 'bridgeCommand', on: 'reportBridgeResult', from: 'pending' },
    async run(context) {
      const runner = await context.pair({ type: 'connect' })
      for (let round = 0; round < 5; round++) {
        const commandId = await runner.submit()
        const poll = context.open('nextBridgeCommands', { path: { runnerId: runner.id }, body: {} })
        await runner.reportCommand(commandId, { status: 'completed', result: round })
        const decoy = await runner.submit()
        const answer = await poll.answer
        expectStatus(answer, 200)
        const handed = answer.body.commands.map(({ command_id }) => command_id)
        if (!handed.includes(decoy)) await runner.nextCommands()
        const { status, result } = await runner.readCommand(commandId)
        expectEqual('status and result of the command', [status, result], ['completed', round], answer)
      }
    },
  }),
  defineCheck({
    id: 'concurrency/job-report-is-whole',
    race: true,
    title:
      'Of several ends that are reported for a job at once one stays, whole: status, result and error fit together.',
    rule: { operation: 'reportJobResult', machine: 'job', on: 'reportJobResult', from: 'running' },
    async run(context) {
      const { runner, jobId } = await takeOne(context)
      await together(8, (at) =>
        runner.reportJob(
          jobId,
          at % 2 === 0 ? { status: 'completed', result: at } : { status: 'failed', error: `e${at}` },
        ),
      )
      const { status, result, error } = await runner.readJob(jobId)
      const isWhole =
        status === 'completed' ? typeof result === 'number' && error === undefined : /^e\d$/.test(error ?? '')
      expectThat(isWhole && (status === 'completed') === (result !== undefined), 'one report, whole', {
        status,
        result,
        error,
      })
      expectThat(status === 'completed' || status === 'failed', 'a status that was reported', status)
    },
  }),
  defineCheck({
    id: 'concurrency/cancel-or-next',
    race: true,
    title:
      'A job that is cancelled while it is polled for is cancelled in the end, and announced just when it was handed out.',
    rule: { operation: 'cancelJob', machine: 'job', on: 'cancelJob' },
    async run(context) {
      const runner = await context.pair({ agents: ['echo'] })
      for (let round = 0; round < 8; round++) {
        const jobId = await runner.createJob()
        const poll = context.open('nextJob', { path: { runnerId: runner.id } })
        if (round % 2 === 1) await context.raw({ method: 'GET', path: '/is-alive/ping' })
        await context.expectCall(204, 'cancelJob', { path: { jobId } })
        const decoy = await runner.createJob()
        const answer = await poll.answer
        expectStatus(answer, 200)
        const isHandedOut = answer.body?.id === jobId
        expectThat(isHandedOut || answer.body?.id === decoy, 'the one job or the other', answer.body, answer)
        if (isHandedOut) await runner.takeJob()
        expectEqual('the announced jobs', await runner.heartbeat(), isHandedOut ? [jobId] : [], answer)
        expectEqual('status of the job', (await runner.readJob(jobId)).status, 'cancelled', answer)
        await runner.reportJob(decoy, { status: 'completed', result: 1 })
      }
    },
  }),
  defineCheck({
    id: 'concurrency/cancel-or-report',
    race: true,
    title: 'A job that is cancelled while its result comes in ends one way or the other, and stays that way.',
    rule: { operation: 'cancelJob', machine: 'job', on: 'cancelJob', from: 'running' },
    async run(context) {
      const runner = await context.pair({ agents: ['echo'] })
      for (let round = 0; round < 6; round++) {
        const jobId = await runner.createJob()
        await runner.takeJob()
        const report = (): Promise<unknown> => runner.reportJob(jobId, { status: 'completed', result: round })
        const cancel = (): Promise<unknown> => context.expectCall(204, 'cancelJob', { path: { jobId } })
        const rivals = round % 2 === 0 ? [report, cancel] : [cancel, report]
        await Promise.all(rivals.map((each) => each()))
        const job = await runner.readJob(jobId)
        const isWhole =
          job.status === 'completed' ? job.result === round : job.status === 'cancelled' && job.result === undefined
        expectThat(isWhole, 'a completed job with its result, or a cancelled one without', job)
        expectEqual('the announced jobs', await runner.heartbeat(), job.status === 'cancelled' ? [jobId] : [])
        expectEqual('the job later', await runner.readJob(jobId), job)
      }
    },
  }),
  defineCheck({
    id: 'concurrency/announced-once',
    race: true,
    title: 'Of several heartbeats at once each cancelled job is announced by exactly one.',
    rule: { operation: 'heartbeat', machine: 'job', on: 'cancelJob' },
    needs: needsJobs(6),
    async run(context) {
      const runner = await context.pair({ agents: ['echo'] })
      const jobs = await many(6, 1, () => runner.createJob())
      await many(6, 1, () => runner.takeJob())
      await together(6, (at) => context.expectCall(204, 'cancelJob', { path: { jobId: jobs[at] ?? '' } }))
      const announced = await together(6, () => runner.heartbeat())
      expectSame('the announced jobs', announced.flat(), jobs)
    },
  }),
]
