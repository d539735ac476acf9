/** Makes what a check has at hand: client, projects, runners, time, randomness and clean-up. */
import { knownTo, type Version } from '../../kernel/all-operations.js'
import { createIdSource, createRandom } from '../../kernel/id-source.js'
import type { OperationId } from '../../kernel/operation.js'
import type { CheckTime, Context, OwnProject, Randomness } from '../check/context.js'
import { type Check, secondsOf } from '../check/check.js'
import type { Coverage } from '../check/lifecycle-coverage.js'
import { createdId, pairRunner } from '../check/runner-handle.js'
import { type QuirkId, QuirkLog } from '../check/seen-quirks.js'
import { alternatives, isPresent } from '../target/answer.js'
import { findNewProject, type ProjectSource } from './inspect-target.js'
import { CheckClient, type RawRequest } from '../target/client.js'
import { Blocked, expectStatus, NotRun } from '../target/expectation.js'
import type { IdentityCards, IdentityName, Limits } from '../target/target.js'
import type { RealTime, Transport } from '../target/transport.js'
import type { Mask } from '../target/recorded-exchange.js'
import type { PollPermit, PollLimiter } from '../target/poll-limiter.js'
import { OwnPace, OwnTime } from './check-time.js'
import { type Ping, ENDED, POLLS_HANG, presenceOf, type CheckRun } from './check-run.js'
import type { MissingOperations } from './build-report.js'
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
export interface CheckEnvironment {
  url: string
  limits: Limits
  /** That the target is judged as; undefined for any. */
  version: Version | undefined
  seed: number
  runs: number
  path: string | undefined
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
  waiting: PollLimiter
  refused: ReadonlySet<QuirkId>
  /** Most of the time that a check says it needs which it may really take, in seconds. */
  mostWaitSeconds: number
  /** Aborts once long polls are known to hang: those that wait are hung up, and no more are sent. */
  pollsHang: AbortSignal
  /** Aborts when the run is over: calls that still wait at the target no longer matter. */
  over: AbortSignal
  name: (prefix: string) => string
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
const MAX_ROUND_TRIP_MS = 2000

/** Seconds by which a request may be late at the target, or its wait longer than declared. */
const LINGER_SLACK_SECONDS = 1
export interface CheckRunOptions {
  keeper: TimeKeeper
  permits: PollPermit
  signal: AbortSignal
  /** Hears the verdict as soon as it is known; then comes the clean-up. */
  onVerdict?: (run: Pick<CheckRun, 'verdict' | 'missingOperation'>) => void
  /** Hears that the check waits until a time, in milliseconds since 1970. */
  onWait?: (until: number) => void
}

/** Shorter waits are not reported. */
const SHORT_WAIT_SECONDS = 2

/** A check's context with what its runner needs to know about it. */
export async function createContext(check: Check, bench: CheckEnvironment, place: CheckRunOptions) {
  const { keeper, permits, signal } = place
  const { time, limits, settleMs, ping } = bench
  const tellWait = (seconds: number): void => {
    if (seconds >= SHORT_WAIT_SECONDS) place.onWait?.(time.now() + 1000 * seconds)
  }
  const pace = new OwnPace(time, limits.heartbeat_ttl_seconds)
  const participant = pace.counting(await keeper.join(tellWait))
  const roundTrip = () => ping(MAX_ROUND_TRIP_MS)
  const own = new OwnTime({ keeper, participant, time, limits, settleMs, roundTrip })
  const hasTime = secondsOf(check, limits) > 0
  const client = new CheckClient({
    ...bench,
    onCall(call) {
      if (call.waitSeconds !== undefined && bench.pollsHang.aborted) throw new NotRun(POLLS_HANG)
      if (!call.isOpen) tellWait(call.waitSeconds ?? 0)
      const ends = [own.onCall(call), pace.onCall(call)]
      return (answer) => {
        for (const end of ends) end()
        if (answer === undefined) return
        bench.coverage.observe(call, answer, hasTime)
        if (call.operation !== null && isPresent(answer)) bench.missing.notePresent(call.operation, answer.status)
      }
    },
    door: {
      enter: () => permits.enter(),
      linger: (seconds, sentAt) => keeper.passed(seconds + LINGER_SLACK_SECONDS, sentAt, AbortSignal.any([bench.over])),
    },
  })
  AbortSignal.any([bench.pollsHang]).addEventListener('abort', () => void client.finish(0), { once: true })
  const state: CheckState = { isStopped: false, tasks: [] }
  const log = new QuirkLog(check.rule, bench.refused)
  const random = createRandomness(bench.seed, check.id, time.now())
  const patience = (): number => (signal.aborted ? ENDING_MS : STOPPING_MS)
  return {
    context: createCheckContext({ bench, client, log, random, time: own, signal, state }),
    client,
    quirks: log.states,
    pace,
    /** Lets a check that is given up come to its end: its calls are refused from now on, but for those that clean up. */
    async stop(work: Promise<unknown>) {
      state.isStopped = true
      participant.leave()
      await client.finish(patience())
      const ended = work.catch(() => undefined)
      await time.within(ended, patience(), undefined)
    },
    /** Runs the clean-up, hangs up what is open then, and lets time go on without the check. */
    async close() {
      // What is still under way, of calls made at once or of a check that was ended, makes nothing new.
      state.isStopped = true
      await client.settle(patience())
      // Polls end with their runner on many targets, and are hung up on all others.
      await time.within(cleanUp(state), CLEANING_MS, undefined)
      await client.close()
      participant.leave()
    },
  }
}

interface CheckState {
  isStopped: boolean
  readonly tasks: (() => Promise<unknown>)[]
}

/** Later tasks first: runners go before their project. A target that leaves one unanswered is asked no more. */
async function cleanUp({ tasks }: CheckState): Promise<void> {
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const presence = await task().then(() => 'there', presenceOf)
    if (presence !== 'there') return
  }
}

