/**
 * One resource that a lifecycle check is about: how it looks from outside, the requests that it meets, and the way into each
 * state of its lifecycle, through public calls and the passing of time alone.
 */
import { machineOf } from '../../../lifecycle/roles.js'
import { operations } from '../../../kernel/all-operations.js'
import { fillPath, pathParametersOf, type OperationId, isOperationId } from '../../../kernel/operation.js'
import { constants, type MachineName, type SettingName } from '../../../lifecycle/table.js'
import { type Answer, alternatives, toRecord, idAtEndOf } from '../../target/answer.js'
import type { Context, OwnProject } from '../../check/context.js'
import { expectAnyStatus, NotRun } from '../../target/expectation.js'
import { conditionsOf, type Facts, findRoute } from '../../check/matrix.js'
import { activate, type RunnerHandle, proveActivation, openSession } from '../../check/runner-handle.js'
import { requestSchemas } from '../../../generated/request-schemas.js'
import { toBase64 } from '../../../kernel/pairing.js'
import { sampleBody } from '../../check/negative-values.js'
import type { Limits } from '../../target/target.js'
import {
  createHeartbeatLoop,
  early,
  passTimeKeepingRunner,
  awaitCommandTimeout,
  overdueSeconds,
  commandLife,
  longestCommand,
  reaperSeconds,
} from '../../check/check-steps.js'

export interface LifecycleSubject {
  readonly machine: MachineName
  readonly context: Context
  /** Ids by path parameter. */
  readonly ids: Record<string, string>
  readonly project: OwnProject
  /** The runner that it is, or belongs to; a session and a runner that was never paired have none. */
  runner: RunnerHandle | undefined
  /** Of a session. */
  readonly activationKey: Uint8Array
  readonly runnerName: string
  /** Another job or command, which a poll may hand out instead of this one. */
  decoy: string | undefined
}

/** A subject that does not exist yet: whatever a path of the operation may name has an id that names nothing. */
async function createSubject(context: Context, machine: MachineName, operation: OperationId) {
  const names = pathParametersOf(operations[operation])
  const ids = Object.fromEntries([machineOf(machine).parameter, ...names].map((name) => [name, context.random.uuid()]))
  const project = await context.project()
  const activationKey = context.random.bytes(32)
  const runnerName = context.name('runner')
  return { machine, context, ids, project, runner: undefined, activationKey, runnerName, decoy: undefined }
}

export interface SubjectView {
  /** Undefined when nothing answers for it. */
  readonly state: string | undefined
  readonly fields: Readonly<Record<string, unknown>>
  readonly answer: Answer
}

/** Looks at the resource without changing anything. */
export async function look(subject: LifecycleSubject): Promise<SubjectView> {
  const { context, machine, ids } = subject
  if (machine === 'pairingSession') return lookAtSession(subject)
  const operation = readers[machine]
  const answer = await context.raw({ method: 'GET', operation, path: fillPath(operations[operation], ids) })
  expectAnyStatus(answer, [200, 404])
  const fields = toRecord(answer.body)
  const state = fields[machineOf(machine).field ?? '']
  if (answer.status === 404 || typeof state !== 'string') return { state: undefined, fields: {}, answer }
  return { state, fields, answer }
}

const readers = {
  runner: 'getRunner',
  job: 'getJob',
  bridgeCommand: 'getBridgeCommand',
} as const satisfies Partial<Record<MachineName, OperationId>>

/** A session shows nothing but how it answers a wrong proof, and whether its runner is there. */
async function lookAtSession({ context, ids, project, runnerName }: LifecycleSubject): Promise<SubjectView> {
  const wrong = { sessionId: ids['sessionId'] ?? '', runnerId: '', activationKey: context.random.bytes(32), project }
  const answer = await activate(context, wrong, runnerName)
  expectAnyStatus(answer, [403, 404])
  if (answer.status === 404) return { state: undefined, fields: {}, answer }
  const read = await context.call('getRunner', { path: { runnerId: ids['runnerId'] ?? '' } })
  return { state: read.status === 200 ? 'activated' : 'open', fields: {}, answer: read }
}

