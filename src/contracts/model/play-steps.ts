/** Plays the steps of a check's story: the tracker judges every answer, and at the end reads of all that is left. */
import { requestSchemas } from '../../generated/request-schemas.js'
import type { QueryParameter } from '../../generated/operations.js'
import { operations } from '../../kernel/all-operations.js'
import { isObject, objectOf, textAt } from '../../kernel/json-value.js'
import type { RunnerOperationId } from '../../kernel/operation.js'
import type { ApiCall } from '../../kernel/recording/api-call.js'
import { roleOf } from '../../lifecycle/roles.js'
import type { CallAction } from '../../lifecycle/states/small-world.js'
import { StoryCalls } from '../../lifecycle/states/story-calls.js'
import { constants, sources } from '../../lifecycle/table.js'
import { isPairingLimit } from '../../lifecycle/tracker/judge.js'
import { MAX_ROUNDS, overdueSeconds, reaperSeconds, secondsBetweenBeats, secondsToBeat } from '../check/check-steps.js'
import type { Context } from '../check/context.js'
import { sampleBody } from '../../lifecycle/steps/valid-bodies.js'
import { alternatives, type Answer } from '../target/answer.js'
import { expectAnyStatus, fail, NotRun, PairingLimited, Violation } from '../target/expectation.js'
import type { RealClock } from '../../kernel/real-time.js'
import { type PlaySetup, preparePlay, toModelAnswer } from './play-setup.js'
import { SequenceFailure } from './sequence-failure.js'
import { expectRightTraffic } from './judge-traffic.js'
import { noteAnswer, playSequence, type Sequence } from './sequence.js'

export interface CallStep extends CallAction {
  /** Of what is created those fields that are not the usual ones, else the whole body. Default: the usual one. */
  readonly body?: unknown
  /** The status of its answer, which must be right besides. Default: any that is right. */
  readonly status?: number
  /** Of a pairing: whether its runner is of a second project. Default: of the first. */
  readonly isElsewhere?: boolean
  /** The number of what it makes. Default: that of its runner for a session, else the next. */
  readonly makes?: number | undefined
}

/** Time that passes: so many seconds, or until the first command, or job where there is none, has timed out after its hand-out. */
export interface PassStep {
  readonly on: 'pass'
  readonly seconds: number | 'timeout'
  /** Whether the first runner beats so often that it is not purged meanwhile. Default: no heartbeat. */
  readonly isKept?: boolean
}

/** A caller hangs up whose call waits. */
export interface HangUpStep {
  readonly on: 'hangUp'
  readonly call: CallStep
}

/** Calls that are made at once. */
export interface TogetherStep {
  readonly on: 'together'
  readonly steps: readonly CallStep[]
}

export type StoryStep = CallStep | PassStep | HangUpStep | TogetherStep

/**
 * @param isRead whether all that is left is read at the end
 * @throws Violation where an answer is not that of the rules
 */
export async function playSteps(context: Context, steps: readonly StoryStep[], isRead = true): Promise<void> {
  const called = steps.flatMap((step) => ('caller' in step ? [step] : step.on === 'together' ? step.steps : []))
  const hasTwoProjects = called.some(({ isElsewhere }) => isElsewhere === true)
  const setup = await preparePlay(context, {
    others: called.some(({ caller }) => caller > 0) ? ['colleague'] : [],
    projects: hasTwoProjects ? 2 : 1,
    hasClock: steps.some(({ on }) => on === 'pass'),
  })
  // Throws, and says why the target has no second one.
  if (hasTwoProjects && setup.start.isShared) await context.newProject()
  const failure = await playSequence(setup, false, async (sequence) => {
    await playInSequence(setup, sequence, steps)
    if (steps.some(({ on }) => on === 'together'))
      expectRightTraffic(setup, sequence.sender.recording(), sequence.steps)
    else if (isRead) await sequence.close()
  })
  if (failure !== undefined) throw new Violation(failure.finding, failure.wasSuccessDue)
}

/**
 * Plays steps in a sequence, which judges their answers.
 * @throws NotRun where the target has too little room for them
 */
export async function playInSequence(setup: PlaySetup, sequence: Sequence, steps: readonly StoryStep[]): Promise<void> {
  const player = new StoryPlayer(setup, sequence)
  for (const step of steps) await player.play(step)
}

/** Calls after which a runner sends another heartbeat. */
const MAX_CALLS_UNSEEN = 50
const MAX_MINUTE_MS = 55_000
/** What is made closer together may be listed in any order. */
const APART_MS = 8
const FIRST = { caller: 0, runner: 0, work: 0, form: {} } as const