interface ContextParts {
  bench: CheckEnvironment
  client: CheckClient
  log: QuirkLog
  random: Randomness
  time: CheckTime
  signal: AbortSignal
  state: CheckState
}

function createCheckContext({ bench, client, log, random, time, signal, state }: ContextParts): Context {
  const { url, limits, seed, runs, path, refused, missing, identities, name } = bench
  const expectGoing = (operation: OperationId | null | undefined): void => {
    const isRemoving = operation !== null && operation !== undefined && REMOVING.has(operation)
    if (state.isStopped && !isRemoving) throw new NotRun(ENDED)
    if (operation !== null && operation !== undefined) missing.expectPresent(operation)
  }
  const expectPath = (request: RawRequest): RawRequest => {
    expectGoing(request.operation)
    missing.expectPath(request.method, request.path)
    return request
  }
  const projects = new Map<string, Promise<OwnProject>>()
  const context: Context = {
    ...{ url, limits, seed, runs, path, random, time, signal, refused },
    async call(operation, ...request) {
      expectGoing(operation)
      return client.call(operation, ...request)
    },
    open(operation, ...request) {
      expectGoing(operation)
      return client.open(operation, ...request)
    },
    raw: async (request) => client.raw(expectPath(request)),
    openRaw: (request) => client.openRaw(expectPath(request)),
    async expectCall(status, operation, ...request) {
      expectRoom(operation, request[0]?.body, limits)
      const answer = await context.call(operation, ...request)
      expectStatus(answer, status)
      return answer.body
    },
    quirk(id, seen) {
      log.note(id, seen)
      client.forgive([seen.proof ?? []].flat())
    },
    known: (operation, body) => knownTo(bench.version, operation, body),
    has: (identity) => identities.has(identity),
    project(identity = 'main') {
      const workspace = workspaceOf(identities, identity)
      const known = projects.get(workspace) ?? ownProject(context, bench, identity)
      projects.set(workspace, known)
      return known
    },
    newProject: (identity = 'main') => createProject(context, bench.projects, identity),
    pair: (options) => pairRunner(context, options),
    name: (prefix = 'project') => name(prefix),
    defer: (task) => void state.tasks.push(task),
  }
  return context
}

function workspaceOf(identities: IdentityCards, name: IdentityName): string {
  return identities.workspaceOf(name) ?? 'default'
}

function ownProject(context: Context, bench: CheckEnvironment, identity: IdentityName): Promise<OwnProject> {
  const { projects, identities } = bench
  const isShared = workspaceOf(identities, identity) === workspaceOf(identities, 'main')
  return projects.kind === 'shared' && isShared ? Promise.resolve(projects.project) : context.newProject(identity)
}

async function createProject(context: Context, { kind }: ProjectSource, identity: IdentityName): Promise<OwnProject> {
  if (kind === 'none') throw new Blocked('createProject')
  if (kind === 'shared') throw new NotRun('the target does not let projects be created')
  const name = context.name()
  const accept = [alternatives.preparedLocation]
  const answer = await context.call('createProject', { body: { name }, identity, accept })
  expectStatus(answer, 201)
  const id = (await findNewProject(context, answer, { name, identity })) ?? createdId(answer)
  context.defer(() => context.call('deleteProjectById', { path: { id }, identity, timeoutSeconds: 5 }))
  return { id, name }
}

/** A check must not require that a target takes more at once than it has declared. */
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
