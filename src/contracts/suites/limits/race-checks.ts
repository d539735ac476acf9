// Checks of calls that overlap: work is handed out exactly once, however many poll for it at once; of calls that rival for
// one resource one wins, and what is left behind is all of a piece; so is what several calls write at once.
import { checksOn } from '../core/checks-on.js'
import { takes } from '../../check/check.js'
import { bodyOf, expectAnyStatus, expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import type { Context } from '../../check/context.js'
import { activate, createdId, openSession, type OpenSession, type RunnerHandle } from '../../check/runner-handle.js'
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
  idsOf,
  takenJob,
  needsLogs,
  createdJob,
  tryJob,
} from '../../check/check-steps.js'
import { expectThatOr } from '../../check/seen-quirks.js'
import { isSameJson } from '../../../kernel/json-value.js'
import { alternatives, type Answer } from '../../target/answer.js'

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

/** Of several answers one is a success, and the others are 409. */
function expectOneOf(answers: readonly Answer[], success: number): void {
  const wanted = [success, ...Array.from(answers.slice(1), () => 409)]
  expectEqual('the statuses', statusesOf(answers), wanted, answers)
}

/** Takes a job. A poll that began before all were there may end with nothing, when they are slow to come. */
async function takeWhileComing(context: Context, runner: RunnerHandle, areAllThere: () => boolean) {
  while (!areAllThere()) {
    const job = await context.expectCall(200, 'nextJob', { path: { runnerId: runner.id } })
    if (job !== null) return job
  }
  return runner.takeJob()
}

function isOneOf(value: unknown, values: readonly unknown[]): boolean {
  return values.includes(value)
}

/** Whether heartbeats announced nothing but these jobs, and none of them twice. */
function isAnnouncedOnce(announced: readonly string[], jobs: readonly string[]): boolean {
  return new Set(announced).size === announced.length && announced.every((id) => jobs.includes(id))
}

const rival = (at: number) => ({ status: 'completed', result: { rival: at }, duration_ms: at })

/** The steps of so many rounds, each told by its number. */
const rounds = (count: number, told: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => told(at + 1)).join(', ')

