/**
 * Pairs a runner through the public calls and gives a check a handle on it, with the calls that checks make all the time.
 * Each demands the status of success; a check that is about the call itself uses `context.call`.
 */
import { signActivation, toBase64 } from '../../kernel/pairing.js'
import type { Agent } from '../../kernel/types.js'
import { type Alternative, alternatives, type Answer, idAtEndOf } from '../target/answer.js'
import type { Context, OwnProject, PairOptions, RunnerHandle } from './context.js'
import { bodyOf, expectStatus, fail, NotRun } from '../target/expectation.js'
import type { IdentityName, Limits } from '../target/target.js'
import { createHash, createHmac } from 'node:crypto'

export type { PairOptions, RunnerHandle } from './context.js'

/** A session that was opened and not activated. */
export interface OpenSession {
  readonly sessionId: string
  /** Empty when it is not known. */
  readonly runnerId: string
  readonly activationKey: Uint8Array
  readonly project: OwnProject
}

/** The calls here prepare what checks are about. */
const PREPARING = [alternatives.preparedLocation]

/** Opens a pairing session, with a fresh key unless one is given. */
export async function openSession(
  context: Context,
  options: PairOptions & Pick<Partial<OpenSession>, 'activationKey'> = {},
  writeKey = toBase64,
): Promise<OpenSession> {
  const identity = options.identity ?? 'main'
  const project = options.project ?? (await context.project(identity))
  const { activationKey = context.random.bytes(32) } = options
  const session = await context.expectCall(201, 'createPairingSession', {
    identity,
    accept: PREPARING,
    body: {
      project_id: project.id,
      activation_key: writeKey(activationKey),
      type: options.type ?? 'endpoint',
      ...(options.ttlSeconds === undefined ? {} : { ttl_seconds: options.ttlSeconds }),
    },
  })
  return { sessionId: session.session_id, runnerId: session.runner_id, activationKey, project }
}

/** Activates a session; the answer is the check's to judge. */
export async function activate(
  context: Context,
  session: OpenSession,
  runnerName: string,
  identity: IdentityName = 'main',
  accept: readonly Alternative[] = [],
): Promise<Answer<'activatePairingSession'>> {
  const hmac = await signActivation(session.activationKey, session.sessionId, runnerName)
  // A guessed session of another user names no runner to take down.
  const { runnerId } = session
  const leaving = { path: { runnerId }, identity, timeoutSeconds: 5 }
  if (runnerId !== '') context.defer(() => context.call('disconnectRunner', leaving))
  return context.call('activatePairingSession', {
    path: { sessionId: session.sessionId },
    body: { runner_name: runnerName, hmac },
    identity,
    accept,
  })
}

/** Pairs a runner: session, activation, then agents and a first heartbeat where asked for. */
export async function pairRunner(context: Context, options: PairOptions = {}): Promise<RunnerHandle> {
  const { type = 'endpoint', identity = 'main', agents, name = context.name('runner') } = options
  const session = await openSession(context, options)
  expectStatus(await activate(context, session, name, identity, PREPARING), 201)
  const handle = createHandle(context, session, { name, type, identity })
  const capabilities = options.capabilities ?? (type === 'connect' ? ['bridge'] : [])
  if (capabilities.length > 0) await handle.heartbeat(capabilities)
  if (agents !== undefined) await handle.register(agents)
  return handle
}

/** The id in the Location of a 201 answer, in whatever form the Location is. */
export function createdId(answer: Answer): string {
  const id = idAtEndOf(answer.headers['location'])
  return id ?? fail('a Location that ends in the new id', answer.headers['location'] ?? 'no Location', answer)
}

