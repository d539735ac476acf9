/**
 * One resource that a lifecycle check is about: the way into each state of its lifecycle by calls and the passing of time
 * alone, and the call that meets it there. The tracker judges every answer.
 */
import { requestSchemas } from '../../../generated/request-schemas.js'
import { operations } from '../../../kernel/all-operations.js'
import { isObject, textAt } from '../../../kernel/json-value.js'
import type { RunnerOperationId } from '../../../kernel/operation.js'
import type { ApiAnswer } from '../../../kernel/recording/api-call.js'
import { isDecided, roleOf } from '../../../lifecycle/roles.js'
import { SESSION_SECONDS, type CallAction } from '../../../lifecycle/states/small-step.js'
import { StoryCalls } from '../../../lifecycle/states/story-calls.js'
import { constants, sources, type MachineName, type SettingName } from '../../../lifecycle/table.js'
import { PossibleWorlds } from '../../../lifecycle/tracker/judge.js'
import { createWorld } from '../../../lifecycle/tracker/tracked-world.js'
import type { Context } from '../../check/context.js'
import { early, lapsedSeconds, longestCommand, overdueSeconds, reaperSeconds } from '../../check/check-steps.js'
import { type Facts, findRoute, type MatrixCell, type RouteStep } from '../../check/matrix.js'
import { sampleBody } from '../../check/valid-bodies.js'
import { createCallSender, createTargetTime, toModelAnswer, type CallSender } from '../../model/play/play-setup.js'
import { alternatives, type Answer } from '../../target/answer.js'
import { expectAnyStatus, fail, NotRun } from '../../target/expectation.js'
import type { Limits } from '../../target/target.js'
import { createRealTime } from '../../target/transport.js'

/** Settings that must not be higher than this for a fact to be brought about in reasonable time. */
export const practicable: Readonly<Record<string, Partial<Record<SettingName, number>>>> = {
  'agents=too_many': { max_agents_per_runner: 5000 },
  'batch=too_long': { max_log_entries_per_batch: 20_000 },
  'checklist=oversized': { bridge_max_payload_bytes: 4_194_304 },
  'payload=oversized': { bridge_max_payload_bytes: 4_194_304 },
  'queue=full': { max_pending_jobs_per_runner: 500, bridge_max_pending_per_runner: 500 },
  'rate=exceeded': { bridge_max_write_commands_per_minute: 500 },
}

/** How long to wait for each timer that a way into a state needs. */
const waits = {
  'timer.heartbeat_ttl': lapsedSeconds,
  'timer.session_ttl': () => SESSION_SECONDS + 1,
  'timer.command_timeout': (limits: Limits) => overdueSeconds(limits) + reaperSeconds(limits),
}

function isTimer(on: string): on is keyof typeof waits {
  return Object.hasOwn(waits, on)
}

/** The ways into the states of a runner, which comes to life by events of another machine. */
const ofRunner = ['createPairingSession', 'activatePairingSession', 'timer.heartbeat_ttl'].map((on) => ({
  on,
  facts: {},
}))
const RUNNER_STATES = ['none', 'pairing', 'connected', 'disconnected']

/** The calls and timers that lead into a state. */
function wayInto(machine: MachineName, state: string): readonly Pick<RouteStep, 'on' | 'facts'>[] {
  if (machine === 'runner') return ofRunner.slice(0, RUNNER_STATES.indexOf(state))
  return [...(machine === 'pairingSession' ? [] : ofRunner.slice(0, 2)), ...findRoute(machine, state)]
}

/** Seconds that the way into a state takes; undefined when it takes no time. */
export function secondsInto(machine: MachineName, state: string): ((limits: Limits) => number) | undefined {
  const timers = wayInto(machine, state).flatMap(({ on }) => (isTimer(on) ? [waits[on]] : []))
  return timers.length === 0 ? undefined : (limits) => timers.reduce((sum, wait) => sum + wait(limits), 0)
}

const SUCCESS = [200, 201, 204]
/** Rounds after which a reaper that has done nothing does not do its work. */
const MAX_ROUNDS = 40
/** Calls after which a runner sends another heartbeat. */
const MAX_CALLS_UNSEEN = 50
const MAX_MINUTE_MS = 55_000
const readers = {
  pairingSession: 'getRunner',
  runner: 'getRunner',
  job: 'getJob',
  bridgeCommand: 'getBridgeCommand',
} as const satisfies Record<MachineName, RunnerOperationId>