export const raceChecks = checksOn('', (it, at) => {
  at('nextJob job pending -> running', { ...needsJobs(80), waiting: POLLERS })
  it('concurrency/many-pollers: Two dozen pollers at once are handed every pending job exactly once.', async (context, runner) => {
    const created = await many(80, 4, await creating(context, runner))
    // As many polls as jobs, so that none has to wait.
    const taken = await many(80, POLLERS, () => runner.takeJob())
    expectSame('the jobs handed out', idsOf(taken), created)
  })
  at('nextJob job pending -> running', { ...needsJobs(60), waiting: POLLERS })
  it('concurrency/creating-while-polling: Jobs that are created while two dozen pollers take them are handed out exactly once each.', async (context, runner) => {
    let areAllThere = false
    const made = many(150, 3, await creating(context, runner)).finally(() => (areAllThere = true))
    const taking = many(150, POLLERS, () => takeWhileComing(context, runner, () => areAllThere))
    const [created, taken] = await Promise.all([made, taking])
    expectSame('the jobs handed out', idsOf(taken), created)
  })
  at(
    'nextJob job pending -> running',
    takes(2, { waiting: 20, ...both(longEnough('next_job_poll_timeout_seconds'), needsJobs(20).when) }),
  )
  it('concurrency/waiting-pollers: Twenty waiting polls are handed one job each, and each job goes to one of them.', async (context, runner) => {
    const polls = Array.from({ length: 20 }, () => context.open('nextJob', { path: { runnerId: runner.id } }))
    await context.time.settle()
    const created = await many(20, 5, (at) => runner.createJob({ inputs: { at } }))
    const woken = polls.map((poll) => context.time.within(poll, 2, 'every waiting poll to get a job'))
    const taken = (await Promise.all(woken)).map((answer) => bodyOf(answer, 200)?.id)
    expectSame('the jobs handed out', taken, created)
  })
  at('nextJob job pending -> running', needsJobs(20))
  it('concurrency/one-at-a-time-in-order: Jobs that were created at once are handed out in the order in which the list shows them.', async (_, runner) => {
    const created = await together(20, (at) => runner.createJob({ inputs: { at } }))
    const listed = idsOf((await runner.listJobs({ size: 50 })).content)
    expectSame('the jobs listed', listed, created)
    const taken = await many(created.length, 1, () => runner.takeJob())
    expectSame('the jobs handed out', idsOf(taken), created)
    // Created at the same moment, two may come either way round; seen from afar the order must hold.
    const places = taken.map(({ created_at }) => Date.parse(created_at))
    const isInOrder = places.every((time, at) => at === 0 || time >= (places[at - 1] ?? 0) - SAME_MOMENT_MS)
    expectThat(isInOrder, `the order ${listed.toReversed().join(', ')}`, idsOf(taken))
  })
  at('nextBridgeCommands bridgeCommand pending', { ...needsCommands(40), waiting: 8 })
  it('concurrency/commands-once: Commands are handed to one of several pollers at once; none is lost or doubled.', async (_, runner) => {
    const submitted = await many(40, 4, () => runner.submit())
    const handed = idsOf((await together(8, () => runner.nextCommands(5))).flat())
    const left = await Promise.all(submitted.map((id) => runner.readCommand(id)))
    const pending = idsOf(left.filter(({ status }) => status === 'pending'))
    expectSame('the commands handed out or still pending', [...handed, ...pending], submitted)
    expectThat(handed.length > 0, 'some commands to be handed out', handed)
  })
  at('reportBridgeResult bridgeCommand race', { waiting: 1 })
  it`concurrency/one-command-report-wins [picked_up]: Of several reports on one command at once exactly one is 204 and stays; the others are 409.
    pair-connect, createBridgeCommand, nextBridgeCommands, reportBridgeResult 1 ${rival(1)} &
    reportBridgeResult 1 ${rival(2)} & reportBridgeResult 1 ${rival(3)} & reportBridgeResult 1 ${rival(4)},
    getBridgeCommand 1`
  it`concurrency/pending-command-report-or-pick-up [pending]: A command that is reported while it is polled for ends once, with the report.
    pair-connect, ${rounds(5, (at) => {
      const own = 2 * at - 1
      return `createBridgeCommand, nextBridgeCommands & reportBridgeResult ${own} & createBridgeCommand, getBridgeCommand ${own}`
    })}`
  at('cancelJob job race')
  it`concurrency/job-report-is-whole [reportJobResult running]: Of several ends that are reported for a job at once one stays, whole: status, result and error fit together.
    pair, createJob, nextJob, reportJobResult 1 ${{ status: 'completed', result: 1 }} &
    reportJobResult 1 ${{ status: 'failed', error: 'e2' }} & reportJobResult 1 ${{ status: 'completed', result: 3 }} &
    reportJobResult 1 ${{ status: 'failed', error: 'e4' }}, getJob 1`
  it('concurrency/cancel-or-next: A job that is cancelled while it is polled for is cancelled in the end, and announced just when it was handed out.', async (context, runner) => {
    for (let round = 0; round < 8; round++) {
      const jobId = await runner.createJob()
      const poll = context.open('nextJob', { path: { runnerId: runner.id } })
      if (round % 2 === 1) await context.raw({ method: 'GET', path: '/is-alive/ping' })
      await runner.cancelJob(jobId)
      const decoy = await runner.createJob()
      const answer = await poll.answer
      const handed = bodyOf(answer, 200)?.id
      const isHandedOut = handed === jobId
      expectThat(isHandedOut || handed === decoy, 'the one job or the other', answer.body, answer)
      if (isHandedOut) await runner.takeJob()
      const announced = await runner.heartbeat()
      const { status } = await runner.readJob(jobId)
      const isPart = isOneOf(status, isHandedOut ? ['cancelled', 'running'] : ['cancelled'])
      const isWhole = status === 'cancelled' && isSameJson(announced, isHandedOut ? [jobId] : [])
      const expected = `a cancelled job, ${isHandedOut ? 'announced' : 'unannounced'}`
      const seen = { expected, actual: { status, announced }, proof: answer }
      expectThatOr(context, isWhole, seen, ['races/handed-out-half', isPart && isAnnouncedOnce(announced, [jobId])])
      await runner.reportJob(decoy, { status: 'completed', result: 1 })
    }
  })
  it`concurrency/cancel-or-report [running]: A job that is cancelled while its result comes in ends one way or the other, and stays that way.
    pair, ${rounds(6, (at) => {
      const rivals = [`reportJobResult ${at}`, `cancelJob ${at}`]
      const called = (at % 2 === 0 ? rivals : rivals.toReversed()).join(' & ')
      return `createJob, nextJob, ${called}, getJob ${at}, heartbeat, getJob ${at}`
    })}`
  at('heartbeat job cancelJob race', needsJobs(6))
  it`concurrency/announced-once: Of several heartbeats at once each cancelled job is announced by exactly one.
    pair, createJob x6, nextJob x6, ${[1, 2, 3, 4, 5, 6].map((job) => `cancelJob ${job}`).join(' & ')},
    heartbeat x3 & heartbeat x3`
  at('activatePairingSession pairingSession')
  it`concurrency/one-activation-wins [open -> activated race]: Of several activations of one session at once exactly one is 201; the others are 409.
    createPairingSession, activatePairingSession x3 & activatePairingSession x3, getRunner`
  it('concurrency/session-ids-differ [createPairingSession none]: Sessions that are opened at once with one key get ids of their own.', async (context) => {
    const activationKey = context.random.bytes(32)
    const opened = await together(6, () => openSession(context, { activationKey }))
    const ids = opened.flatMap(({ sessionId, runnerId }) => [sessionId, runnerId])
    expectEqual('how many different ids there are', new Set(ids).size, 12)
  })
  at('activatePairingSession runner slot.taken connected -> none race')
  it('concurrency/one-runner-per-slot: Of several runners that are activated for one slot at once exactly one is left.', async (context) => {
    const project = await context.newProject()
    const sessions = await together(5, () => openSession(context, { project }))
    const answers = await Promise.all(sessions.map((each) => activate(context, each, context.name('runner'))))
    for (const answer of answers) expectStatus(answer, 201)
    const { content, total } = await context.expectCall(200, 'listRunners', { query: { project_id: project.id } })
    const beat = ({ runnerId }: OpenSession) => context.call('heartbeat', { path: { runnerId }, body: {} })
    const beats = await Promise.all(sessions.map(beat))
    const alive = beats.filter(({ status }) => status === 200).length
    const areKnown = idsOf(content).every((id) => sessions.some(({ runnerId }) => runnerId === id))
    const isPart = beats.every(({ status }) => status === 200 || status === 410) && areKnown && alive > 0
    const isOne = content.length === 1 && total === 1 && alive === 1
    const actual = { listed: content.length, total, heartbeats: statusesOf(beats) }
    const seen = { expected: 'one runner to be listed, counted and alive, and 410 for the rest', actual, proof: beats }
    expectThatOr(context, isPart && isOne, seen, ['races/slots', isPart && content.length > 0])
  })
  at('appendJobLogs job running', needsLogs(5))
  it('concurrency/logs-complete: Batches of log entries that are appended at once are all there, each in its order.', async (context) => {
    const { runner, jobId } = await takenJob(context)
    const batch = (at: number) => Array.from({ length: 5 }, (_, line) => ({ stream: `s${at}`, text: `line ${line}` }))
    await together(10, (at) => runner.appendLogs(jobId, batch(at)))
    const log = await runner.readLogs(jobId)
    expectEqual('how many entries there are', log.length, 50)
    for (let at = 0; at < 10; at++) {
      const own = log.filter(({ stream }) => stream === `s${at}`)
      expectEqual(`the entries of batch ${at}`, own, batch(at))
    }
  })
  at('registerAgents runner connected race')
  it('concurrency/agents-of-one-registration: Of several registrations at once one stays, whole.', async (context, runner) => {
    await together(6, (at) => runner.register([`a${at}`, `b${at}`]))
    const names = (await runner.read()).agents.map(({ name }) => name).toSorted()
    const [first = ''] = names
    const isWhole = isSameJson(names, [first, first.replace('a', 'b')])
    const isMixed =
      names.length > 0 && new Set(names).size === names.length && names.every((name) => /^[ab][0-5]$/.test(name))
    const seen = { expected: 'the agents of one registration', actual: names }
    expectThatOr(context, isWhole && isMixed, seen, ['races/mixed-agents', isMixed])
  })
  at('createJob runner connected should race', { limits: { max_pending_jobs_per_runner: 500 } })
  it('concurrency/limit-holds: Jobs that are created at once fill the queue up to its limit and no further.', async (context) => {
    const most = context.limits.max_pending_jobs_per_runner
    const runner = await context.pair({ agents: ['echo'] })
    const answers = await many(most + 10, 15, () => tryJob(context, runner))
    for (const answer of answers) expectAnyStatus(answer, [201, 429])
    const accepted = answers.filter(({ status }) => status === 201)
    const seen = { expected: `${most} accepted jobs`, actual: accepted.length, proof: answers.at(-1) }
    expectThatOr(context, accepted.length === most, seen, ['races/limit', accepted.length > most])
    expectEqual('how many different ids they have', new Set(accepted.map(createdId)).size, accepted.length)
  })
  at('createJob runner connected race', needsJobs(6))
  it('concurrency/creating-while-registering: A job is accepted while its agent is registered once more.', async (context, runner) => {
    for (let round = 0; round < 6; round++) {
      const [, proof] = await Promise.all([runner.register(['echo']), tryJob(context, runner)])
      const { status } = proof
      const seen = { expected: '201, since the agent is registered before and after', actual: status, proof }
      expectThatOr(context, status === 201, seen, ['races/half-made', isOneOf(status, [400, 409])])
    }
  })
  at('listRunners runner slot.taken race')
  it('concurrency/list-while-evicting: A list that overlaps an activation shows the runner that leaves the slot, or the one that takes it.', async (context, runner) => {
    let id = runner.id
    for (let round = 0; round < 4; round++) {
      const session = await openSession(context, { project: runner.project })
      const [activated, list] = await Promise.all([
        activate(context, session, context.name('runner')),
        context.call('listRunners', { query: { project_id: runner.project.id } }),
      ])
      expectStatus(activated, 201)
      const shown = idsOf(bodyOf(list, 200).content)
      const areOfSlot = shown.every((each) => isOneOf(each, [id, session.runnerId]))
      const isOfSlot = new Set(shown).size === shown.length && areOfSlot
      const seen = { expected: 'the one runner or the other', actual: shown, proof: list }
      expectThatOr(context, isOfSlot && shown.length === 1, seen, ['races/half-made', isOfSlot])
      id = session.runnerId
    }
  })
  at('createProject should')
  it('concurrency/one-project-of-a-name: Of several projects that are created under one name at once exactly one is 201; the others are 409.', async (context) => {
    // Not run where projects may not be created.
    await context.newProject()
    const name = context.name()
    const answers = await together(5, () => context.call('createProject', { body: { name } }))
    for (const answer of answers.filter(({ status }) => status === 201)) {
      const id = createdId(answer)
      context.defer(() => context.call('deleteProjectById', { path: { id } }))
    }
    expectOneOf(answers, 201)
  })
  at('disconnectRunner job runner.gone pending race')
  it('concurrency/disconnect-or-next: A runner that is disconnected while it is polled leaves nothing behind: its job is gone.', async (context) => {
    for (let round = 0; round < 3; round++) {
      const { runner, jobId } = await createdJob(context)
      const poll = context.open('nextJob', { path: { runnerId: runner.id } })
      await runner.disconnect()
      expectAnyStatus(await poll.answer, alternatives.pollOfGoneRunner)
      await context.expectCall(404, 'getJob', { path: { jobId } })
      await context.expectCall(404, 'getRunner', { path: { runnerId: runner.id } })
    }
  })
})
