/**
 * The requests of lifecycle checks: for each operation the body that brings the facts about, and what must happen before it
 * for facts of the world, such as a full queue. Operations without a line here get a body made up from their schema.
 */
import { requestSchemas } from '../../../generated/request-schemas.js'
import { operations } from '../../../kernel/all-operations.js'
import { fillPath, type OperationId } from '../../../kernel/operation.js'
import { toBase64 } from '../../../kernel/pairing.js'
import { proveActivation } from '../../check/activation-proof.js'
import type { SettingName } from '../../../kernel/lifecycle.js'
import { alternatives, type Answer } from '../../target/answer.js'
import { idAtEndOf } from '../../target/conformance.js'
import { expectAnyStatus, NotRun } from '../../target/expectation.js'
import { conditionsOf, machineOf, type Facts } from '../../check/matrix.js'
import { sampleBody } from '../../check/negative-values.js'
import type { Limits } from '../../target/target.js'
import { createHeartbeatLoop } from '../../check/keep-runner.js'
import type { Subject } from './lifecycle-subject.js'

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
export async function send(subject: Subject, operation: OperationId, facts: Facts): Promise<Answer> {
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

function noteCreated({ context, machine, ids }: Subject, operation: OperationId, { headers, body }: Answer): void {
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

async function bodyFor(subject: Subject, operation: OperationId, facts: Facts): Promise<unknown> {
  const own = bodies[operation]
  if (own !== undefined) return own(subject, facts)
  const schema = requestSchemas[operation]
  return schema === undefined ? undefined : withFacts(subject, sampleBody(schema), facts)
}

/** Facts that a condition reads off the request's body. */
function withFacts({ machine }: Subject, body: unknown, facts: Facts): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const changed: Record<string, unknown> = { ...body }
  for (const [name, { source }] of Object.entries(conditionsOf(machine))) {
    const field = source?.replace('$request.body#/', '')
    if (field !== undefined && facts[name] !== undefined) changed[field] = facts[name]
  }
  return changed
}

const bodies: Partial<Record<OperationId, (subject: Subject, facts: Facts) => unknown>> = {
  createPairingSession({ context, project, activationKey }, { key, project: whose }) {
    const bytes = key === 'unusable' ? activationKey.subarray(1) : activationKey
    const id = whose === 'unknown' ? context.random.uuid() : project.id
    return { project_id: id, activation_key: toBase64(bytes), type: 'endpoint', ttl_seconds: 60 }
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
function oversizedText({ context }: Subject): string {
  return 'x'.repeat(context.limits.bridge_max_payload_bytes + 1)
}

/**
 * Brings about what no request carries. Returns an answer when the arrangement itself is the meeting: a rate is exceeded by
 * the very call that goes too far.
 */
async function arrange(subject: Subject, operation: OperationId, facts: Facts): Promise<Answer | undefined> {
  if (facts['queue'] === 'full') await fillQueue(subject, operation)
  if (facts['rate'] === 'exceeded') return exceedRate(subject)
  return undefined
}

/** Commands of any kind that a runner takes in a minute. */
function rateOf(limits: Limits): number {
  return Math.min(limits.bridge_max_commands_per_minute, limits.bridge_max_write_commands_per_minute)
}

async function fillQueue(subject: Subject, operation: OperationId): Promise<void> {
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
async function exceedRate({ context, runner }: Subject): Promise<Answer> {
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
export async function sendDecoy(subject: Subject, operation: OperationId): Promise<void> {
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
