/**
 * What one check has at hand while it runs, and each part of it that runs beside others: client, projects, runners, time,
 * randomness.
 */
import { knownTo, type Version } from '../../kernel/all-operations.js'
import type { StopSignal } from '../../kernel/clock.js'
import { createIdSource, createRandom } from '../../kernel/id-source.js'
import type { OperationId } from '../../kernel/operation.js'
import { show } from '../../kernel/printable.js'
import { type Check, operationOf } from '../check/check.js'
import type { Context, OwnProject, Randomness } from '../check/context.js'
import { createdId, pairRunner } from '../check/runner-handle.js'
import { type QuirkId, refusal, type SeenInCheck } from '../check/seen-quirks.js'
import { alternatives, isPresent } from '../target/answer.js'
import { CheckClient, type ClientParts, type RawRequest } from '../target/client.js'
import { Blocked, expectStatus, fail, NotRun } from '../target/expectation.js'
import type { IdentityName, Limits } from '../target/target.js'
import { OwnTime, type PollLimiter, type PollPermit, type TimeKeeper, type TimeParticipant } from './check-time.js'
import { findNewProject, type Ping, type ProjectSource, type TargetFacts } from './inspect-target.js'
import type { JudgedRun, MissingOperations } from './missing-operations.js'

/** What all checks of a run share. */
export interface CheckEnvironment extends TargetFacts, Omit<ClientParts, 'onCall' | 'door'> {
  /** That the target is judged as; undefined for any. */
  version: Version | undefined
  seed: number
  runs: number
  path: string | undefined
  keepExchanges: boolean
  ping: Ping
  /** Sends a further request, see `OwnTime`. */
  roundTrip: () => Promise<boolean>
  missing: MissingOperations
  waiting: PollLimiter
  refused: ReadonlySet<QuirkId>
  /** Longest real waiting, null where a clock moves time. */
  maxWaitSeconds: number | null
  /** Aborts once long polls are known to hang: those that wait are hung up, and no more are sent. */
  pollsHang: StopSignal
  /** Aborts when the run is over: calls that still wait at the target no longer matter. */
  over: StopSignal
  /** What checks hear when they must stop at once. */
  stopped: AbortSignal
  name: (prefix: string) => string
}

export interface CheckRunOptions {
  keeper: TimeKeeper
  permits: PollPermit
  signal: StopSignal
  /** Hears the verdict as soon as it is known; then comes the clean-up. */
  onVerdict?: (run: JudgedRun) => void
  /** Hears that the check waits until a time, in milliseconds since 1970. */
  onWait?: (until: number) => void
}

/** Why a check has no verdict that was under way when the run ended. */
export const ENDED = 'the run was ended'
export const POLLS_HANG = 'long polls of the target hang: several were not answered in their time'

/** Seconds by which a request may be late at the target, or its wait longer than declared. */
const LINGER_SLACK_SECONDS = 1

export interface CheckState {
  /** Whether it is given up: it makes nothing new. */
  isStopped: boolean
  isOver: boolean
  /** Its clean-up. */
  readonly tasks: (() => Promise<unknown>)[]
  readonly quirks: SeenInCheck[]
  /** Time as it and each of its parts see it. */
  readonly times: OwnTime[]
  readonly participants: TimeParticipant[]
}

interface CheckParts {
  check: Check
  bench: CheckEnvironment
  place: CheckRunOptions
  state: CheckState
  tellWait: (seconds: number) => void
}

/** What a check is run with, or a part of one, whose calls are on record with those of the whole. */
export async function enter(parts: CheckParts, permits: PollPermit, whole?: CheckClient, name = parts.check.id) {
  const { check, bench, place, state, tellWait } = parts
  const { keeper, signal } = place
  const participant = await keeper.join(tellWait)
  const time = new OwnTime({ ...bench, keeper, participant })
  state.times.push(time)
  state.participants.push(participant)
  const heard = hearing(bench, { keeper, permits }, time, tellWait)
  const client = whole?.beside(heard) ?? new CheckClient({ ...bench, ...heard })
  const play = async (run: (part: Context) => Promise<void>, at: number, waiting: number): Promise<void> => {
    const room = await bench.waiting.reserve(waiting, signal)
    const part = await enter(parts, room, client, `${name} ${at}`)
    try {
      await run(part.context)
    } finally {
      part.participant.leave()
      room.release()
    }
  }
  const sideBySide: Context['sideBySide'] = async (runs, waiting) => {
    const resume = participant.rest()
    permits.release()
    const ends = await Promise.allSettled(runs.map((run, at) => play(run, at, waiting)))
    resume()
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }
  const random = createRandomness(bench.seed, name, bench.time.now())
  const context = createContext(check, bench, { client, time, signal: bench.stopped, random, sideBySide, state })
  return { participant, client, context }
}

