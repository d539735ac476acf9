// Checks of nextJob and nextBridgeCommands as long polls: they wake at once, wait as long as they must, lose nothing.
import { alternatives, type Answer } from '../../target/answer.js'
import { checksOn } from '../../check/check.js'
import type { OpenCall } from '../../target/client.js'
import type { Context } from '../../check/context.js'
import { expectAnyStatus, expectEqual, expectStatus, expectThat, expectFields } from '../../target/expectation.js'
import type { RunnerHandle } from '../../check/runner-handle.js'
import type { Limits } from '../../target/target.js'
import { both, longEnough, needsJobs, createdJob, idsOf, many } from '../../check/check-steps.js'

/** Seconds within which an answer counts as given at once. */
const AT_ONCE = 2

/** Seconds before the end of a wait until which nothing may come: busy machines need some room. */
const MARGIN = 2

const soon = { clock: { seconds: AT_ONCE }, waiting: 2 }

/** For checks that do something while a poll waits. */
const soonJob = { ...soon, when: longEnough('next_job_poll_timeout_seconds') }
const soonCommand = { ...soon, when: longEnough('bridge_poll_timeout_seconds') }

const isLongEnough = (name: 'next_job_poll_timeout_seconds' | 'bridge_poll_timeout_seconds') => ({
  clock: { seconds: (limits: Limits) => limits[name] + AT_ONCE },
  waiting: 1,
  when: longEnough(name),
})

function pollJob(context: Context, runner: RunnerHandle): OpenCall<'nextJob'> {
  return context.open('nextJob', { path: { runnerId: runner.id } })
}

function pollCommands(context: Context, runner: RunnerHandle): OpenCall<'nextBridgeCommands'> {
  return context.open('nextBridgeCommands', { path: { runnerId: runner.id }, body: {} })
}

async function jobOf(context: Context, poll: OpenCall<'nextJob'>): Promise<string | undefined> {
  const answer = await context.time.within(poll, AT_ONCE, 'the waiting poll to get the job')
  expectStatus(answer, 200)
  return answer.body?.id
}

async function commandsOf(context: Context, poll: OpenCall<'nextBridgeCommands'>): Promise<string[]> {
  const answer = await context.time.within(poll, AT_ONCE, 'the waiting poll to get the command')
  expectStatus(answer, 200)
  return idsOf(answer.body.commands)
}

/** Whichever of several polls has been answered; the others still wait. */
async function firstOf<Poll extends OpenCall>(context: Context, polls: readonly Poll[]): Promise<Poll> {
  await Promise.race(polls.map((poll) => context.time.within(poll, AT_ONCE)))
  await context.time.settle()
  const settled = polls.filter(({ isSettled }) => isSettled)
  const [first] = settled
  expectThat(settled.length === 1 && first !== undefined, 'one of the waiting polls to be answered', settled.length)
  return first
}

/** The end of a poll whose runner goes: at once, or when its time is up. */
async function endOfGone<Id extends 'nextJob' | 'nextBridgeCommands'>(
  context: Context,
  poll: OpenCall<Id>,
  seconds: number,
): Promise<Answer<Id>> {
  await context.time.pass(AT_ONCE)
  await context.time.settle()
  const isLate = !poll.isSettled
  const answer = await context.time.within(poll, seconds + AT_ONCE)
  const expected = 'the poll to end with its runner'
  if (isLate) context.quirk('gone-runner-poll-waits', { expected, actual: 'a wait that went on', proof: answer })
  return answer
}