/** Gives a runner agents, jobs and commands, as many as the target has room for. */
function createHandle(context: Context, session: OpenSession, names: RunnerNames): RunnerHandle {
  const { runnerId, sessionId, activationKey, project } = session
  const { identity } = names
  const own = { path: { runnerId }, identity }
  const ofJob = (jobId: string) => ({ path: { jobId }, identity })
  const ofCommand = (commandId: string) => ({ path: { runnerId, commandId }, identity })
  let agent = 'echo'
  let [created, submitted] = [0, 0]
  return {
    ...{ id: runnerId, sessionId, activationKey, project, ...names },
    read: () => context.expectCall(200, 'getRunner', own),
    async readListed(asked) {
      const query = { project_id: project.id, ...asked }
      const { content } = await context.expectCall(200, 'listRunners', { identity, query })
      return content.find(({ id }) => id === runnerId)
    },
    async heartbeat(capabilities) {
      const body = capabilities === undefined ? {} : { capabilities: [...capabilities] }
      return (await context.expectCall(200, 'heartbeat', { ...own, body })).cancelled_job_ids
    },
    async register(agents) {
      const body = isNames(agents) ? Object.fromEntries(agents.map((each) => [each, {}])) : { ...agents }
      agent = Object.keys(body)[0] ?? agent
      await context.expectCall(204, 'registerAgents', { ...own, body })
    },
    patchChecklist: (body) => context.expectCall(204, 'patchChecklist', { ...own, body }),
    async createJob(request) {
      const body = { agent_name: agent, project_id: project.id, ...request }
      const answer = await context.call('createJob', { identity, body, accept: PREPARING })
      expectRoom(answer, ++created, context.limits.max_pending_jobs_per_runner)
      expectStatus(answer, 201)
      return createdId(answer)
    },
    nextJob: () => context.expectCall(200, 'nextJob', own),
    async takeJob() {
      const answer = await context.call('nextJob', own)
      return bodyOf(answer, 200) ?? fail('nextJob to hand out the pending job', 'null', answer)
    },
    readJob: (jobId) => context.expectCall(200, 'getJob', ofJob(jobId)),
    listJobs: (query) => context.expectCall(200, 'listJobs', { ...own, query }),
    cancelJob: (jobId) => context.expectCall(204, 'cancelJob', ofJob(jobId)),
    appendLogs: (jobId, body) => context.expectCall(204, 'appendJobLogs', { ...ofJob(jobId), body }),
    readLogs: (jobId, offset) =>
      context.expectCall(200, 'getJobLogs', { ...ofJob(jobId), query: offset === undefined ? {} : { offset } }),
    reportJob: (jobId, body) => context.expectCall(204, 'reportJobResult', { ...ofJob(jobId), body }),
    async submit(command) {
      const body = { type: 'ReadFile' as const, args: { path: 'README.md' }, ...command }
      const answer = await context.call('createBridgeCommand', { ...own, body, accept: PREPARING })
      expectRoom(answer, ++submitted, commandRoom(context.limits))
      return bodyOf(answer, 201).command_id
    },
    async nextCommands(maxCommands) {
      const body = maxCommands === undefined ? {} : { max_commands: maxCommands }
      return (await context.expectCall(200, 'nextBridgeCommands', { ...own, body })).commands
    },
    readCommand: (commandId) => context.expectCall(200, 'getBridgeCommand', ofCommand(commandId)),
    reportCommand: (id, body) => context.expectCall(204, 'reportBridgeResult', { ...ofCommand(id), body }),
    disconnect: () => context.expectCall(204, 'disconnectRunner', own),
  }
}

type RunnerNames = Pick<RunnerHandle, 'name' | 'type' | 'identity'>

function commandRoom(limits: Limits): number {
  const { bridge_max_commands_per_minute, bridge_max_write_commands_per_minute, bridge_max_pending_per_runner } = limits
  return Math.min(bridge_max_commands_per_minute, bridge_max_write_commands_per_minute, bridge_max_pending_per_runner)
}

/** A runner that refuses more than it has declared room for is right. */
function expectRoom({ status }: Answer, count: number, room: number): void {
  if (status === 429 && count > room)
    throw new NotRun(`needs room for ${count} jobs or commands; the target has ${room}`)
}

function isNames(agents: readonly string[] | Readonly<Record<string, Agent>>): agents is readonly string[] {
  return Array.isArray(agents)
}

// What proofs that are nearly right are made of.

export const uuidBytes = (uuid: string): Uint8Array => Buffer.from(uuid.replaceAll('-', ''), 'hex')

export const sha256 = (content: string | Uint8Array): Uint8Array => createHash('sha256').update(content).digest()

export function hmacOf(algorithm: string, key: Uint8Array, ...parts: readonly (Uint8Array | string)[]): Uint8Array {
  const hmac = createHmac(algorithm, key)
  for (const part of parts) hmac.update(part)
  return hmac.digest()
}
