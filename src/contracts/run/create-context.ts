/** Makes what a check has at hand: client, projects, runners, time, randomness and clean-up. */
import { createIdSource, createRandom } from '../../kernel/id-source.js'
import type { OperationId, ResponseBodyOf, StatusOf } from '../../kernel/operation.js'
import type { CheckTime, Context, OwnProject, Randomness } from '../check/context.js'
import { type Check, secondsOf } from '../check/check.js'
import type { Coverage } from '../check/lifecycle-coverage.js'
import { createdId, type PairOptions, pairRunner, type RunnerHandle } from '../check/runner-handle.js'
import { type AccidentId, AccidentLog, type AccidentProof, type SeenInCheck } from '../check/seen-accidents.js'
import { alternatives, type Answer } from '../target/answer.js'
import {
  type CallArguments,
  createClient,
  type OpenCall,
  type RawRequest,
  type RecordingClient,
  type StartedCall,
} from '../target/client.js'
import { isPresent } from '../target/conformance.js'
import { Blocked, expectStatus, NotRun } from '../target/expectation.js'
import type { IdentityCards, IdentityName, Limits } from '../target/target.js'
import type { RealTime } from '../target/real-time.js'
import type { Exchange, Mask } from '../target/recorded-exchange.js'
import type { Transport } from '../target/transport.js'
import type { Reservation, WaitingPlaces } from '../target/waiting-places.js'
import { OwnTime } from './check-time.js'
import { OwnPace } from './own-pace.js'
import { type Ping, ENDED, POLLS_HANG, presenceOf, type CheckRun } from './check-run.js'
import type { MissingOperations } from './missing-operations.js'
import type { TimeKeeper } from './time-keeper.js'

/** Creates the numbers of one check; `now` dates its UUIDs. */
export function createRandomness(seed: number, checkId: string, now: number): Randomness {
  const own = mix(seed, checkId)
  const random = createRandom(own)
  const ids = createIdSource(own ^ 0x5bd1e995)
  return {
    next: () => random.next(),
    below: (bound) => random.below(bound),
    pick: (values) => values[random.below(values.length)] ?? values[0],
    bytes: (length) => Uint8Array.from({ length }, () => random.below(256)),
    uuid: () => ids.next(now),
  }
}

/** FNV-1a over the id, started from the seed. */
function mix(seed: number, text: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0
  return hash
}

/**
 * Where projects come from. `shared`: the target's given project; checks must then run one after another. `none`: none can
 * be created, as the exchange shows, and none was given.
 */
export type ProjectSource =
  | { kind: 'own' }
  | { kind: 'shared'; project: OwnProject }
  | { kind: 'none'; exchange: Exchange }

async function createProject(context: Context, identity: IdentityName): Promise<OwnProject> {
  const name = context.name()
  const answer = await context.call('createProject', {
    body: { name },
    identity,
    accept: [alternatives.preparedLocation],
  })
  expectStatus(answer, 201)
  const id = createdId(answer)
  context.defer(() => context.call('deleteProjectById', { path: { id }, identity, timeoutSeconds: 5 }))
  return { id, name }
}

/** What all checks of a run share. */
export interface CheckEnvironment {
  url: string
  limits: Limits
  seed: number
  runs: number
  path: string | undefined
  /** Whether the exchanges of checks that pass are kept. */
  keepExchanges: boolean
  transport: Transport
  identities: IdentityCards
  projects: ProjectSource
  mask: Mask
  time: RealTime
  settleMs: number
  ping: Ping
  coverage: Coverage
  missing: MissingOperations
  waiting: WaitingPlaces
  /** Accidents that the run refuses. */
  refused: ReadonlySet<AccidentId>
  /** Most of the time that a check says it needs which it may really take, in seconds. */
  mostWaitSeconds: number
  /** Aborts once long polls are known to hang: those that wait are hung up, and no more are sent. */
  pollsHang: AbortSignal
  /** Aborts when the run is over: then nobody cares any more what still waits at the target. */
  over: AbortSignal
  /** A name that nothing else on the target has. */
  name(prefix: string): string
}

/** A check's context with what its runner needs to know about it. */
export interface RunningContext {
  context: Context
  client: RecordingClient
  /** Accidents that it has seen so far. */
  accidents: readonly SeenInCheck[]
  pace: Pick<OwnPace, 'isLate'>
  /** Lets a check that is given up come to its end: its calls are refused from now on, but for those that clean up. */
  stop(work: Promise<unknown>): Promise<void>
  /** Runs the clean-up, hangs up what is open then, and lets time go on without the check. */
  close(): Promise<void>
}