export const longPollChecks = checksOn('nextJob job pending -> running', soonJob, (it, at) => {
  it('long-poll/job-wakes-poll: A job that is created while a poll waits is handed to it at once, running.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const poll = pollJob(context, runner)
    await context.time.settle()
    const jobId = await runner.createJob()
    const answer = await context.time.within(poll, AT_ONCE, 'the waiting poll to get the job')
    expectStatus(answer, 200)
    expectFields('the job', answer.body, { id: jobId, status: 'running' }, answer)
    expectEqual('status of the job', (await runner.readJob(jobId)).status, 'running', answer)
  })
  at('nextJob runner connected', soon)
  it('long-poll/pending-job-at-once: A poll with a job pending is answered at once.', async (context) => {
    const { runner, jobId } = await createdJob(context)
    expectEqual('the job handed out', await jobOf(context, pollJob(context, runner)), jobId)
  })
  at('nextJob runner', isLongEnough('next_job_poll_timeout_seconds'))
  it('long-poll/job-poll-ends-with-null [connected]: A poll without a job waits its whole time, and then answers 200 with the JSON value null.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const seconds = context.limits.next_job_poll_timeout_seconds
    const poll = pollJob(context, runner)
    await context.time.stillOpen(poll, seconds - MARGIN, 'the poll', { alive: [runner] })
    const answer = await context.time.within(poll, MARGIN + AT_ONCE, 'the poll to end', { alive: [runner] })
    expectStatus(answer, 200)
    expectEqual('the answer', answer.text.trim(), 'null', answer)
  })
  it('long-poll/job-after-null [connected]: A job that is created after a poll has ended with null goes to the next poll.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const poll = pollJob(context, runner)
    const seconds = context.limits.next_job_poll_timeout_seconds + AT_ONCE
    expectStatus(await context.time.within(poll, seconds, 'the poll to end', { alive: [runner] }), 200)
    await runner.heartbeat()
    const jobId = await runner.createJob()
    expectEqual('the job handed out', await jobOf(context, pollJob(context, runner)), jobId)
  })
  it('long-poll/job-late-in-the-wait [connected]: A job wakes a poll late in its wait as well.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const poll = pollJob(context, runner)
    await context.time.stillOpen(poll, context.limits.next_job_poll_timeout_seconds - MARGIN, 'the poll', {
      alive: [runner],
    })
    await runner.heartbeat()
    const jobId = await runner.createJob()
    expectEqual('the job handed out', await jobOf(context, poll), jobId)
  })
  it('long-poll/disconnect-ends-job-poll [disconnectRunner connected -> none should]: The poll of a runner that is disconnected meanwhile ends in time, with 404 or with null.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const poll = pollJob(context, runner)
    await context.time.settle()
    await runner.disconnect()
    const answer = await endOfGone(context, poll, context.limits.next_job_poll_timeout_seconds)
    expectAnyStatus(answer, alternatives.pollOfGoneRunner)
    if (answer.status === 200) expectEqual('the answer', answer.body, null, answer)
  })
  at('nextJob runner connected', soonJob)
  it('long-poll/one-job-one-poll: One job wakes one of two waiting polls; the other gets the next job.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const polls = [pollJob(context, runner), pollJob(context, runner)]
    await context.time.settle()
    const first = await runner.createJob()
    const woken = await firstOf(context, polls)
    expectEqual('the job of the one', await jobOf(context, woken), first)
    const second = await runner.createJob()
    const other = polls.find((poll) => poll !== woken)
    if (other !== undefined) expectEqual('the job of the other', await jobOf(context, other), second)
  })
  it('long-poll/job-of-another-runner: A job for one runner does not wake the poll of another.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const other = await context.pair({ agents: ['echo'], project: await context.newProject() })
    const poll = pollJob(context, runner)
    await context.time.settle()
    const theirs = await other.createJob()
    await context.time.stillOpen(poll, 1, "the other runner's poll")
    const own = await runner.createJob()
    expectEqual('the job handed out', await jobOf(context, poll), own)
    expectEqual('status of the other job', (await other.readJob(theirs)).status, 'pending')
  })
  it('long-poll/connect-runner-polls: A connect runner may poll for jobs; it waits, and gets none of its neighbour.', async (context) => {
    const connect = await context.pair({ type: 'connect' })
    const endpoint = await context.pair({ agents: ['echo'] })
    const poll = pollJob(context, connect)
    await context.time.settle()
    const jobId = await endpoint.createJob()
    await context.time.stillOpen(poll, 1, "the connect runner's poll")
    expectEqual('the job of the endpoint runner', (await endpoint.takeJob()).id, jobId)
  })

  at('nextJob job delivery.failed running -> pending', soonJob)
  it('long-poll/hung-up-job-poll: A poller that hangs up does not stop the queue: the next poll is handed the next job.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const poll = pollJob(context, runner)
    await context.time.settle()
    poll.hangUp()
    await context.time.settle()
    const jobs = [await runner.createJob(), await runner.createJob()]
    const handed = await jobOf(context, pollJob(context, runner))
    if (handed === jobs[0]) return
    expectEqual('the job handed out', handed, jobs[1])
    const { status } = await runner.readJob(jobs[0] ?? '')
    expectEqual('status of the job that was passed over', status, 'running')
    const expected = 'the job that came after a poller had hung up to stay pending'
    context.quirk('hung-up-poller-swallows', { expected, actual: status })
  })
  at('nextBridgeCommands bridgeCommand delivery.failed picked_up -> pending', soonCommand)
  it('long-poll/hung-up-command-poll: A poller that hangs up does not stop the commands: the next poll is handed the next one.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    const poll = pollCommands(context, runner)
    await context.time.settle()
    poll.hangUp()
    await context.time.settle()
    const commands = [await runner.submit(), await runner.submit()]
    const handed = await commandsOf(context, pollCommands(context, runner))
    if (handed.length === 2) expectEqual('the commands handed out', handed, commands)
    else {
      expectEqual('the commands handed out', handed, commands.slice(1))
      const { status } = await runner.readCommand(commands[0] ?? '')
      expectEqual('status of the command that was passed over', status, 'picked_up')
      const expected = 'the command that came after a poller had hung up to stay pending'
      context.quirk('hung-up-poller-swallows', { expected, actual: status })
    }
  })
  at('nextJob job delivery.failed running -> pending', {
    ...soon,
    ...both(soonJob.when, needsJobs(10).when),
    waiting: 10,
  })
  it('long-poll/many-hung-up-polls: Many pollers that hang up take no more jobs along than they are, and jobs come after them in order.', async (context) => {
    const runner = await context.pair({ agents: ['echo'] })
    const polls = Array.from({ length: 8 }, () => pollJob(context, runner))
    await context.time.settle()
    for (const poll of polls) poll.hangUp()
    await context.time.settle()
    const jobs = await many(10, 1, () => runner.createJob())
    const statuses = await Promise.all(jobs.map(async (id) => (await runner.readJob(id)).status))
    const waiting = jobs.filter((_, at) => statuses[at] === 'pending')
    expectThat(waiting.length >= 2, 'at least the two jobs beyond the pollers to wait', statuses)
    const expected = 'the jobs that came after the pollers had hung up to stay pending'
    if (waiting.length < jobs.length) context.quirk('hung-up-poller-swallows', { expected, actual: statuses })
    const handed = await many(waiting.length, 1, () => jobOf(context, pollJob(context, runner)))
    expectEqual('the jobs handed out', handed, waiting)
  })

  at('nextBridgeCommands bridgeCommand pending -> picked_up', soonCommand)
  it('long-poll/command-wakes-poll: A command that is submitted while a poll waits is handed to it at once.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    const poll = pollCommands(context, runner)
    await context.time.settle()
    const id = await runner.submit()
    expectEqual('the commands handed out', await commandsOf(context, poll), [id])
    expectEqual('status of the command', (await runner.readCommand(id)).status, 'picked_up')
  })
  at('nextBridgeCommands runner connected', soon)
  it('long-poll/pending-command-at-once: A poll with commands pending is answered at once with all of them.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    const ids = [await runner.submit(), await runner.submit()]
    expectEqual('the commands handed out', await commandsOf(context, pollCommands(context, runner)), ids)
  })
  at('nextBridgeCommands runner', isLongEnough('bridge_poll_timeout_seconds'))
  it('long-poll/command-poll-ends-empty [connected]: A poll without a command waits its whole time, and then answers an empty batch.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    const poll = pollCommands(context, runner)
    await context.time.stillOpen(poll, context.limits.bridge_poll_timeout_seconds - MARGIN, 'the poll', {
      alive: [runner],
    })
    const answer = await context.time.within(poll, MARGIN + AT_ONCE, 'the poll to end', { alive: [runner] })
    expectStatus(answer, 200)
    expectEqual('the answer', answer.body, { commands: [] }, answer)
  })
  it('long-poll/disconnect-ends-command-poll [disconnectRunner connected -> none should]: The command poll of a runner that is disconnected meanwhile ends in time, with 404 or empty.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    const poll = pollCommands(context, runner)
    await context.time.settle()
    await runner.disconnect()
    const answer = await endOfGone(context, poll, context.limits.bridge_poll_timeout_seconds)
    expectAnyStatus(answer, alternatives.pollOfGoneRunner)
    if (answer.status === 200) expectEqual('the answer', answer.body, { commands: [] }, answer)
  })
  at('nextBridgeCommands runner connected', soonCommand)
  it('long-poll/one-command-one-poll: One command wakes one of two waiting polls; the other gets the next command.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    const polls = [pollCommands(context, runner), pollCommands(context, runner)]
    await context.time.settle()
    const first = await runner.submit()
    const woken = await firstOf(context, polls)
    expectEqual('the command of the one', await commandsOf(context, woken), [first])
    const second = await runner.submit()
    const other = polls.find((poll) => poll !== woken)
    if (other !== undefined) expectEqual('the command of the other', await commandsOf(context, other), [second])
  })
})