/** Settings that must not be higher than this for a fact to be brought about in reasonable time. */
export const practicable: Readonly<Record<string, Partial<Record<SettingName, number>>>> = {
  'agents=too_many': { max_agents_per_runner: 5000 },
  'batch=too_long': { max_log_entries_per_batch: 20_000 },
  'checklist=oversized': { bridge_max_payload_bytes: 4_194_304 },
  'payload=oversized': { bridge_max_payload_bytes: 4_194_304 },
  'queue=full': { max_pending_jobs_per_runner: 500, bridge_max_pending_per_runner: 500 },
  'rate=exceeded': { bridge_max_write_commands_per_minute: 500 },
}

/** Lets an operation meet the resource under facts; the answer is the check's to judge. */
export async function send(subject: LifecycleSubject, operation: OperationId, facts: Facts): Promise<Answer> {
  const { context, ids, project } = subject
  const arranged = await arrange(subject, operation, facts)
  if (arranged !== undefined) return arranged
  const body = await bodyFor(subject, operation, facts)
  const query = operation === 'listRunners' ? `?project_id=${project.id}` : ''
  const answer = await context.raw({
    method: operations[operation].method,
    operation,
    path: `${fillPath(operations[operation], ids)}${query}`,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
    accept: isOversized(facts) ? [alternatives.oversizedBody] : [],
  })
  if (answer.status === 201) noteCreated(subject, operation, answer)
  return answer
}

/** Whether a request is larger than the target takes; a proxy may then answer before it. */
export function isOversized(facts: Facts): boolean {
  return facts['payload'] === 'oversized' || facts['checklist'] === 'oversized'
}

function noteCreated({ context, machine, ids }: LifecycleSubject, operation: OperationId, { headers, body }: Answer) {
  const { creates, parameter } = machineOf(machine)
  const id = idAtEndOf(headers['location'])
  if (creates.includes(operation) && id !== undefined) ids[parameter] = id
  if (operation !== 'createPairingSession' || typeof body !== 'object' || body === null) return
  const sessionId: unknown = Reflect.get(body, 'session_id')
  if (creates.includes(operation) && typeof sessionId === 'string') ids[parameter] = sessionId
  const runnerId: unknown = Reflect.get(body, 'runner_id')
  if (typeof runnerId !== 'string') return
  ids['runnerId'] = runnerId
  context.defer(() => context.call('disconnectRunner', { path: { runnerId } }))
}

async function bodyFor(subject: LifecycleSubject, operation: OperationId, facts: Facts): Promise<unknown> {
  const own = bodies[operation]
  if (own !== undefined) return own(subject, facts)
  const schema = requestSchemas[operation]
  return schema === undefined ? undefined : withFacts(subject, sampleBody(schema), facts)
}

/** Facts that a condition reads off the request's body. */
function withFacts({ machine }: LifecycleSubject, body: unknown, facts: Facts): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const changed: Record<string, unknown> = { ...body }
  for (const [name, { source }] of Object.entries(conditionsOf(machine))) {
    const field = source?.replace('$request.body#/', '')
    if (field !== undefined && facts[name] !== undefined) changed[field] = facts[name]
  }
  return changed
}

/** The body that brings the facts about. Operations without a line here get one made up from their schema. */
const bodies: Partial<Record<OperationId, (subject: LifecycleSubject, facts: Facts) => unknown>> = {
  createPairingSession({ context, project, activationKey }, { key, project: whose }) {
    const bytes = key === 'unusable' ? activationKey.subarray(1) : activationKey
    const id = whose === 'unknown' ? context.random.uuid() : project.id
    return {
      project_id: id,
      activation_key: toBase64(bytes),
      type: 'endpoint',
      ttl_seconds: constants.session_ttl_seconds_min,
    }
  },
  async activatePairingSession({ context, ids, activationKey, runnerName }, { proof }) {
    const key = proof === 'invalid' ? context.random.bytes(32) : activationKey
    return { runner_name: runnerName, hmac: proveActivation(key, ids['sessionId'] ?? '', runnerName) }
  },
  heartbeat: (_, { capabilities }) => ({ capabilities: [capabilities === 'invalid' ? 'Not-Valid' : 'jobs'] }),
  registerAgents({ context }, { agents }) {
    const count = agents === 'too_many' ? context.limits.max_agents_per_runner + 1 : 1
    return Object.fromEntries(Array.from({ length: count }, (_, at) => [`agent-${at}`, { timeout: 0 }]))
  },
  patchChecklist: (subject, { checklist }) => ({ step: checklist === 'oversized' ? oversizedText(subject) : 'done' }),
  createJob: ({ project }, { agent }) => ({
    agent_name: agent === 'unknown' ? 'contract-unknown' : 'echo',
    project_id: project.id,
  }),
  reportJobResult: (_, { status }) => ({
    status,
    ...(status === 'failed' ? { error: 'It broke.' } : { result: { text: 'hi' } }),
  }),
  appendJobLogs({ context }, { batch }) {
    const count = batch === 'too_long' ? context.limits.max_log_entries_per_batch + 1 : 1
    return Array.from({ length: count }, () => ({ stream: 'stdout', text: 'hello' }))
  },
  createBridgeCommand: (subject, { payload }) => ({
    type: 'ReadFile',
    args: { path: payload === 'oversized' ? oversizedText(subject) : 'README.md' },
    timeout_seconds: subject.context.limits.bridge_max_command_timeout_seconds,
  }),
  reportBridgeResult: (subject, { status, outcome, payload }) => ({
    status,
    ...(outcome === 'missing' ? {} : { result: { content: payload === 'oversized' ? oversizedText(subject) : 'hi' } }),
  }),
}