class StoryPlayer {
  private readonly context: Context
  private readonly sequence: Sequence
  private readonly calls: StoryCalls
  /** How many were made, by what made them. */
  private readonly made = new Map<string, number>()
  /** Whether a limit was reached, so that refusals are no lack of room. */
  private isAtLimit = false
  private readonly time: RealClock
  /** When the last thing was made that a list shows. */
  private madeAt = -APART_MS
  /** The second project, and the runners there. */
  private readonly elsewhere: string
  private readonly settlers = new Set<number>()
  /** Whether calls have overlapped: what is right from then on the recording of all of them says. */
  private hasOverlap = false

  constructor({ context, time, participants: { unknownId, projectsOf } }: PlaySetup, sequence: Sequence) {
    const [projectId = '', elsewhere = ''] = projectsOf('main')
    this.context = context
    this.time = time
    this.sequence = sequence
    this.calls = new StoryCalls({ callers: ['main', 'colleague'], projectId, unknownId, limits: context.limits })
    this.elsewhere = elsewhere
  }

  async play(step: StoryStep): Promise<void> {
    if (step.on === 'pass') {
      const { seconds, isKept = false } = step
      if (seconds === 'timeout') await this.awaitTimeout()
      else await this.pass(seconds, isKept ? secondsBetweenBeats(this.context.limits, seconds) : seconds)
      return
    }
    if (step.on === 'hangUp') return this.sequence.hangUp(this.callOf(step.call))
    if (step.on === 'together') {
      this.hasOverlap = true
      await Promise.all(step.steps.map((each) => this.call(each, false)))
      return
    }
    if (step.isLost === true) return this.sequence.lose(this.callOf(step))
    const { form, status } = step
    const isLimit = form['queue'] === 'full' || form['rate'] === 'exceeded'
    this.isAtLimit ||= isLimit
    const answer = await (isLimit ? this.reachLimit(step) : this.call(step))
    if (answer?.status === 429 && !this.isAtLimit)
      throw new NotRun('needs room for more jobs or commands than the target has')
    if (answer === undefined || status === undefined) return
    expectAnyStatus(answer, answer.status === 413 ? alternatives.oversizedBody : [status])
  }

  private callOf(step: CallStep): ApiCall {
    const { on, runner, body, form } = step
    const call = this.calls.callOf(step, this.settlers.has(runner) ? this.elsewhere : undefined)
    const named = Object.entries({ ...call.query, ...queryOf(on, form) })
    // One without a value is left out.
    const query = Object.fromEntries(named.filter(([name]) => form[name] !== ''))
    const usual = { ...call, query }
    if (body === undefined) return { ...usual, body: usual.body ?? requiredBody(on, form) }
    return { ...usual, body: roleOf(on).creates === undefined ? body : { ...objectOf(usual.body), ...objectOf(body) } }
  }

  /** @param isApart whether lists must tell what it makes from what was made before: what fills a queue need not wait for that */
  private async call(step: CallStep, isApart = true): Promise<Answer | undefined> {
    const { on, runner } = step
    const isListed = on === 'createJob' || on === 'activatePairingSession'
    if (isListed && isApart) await this.time.sleep(Math.max(0, this.madeAt + APART_MS - this.time.stopwatch()))
    if (step.isElsewhere === true) this.settlers.add(runner)
    const call = this.callOf(step)
    const answer = await (this.hasOverlap ? this.send(call) : this.sequence.perform(call))
    if (answer?.status !== 201) return answer
    if (isListed) this.madeAt = this.time.stopwatch()
    const kind = `${on} ${runner}`
    const id = step.makes ?? (on === 'createPairingSession' ? runner : (this.made.get(kind) ?? 0))
    this.made.set(kind, id + 1)
    this.calls.learn(step, toModelAnswer(answer, 0), { id, runner })
    return answer
  }

  /** Makes a call whose answer is not judged yet. */
  private async send(asked: ApiCall): Promise<Answer> {
    const { steps, sender } = this.sequence
    const call = { ...asked, body: this.context.known(asked.operation, asked.body) }
    const answer = await noteAnswer(steps, { kind: 'call', call }, sender.send(call))
    if (isPairingLimit(call, toModelAnswer(answer, 0))) throw new PairingLimited()
    const [flaw] = answer.flaws
    if (flaw !== undefined) throw new SequenceFailure(flaw, steps)
    return answer
  }

