/**
 * Plays a random race: lanes of calls at the same time, on the runner of a sequence that has led up to it; and looks for an
 * order of the calls that explains all answers.
 */
import { isObject, type JsonObject, objectsAt, textAt } from '../../kernel/json-value.js'
import type { ApiCall } from '../../kernel/recording/api-call.js'
import { idsHandedOut, isReport, roleOf } from '../../lifecycle/roles.js'
import { waitSeconds } from '../../lifecycle/timers.js'
import { PossibleWorlds } from '../../lifecycle/tracker/judge.js'
import type { TrackedRunner } from '../../lifecycle/tracker/tracked-world.js'
import type { Answer } from '../target/answer.js'
import type { OpenCall } from '../target/client.js'
import { GONE, type Intent, plannersOf } from '../../lifecycle/steps/step-plan.js'
import { closingReads, toCall, WHOLE_LIST } from '../../lifecycle/steps/step-calls.js'
import { allSteps, SequenceFailure, type SequenceStep } from './sequence-failure.js'
import { expectRightTraffic } from './judge-traffic.js'
import { firstAnswer, type PlaySetup, toModelAnswer } from './play-setup.js'
import { noteAnswer, type Sequence } from './sequence.js'

const LANES = 3

/**
 * How often it is looked whether all lanes wait for work: so many times as long as a call takes there, within bounds. Who
 * looks sooner on a slow machine takes answers that are on their way for polls that have nothing to take.
 */
const CALLS_TO_WAIT = 10
const LOOK_MS = 15
const MAX_LOOK_MS = 500

/** Pairs a runner, plays some of the steps on it one by one, and then the others in lanes at once. */
export async function playRace(
  setup: PlaySetup,
  sequence: Sequence,
  [pairing, ...rest]: readonly Intent[],
): Promise<void> {
  const began = setup.time.stopwatch()
  if (pairing !== undefined) await sequence.play({ ...pairing, who: 0, which: 0 })
  const [first = [], ...others] = Array.from({ length: LANES + 1 }, (_, at) =>
    rest.filter(({ who }) => who % (LANES + 1) === at),
  )
  for (const intent of first) await sequence.play(intent, false)
  const callMs = (setup.time.stopwatch() - began) / Math.max(1, sequence.steps.length)
  const [runner] = sequence.world.runners.values()
  if (runner === undefined || runner.isGone) return
  const race = new Race(setup, sequence, runner)
  try {
    await race.run(
      others.filter(({ length }) => length > 0),
      callMs,
    )
    expectRightTraffic(setup, sequence.sender.recording(), allSteps({ steps: sequence.steps, race: race.steps }))
  } catch (error) {
    if (error instanceof Abandoned) return
    if (error instanceof SequenceFailure) Object.assign(error, { steps: sequence.steps, race: race.steps })
    throw error
  } finally {
    race.hangUp()
  }
}

/** What makes and what takes the work of a queue, by the type of its runner. */
const queues = {
  endpoint: { creation: 'createJob', poll: 'nextJob' },
  connect: { creation: 'createBridgeCommand', poll: 'nextBridgeCommands' },
} as const

/** Ends a race that cannot go on, through no fault of the server. */
class Abandoned extends Error {}

class Race {
  readonly steps: { lanes: SequenceStep[][]; feeder: SequenceStep[]; after: SequenceStep[] }
  private readonly setup: PlaySetup
  private readonly sequence: Sequence
  private readonly runner: TrackedRunner
  /** What is known, if calls have taken effect in the order of their answers; for the next calls alone. */
  private readonly worlds: PossibleWorlds
  private readonly open = new Set<OpenCall>()
  private readonly polling = new Set<Promise<unknown>>()
  /** Lanes that are not over. */
  private running = 0

  constructor(setup: PlaySetup, sequence: Sequence, runner: TrackedRunner) {
    this.setup = setup
    this.sequence = sequence
    this.runner = runner
    this.worlds = new PossibleWorlds(sequence.world)
    this.steps = { lanes: [], feeder: [], after: [] }
  }

  /** @param callMs what a call took before the race */
  async run(lanes: readonly (readonly Intent[])[], callMs: number): Promise<void> {
    const lookMs = Math.min(MAX_LOOK_MS, Math.max(LOOK_MS, CALLS_TO_WAIT * callMs))
    const running = Promise.all(lanes.map((intents, at) => this.runLane(intents, at + 1))).then(() => true)
    // Calls that wait below get the event first.
    running.catch(() => undefined)
    while (!(await this.setup.time.within(running, lookMs, false)))
      if (this.polling.size > 0 && this.polling.size === this.running) await this.feed()
    await this.finish()
  }