/** Brings a new resource into the state of a cell, or makes one that has ended with its runner. */
export async function reach(context: Context, cell: MatrixCell, isGone = false): Promise<LifecycleSubject> {
  const { id: projectId } = await context.project()
  const subject = new LifecycleSubject(context, cell, projectId)
  await subject.reach(isGone ? (cell.machine === 'runner' ? 'connected' : 'pending') : cell.state)
  if (isGone) await subject.call('disconnectRunner')
  return subject
}

export class LifecycleSubject {
  readonly worlds: PossibleWorlds
  private readonly context: Context
  private readonly cell: MatrixCell
  private readonly calls: StoryCalls
  private readonly sender: CallSender
  private readonly time: ReturnType<typeof createTargetTime>
  /** How many jobs or commands were made. */
  private made = 0

  constructor(context: Context, cell: MatrixCell, projectId: string) {
    const { limits } = context
    const place = { callers: ['main', 'main'], projectId, unknownId: context.random.uuid(), limits } as const
    const start = { limits, workspaces: { main: 'own' }, projects: new Map([[projectId, 'own']]) }
    const hasClock = secondsInto(cell.machine, cell.state) !== undefined
    this.context = context
    this.cell = cell
    this.calls = new StoryCalls({ ...place, commandSeconds: longestCommand(limits) })
    this.sender = createCallSender(context)
    this.time = createTargetTime(createRealTime(), hasClock ? () => context.time.now() : undefined)
    this.worlds = new PossibleWorlds(createWorld({ ...start, isShared: true, earlier: new Set() }, context.refused))
  }

  /** Makes a call about the resource. `isJudged`: the answer must have one of the statuses, and be right. */
  async call(on: RunnerOperationId, form: Facts = {}, statuses = SUCCESS, isJudged = true): Promise<Answer> {
    const action = { on, caller: 0, runner: 0, work: 0, form }
    const told = this.calls.callOf(action)
    const body = told.body ?? requiredBody(on, this.cell.machine, form)
    const call = { ...told, body: this.context.known(on, body) }
    const end = this.time.begin()
    const answer = await this.sender.send(call)
    const now = end()
    const modelAnswer = toModelAnswer(answer, now.to - now.from)
    if (isJudged) expectAnyStatus(answer, answer.status === 413 ? alternatives.oversizedBody : statuses)
    if (answer.status === 201) this.learn(action, modelAnswer)
    const mismatch = isJudged ? this.worlds.judge(call, modelAnswer, now) : undefined
    if (mismatch !== undefined) fail(mismatch.expected, mismatch.actual, answer)
    return answer
  }

  /** Looks at the resource without changing it. A session shows by its answer to a wrong proof, and by its runner. */
  async look(): Promise<Answer> {
    const { machine } = this.cell
    if (machine === 'pairingSession') await this.call('activatePairingSession', { proof: 'invalid' }, [403, 404])
    return this.call(readers[machine], {}, [200, 404])
  }

  /** Lets the operation of the cell meet the resource under its facts. */
  async meet(isJudged = true): Promise<Answer> {
    const { facts, rule } = this.cell
    const { operation: on } = roleOf(this.cell.operation)
    if (facts['queue'] === 'full' || facts['rate'] === 'exceeded') return this.reachLimit(on, isJudged)
    return this.call(on, facts, [rule.answer ?? 200], isJudged)
  }

  async reach(state: string): Promise<void> {
    const { machine, facts: met } = this.cell
    await this.time.read()
    for (const { on, facts } of wayInto(machine, state)) {
      if (on === 'createPairingSession')
        await this.call(on, { ...facts, type: this.isOfCommands ? 'connect' : 'endpoint' })
      else if (isDecided(on)) await this.call(on, facts)
      else if (on === 'timer.command_timeout') await this.awaitTimeout()
      else if (on === 'timer.heartbeat_ttl') await this.lapse()
      else if (isTimer(on)) await this.pass(waits[on](this.context.limits))
      else throw new Error(`No way is known to bring ${on} about.`)
      if (on !== 'activatePairingSession' || machine === 'pairingSession') continue
      if (!this.isOfCommands) await this.call('registerAgents')
      else if (met['capability'] !== 'missing') await this.call('heartbeat', { declares: 'bridge' })
    }
    if (machine !== 'runner' || state === 'connected') await this.addWork()
  }

  /** Only commands need a connect runner; all else works with an endpoint. */
  private get isOfCommands(): boolean {
    const { machine, operation } = this.cell
    return machine === 'bridgeCommand' || operation === 'createBridgeCommand' || operation === 'nextBridgeCommands'
  }

  /** Work that is not taken may live shorter than a runner without a heartbeat. */
  private async lapse(): Promise<void> {
    const { limits } = this.context
    const soon = early(limits.heartbeat_ttl_seconds)
    await this.pass(soon)
    await this.addWork()
    await this.pass(lapsedSeconds(limits) - soon)
  }

