/**
 * Pairs a runner through the public calls and gives a check a handle on it, with the calls that checks make all the time.
 * Each demands the status of success; a check that is about the call itself uses `context.call`.
 */
import { toBase64 } from '../../kernel/pairing.js'
import type {
  Agent,
  BridgeCommand,
  BridgeCommandItem,
  BridgeCommandResultRequest,
  BridgeCommandSubmitRequest,
  CreateLocalRunnerJobRequest,
  LocalRunner,
  LocalRunnerJob,
  LocalRunnerJobResultRequest,
  RunnerType,
} from '../../kernel/types.js'
import { type Alternative, alternatives, type Answer } from '../target/answer.js'
import { idAtEndOf } from '../target/conformance.js'
import type { Context, OwnProject, PairOptions, RunnerHandle } from './context.js'
import { bodyOf, expectStatus, fail, NotRun } from '../target/expectation.js'
import type { IdentityName } from '../target/target.js'
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

/** Opens a pairing session with a fresh key. */
export async function openSession(context: Context, options: PairOptions = {}): Promise<OpenSession> {
  const identity = options.identity ?? 'main'
  const project = options.project ?? (await context.project(identity))
  const activationKey = context.random.bytes(32)
  const session = await context.expectCall(201, 'createPairingSession', {
    identity,
    accept: PREPARING,
    body: {
      project_id: project.id,
      activation_key: toBase64(activationKey),
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
  const hmac = proveActivation(session.activationKey, session.sessionId, runnerName)
  // A guess at somebody else's session names no runner that could be taken down.
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
  const name = options.name ?? context.name('runner')
  const session = await openSession(context, options)
  expectStatus(await activate(context, session, name, options.identity, PREPARING), 201)
  const handle = new PairedRunner(context, session, { ...options, name })
  const type = options.type ?? 'endpoint'
  const capabilities = options.capabilities ?? (type === 'connect' ? ['bridge'] : [])
  if (capabilities.length > 0) await handle.heartbeat(capabilities)
  if (options.agents !== undefined) await handle.register(options.agents)
  return handle
}

/** The id in the Location of a 201 answer, in whatever form the Location is. */
export function createdId(answer: Answer): string {
  const id = idAtEndOf(answer.headers['location'])
  return id ?? fail('a Location that ends in the new id', answer.headers['location'] ?? 'no Location', answer)
}

class PairedRunner implements RunnerHandle {
  readonly id: string
  readonly sessionId: string
  readonly name: string
  readonly type: RunnerType
  readonly project: OwnProject
  readonly identity: IdentityName
  readonly activationKey: Uint8Array
  private readonly context: Context
  private agent = 'echo'
  private created = 0
  private submitted = 0

  constructor(context: Context, session: OpenSession, options: PairOptions & { name: string }) {
    this.context = context
    this.id = session.runnerId
    this.sessionId = session.sessionId
    this.activationKey = session.activationKey
    this.project = session.project
    this.name = options.name
    this.type = options.type ?? 'endpoint'
    this.identity = options.identity ?? 'main'
  }

  private get own(): { path: { runnerId: string }; identity: IdentityName } {
    return { path: { runnerId: this.id }, identity: this.identity }
  }

  private ofJob(jobId: string): { path: { jobId: string }; identity: IdentityName } {
    return { path: { jobId }, identity: this.identity }
  }

  private ofCommand(commandId: string): { path: { runnerId: string; commandId: string }; identity: IdentityName } {
    return { path: { runnerId: this.id, commandId }, identity: this.identity }
  }

  async read(): Promise<LocalRunner> {
    return this.context.expectCall(200, 'getRunner', this.own)
  }

  async heartbeat(capabilities?: readonly string[]): Promise<readonly string[]> {
    const body = capabilities === undefined ? {} : { capabilities: [...capabilities] }
    return (await this.context.expectCall(200, 'heartbeat', { ...this.own, body })).cancelled_job_ids
  }

  async register(agents: readonly string[] | Readonly<Record<string, Agent>>): Promise<void> {
    const body = isNames(agents) ? Object.fromEntries(agents.map((name) => [name, {}])) : { ...agents }
    this.agent = Object.keys(body)[0] ?? this.agent
    await this.context.expectCall(204, 'registerAgents', { ...this.own, body })
  }

  async createJob(request: Partial<CreateLocalRunnerJobRequest> = {}): Promise<string> {
    const body = { agent_name: this.agent, project_id: this.project.id, ...request }
    const answer = await this.context.call('createJob', { identity: this.identity, body, accept: PREPARING })
    this.expectRoom(answer, ++this.created, this.context.limits.max_pending_jobs_per_runner)
    expectStatus(answer, 201)
    return createdId(answer)
  }

  async nextJob(): Promise<LocalRunnerJob | null> {
    return this.context.expectCall(200, 'nextJob', this.own)
  }

  async takeJob(): Promise<LocalRunnerJob> {
    const answer = await this.context.call('nextJob', this.own)
    return bodyOf(answer, 200) ?? fail('nextJob to hand out the pending job', 'null', answer)
  }

  async readJob(jobId: string): Promise<LocalRunnerJob> {
    return this.context.expectCall(200, 'getJob', this.ofJob(jobId))
  }

  async reportJob(jobId: string, body: LocalRunnerJobResultRequest): Promise<void> {
    await this.context.expectCall(204, 'reportJobResult', { ...this.ofJob(jobId), body })
  }

  async submit(command: Partial<BridgeCommandSubmitRequest> = {}): Promise<string> {
    const body = { type: 'ReadFile' as const, args: { path: 'README.md' }, ...command }
    const request = { ...this.own, body, accept: PREPARING }
    const answer = await this.context.call('createBridgeCommand', request)
    const { limits } = this.context
    const rate = Math.min(limits.bridge_max_commands_per_minute, limits.bridge_max_write_commands_per_minute)
    this.expectRoom(answer, ++this.submitted, Math.min(rate, limits.bridge_max_pending_per_runner))
    return bodyOf(answer, 201).command_id
  }

  /** A runner that refuses more than it has declared room for is right. */
  private expectRoom({ status }: Answer, count: number, room: number): void {
    if (status === 429 && count > room)
      throw new NotRun(`needs room for ${count} jobs or commands; the target has ${room}`)
  }

  async nextCommands(maxCommands?: number): Promise<readonly BridgeCommandItem[]> {
    const body = maxCommands === undefined ? {} : { max_commands: maxCommands }
    return (await this.context.expectCall(200, 'nextBridgeCommands', { ...this.own, body })).commands
  }

  async readCommand(commandId: string): Promise<BridgeCommand> {
    return this.context.expectCall(200, 'getBridgeCommand', this.ofCommand(commandId))
  }

  async reportCommand(commandId: string, body: BridgeCommandResultRequest): Promise<void> {
    await this.context.expectCall(204, 'reportBridgeResult', { ...this.ofCommand(commandId), body })
  }

  async disconnect(): Promise<void> {
    await this.context.expectCall(204, 'disconnectRunner', this.own)
  }
}

function isNames(agents: readonly string[] | Readonly<Record<string, Agent>>): agents is readonly string[] {
  return Array.isArray(agents)
}

/**
 * The `hmac` of an activatePairingSession request, in standard base64, as the kernel's `signActivation` makes it, by Node's
 * own cryptography: a run makes a thousand of them, and WebCrypto goes to another thread for each.
 */
export function proveActivation(activationKey: Uint8Array, sessionId: string, runnerName: string): string {
  const session = Buffer.from(sessionId.replaceAll('-', ''), 'hex')
  const name = createHash('sha256').update(runnerName).digest()
  return createHmac('sha256', activationKey).update(session).update(name).digest('base64')
}
