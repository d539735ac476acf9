/**
 * A race: lanes of calls at the same time, whose answers must be as if they had come one after another, in some order.
 */
import { idsHandedOut } from '../../../lifecycle/roles.js'
import { Abandoned, Mismatch, quirksOf } from '../../../lifecycle/tracker/mismatch.js'
import { type ApiAnswer, type ApiCall, describeCall } from '../../../kernel/recording/api-call.js'
import { type Effect, LinearizabilityChecker, type LinearFailure } from '../../../lifecycle/tracker/linearizability.js'
import { type TrackedWorld, editRunner, findOwnRunner } from '../../../lifecycle/tracker/tracked-world.js'
import { judge } from '../../../lifecycle/tracker/judge.js'
import type { Answer } from '../../target/answer.js'
import { orLostRace, type HistoryCall } from './lost-races.js'
import type { OpenCall } from '../../target/client.js'
import { Violation } from '../../target/expectation.js'
import type { QuirkId } from '../../check/seen-quirks.js'
import { memberOf, objectsAt, textAt } from '../../../kernel/json-value.js'
import { type Intent, type RaceSteps, SequenceFailure, type SequenceStep } from '../steps/step.js'
import { firstAnswer, type PlaySetup, type CallSender, SLOWEST_ANSWER_SECONDS, toModelAnswer } from './play-setup.js'

export type { HistoryCall } from './lost-races.js'

/** How far an order could be found. */
export type RaceOrder =
  | { isFound: true; excused: ReadonlySet<QuirkId> }
  | {
      isFound: false
      /** The longest beginning of an order that explains its answers. */
      calls: readonly string[]
      /** What is wrong with each call that could come next. */
      problems: readonly string[]
    }

/** Looks for an order, starting from one of several worlds; without one, for an order in which races were lost. */
export function findSerialOrder(worlds: readonly TrackedWorld[], history: readonly HistoryCall[]): RaceOrder {
  const order = findOrder(worlds, history, { turnsOf: toTurns })
  if (order.isFound) return order
  const lost = findOrder(worlds, history, {
    turnsOf: (each, rivals) =>
      toTurns(each, rivals).map((turn) => ({ ...turn, effect: orLostRace(turn.effect, each, rivals) })),
    maxStates: MAX_STATES_OF_RACES,
  })
  const isNamed = worlds.some(({ refused }) => refused.size > 0)
  return lost.isFound || isNamed ? lost : order
}

/** Worlds of lost races are many, and a search that takes long lets runners lapse. */
const MAX_STATES_OF_RACES = 4000

type TurnsOf = (each: HistoryCall, rivals: readonly HistoryCall[]) => Turn[]

function findOrder(
  worlds: readonly TrackedWorld[],
  history: readonly HistoryCall[],
  { turnsOf, ...options }: { turnsOf: TurnsOf; maxStates?: number },
): RaceOrder {
  const order = new LinearizabilityChecker(worlds, { keepsTrail: true, ...options })
  const happenings = history.flatMap((each) =>
    turnsOf(
      each,
      history.filter((other) => other !== each && doOverlap(other, each)),
    ),
  )
  const turns = happenings.flatMap(({ effect, sent, received }) => [
    { at: sent, isBegin: true, effect },
    { at: received, isBegin: false, effect },
  ])
  for (const { isBegin, effect } of turns.toSorted((a, b) => a.at - b.at || Number(b.isBegin) - Number(a.isBegin))) {
    if (isBegin) {
      order.begin(effect)
      continue
    }
    const outcome = order.end(effect)
    // A history that is too long to search is no failure of the target.
    if (outcome === 'too-large') return { isFound: true, excused: new Set() }
    if (outcome !== 'right') return { isFound: false, calls: outcome.order, problems: outcome.problems.map(inWords) }
  }
  const [plainest] = order.worlds
  return { isFound: true, excused: plainest === undefined ? new Set() : quirksOf(plainest) }
}

function inWords({ what, mismatch: { expected, actual } }: LinearFailure['problems'][number]): string {
  return `${what}: expected ${expected}, got ${actual}`
}

