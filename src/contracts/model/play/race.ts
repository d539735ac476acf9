/** A race: lanes of calls at the same time. */
import type { RunnerOperationId } from '../../../kernel/operation.js'
import {
  decidedOperations,
  idsHandedOut,
  roleOf,
  type OperationRole,
  type WorkMachine,
} from '../../../lifecycle/roles.js'
import { waitSeconds } from '../../../lifecycle/timers.js'
import { Abandoned } from '../../../lifecycle/tracker/mismatch.js'
import type { ApiCall } from '../../../kernel/recording/api-call.js'
import type { Answer } from '../../target/answer.js'
import type { OpenCall } from '../../target/client.js'
import { Violation } from '../../target/expectation.js'
import { textAt } from '../../../kernel/json-value.js'
import { callInLane, planInLane, type LaneView } from '../steps/step-plan.js'
import { type Intent, type RaceSteps, SequenceFailure, type SequenceStep } from '../steps/step.js'
import { firstAnswer, type PlaySetup, type CallSender, SLOWEST_ANSWER_SECONDS, toModelAnswer } from './play-setup.js'

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
    const waits = waitSeconds(call.operation, call.query, setup.context.limits)
    const isPoll = waits !== undefined
    const open = await sender.open(call, (waits ?? 0) + SLOWEST_ANSWER_SECONDS)
    const settled = Promise.allSettled([open.answer])
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
    const [flaw] = answer.flaws
    if (flaw !== undefined) throw new SequenceFailure(flaw, lane.steps)
    const { known, taken } = lane.view
    const { createdId } = toModelAnswer(answer, 0)
    if (createdId !== undefined) known.push(createdId)
    for (const id of idsHandedOut(call.operation, answer.body)) {
      if (!known.includes(id)) known.push(id)
      taken.push(id)
    }
    return answer
  }
}
