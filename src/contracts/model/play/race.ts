/**
 * A race: lanes of calls at the same time, whose answers must be as if they had come one after another, in some
 * order.
 */
import type { Answer } from '../../target/answer.js'
import type { OpenCall } from '../../target/client.js'
import { Violation } from '../../target/expectation.js'
import type { AccidentId } from '../../check/seen-accidents.js'
import { accidentsOf } from '../rules/allowed-deviation.js'
import { describeCall, fieldOf, type ModelAnswer, type ModelCall, recordsOf, textOf } from '../rules/call.js'
import { judge } from '../rules/judge-call.js'
import { Abandoned, Mismatch } from '../rules/mismatch.js'
import { copyWorld, type Moment, ownRunner, type World } from '../rules/model-world.js'
import type { Intent } from '../steps/intent.js'
import { type RaceSteps, SequenceFailure, type Step } from '../steps/step.js'
import type { LanePlanner, LaneView } from './lane-plans.js'
import { firstAnswer, type PlaySetup } from './play-setup.js'
import { type CallSender, SLOWEST_ANSWER_SECONDS, toModelAnswer } from './send-call.js'

/** A call that was made, with its answer. */
export interface HistoryCall {
  call: ModelCall
  answer: ModelAnswer
  /** Readings of our stopwatch. */
  sent: number
  received: number
  now: Moment
}

/** How far an order could be found. */
export type Order =
  | { isFound: true; excused: ReadonlySet<AccidentId> }
  | {
      isFound: false
      /** The longest beginning of an order that explains its answers. */
      calls: readonly string[]
      /** What is wrong with each call that could come next. */
      problems: readonly string[]
    }

/** Most worlds that are looked at; more than any history of the sequences needs. */
const MOST_WORLDS = 20_000

/** Looks for an order, starting from one of several worlds. */
export function findSerialOrder(worlds: readonly World[], history: readonly HistoryCall[]): Order {
  const search = new OrderSearch(history.flatMap(split))
  if (worlds.some((world) => search.extend(world, new Set(), []))) return { isFound: true, excused: search.excused }
  return search.worlds > MOST_WORLDS ? { isFound: true, excused: new Set() } : { isFound: false, ...search.furthest }
}

interface Event extends HistoryCall {
  /** The part of the same call that comes before this one. */
  after: Event | undefined
}

/** Batches that overlap need not be picked up in one go: each command counts as a hand-out of its own. */
function split(each: HistoryCall, _: number, history: readonly HistoryCall[]): Event[] {
  const { call, answer } = each
  const isRival = (other: HistoryCall): boolean =>
    other !== each && other.call.operation === call.operation && doOverlap(other, each)
  if (call.operation !== 'nextBridgeCommands' || !history.some(isRival)) return [{ ...each, after: undefined }]
  const items = recordsOf(fieldOf(answer.body, 'commands'))
  const one = { ...call, body: { max_commands: 1 }, isPart: true }
  if (items.length === 0) return [{ ...each, call: one, after: undefined }]
  let after: Event | undefined
  return items.map((item) => {
    after = { ...each, call: one, answer: { ...answer, body: { commands: [item] } }, after }
    return after
  })
}

function doOverlap(one: HistoryCall, other: HistoryCall): boolean {
  return one.sent <= other.received && other.sent <= one.received
}

class OrderSearch {
  worlds = 0
  /** Accidents without which the order that was found would be none. */
  excused: ReadonlySet<AccidentId> = new Set()
  furthest: { calls: readonly string[]; problems: readonly string[] } = { calls: [], problems: [] }
  private readonly events: readonly Event[]
  private readonly seen = new Set<string>()

  constructor(events: readonly Event[]) {
    this.events = events
  }

  /** Whether the events that are left can follow. */
  extend(world: World, done: ReadonlySet<Event>, order: readonly Event[]): boolean {
    if (done.size === this.events.length) {
      this.excused = accidentsOf(world)
      return true
    }
    if (this.isSeen(world, done)) return false
    const left = this.events.filter((event) => !done.has(event))
    const firstEnd = Math.min(...left.map(({ received }) => received))
    const next = left.filter(({ sent, after }) => sent <= firstEnd && (after === undefined || done.has(after)))
    const problems: string[] = []
    for (const event of next) {
      const outcome = this.apply(world, event, left)
      if (outcome instanceof Mismatch)
        problems.push(`${describeCall(event.call)}: expected ${outcome.expected}, got ${outcome.actual}`)
      else if (outcome.some((each) => this.extend(each, new Set([...done, event]), [...order, event]))) return true
    }
    if (order.length >= this.furthest.calls.length && problems.length > 0) {
      this.furthest = { calls: order.map(({ call }) => describeCall(call)), problems }
    }
    return false
  }

