/**
 * A race: lanes of calls at the same time, whose answers must be as if they had come one after another, in some order.
 */
import type { RunnerOperationId } from '../../../kernel/operation.js'
import {
  decidedOperations,
  idsHandedOut,
  roleOf,
  type OperationRole,
  type WorkMachine,
} from '../../../lifecycle/roles.js'
import { waitSeconds } from '../../../lifecycle/timers.js'
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
import { callInLane, planInLane, type LaneView } from '../steps/step-plan.js'
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
  /** What the lanes work on. */
  machine: WorkMachine
  graceMs: number
  /** What a call took before the race. */
  callMs: number
}

interface Lane {
  view: LaneView
  steps: SequenceStep[]
  intents: readonly Intent[]
  isPolling: boolean
  isOver: boolean
}

/** The operations of a queue. */
const queues = { job: queueOf('job'), bridgeCommand: queueOf('bridgeCommand') }

function queueOf(machine: WorkMachine) {
  const find = (holds: (role: OperationRole) => boolean) => decidedOperations.filter((id) => holds(roleOf(id)))
  return {
    creations: find(({ creates }) => creates === machine),
    polls: find(({ handsOut }) => handsOut === machine),
    reads: find((role) => role.machine === machine && role.isRead),
  }
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
    const running = Promise.all(this.lanes.map((lane) => this.runLane(lane))).then(() => true)
    // Calls that wait below get the event first.
    running.catch(() => undefined)
    while (!(await this.parts.setup.time.within(running, this.lookMs, false))) {
      const isStuck = this.lanes.every(({ isOver, isPolling }) => isOver || isPolling)
      if (isStuck && this.polling.length > 0) await this.feed()
    }
    await this.finish()
  }

  /** Looks at everything, then takes what is left. */
  private async finish(): Promise<void> {
    const { machine } = this.parts
    const { polls, reads } = queues[machine]
    const { view } = this.after
    view.known = [...new Set([...this.lanes, this.feeder].flatMap((lane) => lane.view.known))]
    const pending: string[] = []
    for (const id of view.known) {
      const [answer] = await this.callAll(this.after, reads, id)
      if (textAt(answer?.body, 'status') === 'pending') pending.push(id)
    }
    for (let left = pending.length; left > 0;) {
      const [answer] = await this.callAll(this.after, polls)
      left -= Math.max(1, idsHandedOut(polls[0] ?? '', answer?.body).length)
    }
    for (const id of pending) await this.callAll(this.after, reads, id)
    if (machine === 'job') await this.callAll(this.after, ['heartbeat'])
  }

  private async callAll(lane: Lane, operations: readonly RunnerOperationId[], id?: string): Promise<Answer[]> {
    const answers: Answer[] = []
    for (const operation of operations) {
      const call = callInLane(lane.view, operation, id)
      if (call !== undefined) answers.push(await this.make(lane, call))
    }
    return answers
  }

  hangUp(): void {
    for (const each of this.open) each.hangUp()
  }

  private async runLane(lane: Lane): Promise<void> {
    try {
      for (const intent of lane.intents) {
        const call = planInLane(lane.view, intent)
        if (call !== undefined) await this.make(lane, call)
      }
    } finally {
      lane.isOver = true
    }
  }

  /** One of the polls must get what is made now. */
  private async feed(): Promise<void> {
    const polls = this.polling
    const [made] = await this.callAll(this.feeder, queues[this.parts.machine].creations)
    if (made?.status !== 201) throw new Abandoned('The target takes nothing more for the polls that wait.')
    const { setup, graceMs } = this.parts
    const answered = Promise.race(polls).then(() => true)
    if ((await firstAnswer(setup, answered, graceMs)) === true) return
    const expected = `one of ${polls.length} waiting polls to be answered, since there is something for it`
    throw new SequenceFailure({ expected, actual: `no answer within ${graceMs / 1000} s` }, this.feeder.steps)
  }

  private async make(lane: Lane, asked: ApiCall): Promise<Answer> {
    const { setup, sender } = this.parts
    const call = { ...asked, body: setup.context.known(asked.operation, asked.body) }
    lane.view.made++
    const sent = setup.time.stopwatch()
    const end = setup.targetTime.begin()
    const waits = waitSeconds(call.operation, call.query, setup.context.limits)
    const isPoll = waits !== undefined
    const open = await sender.open(call, (waits ?? 0) + SLOWEST_ANSWER_SECONDS)
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
    this.note(lane, { call, sent, received: setup.time.stopwatch(), now: end() }, answer)
    return answer
  }

  private note(lane: Lane, made: Omit<HistoryCall, 'answer'>, answer: Answer): void {
    const [flaw] = answer.flaws
    if (flaw !== undefined) throw new SequenceFailure(flaw, lane.steps)
    const modelAnswer = toModelAnswer(answer, made.now.to - made.now.from)
    this.history.push({ ...made, answer: modelAnswer })
    const { operation } = made.call
    const { known, taken } = lane.view
    if (modelAnswer.createdId !== undefined) known.push(modelAnswer.createdId)
    for (const id of idsHandedOut(operation, answer.body)) {
      if (!known.includes(id)) known.push(id)
      taken.push(id)
    }
  }
}
