// Checks of calls that rival for one resource: one of them wins, and what is left behind is all of a piece.
import { defineCheck } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import type { RunnerHandle } from '../../check/runner-handle.js'
import { expectSame, many, needsJobs, statusesOf, together } from '../../check/keep-runner.js'

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
