// Checks that work is handed out exactly once, however many poll for it at once.
import { defineCheck } from '../../check/check.js'
import { expectStatus, expectThat } from '../../target/expectation.js'
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