  /**
   * Creates until one is refused: beyond the queue, or beyond the rate. The minute may turn once on the way, so that up to
   * twice the rate is let through.
   */
  private async reachLimit(step: CallStep): Promise<Answer | undefined> {
    const { limits } = this.context
    const { max_pending_jobs_per_runner: jobs, bridge_max_pending_per_runner: commands } = limits
    const isRate = step.form['rate'] === 'exceeded'
    const rate = Math.min(limits.bridge_max_commands_per_minute, limits.bridge_max_write_commands_per_minute)
    const most = isRate ? 2 * rate : step.on === 'createJob' ? jobs : commands
    if (!isRate && step.on === 'createBridgeCommand' && rate <= most)
      throw new NotRun('the rates leave no room beyond what may be pending')
    const began = this.time.stopwatch()
    for (let made = 1; ; made++) {
      const answer = await this.call(step, false)
      if (answer?.status !== 201) return answer
      expectAnyStatus(answer, made > most ? [429] : [201])
      if (isRate && made % Math.min(commands, constants.command_batch) === 0)
        await this.call({ ...step, on: 'nextBridgeCommands', form: {} })
      if (made % MAX_CALLS_UNSEEN === 0) await this.call({ ...step, on: 'heartbeat', form: {} })
      if (isRate && this.time.stopwatch() - began > MAX_MINUTE_MS)
        throw new NotRun('the target is too slow to exceed a rate per minute')
    }
  }

  /** Lets time pass in parts, with a heartbeat after each but the last. */
  private async pass(seconds: number, part: number): Promise<void> {
    for (let left = seconds; left > 0; left -= part) {
      await this.sequence.pass(Math.min(part, left))
      if (left > part) await this.call({ ...FIRST, on: 'heartbeat' }).finally(() => this.expectKept())
    }
  }

  /** A server may purge a runner at its second death (alternative secondDeath): then it cannot be watched for so long. */
  private expectKept(): void {
    const last = this.sequence.steps.at(-1)
    if (last?.kind === 'call' && last.answer?.status === 410)
      throw new NotRun('the target purges a runner at its second death, before the check ends')
  }

  /** Keeps the runner alive until the reaper has come to the command or job, which was handed out. */
  private async awaitTimeout(): Promise<void> {
    const { limits } = this.context
    const isCommand = this.made.has('createBridgeCommand 0')
    const [what, on] = isCommand ? (['command', 'getBridgeCommand'] as const) : (['job', 'getJob'] as const)
    const due = isCommand ? overdueSeconds(limits) : 0
    const keptFor = isCommand ? limits.bridge_completed_command_ttl_seconds : limits.completed_job_ttl_seconds
    let passed = 0
    while (passed < due + MAX_ROUNDS * reaperSeconds(limits)) {
      const toBeat = secondsToBeat(limits, await this.context.time.now())
      const step = Math.min(toBeat, keptFor / 3)
      await this.sequence.pass(step)
      passed += step
      await this.call({ ...FIRST, on: 'heartbeat' })
      if (passed < due) continue
      const answer = await this.call({ ...FIRST, on })
      // On a busy target it may be over before the reaper comes to its runner.
      if (answer?.status === 404) throw new NotRun(`the reaper did not come round before the ${what} was gone`)
      if (!['picked_up', 'running'].includes(textAt(answer?.body, 'status'))) return
    }
    fail(`the ${what} to time out`, `nothing within ${MAX_ROUNDS} rounds of the reaper`)
  }
}

/** The parameters that a step names. A reader that waits has a time of its own. */
function queryOf(on: RunnerOperationId, form: Readonly<Record<string, string>>): ApiCall['query'] {
  const parameters: readonly QueryParameter[] = operations[on].queryParameters
  const named = parameters.flatMap(({ name, type }) => {
    const text = form[name]
    if (text === undefined) return []
    return [[name, type === 'integer' ? Number(text) : type === 'boolean' ? text === 'true' : text] as const]
  })
  return Object.fromEntries(named)
}

/** The body that an operation needs of which stories know nothing: made up from its schema, with the facts that it carries. */
function requiredBody(on: RunnerOperationId, facts: Readonly<Record<string, string>>): unknown {
  const schema = requestSchemas[on]
  if (schema === undefined || operations[on].requestBody?.required !== true) return undefined
  const sample = sampleBody(schema)
  if (!isObject(sample)) return sample
  const carried = Object.entries(facts).map(([name, value]) => [sources[roleOf(on).machine]?.[name], value] as const)
  return { ...sample, ...Object.fromEntries(carried.filter(([field]) => field !== undefined)) }
}
