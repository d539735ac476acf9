/**
 * One sequence of calls that is played against a target and the model side by side: each answer is judged as it comes, and
 * so are the polls that wait meanwhile.
 */
import type { ApiCall } from '../../kernel/recording/api-call.js'
import { roleOf } from '../../lifecycle/roles.js'
import { waitSeconds } from '../../lifecycle/timers.js'
import { isPairingLimit, PossibleWorlds } from '../../lifecycle/tracker/judge.js'
import type { Mismatch } from '../../lifecycle/tracker/mismatch.js'
import { hasPassed, mayHavePassed, type TimeRange } from '../../lifecycle/tracker/time-range.js'
import { type TrackedWorld, createWorld, findOwnRunner } from '../../lifecycle/tracker/tracked-world.js'
import type { Answer } from '../target/answer.js'
import { toIdentityName, type OpenCall } from '../target/client.js'
import { PairingLimited, Violation } from '../target/expectation.js'
import { durationOf } from '../../lifecycle/steps/durations.js'
import { type Intent, plannersOf } from '../../lifecycle/steps/step-plan.js'
import { closingReads, tellingOf, toCall } from '../../lifecycle/steps/step-calls.js'
import { SequenceFailure, type SequenceStep } from './sequence-failure.js'
import { expectRightTraffic } from './judge-traffic.js'
import {
  createCallSender,
  firstAnswer,
  noteDeviations,
  toModelAnswer,
  type CallSender,
  type PlaySetup,
} from './play-setup.js'

/** What was fed is answered at once; whatever is not then is hung up. */
const LAST_ANSWER_MS = 300

/** Several pollers may wait for a queue. One reader for a command: a second need not wake (alternative oneWaiterWakes). */
const MAX_POLLERS = 2

interface Poll {
  call: ApiCall
  open: OpenCall
  opened: TimeRange
}

export class Sequence {
  readonly worlds: PossibleWorlds
  readonly steps: SequenceStep[] = []
  private readonly setup: PlaySetup
  readonly sender: CallSender
  private polls: readonly Poll[] = []
  /** Those of runners that have gone. */
  private readonly dropped: Poll[] = []
  readonly graceMs: number
  /** Whether a caller has hung up, so that the tracker does not know what its call has done. */
  hasHungUp = false

  /** @param graceMs real time in which an answer must come once nothing holds it any more */
  constructor(setup: PlaySetup, graceMs: number) {
    this.setup = setup
    this.graceMs = graceMs
    this.worlds = new PossibleWorlds(createWorld(setup.start), setup.context.refused)
    this.sender = createCallSender(setup)
  }

  /** What is known, without quirks that nothing has told of. */
  get world(): TrackedWorld {
    return this.worlds.plainest
  }

  /**
   * Plays one step; what it cannot mean now is passed over.
   * @param canWait whether a call that has to wait may be made
   */
  async play(intent: Intent, canWait = true): Promise<void> {
    if (intent.kind === 'pass') return this.pass(durationOf(this.world.limits, intent.form))
    for (const planner of plannersOf(intent)) {
      const call = planner(this.world, this.setup.participants, intent)
      if (call === undefined) return
      await this.perform(call, canWait)
    }
  }

  /** Looks at everything that there is, so that no damage goes unseen. */
  async close(): Promise<void> {
    const played = this.steps.length
    try {
      const reads = closingReads(this.world, this.setup.participants)
      for (const call of tellingOf(this.world, reads)) await this.perform(call)
    } catch (error) {
      // The read that shows it is enough.
      if (error instanceof SequenceFailure) error.steps = this.steps.toSpliced(played, this.steps.length - played - 1)
      throw error
    }
    await this.judgeSettled()
  }

  /** Makes one call, and sees to the polls that it ends. Its answer, if it was made and did not wait. */
  async perform(asked: ApiCall, canWait = true): Promise<Answer | undefined> {
    const call = { ...asked, body: this.setup.context.known(asked.operation, asked.body) }
    await this.judgeSettled()
    if (this.isEntangled(call)) return undefined
    const end = this.setup.targetTime.begin()
    if (this.worlds.waits(call, end()) !== 'no') {
      const most = roleOf(call.operation).handsOut === undefined ? 1 : MAX_POLLERS
      if (canWait && this.polls.filter((each) => isSame(each.call, call)).length < most) await this.openPoll(call)
      return undefined
    }
    const answer = await noteAnswer(this.steps, { kind: 'call', call }, this.sender.send(call))
    const now = end()
    const told = toModelAnswer(answer, now.to - now.from)
    if (isPairingLimit(call, told)) throw new PairingLimited()
    this.demandRight(answer, this.worlds.judge(call, told, now))
    await this.wake()
    return answer
  }