/** Real time that a check which is given up gets to end, and any check to clean up. */
const STOPPING_MS = 3000
/** The same when the whole run ends. */
const ENDING_MS = 200
const CLEANING_MS = 15_000

/** What a check calls to remove what it has made. */
const REMOVING: ReadonlySet<OperationId> = new Set([
  'disconnectRunner',
  'deleteProjectById',
  'retrieveProject',
  'cancelJob',
])

/** A target that needs longer for a ping is not waited for. */
const LONGEST_ROUND_TRIP_MS = 2000

/** Seconds by which a request may be late at the target, or its wait longer than declared. */
const LINGER_SLACK_SECONDS = 1

/** What a check runs in. */
export interface CheckPlace {
  /** The keeper of the phase that the check runs in. */
  keeper: TimeKeeper
  /** Its places for requests that wait. */
  seats: Reservation
  /** Aborts when the check must stop at once. */
  signal: AbortSignal
  /** Hears the verdict as soon as it is known; then comes the clean-up. */
  onVerdict?: (run: Pick<CheckRun, 'verdict' | 'lack'>) => void
  /** Hears that the check waits until a time, in milliseconds since 1970. */
  onWait?: (until: number) => void
}

/** Waits that nobody needs to be told of. */
const SHORT_WAIT_SECONDS = 2

export async function createContext(check: Check, bench: CheckEnvironment, place: CheckPlace): Promise<RunningContext> {
  const { keeper, seats, signal } = place
  const { time, limits, settleMs, ping } = bench
  const tellWait = (seconds: number): void => {
    if (seconds >= SHORT_WAIT_SECONDS) place.onWait?.(time.now() + 1000 * seconds)
  }
  const pace = new OwnPace(time, limits.heartbeat_ttl_seconds)
  const participant = pace.counting(await keeper.join(tellWait))
  const roundTrip = () => ping(LONGEST_ROUND_TRIP_MS)
  const own = new OwnTime({ keeper, participant, time, limits, settleMs, roundTrip })
  const hasTime = secondsOf(check, limits) > 0
  const observe = (call: StartedCall, ended: () => void) => (answer: Answer | undefined) => {
    ended()
    if (answer === undefined) return
    bench.coverage.observe(call, answer, hasTime)
    if (call.operation !== null && isPresent(answer)) bench.missing.notePresent(call.operation)
  }
  const client = createClient({
    ...bench,
    onCall(call) {
      if (call.waitSeconds !== undefined && bench.pollsHang.aborted) throw new NotRun(POLLS_HANG)
      if (!call.isOpen) tellWait(call.waitSeconds ?? 0)
      const ends = [own.onCall(call), pace.onCall(call)]
      return observe(call, () => ends.forEach((end) => end()))
    },
    door: {
      enter: () => seats.enter(),
      linger: (seconds, sentAt) => keeper.passed(seconds + LINGER_SLACK_SECONDS, sentAt, AbortSignal.any([bench.over])),
    },
  })
  AbortSignal.any([bench.pollsHang]).addEventListener('abort', () => void client.finish(0), { once: true })
  const random = createRandomness(bench.seed, check.id, time.now())
  const log = new AccidentLog(check.rule, bench.refused)
  const context = new CheckContext({ bench, client, log, random, time: own, signal })
  const patience = (): number => (signal.aborted ? ENDING_MS : STOPPING_MS)
  return {
    context,
    client,
    accidents: log.states,
    pace,
    async stop(work) {
      context.isStopped = true
      participant.leave()
      await client.finish(patience())
      const ended = work.catch(() => undefined)
      await time.within(ended, patience(), undefined)
    },
    async close() {
      // What is still under way, of calls made at once or of a check that was ended, makes nothing new.
      context.isStopped = true
      await client.settle(patience())
      // Polls end with their runner on many targets, and are hung up on all others.
      await time.within(context.cleanUp(), CLEANING_MS, undefined)
      await client.close()
      participant.leave()
    },
  }
}

/** Nobody may demand that a target takes more at once than it has declared. */
function expectRoom(operation: OperationId, body: unknown, limits: Limits): void {
  const counts: Partial<Record<OperationId, { most: number; what: string }>> = {
    registerAgents: { most: limits.max_agents_per_runner, what: 'agents' },
    appendJobLogs: { most: limits.max_log_entries_per_batch, what: 'log entries in a batch' },
  }
  const count = typeof body === 'object' && body !== null ? Object.keys(body).length : 0
  const room = counts[operation]
  if (room !== undefined && count > room.most) {
    throw new NotRun(`needs room for ${count} ${room.what}; the target has ${room.most}`)
  }
}