/** What hears of the calls that a check, or a part of one, makes, and lets in those that may wait. */
function hearing(
  bench: CheckEnvironment,
  { keeper, permits }: Pick<CheckRunOptions, 'keeper' | 'permits'>,
  own: OwnTime,
  tellWait: (seconds: number) => void,
): Pick<ClientParts, 'onCall' | 'door'> {
  const { time, pollsHang, missing, over } = bench
  return {
    onCall(call) {
      if (call.waitSeconds !== undefined && pollsHang.aborted) throw new NotRun(POLLS_HANG)
      if (!call.isOpen) tellWait(call.waitSeconds ?? 0)
      const end = own.onCall(call)
      return (answer) => {
        end()
        if (answer === undefined || call.operation === null) return
        if (isPresent(answer)) missing.notePresent(call.operation, answer.status)
      }
    },
    door: {
      enter: () => permits.enter(),
      linger(seconds) {
        const sentAt = time.stopwatch()
        return () => keeper.passed(seconds + LINGER_SLACK_SECONDS, sentAt, over)
      },
    },
  }
}

/** What a check calls to remove what it has made. */
const REMOVING: ReadonlySet<OperationId> = new Set([
  'disconnectRunner',
  'deleteProjectById',
  'retrieveProject',
  'cancelJob',
])

interface ContextParts extends Pick<Context, 'time' | 'signal' | 'random' | 'sideBySide'> {
  client: CheckClient
  state: CheckState
}

function createContext(check: Check, bench: CheckEnvironment, { client, state, ...own }: ContextParts): Context {
  const { url, limits, seed, runs, path, refused, missing, identities, name } = bench
  const expectGoing = (operation: OperationId | null | undefined): void => {
    const isNamed = operation !== null && operation !== undefined
    if (state.isStopped && !(isNamed && REMOVING.has(operation))) throw new NotRun(ENDED)
    if (isNamed) missing.expectPresent(operation)
  }
  const expectPath = (request: RawRequest): RawRequest => {
    expectGoing(request.operation)
    missing.expectPath(request.method, request.path)
    return request
  }
  const projects = new Map<string, Promise<OwnProject>>()
  const context: Context = {
    ...{ url, limits, seed, runs, path, refused },
    ...own,
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
    quirk(id, { expected, actual, proof }) {
      if (refused.has(id)) fail(`${expected} (${refusal(id)})`, show(actual), proof)
      const answers = [proof ?? []].flat()
      const operation = answers.at(-1)?.operation ?? operationOf(check.rule) ?? null
      const isKnown = state.quirks.some((each) => each.id === id && each.operation === operation)
      if (!isKnown) state.quirks.push({ id, operation })
      client.forgive(answers)
    },
    known: (operation, body) => knownTo(bench.version, operation, body),
    has: (identity) => identities.has(identity),
    project(identity = 'main') {
      const workspace = identities.workspaceOf(identity) ?? 'default'
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

async function ownProject(context: Context, bench: CheckEnvironment, identity: IdentityName): Promise<OwnProject> {
  const { projects, identities } = bench
  const [own, main] = [identity, 'main' as const].map((name) => identities.workspaceOf(name) ?? 'default')
  return projects.kind === 'shared' && own === main ? projects.project : context.newProject(identity)
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

/** Creates the numbers of one check; `now` dates its UUIDs. */
export function createRandomness(seed: number, checkId: string, now: number): Randomness {
  // FNV-1a over the id, started from the seed.
  let own = (0x811c9dc5 ^ seed) >>> 0
  for (let at = 0; at < checkId.length; at++) own = Math.imul(own ^ checkId.charCodeAt(at), 0x01000193) >>> 0
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