  async cleanUp(): Promise<void> {
    const open = [...this.polls, ...this.dropped].filter((poll) => !poll.open.isSettled)
    for (const poll of this.polls) await this.feed(poll.call)
    // Those that the model takes for gone, too, and for everybody who may own them: the target may think otherwise.
    for (const { runnerId, activators } of this.world.sessions.values()) {
      this.world.earlier.add(runnerId)
      for (const identity of new Set(activators.map(toIdentityName)))
        await this.setup.context.call('disconnectRunner', { path: { runnerId }, identity }).catch(() => undefined)
    }
    const answered = Promise.allSettled(open.map((poll) => poll.open.answer))
    if (open.length > 0) await this.setup.time.within(answered, LAST_ANSWER_MS, undefined)
    for (const poll of open) poll.open.hangUp()
  }

  /** Ends a wait by what it waits for: one that is hung up may hold a connection of the target for its whole time. */
  private async feed({ operation, caller, path }: ApiCall): Promise<void> {
    const runner = findOwnRunner(this.world, caller, path['runnerId'] ?? '')
    if (runner === undefined) return
    const isJob = operation === 'nextJob'
    const calls =
      roleOf(operation).handsOut === undefined
        ? [toCall('reportBridgeResult', caller, { path, body: { status: 'failed', error: 'over' } })]
        : [
            toCall('heartbeat', caller, { path, body: { capabilities: ['jobs', 'bridge'] } }),
            ...(isJob ? [toCall('registerAgents', caller, { path, body: { echo: {} } })] : []),
            isJob
              ? toCall('createJob', caller, { body: { agent_name: 'echo', project_id: runner.projectId } })
              : toCall('createBridgeCommand', caller, { path, body: { type: 'ReadFile', args: { path: 'a' } } }),
          ]
    // Whether a target plays along is not judged any more.
    for (const call of calls) await this.sender.send(call).catch(() => undefined)
  }

  /** Whether it may bring a runner back of which a poll still waits: whether that poll then takes its work, no rule says. */
  private isEntangled({ operation, path }: ApiCall): boolean {
    if (operation !== 'activatePairingSession') return false
    const runnerId = this.world.sessions.get(path['sessionId'] ?? '')?.runnerId
    return this.dropped.some(({ call, open }) => !open.isSettled && call.path['runnerId'] === runnerId)
  }

  private demandRight(answer: Answer, mismatch: Mismatch | undefined): void {
    const [flaw] = answer.flaws
    // What the model expects says more than that a status is undeclared.
    const problem = flaw === undefined || flaw.kind === 'status' ? (mismatch ?? flaw) : flaw
    if (problem === undefined) return
    throw new SequenceFailure(problem, this.steps, mismatch?.expected.startsWith('status 2'))
  }

  private async openPoll(call: ApiCall): Promise<void> {
    const end = this.setup.targetTime.begin()
    const open = await this.sender.open(call)
    this.polls = [...this.polls, { call, open, opened: end() }]
    this.steps.push({ kind: 'poll', call })
    if (this.worlds.waits(call, end()) === 'yes') return
    // What comes next must not be judged before an answer that was given first.
    await firstAnswer(this.setup, Promise.allSettled([open.answer]))
  }

  /** What has been answered although nothing ended its wait, as far as the model knows. */
  private async judgeSettled(): Promise<void> {
    for (const poll of this.polls) if (poll.open.isSettled) await this.receive(poll)
  }

  /** After a call: the polls whose wait it has ended must be answered, one after the other. */
  private async wake(): Promise<void> {
    for (;;) {
      this.dropOfGoneRunners()
      const now = this.setup.targetTime.begin()()
      const due = this.due(now, 'yes')
      const open = due.length === 0 ? this.due(now, 'maybe') : []
      if (due.length + open.length === 0) return
      const first = due.length === 0 ? await this.answered(open) : await this.firstOf(due)
      if (first === undefined) return
      await this.receive(first)
    }
  }

  private answered(polls: readonly Poll[], ms?: number): Promise<Poll | undefined> {
    const answered = polls.map((poll) => Promise.allSettled([poll.open.answer]).then(() => poll))
    return firstAnswer(this.setup, Promise.race(answered), ms)
  }

  private async firstOf(polls: readonly Poll[]): Promise<Poll> {
    const first = await this.answered(polls, this.graceMs)
    if (first !== undefined) return first
    for (const { call } of polls.slice(0, 1)) this.steps.push({ kind: 'woken', call, answer: undefined })
    const operations = [...new Set(polls.map(({ call }) => call.operation))]
    const expected = `one of ${polls.length} calls that wait (${operations.join(', ')}) to be answered now`
    throw new SequenceFailure({ expected, actual: `no answer within ${this.graceMs / 1000} s` }, this.steps)
  }