  hangUp(): void {
    for (const each of this.open) each.hangUp()
  }

  private async runLane(intents: readonly Intent[], number: number): Promise<void> {
    const steps: SequenceStep[] = []
    this.steps.lanes.push(steps)
    this.running++
    try {
      for (const intent of intents) {
        const call = this.plan(intent, `lane ${number}.${steps.length}`)
        if (call !== undefined) await this.make(steps, call)
      }
    } finally {
      this.running--
    }
  }

  private plan(intent: Intent, mark: string): ApiCall | undefined {
    const [planner] = plannersOf(intent)
    const meant = Array.from({ length: GONE }, (_, at) => ({ ...intent, who: 0, which: (intent.which + at) % GONE }))
    const calls = meant.map((each) => planner?.(this.worlds.plainest, this.setup.participants, each))
    const call = calls.find((each) => each !== undefined && this.isClear(each))
    // One that waits for anything but work would hold its lane up; of lists only a whole one shows what is missing.
    const isList = call !== undefined && roleOf(call.operation).lists !== undefined
    return call && { ...call, query: isList ? WHOLE_LIST : {}, body: marked(call.body, mark) }
  }

  /** Of reports of jobs that were not handed out the rules leave too much open. */
  private isClear({ operation, path: { jobId } }: ApiCall): boolean {
    return jobId === undefined || !isReport(operation) || this.worlds.plainest.work.get(jobId)?.started !== undefined
  }

  /** One of the polls must get what is made now. */
  private async feed(): Promise<void> {
    const { setup, sequence } = this
    const polls = [...this.polling]
    const { creation } = queues[this.runner.type]
    const call = this.plan({ kind: creation, who: 0, which: 0, form: 0 }, `feeder.${this.steps.feeder.length}`)
    const made = call && (await this.make(this.steps.feeder, call))
    if (made?.status !== 201) throw new Abandoned('The target takes nothing more for the polls that wait.')
    const answered = Promise.race(polls).then(() => true)
    if ((await firstAnswer(setup, answered, sequence.graceMs)) === true) return
    const expected = `one of ${polls.length} waiting polls to be answered, since there is something for it`
    throw new SequenceFailure({ expected, actual: `no answer within ${sequence.graceMs / 1000} s` }, this.steps.feeder)
  }

  /** Looks at everything, takes what is left, and looks at that. */
  private async finish(): Promise<void> {
    const { id: runnerId, owner, type } = this.runner
    const poll = toCall(queues[type].poll, owner, { path: { runnerId } })
    const pending = await this.look()
    for (let left = pending; left > 0;) {
      const { operation, body } = await this.make(this.steps.after, poll)
      left -= Math.max(1, idsHandedOut(operation ?? '', body).length)
    }
    if (pending > 0) await this.look()
  }

  /** How many jobs or commands are pending. */
  private async look(): Promise<number> {
    let pending = 0
    for (const call of closingReads(this.worlds.plainest, this.setup.participants)) {
      if (call.caller !== this.runner.owner) continue
      const { body } = await this.make(this.steps.after, call)
      pending += [body, ...objectsAt(body, 'content')].filter((each) => textAt(each, 'status') === 'pending').length
    }
    return pending
  }

  private async make(steps: SequenceStep[], asked: ApiCall): Promise<Answer> {
    const { context, targetTime } = this.setup
    const call = { ...asked, body: context.known(asked.operation, asked.body) }
    const end = targetTime.begin()
    const open = await this.sequence.sender.open(call)
    const settled = Promise.allSettled([open.answer])
    this.open.add(open)
    if (waitSeconds(call.operation, call.query, context.limits) !== undefined) this.polling.add(settled)
    try {
      const answer = await noteAnswer(steps, { kind: 'call', call }, open.answer)
      const [flaw] = answer.flaws
      if (flaw !== undefined) throw new SequenceFailure(flaw, steps)
      const now = end()
      this.worlds.judge(call, toModelAnswer(answer, now.to - now.from), now)
      return answer
    } finally {
      this.open.delete(open)
      this.polling.delete(settled)
    }
  }
}

/** Fields that would lead away from the queue of the runner. */
const PLAIN = { agent_name: 'echo', type: 'ReadFile', timeout_seconds: 60, capabilities: ['jobs'] }

/** A body whose content answers show, so that it can be told from any other; of a log one entry, since batches may be shuffled. */
function marked(body: unknown, mark: string): unknown {
  if (Array.isArray(body)) return [{ stream: 'stdout', text: mark }]
  if (!isObject(body)) return body
  const own: JsonObject = { ...PLAIN, inputs: mark, result: mark, error: mark, args: { path: mark } }
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, own[name] ?? value]))
}