interface Turn {
  effect: Effect
  sent: number
  received: number
}

/** Batches that overlap need not be picked up in one go: each command counts as a hand-out of its own. */
function toTurns(each: HistoryCall, rivals: readonly HistoryCall[]): Turn[] {
  const { call, answer, now, sent, received } = each
  const what = describeCall(call)
  if (call.operation === 'heartbeat') {
    const cancels = rivals.filter((other) => other.call.operation === 'cancelJob')
    const open = new Set(cancels.map((other) => other.call.path['jobId'] ?? ''))
    return [{ effect: { what, apply: (world) => judgeBeat(world, each, open) }, sent, received }]
  }
  const judged = (asked: ApiCall, told: ApiAnswer, after?: Effect): Effect => ({
    ...{ what, after },
    apply: (world) => judge(world, asked, told, now),
  })
  const isShared = rivals.some((other) => other.call.operation === call.operation)
  if (call.operation !== 'nextBridgeCommands' || !isShared) return [{ effect: judged(call, answer), sent, received }]
  const items = objectsAt(answer.body, 'commands')
  const one = { ...call, body: { max_commands: 1 }, isPart: true }
  if (items.length === 0) return [{ effect: judged(one, answer), sent, received }]
  let after: Effect | undefined
  return items.map((item) => {
    after = judged(one, { ...answer, body: { commands: [item] } }, after)
    return { effect: after, sent, received }
  })
}

function doOverlap(one: HistoryCall, other: HistoryCall): boolean {
  return one.sent <= other.received && other.sent <= one.received
}

/** A job whose cancellation was under way may be announced by this heartbeat or by a later one. */
function judgeBeat(world: TrackedWorld, { call, answer, now }: HistoryCall, open: ReadonlySet<string>) {
  const own = findOwnRunner(world, call.caller, call.path['runnerId'] ?? '')
  const runner = own && editRunner(world, own.id)
  const late = runner?.unannounced.filter(({ id }) => open.has(id)) ?? []
  if (runner !== undefined)
    runner.unannounced = runner.unannounced.map((each) => (open.has(each.id) ? { ...each, isCertain: false } : each))
  const outcome = judge(world, call, answer, now)
  if (outcome instanceof Mismatch) return outcome
  const told = memberOf(answer.body, 'cancelled_job_ids')
  const untold = late.filter(({ id }) => !(Array.isArray(told) && told.includes(id)))
  for (const { runners } of outcome) {
    const after = runners.get(runner?.id ?? '')
    if (after !== undefined) after.unannounced = [...after.unannounced, ...untold]
  }
  return outcome
}

/**
 * How often it is looked whether all lanes wait for work: so many times as long as a call takes there, within bounds. Who
 * looks sooner on a slow machine takes answers that are on their way for polls that have nothing to take.
 */
const CALLS_TO_WAIT = 10
const LOOK_MS = 15
const MAX_LOOK_MS = 500

interface RaceParts {
  setup: PlaySetup
  sender: CallSender
  kind: LaneKind
  graceMs: number
  /** What a call took before the race. */
  callMs: number
}

export interface LaneView {
  runnerId: string
  projectId: string
  /** Jobs or commands that it has heard of. */
  known: string[]
  /** Those among them that were handed out. */
  taken: string[]
  /** Unlike any other lane's. */
  label: string
  made: number
}

/** Decides what a step means to a lane; undefined when there is nothing that it could mean. */
export type LanePlanner = (view: LaneView, intent: Intent) => ApiCall | undefined

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
  steps: SequenceStep[]
  intents: readonly Intent[]
  isPolling: boolean
  isOver: boolean
}

export class Race {
  readonly history: HistoryCall[] = []
  private readonly parts: RaceParts
  private readonly lookMs: number
  private readonly lanes: Lane[]
  private readonly feeder: Lane
  private readonly after: Lane
  private polling: Promise<unknown>[] = []
  private readonly open = new Set<OpenCall>()