  private async receive(poll: Poll): Promise<void> {
    this.remove(poll)
    const { call, opened, open } = poll
    const end = this.setup.targetTime.begin()
    const answer = await noteAnswer(this.steps, { kind: 'woken', call }, open.answer)
    const now = end()
    // A wait that is over may have ended long before its answer is looked at, and tell what was so at its beginning.
    const isOver = mayHavePassed(opened, now, this.longestWaitMs(call))
    const told = toModelAnswer(answer, now.to - opened.from)
    this.demandRight(answer, this.worlds.judgeWoken(call, told, isOver ? { from: opened.from, to: now.to } : now))
  }

  async pass(seconds: number): Promise<void> {
    await this.judgeSettled()
    this.steps.push({ kind: 'pass', seconds })
    await this.setup.context.time.pass(seconds)
    await this.setup.targetTime.read()
    const now = this.setup.targetTime.begin()()
    for (const poll of this.polls.filter(({ call, opened }) => hasPassed(opened, now, this.longestWaitMs(call))))
      await this.receive(await this.firstOf([poll]))
    await this.judgeSettled()
  }

  /** Hangs up a call that waits. */
  async hangUp(call: ApiCall): Promise<void> {
    const poll = this.polls.find((each) => isSame(each.call, call))
    if (poll === undefined) return
    this.remove(poll)
    await this.endUnheard(call, poll.open)
  }

  /** Makes a call and hangs up before its answer comes. */
  async lose(call: ApiCall): Promise<void> {
    await this.endUnheard(call, await this.sender.open(call))
  }

  private async endUnheard(call: ApiCall, open: OpenCall): Promise<void> {
    open.answer.catch(() => undefined)
    open.hangUp()
    this.hasHungUp = true
    this.steps.push({ kind: 'call', call, answer: undefined })
    await this.setup.context.time.settle()
  }

  private remove(poll: Poll): void {
    this.polls = this.polls.filter((each) => each !== poll)
  }

  /** Some that wait for one thing which is there now: one of them must be answered; or, with `maybe`, may be. */
  private due(now: TimeRange, how: 'yes' | 'maybe'): readonly Poll[] {
    const first = this.polls.find(({ call }) => this.worlds.isDue(call, now) === how)
    return first === undefined ? [] : this.polls.filter(({ call }) => isSame(call, first.call))
  }

  /** What becomes of a poll whose runner has gone is open (alternative pollOfGoneRunner); readers wake. */
  private dropOfGoneRunners(): void {
    for (const poll of this.polls) {
      if (!this.worlds.isOfGoneRunner(poll.call) || poll.call.operation === 'getBridgeCommand') continue
      this.dropped.push(poll)
      this.remove(poll)
    }
  }

  private longestWaitMs({ operation, query }: ApiCall): number {
    return 1000 * (waitSeconds(operation, query, this.world.limits) ?? 0)
  }
}

/** Whether two calls wait for the same thing. */
function isSame(one: ApiCall, other: ApiCall): boolean {
  const same = (name: string): boolean => one.path[name] === other.path[name]
  return one.operation === other.operation && same('runnerId') && same('commandId')
}

/** The answer of a step, which is noted with it. */
export async function noteAnswer(
  steps: SequenceStep[],
  step: { kind: 'call' | 'woken'; call: ApiCall },
  answered: Promise<Answer>,
): Promise<Answer> {
  try {
    const answer = await answered
    steps.push({ kind: step.kind, call: step.call, answer })
    return answer
  } catch (error) {
    steps.push({ ...step, answer: undefined })
    throw error instanceof Violation ? new SequenceFailure(error.finding, steps) : error
  }
}

/** Real time in which an answer must come once nothing holds it any more: at first, and in the search for the shortest. */
const PATIENT_MS = 5000
const QUICK_MS = 1200

/** Plays steps in a sequence of their own. */
export async function playSequence(
  setup: PlaySetup,
  isShrinking: boolean,
  play: (sequence: Sequence, setup: PlaySetup) => Promise<void>,
): Promise<SequenceFailure | undefined> {
  const sequence = new Sequence(setup, isShrinking ? QUICK_MS : PATIENT_MS)
  try {
    await play(sequence, setup).catch((error: unknown) => {
      if (!(error instanceof SequenceFailure) || !sequence.hasHungUp) throw error
      // What a call has done whose caller has hung up the tracker does not know.
      expectRightTraffic(setup, sequence.sender.recording(), sequence.steps)
    })
    noteDeviations(setup.context, sequence.worlds.excused)
    return undefined
  } catch (error) {
    if (error instanceof SequenceFailure) return error
    throw error
  } finally {
    await sequence.cleanUp()
  }
}