interface ContextParts {
  bench: CheckEnvironment
  client: RecordingClient
  log: AccidentLog
  random: Randomness
  time: CheckTime
  signal: AbortSignal
}

class CheckContext implements Context {
  readonly url: string
  readonly limits: Limits
  readonly seed: number
  readonly runs: number
  readonly path: string | undefined
  readonly random: Randomness
  readonly time: CheckTime
  readonly signal: AbortSignal
  private readonly bench: CheckEnvironment
  private readonly client: RecordingClient
  private readonly log: AccidentLog
  /** Projects by the workspace that they are for. */
  private readonly projects = new Map<string, Promise<OwnProject>>()
  private readonly tasks: (() => Promise<unknown>)[] = []
  isStopped = false

  constructor({ bench, client, log, random, time, signal }: ContextParts) {
    this.bench = bench
    this.client = client
    this.log = log
    this.url = bench.url
    this.limits = bench.limits
    this.seed = bench.seed
    this.runs = bench.runs
    this.path = bench.path
    this.random = random
    this.time = time
    this.signal = signal
  }

  private expectGoing(operation?: OperationId): void {
    if (this.isStopped && (operation === undefined || !REMOVING.has(operation))) throw new NotRun(ENDED)
    if (operation !== undefined) this.bench.missing.expectPresent(operation)
  }

  private expectPath({ method, path, operation }: RawRequest): void {
    this.expectGoing(operation ?? undefined)
    this.bench.missing.expectPath(method, path)
  }

  async call<Id extends OperationId>(operation: Id, ...request: CallArguments<Id>): Promise<Answer<Id>> {
    this.expectGoing(operation)
    return this.client.call(operation, ...request)
  }

  open<Id extends OperationId>(operation: Id, ...request: CallArguments<Id>): OpenCall<Id> {
    this.expectGoing(operation)
    return this.client.open(operation, ...request)
  }

  async raw(request: RawRequest): Promise<Answer> {
    this.expectPath(request)
    return this.client.raw(request)
  }

  openRaw(request: RawRequest): OpenCall {
    this.expectPath(request)
    return this.client.openRaw(request)
  }

  async expectCall<Id extends OperationId, Status extends StatusOf<Id>>(
    status: Status,
    operation: Id,
    ...request: CallArguments<Id>
  ): Promise<ResponseBodyOf<Id, Status>> {
    expectRoom(operation, request[0]?.body, this.limits)
    const answer = await this.call(operation, ...request)
    expectStatus(answer, status)
    return answer.body
  }

  get refused(): ReadonlySet<AccidentId> {
    return this.bench.refused
  }

  accident(id: AccidentId, seen: AccidentProof): void {
    this.log.note(id, seen)
    this.client.forgive([seen.proof ?? []].flat())
  }

  has(identity: IdentityName): boolean {
    return this.bench.identities.has(identity)
  }

  project(identity: IdentityName = 'main'): Promise<OwnProject> {
    const { projects, identities } = this.bench
    const workspaceOf = (name: IdentityName): string => identities.workspaceOf(name) ?? 'default'
    const workspace = workspaceOf(identity)
    const isShared = projects.kind === 'shared' && workspace === workspaceOf('main')
    const known = this.projects.get(workspace)
    const own = known ?? (isShared ? Promise.resolve(projects.project) : this.newProject(identity))
    this.projects.set(workspace, own)
    return own
  }

  async newProject(identity: IdentityName = 'main'): Promise<OwnProject> {
    const { kind } = this.bench.projects
    if (kind === 'none') throw new Blocked('createProject')
    if (kind === 'shared') throw new NotRun('the target does not let projects be created')
    return createProject(this, identity)
  }

  pair(options?: PairOptions): Promise<RunnerHandle> {
    return pairRunner(this, options)
  }

  name(prefix = 'project'): string {
    return this.bench.name(prefix)
  }

  defer(task: () => Promise<unknown>): void {
    this.tasks.push(task)
  }

  /** Later tasks first: runners go before their project. A target that leaves one unanswered is asked no more. */
  async cleanUp(): Promise<void> {
    for (let task = this.tasks.pop(); task !== undefined; task = this.tasks.pop()) {
      const presence = await task().then(() => 'there', presenceOf)
      if (presence !== 'there') return
    }
  }
}