  /**
   * Makes a job or command where the operation is a poll: one that finds nothing waits, and another one shows at once that the
   * resource itself is not handed out.
   */
  private async addWork(): Promise<void> {
    const { machine, operation } = this.cell
    const { handsOut } = roleOf(operation)
    if (handsOut === undefined || (machine !== 'runner' && machine !== handsOut)) return
    const { limits } = this.context
    const commands = Math.min(limits.bridge_max_pending_per_runner, this.rate)
    const room = handsOut === 'job' ? limits.max_pending_jobs_per_runner : commands
    if (machine === handsOut && room < 2) throw new NotRun(`needs room for 2 jobs or commands; the target has ${room}`)
    if (machine === handsOut) await this.call('heartbeat')
    await this.call(handsOut === 'job' ? 'createJob' : 'createBridgeCommand')
  }

  private learn(action: CallAction, answer: ApiAnswer): void {
    const { on } = action
    const isWork = on === 'createJob' || on === 'createBridgeCommand'
    this.calls.learn(action, answer, { id: isWork ? this.made++ : 0, runner: 0 })
    if (on !== 'createPairingSession') return
    const runnerId = textAt(answer.body, 'runner_id')
    this.context.defer(() => this.context.call('disconnectRunner', { path: { runnerId } }))
  }

  private async pass(seconds: number): Promise<void> {
    await this.context.time.pass(seconds)
    await this.time.read()
  }

  /** Keeps the runner alive until the reaper has come to the command, which was picked up. */
  private async awaitTimeout(): Promise<void> {
    const { limits } = this.context
    const step = Math.min(limits.heartbeat_ttl_seconds / 2, limits.bridge_completed_command_ttl_seconds / 3)
    const due = overdueSeconds(limits)
    for (let passed = 0; passed < due + MAX_ROUNDS * reaperSeconds(limits); passed += step) {
      await this.pass(step)
      await this.call('heartbeat')
      if (passed < due) continue
      const { status, body } = await this.look()
      // On a busy target the command may be over before the reaper comes to its runner.
      if (status === 404) throw new NotRun('the reaper did not come round before the command was gone')
      if (textAt(body, 'status') !== 'picked_up') return
    }
    fail('the command to time out', `nothing within ${MAX_ROUNDS} rounds of the reaper`)
  }

  /** Commands of any kind that a runner takes in a minute. */
  private get rate(): number {
    const { bridge_max_commands_per_minute: all, bridge_max_write_commands_per_minute: writes } = this.context.limits
    return Math.min(all, writes)
  }

  /**
   * Creates until one is refused: beyond the queue, or beyond the rate. The minute may turn once on the way, so that up to
   * twice the rate is let through.
   */
  private async reachLimit(on: RunnerOperationId, isJudged: boolean): Promise<Answer> {
    const { facts, rule } = this.cell
    const { max_pending_jobs_per_runner: jobs, bridge_max_pending_per_runner: commands } = this.context.limits
    const isRate = facts['rate'] === 'exceeded'
    const most = isRate ? 2 * this.rate : on === 'createJob' ? jobs : commands
    if (!isRate && on === 'createBridgeCommand' && this.rate <= most)
      throw new NotRun('the rates leave no room beyond what may be pending')
    const time = createRealTime()
    const began = time.stopwatch()
    for (let made = 1; ; made++) {
      const statuses = [...(made > most ? [] : [201]), rule.answer ?? 429]
      const answer = await this.call(on, facts, statuses, isJudged)
      if (answer.status !== 201) return answer
      if (isRate && made % Math.min(commands, constants.command_batch) === 0)
        await this.call('nextBridgeCommands', {}, SUCCESS, isJudged)
      if (made % MAX_CALLS_UNSEEN === 0) await this.call('heartbeat')
      if (isRate && time.stopwatch() - began > MAX_MINUTE_MS)
        throw new NotRun('the target is too slow to exceed a rate per minute')
    }
  }
}

/** The body that an operation needs of which stories know nothing: made up from its schema, with the facts that it carries. */
function requiredBody(on: RunnerOperationId, machine: MachineName, facts: Facts): unknown {
  const schema = requestSchemas[on]
  if (schema === undefined || operations[on].requestBody?.required !== true) return undefined
  const sample = sampleBody(schema)
  if (!isObject(sample)) return sample
  const carried = Object.entries(facts).map(([name, value]) => [sources[machine]?.[name], value] as const)
  return { ...sample, ...Object.fromEntries(carried.filter(([field]) => field !== undefined)) }
}
