// Checks of requests that wait. nextJob and nextBridgeCommands are long polls: they wake at once, wait as long as they must, lose
// nothing; getBridgeCommand with wait=true is held until the command ends or its time is over.
import { alternatives } from '../../target/answer.js'
import { by, checksOn } from '../core/checks-on.js'
import type { OpenCall } from '../../target/client.js'
import type { Context } from '../../check/context.js'
import { expectAnyStatus, expectEqual, expectThat, bodyOf, expectStatus } from '../../target/expectation.js'
import type { RunnerHandle } from '../../check/runner-handle.js'
import type { Limits } from '../../target/target.js'
import { memberOf, listOf } from '../../../kernel/json-value.js'
import { both, longEnough, needsJobs, many, pickedUpCommand } from '../../check/check-steps.js'
import { constants } from '../../../lifecycle/table.js'
import { takes } from '../../check/check.js'
import { waitSeconds } from '../../../lifecycle/timers.js'

/** Seconds within which an answer counts as given at once. */
const AT_ONCE = 2

/** Seconds before the end of a wait until which nothing may come: busy machines need some room. */
const MARGIN = 2

/** What a runner polls for: how many a poll takes of two, their status then, and the answer to a poll that ends without any. */
const jobs = {
  ...({ setting: 'next_job_poll_timeout_seconds', batch: 1, taken: 'running', nothing: null } as const),
  pair: (context: Context) => context.pair({ agents: ['echo'] }),
  create: (runner: RunnerHandle) => runner.createJob(),
  open: (context: Context, { id: runnerId }: RunnerHandle): OpenCall => context.open('nextJob', { path: { runnerId } }),
  statusOf: async (runner: RunnerHandle, id: string): Promise<string> => (await runner.readJob(id)).status,
}

const commands = {
  ...({ setting: 'bridge_poll_timeout_seconds', batch: 2, taken: 'picked_up', nothing: { commands: [] } } as const),
  pair: (context: Context) => context.pair({ type: 'connect' }),
  create: (runner: RunnerHandle) => runner.submit(),
  open: (context: Context, { id: runnerId }: RunnerHandle): OpenCall =>
    context.open('nextBridgeCommands', { path: { runnerId }, body: {} }),
  statusOf: async (runner: RunnerHandle, id: string): Promise<string> => (await runner.readCommand(id)).status,
}

type Work = typeof jobs | typeof commands

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
async function polling(context: Context, work: Work) {
  const runner = await work.pair(context)
  const poll = work.open(context, runner)
  await context.time.settle()
  return { runner, poll }
}

/** Ids of what a poll is handed at once. */
async function handedTo(context: Context, poll: OpenCall): Promise<unknown[]> {
  const answer = await context.time.within(poll, AT_ONCE, 'the waiting poll to get something')
  expectAnyStatus(answer, [200])
  const items = memberOf(answer.body, 'commands') ?? [answer.body]
  return listOf(items).map((item) => memberOf(item, 'id') ?? memberOf(item, 'command_id'))
}

/** Time passes in which a poll must not end yet, and then in which it must. */
const aroundEnd = ({ setting }: Work) =>
  by((limits) => `pass kept ${limits[setting] - MARGIN}, pass kept ${MARGIN + AT_ONCE}`)

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

/** Seconds for which several readers wait: so many that no wait which is over looks like a wake-up. */
const SHARED_WAIT = 20
/** How long getBridgeCommand holds its answer, in seconds; without `timeout` as the spec says. */
const readerSeconds = (limits: Limits, timeout?: number): number =>
  waitSeconds('getBridgeCommand', { wait: true, timeout }, limits) ?? 0

/** A reader must wait for longer than it takes to do something meanwhile. */
const when = longEnough('bridge_max_command_timeout_seconds', 6)

const soonRead = { clock: { seconds: AT_ONCE }, waiting: 1 }

/** A command whose life is longer than any wait. */
const LONGEST = by((limits) => ({ timeout_seconds: limits.bridge_max_command_timeout_seconds }))