  private isSeen(world: World, done: ReadonlySet<Event>): boolean {
    if (++this.worlds > MOST_WORLDS) return true
    const { runners, jobs, commands, assumed } = world
    const places = this.events.flatMap((event, at) => (done.has(event) ? [at] : []))
    const key = JSON.stringify([
      places,
      [...runners.values()],
      [...jobs.values()],
      [...commands.values()],
      [...assumed],
    ])
    if (this.seen.has(key)) return true
    this.seen.add(key)
    return false
  }

  private apply(world: World, event: Event, left: readonly Event[]): readonly World[] | Mismatch {
    if (event.call.operation !== 'heartbeat') return judge(world, event.call, event.answer, event.now)
    return this.applyHeartbeat(world, event, left)
  }

  /** A job whose cancellation was under way may be announced by this heartbeat or by a later one. */
  private applyHeartbeat(before: World, event: Event, left: readonly Event[]): readonly World[] | Mismatch {
    const { call, answer, now } = event
    const world = copyWorld(before)
    const runner = ownRunner(world, call.identity, call.path['runnerId'] ?? '')
    const overlapping = this.events.filter(
      (other) => other.call.operation === 'cancelJob' && !left.includes(other) && other.received >= event.sent,
    )
    const open = new Set(overlapping.map(({ call: { path } }) => path['jobId']))
    const late = runner?.unannounced.filter(({ id }) => open.has(id)) ?? []
    if (runner !== undefined) {
      runner.unannounced = runner.unannounced.map((each) => (open.has(each.id) ? { ...each, isCertain: false } : each))
    }
    const outcome = judge(world, call, answer, now)
    if (outcome instanceof Mismatch) return outcome
    const told = fieldOf(answer.body, 'cancelled_job_ids')
    const untold = late.filter(({ id }) => !(Array.isArray(told) && told.includes(id)))
    for (const { runners } of outcome) {
      const after = runners.get(runner?.id ?? '')
      if (after !== undefined) after.unannounced = [...after.unannounced, ...untold]
    }
    return outcome
  }
}

/** The ids of jobs or commands that an answer names, in its order. */
export function idsIn(body: unknown, list: string, field: string): string[] {
  return recordsOf(fieldOf(body, list)).map((each) => textOf(each, field))
}

/**
 * How often it is looked whether all lanes wait for work: so many times as long as a call takes there, within bounds. Who
 * looks sooner on a slow machine takes answers that are on their way for polls that have nothing to take.
 */
const CALLS_TO_WAIT = 10
const LOOK_MS = 15
const MOST_LOOK_MS = 500

interface RaceParts {
  setup: PlaySetup
  sender: CallSender
  kind: LaneKind
  graceMs: number
  /** What a call took before the race. */
  callMs: number
}

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
  private readonly setup: PlaySetup
  private readonly sender: CallSender
  private readonly kind: LaneKind
  private readonly graceMs: number
  private readonly lookMs: number
  private readonly lanes: Lane[]
  private readonly feeder: Lane
  private readonly after: Lane
  private polling: Promise<unknown>[] = []
  private readonly open = new Set<OpenCall>()

  constructor(parts: RaceParts, view: LaneView, lanes: readonly (readonly Intent[])[]) {
    this.setup = parts.setup
    this.sender = parts.sender
    this.kind = parts.kind
    this.graceMs = parts.graceMs
    this.lookMs = Math.min(MOST_LOOK_MS, Math.max(LOOK_MS, CALLS_TO_WAIT * parts.callMs))
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
      !(await this.setup.time.within(
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
      this.setup,
      Promise.race(polls).then(() => true),
      this.graceMs,
    )
    if (isAnswered === true) return
    const expected = `one of ${polls.length} waiting polls to be answered, since there is something for it`
    throw new SequenceFailure({ expected, actual: `no answer within ${this.graceMs / 1000} s` }, this.feeder.steps)
  }

  private async make(lane: Lane, call: ModelCall): Promise<Answer> {
    lane.view.made++
    const sent = this.setup.time.stopwatch()
    const end = this.setup.targetTime.begin()
    const isPoll = call.operation === this.kind.poll
    const open = await this.sender.open(call, isPoll ? this.longestWaitSeconds() : SLOWEST_ANSWER_SECONDS)
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
    this.note(lane, { call, sent, received: this.setup.time.stopwatch(), now: end() }, answer)
    return answer
  }

  private longestWaitSeconds(): number {
    const { next_job_poll_timeout_seconds: jobs, bridge_poll_timeout_seconds: commands } = this.setup.context.limits
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
