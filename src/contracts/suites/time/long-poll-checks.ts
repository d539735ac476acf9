// Checks of nextJob and nextBridgeCommands as long polls: they wake at once, wait as long as they must, lose nothing.
import { alternatives } from '../../target/answer.js'
import { checksOn } from '../core/checks-on.js'
import type { OpenCall } from '../../target/client.js'
import type { Context } from '../../check/context.js'
import { expectAnyStatus, expectEqual, expectThat } from '../../target/expectation.js'
import type { RunnerHandle } from '../../check/runner-handle.js'
import type { Limits } from '../../target/target.js'
import { listOf, memberOf } from '../../../kernel/json-value.js'
import { both, longEnough, needsJobs, many } from '../../check/check-steps.js'

/** Seconds within which an answer counts as given at once. */
const AT_ONCE = 2

/** Seconds before the end of a wait until which nothing may come: busy machines need some room. */
const MARGIN = 2

/** What a runner polls for. */
interface Work {
  setting: 'next_job_poll_timeout_seconds' | 'bridge_poll_timeout_seconds'
  /** How many a poll takes at once, at the most, of two. */
  batch: number
  taken: string
  /** The answer to a poll that ends without any. */
  nothing: unknown
  pair(context: Context): Promise<RunnerHandle>
  create(runner: RunnerHandle): Promise<string>
  open(context: Context, runner: RunnerHandle): OpenCall
  statusOf(runner: RunnerHandle, id: string): Promise<string>
}

const jobs: Work = {
  ...{ setting: 'next_job_poll_timeout_seconds', batch: 1, taken: 'running', nothing: null },
  pair: (context) => context.pair({ agents: ['echo'] }),
  create: (runner) => runner.createJob(),
  open: (context, { id: runnerId }) => context.open('nextJob', { path: { runnerId } }),
  statusOf: async (runner, id) => (await runner.readJob(id)).status,
}

const commands: Work = {
  ...{ setting: 'bridge_poll_timeout_seconds', batch: 2, taken: 'picked_up', nothing: { commands: [] } },
  pair: (context) => context.pair({ type: 'connect' }),
  create: (runner) => runner.submit(),
  open: (context, { id: runnerId }) => context.open('nextBridgeCommands', { path: { runnerId }, body: {} }),
  statusOf: async (runner, id) => (await runner.readCommand(id)).status,
}

const soon = { clock: { seconds: AT_ONCE }, waiting: 2 }

/** For checks that do something while a poll waits. */
const soonJob = { ...soon, when: longEnough(jobs.setting) }
const soonCommand = { ...soon, when: longEnough(commands.setting) }

const isLongEnough = ({ setting }: Work) => ({
  clock: { seconds: (limits: Limits) => limits[setting] + AT_ONCE },
  waiting: 1,
  when: longEnough(setting),
})

/** A runner whose polls wait. */
async function polling(context: Context, work: Work, runner?: RunnerHandle) {
  const own = runner ?? (await work.pair(context))
  const poll = work.open(context, own)
  await context.time.settle()
  return { runner: own, poll }
}

/** Ids of what a poll is handed at once. */
async function handedTo(context: Context, poll: OpenCall): Promise<unknown[]> {
  const answer = await context.time.within(poll, AT_ONCE, 'the waiting poll to get something')
  expectAnyStatus(answer, [200])
  const items = memberOf(answer.body, 'commands') ?? [answer.body]
  return listOf(items).map((item) => memberOf(item, 'id') ?? memberOf(item, 'command_id'))
}

/** Time passes in which a poll must not end yet, and then in which it must. */
const aroundEnd = ({ limits }: Context, { setting }: Work): string =>
  `pass kept ${limits[setting] - MARGIN}, pass kept ${MARGIN + AT_ONCE}`

/** A poll ends with its runner: at once, or when its time is up. */
async function expectEndWithRunner(context: Context, work: Work): Promise<void> {
  const { runner, poll } = await polling(context, work)
  await runner.disconnect()
  await context.time.pass(AT_ONCE)
  await context.time.settle()
  const isLate = !poll.isSettled
  const answer = await context.time.within(poll, context.limits[work.setting] + AT_ONCE)
  const expected = 'the poll to end with its runner'
  if (isLate) context.quirk('gone-runner-poll-waits', { expected, actual: 'a wait that went on', proof: answer })
  expectAnyStatus(answer, alternatives.pollOfGoneRunner)
  if (answer.status === 200) expectEqual('the answer', answer.body, work.nothing, answer)
}

const KEPT = 'what came after a poller had hung up to stay pending'

/** A poller that hangs up does not stop the queue. */
async function expectQueueGoesOn(context: Context, work: Work): Promise<void> {
  const { runner, poll } = await polling(context, work)
  poll.hangUp()
  await context.time.settle()
  const [first, second] = [await work.create(runner), await work.create(runner)]
  const handed = await handedTo(context, work.open(context, runner))
  const isKept = handed[0] === first
  expectEqual('what is handed out', handed, isKept ? [first, second].slice(0, work.batch) : [second])
  if (isKept) return
  const actual = await work.statusOf(runner, first)
  expectEqual('status of what was passed over', actual, work.taken)
  context.quirk('hung-up-poller-swallows', { expected: KEPT, actual })
}