  constructor(parts: RaceParts, view: LaneView, lanes: readonly (readonly Intent[])[]) {
    this.parts = parts
    this.lookMs = Math.min(MAX_LOOK_MS, Math.max(LOOK_MS, CALLS_TO_WAIT * parts.callMs))
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

  async run(): Promise<void> {
    const running = Promise.all(this.lanes.map((lane) => this.runLane(lane)))
    // Calls that wait below get the event first.
    running.catch(() => undefined)
    while (
      !(await this.parts.setup.time.within(
        running.then(() => true),
        this.lookMs,
        false,
      ))
    ) {
      const isStuck = this.lanes.every(({ isOver, isPolling }) => isOver || isPolling)
      if (isStuck && this.polling.length > 0) await this.feed()
    }
    const { view } = this.after
    view.known = [...new Set([...this.lanes, this.feeder].flatMap((lane) => lane.view.known))]
    await this.parts.kind.finish(this, view)
  }

  hangUp(): void {
    for (const each of this.open) each.hangUp()
  }

  async look(call: ApiCall): Promise<Answer> {
    return this.make(this.after, call)
  }

  private async runLane(lane: Lane): Promise<void> {
    try {
      for (const intent of lane.intents) {
        const call = this.parts.kind.plans[intent.kind]?.(lane.view, intent)
        if (call !== undefined) await this.make(lane, call)
      }
    } finally {
      lane.isOver = true
    }
  }

  /** One of the polls must get what is made now. */
  private async feed(): Promise<void> {
    const call = this.parts.kind.feed(this.feeder.view, { kind: 'pass', who: 0, which: 0, form: 0 })
    const polls = this.polling
    if (call === undefined) return
    const { status } = await this.make(this.feeder, call)
    if (status !== 201) throw new Abandoned('The target takes nothing more for the polls that wait.')
    const isAnswered = await firstAnswer(
      this.parts.setup,
      Promise.race(polls).then(() => true),
      this.parts.graceMs,
    )
    if (isAnswered === true) return
    const expected = `one of ${polls.length} waiting polls to be answered, since there is something for it`
    throw new SequenceFailure(
      { expected, actual: `no answer within ${this.parts.graceMs / 1000} s` },
      this.feeder.steps,
    )
  }

  private async make(lane: Lane, asked: ApiCall): Promise<Answer> {
    const call = { ...asked, body: this.parts.setup.context.known(asked.operation, asked.body) }
    lane.view.made++
    const sent = this.parts.setup.time.stopwatch()
    const end = this.parts.setup.targetTime.begin()
    const isPoll = call.operation === this.parts.kind.poll
    const open = await this.parts.sender.open(call, isPoll ? this.longestWaitSeconds() : SLOWEST_ANSWER_SECONDS)
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
    this.note(lane, { call, sent, received: this.parts.setup.time.stopwatch(), now: end() }, answer)
    return answer
  }

  private longestWaitSeconds(): number {
    const { next_job_poll_timeout_seconds: jobs, bridge_poll_timeout_seconds: commands } =
      this.parts.setup.context.limits
    return SLOWEST_ANSWER_SECONDS + (this.parts.kind.poll === 'nextJob' ? jobs : commands)
  }

  private note(lane: Lane, made: Omit<HistoryCall, 'answer'>, answer: Answer): void {
    const [flaw] = answer.flaws
    if (flaw !== undefined) throw new SequenceFailure(flaw, lane.steps)
    const modelAnswer = toModelAnswer(answer, made.now.to - made.now.from)
    this.history.push({ ...made, answer: modelAnswer })
    const { operation } = made.call
    const { known, taken } = lane.view
    if (operation === 'createJob' && modelAnswer.createdId !== undefined) known.push(modelAnswer.createdId)
    if (operation === 'createBridgeCommand' && answer.status === 201) known.push(textAt(answer.body, 'command_id'))
    for (const id of idsHandedOut(operation, answer.body)) {
      if (!known.includes(id)) known.push(id)
      taken.push(id)
    }
  }
}