/** A command that was picked up and is not over while its reader waits. */
function pickUp(context: Context): ReturnType<typeof pickedUpCommand> {
  return pickedUpCommand(context, { timeout_seconds: context.limits.bridge_max_command_timeout_seconds })
}

function wait(context: Context, { id }: RunnerHandle, commandId: string, timeout?: number) {
  const query = { wait: true, ...(timeout === undefined ? {} : { timeout }) }
  return context.open('getBridgeCommand', { path: { runnerId: id, commandId }, query })
}

/** A command that was picked up, or that still waits, and a reader who waits for its end. */
const READING = 'pair-connect, createBridgeCommand, nextBridgeCommands, getBridgeCommand wait=true 1'
const READING_PENDING = 'pair-connect, createBridgeCommand, getBridgeCommand wait=true 1'

const { reader_seconds: usual, reader_seconds_min: shortest } = constants

/** How long a reader asks to wait; it does so within a second and the longest timeout of a command. */
const WAITS: Readonly<Record<string, readonly [title: string, asked?: number]>> = {
  'as-asked': ['A reader waits as long as it asks to', 8],
  default: [`A reader that names no time waits for ${usual} s, or for the longest timeout of a command`],
  shortest: [`A wait of 0 becomes ${shortest} s`, 0],
  negative: [`A negative wait becomes ${shortest} s`, -20],
  longest: ['A wait above the longest timeout of a command is cut to that', 600],
}