/** Too long whether bytes or characters are counted. */
function oversizedText({ context }: LifecycleSubject): string {
  return 'x'.repeat(context.limits.bridge_max_payload_bytes + 1)
}

/**
 * Brings about what no request carries. Returns an answer when the arrangement itself is the meeting: a rate is exceeded by
 * the very call that goes too far.
 */
async function arrange(subject: LifecycleSubject, operation: OperationId, facts: Facts): Promise<Answer | undefined> {
  if (facts['queue'] === 'full') await fillQueue(subject, operation)
  if (facts['rate'] === 'exceeded') return exceedRate(subject)
  return undefined
}

/** Commands of any kind that a runner takes in a minute. */
function rateOf(limits: Limits): number {
  return Math.min(limits.bridge_max_commands_per_minute, limits.bridge_max_write_commands_per_minute)
}

async function fillQueue(subject: LifecycleSubject, operation: OperationId): Promise<void> {
  const { runner, context } = subject
  const { limits } = context
  const stayAlive = runner === undefined ? undefined : await createHeartbeatLoop(context, runner)
  const count = operation === 'createJob' ? limits.max_pending_jobs_per_runner : limits.bridge_max_pending_per_runner
  if (operation === 'createBridgeCommand' && rateOf(limits) <= count) {
    throw new NotRun('the rates leave no room beyond what may be pending')
  }
  for (let at = 0; at < count; at++) {
    await stayAlive?.()
    expectAnyStatus(await send(subject, operation, {}), [201])
  }
}

/** Writes until one is refused. The clock's minute may turn once on the way, so that up to twice the rate is let through. */
async function exceedRate({ context, runner }: LifecycleSubject): Promise<Answer> {
  if (runner === undefined) throw new Error('A rate is one of a runner.')
  const { bridge_max_write_commands_per_minute: rate, bridge_max_pending_per_runner: room } = context.limits
  const path = { runnerId: runner.id }
  const stayAlive = await createHeartbeatLoop(context, runner)
  const started = await context.time.now()
  for (let sent = 1; ; sent++) {
    await stayAlive()
    const body = { type: 'WriteFile' as const, args: { path: 'a', content: 'b' } }
    const answer = await context.call('createBridgeCommand', { path, body })
    if (answer.status !== 201 || sent > 2 * rate) return answer
    if (sent % Math.min(room, 10) === 0) await runner.nextCommands(20)
    if ((await context.time.now()) - started > 55_000)
      throw new NotRun('the target is too slow to exceed a rate per minute')
  }
}

/**
 * Makes another job or command where the operation is a poll: one that finds nothing waits, and another one shows at once
 * that the resource itself is not handed out.
 */
export async function sendDecoy(subject: LifecycleSubject, operation: OperationId): Promise<void> {
  const { machine, runner } = subject
  if (machine === 'runner' || runner === undefined) return
  if (operation !== 'nextJob' && operation !== 'nextBridgeCommands') return
  const { limits } = subject.context
  const forCommands = Math.min(limits.bridge_max_pending_per_runner, rateOf(limits))
  const room = operation === 'nextJob' ? limits.max_pending_jobs_per_runner : forCommands
  if (room < 2) throw new NotRun(`needs room for 2 jobs or commands; the target has ${room}`)
  await runner.heartbeat()
  subject.decoy = operation === 'nextJob' ? await runner.createJob() : await runner.submit()
}