export const longPollChecks = checksOn('nextJob job pending -> running', soonJob, (it, at) => {
  it`long-poll/job-wakes-poll: A job that is created while a poll waits is handed to it at once, running.
    pair, nextJob, createJob`
  at('nextJob runner connected', soon)
  it`long-poll/pending-job-at-once: A poll with a job pending is answered at once.
    pair, createJob, nextJob`
  at('nextJob runner', isLongEnough(jobs))
  it`long-poll/job-poll-ends-with-null [connected]: A poll without a job waits its whole time, and then answers 200 with the JSON value null.
    pair, nextJob, ${(context) => aroundEnd(context, jobs)}`
  it`long-poll/job-after-null [connected]: A job that is created after a poll has ended with null goes to the next poll.
    pair, nextJob, ${(context) => aroundEnd(context, jobs)}, heartbeat, createJob, nextJob`
  it`long-poll/job-late-in-the-wait [connected]: A job wakes a poll late in its wait as well.
    pair, nextJob, pass kept ${({ limits }) => limits.next_job_poll_timeout_seconds - MARGIN}, heartbeat, createJob`
  it('long-poll/disconnect-ends-job-poll [disconnectRunner connected -> none should]: The poll of a runner that is disconnected meanwhile ends in time, with 404 or with null.', (context) =>
    expectEndWithRunner(context, jobs))
  at('nextJob runner connected', soonJob)
  it`long-poll/one-job-one-poll: One job wakes one of two waiting polls; the other gets the next job.
    pair, nextJob x2, createJob x2`
  it`long-poll/job-of-another-runner: A job for one runner does not wake the poll of another.
    pair, elsewhere 2: pair, nextJob, 2: createJob, createJob, 2: getJob 1`
  it`long-poll/connect-runner-polls: A connect runner may poll for jobs; it waits, and gets none of its neighbour.
    pair, 2: pair-connect, 2: nextJob, createJob, nextJob`

  at('nextJob job delivery.failed running -> pending', soonJob)
  it('long-poll/hung-up-job-poll: A poller that hangs up does not stop the queue: the next poll is handed the next job.', (context) =>
    expectQueueGoesOn(context, jobs))
  at('nextBridgeCommands bridgeCommand delivery.failed picked_up -> pending', soonCommand)
  it('long-poll/hung-up-command-poll: A poller that hangs up does not stop the commands: the next poll is handed the next one.', (context) =>
    expectQueueGoesOn(context, commands))
  at('nextJob job delivery.failed running -> pending', {
    ...soon,
    ...both(soonJob.when, needsJobs(10).when),
    waiting: 10,
  })
  it('long-poll/many-hung-up-polls: Many pollers that hang up take no more jobs along than they are, and jobs come after them in order.', async (context, runner) => {
    const polls = Array.from({ length: 8 }, () => jobs.open(context, runner))
    await context.time.settle()
    for (const poll of polls) poll.hangUp()
    await context.time.settle()
    const made = await many(10, 1, () => runner.createJob())
    const statuses = await Promise.all(made.map((id) => jobs.statusOf(runner, id)))
    const waiting = made.filter((_, at) => statuses[at] === 'pending')
    expectThat(waiting.length >= 2, 'at least the two jobs beyond the pollers to wait', statuses)
    const seen = { expected: KEPT, actual: statuses }
    if (waiting.length < made.length) context.quirk('hung-up-poller-swallows', seen)
    const handed = await many(waiting.length, 1, () => handedTo(context, jobs.open(context, runner)))
    expectEqual('the jobs handed out', handed.flat(), waiting)
  })

  at('nextBridgeCommands bridgeCommand pending -> picked_up', soonCommand)
  it`long-poll/command-wakes-poll: A command that is submitted while a poll waits is handed to it at once.
    pair-connect, nextBridgeCommands, createBridgeCommand`
  at('nextBridgeCommands runner connected', soon)
  it`long-poll/pending-command-at-once: A poll with commands pending is answered at once with all of them.
    pair-connect, createBridgeCommand x2, nextBridgeCommands`
  at('nextBridgeCommands runner', isLongEnough(commands))
  it`long-poll/command-poll-ends-empty [connected]: A poll without a command waits its whole time, and then answers an empty batch.
    pair-connect, nextBridgeCommands, ${(context) => aroundEnd(context, commands)}`
  it('long-poll/disconnect-ends-command-poll [disconnectRunner connected -> none should]: The command poll of a runner that is disconnected meanwhile ends in time, with 404 or empty.', (context) =>
    expectEndWithRunner(context, commands))
  at('nextBridgeCommands runner connected', soonCommand)
  it`long-poll/one-command-one-poll: One command wakes one of two waiting polls; the other gets the next command.
    pair-connect, nextBridgeCommands x2, createBridgeCommand x2`
})