export const waitingChecks = checksOn('nextJob job pending -> running', soonJob, (it, at) => {
  it`long-poll/job-wakes-poll: A job that is created while a poll waits is handed to it at once, running.
    pair, nextJob, createJob`
  at('nextJob runner connected', soon)
  it`long-poll/pending-job-at-once: A poll with a job pending is answered at once.
    pair, createJob, nextJob`
  at('nextJob runner', isLongEnough(jobs))
  it`long-poll/job-poll-ends-with-null [connected]: A poll without a job waits its whole time, and then answers 200 with the JSON value null.
    pair, nextJob, ${aroundEnd(jobs)}`
  it`long-poll/job-after-null [connected]: A job that is created after a poll has ended with null goes to the next poll.
    pair, nextJob, ${aroundEnd(jobs)}, heartbeat, createJob, nextJob`
  it`long-poll/job-late-in-the-wait [connected]: A job wakes a poll late in its wait as well.
    pair, nextJob, pass kept ${by((limits) => limits.next_job_poll_timeout_seconds - MARGIN)}, heartbeat, createJob`
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
    if (waiting.length < made.length) context.quirk('hung-up-poller-swallows', { expected: KEPT, actual: statuses })
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
    pair-connect, nextBridgeCommands, ${aroundEnd(commands)}`
  it('long-poll/disconnect-ends-command-poll [disconnectRunner connected -> none should]: The command poll of a runner that is disconnected meanwhile ends in time, with 404 or empty.', (context) =>
    expectEndWithRunner(context, commands))
  at('nextBridgeCommands runner connected', soonCommand)
  it`long-poll/one-command-one-poll: One command wakes one of two waiting polls; the other gets the next command.
    pair-connect, nextBridgeCommands x2, createBridgeCommand x2`

  at('getBridgeCommand bridgeCommand picked_up', { ...soonRead, when })
  it`waiting-readers/wakes-on-completion: A waiting reader gets the result as soon as the command completes.
    ${READING}, reportBridgeResult 1`
  it`waiting-readers/wakes-on-failure: A waiting reader gets the error as soon as the command fails.
    ${READING}, reportBridgeResult status=failed 1`
  at('getBridgeCommand bridgeCommand', takes(AT_ONCE + 1, { waiting: 1, when }))
  it`waiting-readers/through-the-pick-up [pending]: A reader of a pending command waits on while it is picked up, until it ends.
    ${READING_PENDING}, nextBridgeCommands, reportBridgeResult 1`
  it`waiting-readers/other-commands [picked_up]: The end of another command wakes nobody.
    ${READING}, createBridgeCommand, reportBridgeResult 2, reportBridgeResult 1`
  at('disconnectRunner bridgeCommand runner.gone', { ...soonRead, when })
  it`waiting-readers/wakes-on-disconnect [picked_up -> timed_out]: A waiting reader wakes when the runner is disconnected: the command has timed out, or is gone.
    ${READING}, disconnectRunner`
  it`waiting-readers/wakes-on-eviction [activatePairingSession picked_up -> timed_out]: A waiting reader wakes when another runner takes the slot: the command has timed out, or is gone.
    ${READING}, 2: pair-connect`
  it`waiting-readers/pending-wakes-on-disconnect [pending -> timed_out]: A reader that waits for a pending command wakes when the runner is disconnected.
    ${READING_PENDING}, disconnectRunner`
  at(
    'getBridgeCommand bridgeCommand picked_up',
    takes((limits) => readerSeconds(limits, SHARED_WAIT) + AT_ONCE, { waiting: 3, when }),
  )
  it('waiting-readers/several: Several readers of one command wake at its end, and get the result.', async (context) => {
    const seconds = readerSeconds(context.limits, SHARED_WAIT)
    const { runner, commandId } = await pickUp(context)
    const readers = Array.from({ length: 3 }, () => wait(context, runner, commandId, seconds))
    await context.time.settle()
    const early = readers.filter(({ isSettled }) => isSettled).length
    expectEqual('how many readers were answered before the end', early, 0)
    await runner.reportCommand(commandId, { status: 'completed', result: 'done' })
    await Promise.race(readers.map((reader) => context.time.within(reader, AT_ONCE, 'a reader to wake')))
    await context.time.settle()
    const late = readers.filter(({ isSettled }) => !isSettled)
    for (const reader of readers.filter((each) => !late.includes(each))) {
      const answer = await context.time.within(reader, AT_ONCE, 'the reader to wake')
      expectEqual('status of the command', bodyOf(answer, 200).status, 'completed', answer)
    }
    for (const reader of late) {
      const answer = await context.time.within(reader, seconds + AT_ONCE, 'every reader to be answered')
      expectStatus(answer, 200)
      const expected = 'every reader to wake at the end of the command'
      const actual = `one that was answered ${answer.body.status} when its own time was up`
      context.quirk('one-waiter-wakes', { expected, actual, proof: answer })
    }
  })

  for (const [name, [title, asked]] of Object.entries(WAITS)) {
    const seconds = (limits: Limits): number => readerSeconds(limits, asked)
    at(
      'getBridgeCommand bridgeCommand pending',
      takes((limits) => seconds(limits) + AT_ONCE, { waiting: 1 }),
    )
    it`waiting-readers/time-${name}: ${title}, and then gets the command as it is.
      pair-connect, createBridgeCommand ${LONGEST}, getBridgeCommand wait=true timeout=${asked ?? ''} 1,
      pass kept ${by((limits) => Math.max(0, seconds(limits) - MARGIN))}, pass kept ${MARGIN + AT_ONCE}`
  }

  at('getBridgeCommand bridgeCommand', soonRead)
  it`waiting-readers/ended-at-once [completed]: Waiting for a command that has ended answers at once.
    pair-connect, createBridgeCommand, reportBridgeResult 1, getBridgeCommand wait=true 1`
  it`waiting-readers/unknown-at-once [none]: Waiting for an unknown command is 404 at once.
    pair-connect, getBridgeCommand wait=true`
  it`waiting-readers/hung-up [picked_up]: A reader that hangs up changes nothing about its command.
    ${READING}, hang-up getBridgeCommand 1, getBridgeCommand 1, reportBridgeResult 1, getBridgeCommand 1`
  at('getBridgeCommand bridgeCommand picked_up', takes(2 * AT_ONCE, { waiting: 1 }))
  it`waiting-readers/wait-false: With wait=false, or without it, a reader is answered at once, whatever time it names.
    pair-connect, createBridgeCommand, nextBridgeCommands, getBridgeCommand wait=false timeout=20 1,
    getBridgeCommand timeout=20 1`
})