/** How long to wait for each timer that a way into a state needs. */
const waits = {
  'timer.heartbeat_ttl': (limits: Limits) => limits.heartbeat_ttl_seconds + 1,
  'timer.session_ttl': () => constants.session_ttl_seconds_min + 1,
  'timer.command_timeout': (limits: Limits) => overdueSeconds(limits) + reaperSeconds(limits),
}

function isTimer(on: string): on is keyof typeof waits {
  return Object.hasOwn(waits, on)
}

/** Seconds that the way into a state takes; undefined when it takes no time. */
export function secondsInto(machine: MachineName, state: string): ((limits: Limits) => number) | undefined {
  const steps = machine === 'runner' ? RUNNER_TIMERS[state] : findRoute(machine, state).map(({ on }) => on)
  const timers = (steps ?? []).filter(isTimer)
  if (timers.length === 0) return undefined
  return (limits) => timers.reduce((sum, on) => sum + waits[on](limits), 0)
}

/** A runner comes to life by another machine's events, so that its own table shows no way. */
const RUNNER_TIMERS: Readonly<Record<string, readonly string[]>> = { disconnected: ['timer.heartbeat_ttl'] }

export interface ReachedState {
  operation: OperationId
  facts: Facts
}

/** Brings a new resource into `state`. */
export async function reach(
  context: Context,
  machine: MachineName,
  state: string,
  meeting: ReachedState,
): Promise<LifecycleSubject> {
  const subject = await createSubject(context, machine, meeting.operation)
  if (machine === 'runner') {
    await reachAsRunner(subject, state, meeting)
    return subject
  }
  if (machine !== 'pairingSession') await pairFor(subject, meeting)
  for (const { on, facts } of findRoute(machine, state)) {
    if (isOperationId(on)) expectAnyStatus(await send(subject, on, facts), SUCCESS)
    else if (isTimer(on)) await pass(subject, on)
    else throw new Error(`No way is known to bring ${on} about.`)
  }
  return subject
}

/** Makes a resource that ends with its runner: to everybody it is as if it had never been. */
export async function reachGone(context: Context, machine: MachineName, meeting: ReachedState) {
  const subject = await reach(context, machine, machine === 'runner' ? 'connected' : 'pending', meeting)
  await subject.runner?.disconnect()
  return subject
}

const SUCCESS = [200, 201, 204]

async function pass({ context, runner, ids }: LifecycleSubject, timer: keyof typeof waits): Promise<void> {
  if (timer !== 'timer.command_timeout' || runner === undefined) {
    await context.time.pass(waits[timer](context.limits))
    return
  }
  await passTimeKeepingRunner(context, runner, overdueSeconds(context.limits))
  await awaitCommandTimeout(context, runner, ids['commandId'] ?? '')
}

async function reachAsRunner(subject: LifecycleSubject, state: string, meeting: ReachedState): Promise<void> {
  const { context, ids } = subject
  if (state === 'none') return
  if (state === 'pairing') {
    ids['runnerId'] = (await openSession(context, { type: typeFor(meeting.operation) })).runnerId
    return
  }
  await pairFor(subject, meeting)
  if (meeting.operation === 'nextJob') await send(subject, 'createJob', {})
  let seconds = state === 'disconnected' ? waits['timer.heartbeat_ttl'](context.limits) : 0
  if (meeting.operation === 'nextBridgeCommands') {
    // A command that no runner takes may live shorter than a runner without a heartbeat.
    const before =
      commandLife(longestCommand(context.limits)) > 2 * seconds ? 0 : early(context.limits.heartbeat_ttl_seconds)
    await context.time.pass(before)
    seconds -= before
    await send(subject, 'createBridgeCommand', {})
  }
  if (seconds > 0) await context.time.pass(seconds)
}

/** Only commands need a connect runner; whatever else is asked of it works as with an endpoint. */
function typeFor(operation: OperationId): 'connect' | 'endpoint' {
  return operation === 'createBridgeCommand' || operation === 'nextBridgeCommands' ? 'connect' : 'endpoint'
}

async function pairFor(subject: LifecycleSubject, { operation, facts }: ReachedState): Promise<void> {
  const type = subject.machine === 'bridgeCommand' ? 'connect' : typeFor(operation)
  const capabilities = type === 'connect' && facts['capability'] !== 'missing' ? ['bridge'] : []
  const agents = type === 'endpoint' ? ['echo'] : undefined
  subject.runner = await subject.context.pair({ type, capabilities, agents })
  subject.ids['runnerId'] = subject.runner.id
}
