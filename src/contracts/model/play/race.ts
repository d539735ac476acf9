/**
 * Lets several lanes of calls run at once on one runner. A poll that finds nothing waits for what another lane makes;
 * when all lanes wait, one more thing is made for them. Afterwards everything is looked at, and what is left is taken.
 */
import type { Answer } from '../../target/answer.js'
import type { OpenCall } from '../../target/client.js'
import { Violation } from '../../target/expectation.js'
import { textOf, type ModelCall } from '../rules/call.js'
import type { Intent } from '../steps/intent.js'
import type { LanePlanner, LaneView } from './lane-plans.js'
import { Abandoned } from '../rules/mismatch.js'
import { toModelAnswer, type CallSender } from './send-call.js'
import { idsIn, type HistoryCall } from './serial-order.js'
import { firstAnswer, type PlaySetup } from './play-setup.js'
import { SequenceFailure, type RaceSteps, type Step } from '../steps/step.js'

/** How often it is looked whether all lanes wait. */
const LOOK_MS = 15
const SLOWEST_ANSWER_SECONDS = 10

/** What a kind of lanes does. */
export interface LaneKind {
  plans: Partial<Record<Intent['kind'], LanePlanner>>
  poll: 'nextJob' | 'nextBridgeCommands'
  /** Makes one thing that a poll can take. */
  feed: LanePlanner
  /** Looks at everything, then takes what is left. */
  finish(race: Race, view: LaneView): Promise<void>
}

interface Lane {
  view: LaneView
  steps: Step[]
  intents: readonly Intent[]
  isPolling: boolean
  isOver: boolean
}

/** A race under way. */
export class Race {
  readonly history: HistoryCall[] = []
  private readonly stage: PlaySetup
  private readonly messenger: CallSender
  private readonly kind: LaneKind
  private readonly graceMs: number
  private readonly lanes: Lane[]
  private readonly feeder: Lane
  private readonly after: Lane
  private polling: Promise<unknown>[] = []
  private readonly open = new Set<OpenCall>()

  constructor(
    parts: { stage: PlaySetup; messenger: CallSender; kind: LaneKind; graceMs: number },
    view: LaneView,
    lanes: readonly (readonly Intent[])[],
  ) {
    this.stage = parts.stage
    this.messenger = parts.messenger
    this.kind = parts.kind
    this.graceMs = parts.graceMs
    const toLane = (label: string, intents: readonly Intent[]): Lane => ({
      ...{ intents, steps: [], isPolling: false, isOver: false },
      view: { ...view, known: [...view.known], taken: [...view.taken], label, made: 0 },
    })
    this.lanes = lanes.map((intents, at) => toLane(`lane ${at + 1}`, intents))
    this.feeder = toLane('feeder', [])
    this.after = toLane('after', [])
  }

  get steps(): RaceSteps {
    const { feeder, after } = this
    return { lanes: this.lanes.map(({ steps }) => steps), feeder: feeder.steps, after: after.steps }
  }

  /** Runs the lanes to their ends. */
  async run(): Promise<void> {
    const running = Promise.all(this.lanes.map((lane) => this.runLane(lane)))
    // Whoever waits below hears of it first.
    running.catch(() => undefined)
    while (
      !(await this.stage.time.within(
        running.then(() => true),
        LOOK_MS,
        false,
      ))
    ) {
      const isStuck = this.lanes.every(({ isOver, isPolling }) => isOver || isPolling)
      if (isStuck && this.polling.length > 0) await this.feed()
    }
    const { view } = this.after
    view.known = [...new Set([...this.lanes, this.feeder].flatMap((lane) => lane.view.known))]
    await this.kind.finish(this, view)
  }

  /** Closes what is still open; lanes that wait for it end. */
  hangUp(): void {
    for (const each of this.open) each.hangUp()
  }

  /** Makes a call when all lanes are over. */
  async look(call: ModelCall): Promise<Answer> {
    return this.make(this.after, call)
  }

  private async runLane(lane: Lane): Promise<void> {
    try {
      for (const intent of lane.intents) {
        const call = this.kind.plans[intent.kind]?.(lane.view, intent)
        if (call !== undefined) await this.make(lane, call)
      }
    } finally {
      lane.isOver = true
    }
  }

  /** One of the polls must get what is made now. */
  private async feed(): Promise<void> {
    const call = this.kind.feed(this.feeder.view, { kind: 'pass', who: 0, which: 0, form: 0 })
    const polls = this.polling
    if (call === undefined) return
    const { status } = await this.make(this.feeder, call)
    if (status !== 201) throw new Abandoned('The target takes nothing more for the polls that wait.')
    const isAnswered = await firstAnswer(
      this.stage,
      Promise.race(polls).then(() => true),
      this.graceMs,
    )
    if (isAnswered === true) return
    const expected = `one of ${polls.length} waiting polls to be answered, since there is something for it`
    throw new SequenceFailure({ expected, actual: `no answer within ${this.graceMs / 1000} s` }, this.feeder.steps)
  }

  private async make(lane: Lane, call: ModelCall): Promise<Answer> {
    lane.view.made++
    const sent = this.stage.time.stopwatch()
    const end = this.stage.timepiece.begin()
    const isPoll = call.operation === this.kind.poll
    const open = await this.messenger.open(call, isPoll ? this.longestWaitSeconds() : SLOWEST_ANSWER_SECONDS)
    const settled = open.answer.then(
      () => undefined,
      () => undefined,
    )
    this.open.add(open)
    if (isPoll) this.polling.push(settled)
    lane.isPolling = isPoll
    let answer: Answer
    try {
      answer = await open.answer
    } catch (error) {
      lane.steps.push({ kind: 'call', call, answer: undefined })
      throw error instanceof Violation ? new SequenceFailure(error.finding, lane.steps) : error
    } finally {
      lane.isPolling = false
      this.open.delete(open)
      this.polling = this.polling.filter((each) => each !== settled)
    }
    lane.steps.push({ kind: 'call', call, answer })
    this.note(lane, { call, sent, received: this.stage.time.stopwatch(), now: end() }, answer)
    return answer
  }

  private longestWaitSeconds(): number {
    const { next_job_poll_timeout_seconds: jobs, bridge_poll_timeout_seconds: commands } = this.stage.context.limits
    return SLOWEST_ANSWER_SECONDS + (this.kind.poll === 'nextJob' ? jobs : commands)
  }

  private note(lane: Lane, made: Omit<HistoryCall, 'answer'>, answer: Answer): void {
    const [flaw] = answer.flaws
    if (flaw !== undefined) throw new SequenceFailure(flaw, lane.steps)
    const modelAnswer = toModelAnswer(answer, made.now.to - made.now.from)
    this.history.push({ ...made, answer: modelAnswer })
    const { operation } = made.call
    const { known, taken } = lane.view
    if (operation === 'createJob' && modelAnswer.createdId !== undefined) known.push(modelAnswer.createdId)
    if (operation === 'createBridgeCommand' && answer.status === 201) known.push(textOf(answer.body, 'command_id'))
    const handedOut =
      operation === 'nextJob' ? [textOf(answer.body, 'id')] : idsIn(answer.body, 'commands', 'command_id')
    for (const id of handedOut.filter((each) => each !== '')) {
      if (!known.includes(id)) known.push(id)
      taken.push(id)
    }
  }
}
