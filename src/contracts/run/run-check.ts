/**
 * Runs one check to its verdict: what it has at hand meanwhile, and each part of it that runs beside others (client, projects,
 * runners, time, randomness).
 */
import { knownTo, type Version } from '../../kernel/all-operations.js'
import type { StopSignal } from '../../kernel/clock.js'
import { createIdSource, createRandom, hashText } from '../../kernel/id-source.js'
import type { OperationId } from '../../kernel/operation.js'
import { realClock } from '../../kernel/real-time.js'
import { show } from '../../kernel/printable.js'
import { type Check, operationOf, secondsOf, type Verdict } from '../check/check.js'
import type { Context, OwnProject, Randomness } from '../check/context.js'
import { createdId, pairRunner } from '../check/runner-handle.js'
import { type QuirkId, refusal, type SeenInCheck } from '../check/seen-quirks.js'
import { alternatives, isPresent } from '../target/answer.js'
import { CheckClient, type ClientParts } from '../target/client.js'
import { Blocked, expectStatus, fail, NotRun } from '../target/expectation.js'
import type { IdentityName, Limits } from '../target/target.js'
import { OwnTime, TOO_SLOW, type PollLimiter, type PollPermit } from './check-time.js'
import { findNewProject, type Ping, type TargetFacts } from './inspect-target.js'
import {
  missingIn,
  presenceOf,
  toVerdict,
  type CheckRun,
  type JudgedRun,
  type MissingOperations,
} from './missing-operations.js'
import type { TimeKeeper } from './time-keeper.js'

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
  onVerdict: (run: JudgedRun) => void
  /** Hears that the check waits until a time, in milliseconds since 1970. */
  onWait: (until: number) => void
}

/** Why a check has no verdict that was under way when the run ended. */
export const ENDED = 'the run was ended'
const POLLS_HANG = 'long polls of the target hang: several were not answered in their time'

/** Real time that a check which is given up gets to end, and any check to clean up. */
const STOPPING_MS = 3000
/** The same when the whole run ends. */
const ENDING_MS = 200
const CLEANING_MS = 15_000
/** With a clock that moves, a check that takes hours takes no longer than that. */
const CLOCKED_SECONDS = 120
/** Shorter waits are not reported. */
const SHORT_WAIT_SECONDS = 2

/** Seconds by which a request may be late at the target, or its wait longer than declared. */
const LINGER_SLACK_SECONDS = 1

/** A check under way. */
interface RunningCheck extends Pick<CheckRunOptions, 'keeper' | 'signal'> {
  check: Check
  bench: CheckEnvironment
  /** Whether it is given up: it makes nothing new. */
  isStopped: boolean
  isOver: boolean
  /** Its clean-up. */
  readonly tasks: (() => Promise<unknown>)[]
  readonly quirks: SeenInCheck[]
  /** Time as it and each of its parts see it. */
  readonly times: OwnTime[]
  tellWait: (seconds: number) => void
}

/** Runs a check; resolves when its clean-up is done. */
export async function runCheck(
  check: Check,
  bench: CheckEnvironment,
  { keeper, permits, signal, onVerdict, onWait }: CheckRunOptions,
): Promise<CheckRun> {
  const { pollsHang } = bench
  const state: RunningCheck = {
    ...{ check, bench, keeper, signal, isStopped: false, isOver: false, tasks: [], quirks: [], times: [] },
    tellWait(seconds) {
      if (seconds >= SHORT_WAIT_SECONDS) onWait(realClock.now() + 1000 * seconds)
    },
  }
  const { client, context } = await enter(state, permits)
  const hangUp = (): void => void client.finish(0)
  pollsHang.addEventListener('abort', hangUp)
  const started = realClock.stopwatch()
  const work = (signal.aborted ? Promise.resolve() : check.run(context)).finally(() => (state.isOver = true))
  const thrown: unknown = await inTime(work, check, bench, signal).catch((error: unknown) => error)
  const durationMs = realClock.stopwatch() - started
  const connection = presenceOf(thrown)
  const isHungUp = connection === 'silent' && pollsHang.aborted
  const isLate = state.times.some((each) => each.isLate)
  const excuse = isHungUp ? POLLS_HANG : isLate ? TOO_SLOW : undefined
  const judged = toVerdict(thrown, check, client, bench.mask)
  const reason = signal.aborted ? ENDED : judged.kind === 'failed' ? excuse : undefined
  const verdict: Verdict = reason === undefined ? judged : { kind: 'not-run', reason }
  const missingOperation = verdict.kind === 'failed' ? missingIn(thrown) : undefined
  onVerdict({ verdict, missingOperation })
  const run = {
    ...{ verdict, missingOperation, durationMs, requests: client.record.requestCount },
    ...{ operations: [...client.record.operations], quirks: [...state.quirks] },
    exchanges: verdict.kind === 'passed' && !bench.keepExchanges ? [] : client.exchanges,
    connection: isHungUp ? 'there' : connection,
  }
  const patience = (): number => (signal.aborted ? ENDING_MS : STOPPING_MS)
  const wasOver = state.isOver
  // What is still under way, of calls made at once or of a check that was ended, makes nothing new.
  state.isStopped = true
  if (!wasOver) {
    leaveTime(state)
    await client.finish(patience())
    await realClock.within(
      work.catch(() => undefined),
      patience(),
      undefined,
    )
  }
  await client.settle(patience())
  // Polls end with their runner on many targets, and are hung up on all others.
  await realClock.within(cleanUp(state), CLEANING_MS, undefined)
  await client.close()
  pollsHang.removeEventListener('abort', hangUp)
  leaveTime(state)
  return run
}

function leaveTime({ times }: RunningCheck): void {
  for (const each of times) each.leave()
}

/** Waits for a check, unless the run is ended first. */
async function inTime(work: Promise<void>, check: Check, bench: CheckEnvironment, stop: StopSignal): Promise<void> {
  const seconds =
    check.patienceSeconds(bench.runs) +
    Math.min(secondsOf(check, bench.limits), bench.maxWaitSeconds ?? CLOCKED_SECONDS)
  let onStop = (): void => undefined
  const stopped = new Promise<void>((resolve) => (onStop = resolve))
  stop.addEventListener('abort', onStop)
  const ended = Promise.race([work, stopped]).finally(() => stop.removeEventListener('abort', onStop))
  const end = await realClock.within(ended, 1000 * seconds, LATE)
  if (end === LATE) throw new Error(`The check did not end within ${seconds} s.`)
}

const LATE = 'late'

/** Later tasks first: runners go before their project. A target that leaves one unanswered is asked no more. */
async function cleanUp({ tasks }: RunningCheck): Promise<void> {
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const presence = await task().then(() => 'there', presenceOf)
    if (presence !== 'there') return
  }
}

/** What a check is run with, or a part of one, whose calls are on record with those of the whole. */
async function enter(state: RunningCheck, permits: PollPermit, whole?: CheckClient, name = state.check.id) {
  const { bench, keeper, signal, tellWait } = state
  const participant = await keeper.join(tellWait)
  const time = new OwnTime({ ...bench, keeper, participant })
  state.times.push(time)
  const heard = hearing(state, permits, time)
  const client = whole?.beside(heard) ?? new CheckClient({ ...bench, ...heard })
  const play = async (run: (part: Context) => Promise<void>, at: number, waiting: number): Promise<void> => {
    const room = await bench.waiting.reserve(waiting, signal)
    const part = await enter(state, room, client, `${name} ${at}`)
    try {
      await run(part.context)
    } finally {
      part.time.leave()
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
  const random = createRandomness(bench.seed, name, realClock.now())
  return { time, client, context: createContext(state, client, { time, signal: bench.stopped, random, sideBySide }) }
}

/** What hears of the calls that a check, or a part of one, makes, and lets in those that may wait. */
function hearing(state: RunningCheck, permits: PollPermit, own: OwnTime): Pick<ClientParts, 'onCall' | 'door'> {
  const { bench, keeper, tellWait } = state
  const { pollsHang, missing, over } = bench
  return {
    onCall(call) {
      if (state.isStopped && !REMOVING.has(call.operation)) throw new NotRun(ENDED)
      missing.expectPresent(call)
      if (call.waitSeconds !== undefined && pollsHang.aborted) throw new NotRun(POLLS_HANG)
      if (!call.isOpen) tellWait(call.waitSeconds ?? 0)
      const end = own.onCall(call)
      return (answer) => {
        end(answer !== undefined)
        if (answer === undefined || call.operation === null) return
        if (isPresent(answer)) missing.notePresent(call.operation, answer.status)
      }
    },
    door: (seconds) => permits.enter((sentAt) => keeper.passed(seconds + LINGER_SLACK_SECONDS, sentAt, over)),
  }
}

/** What a check calls to remove what it has made. */
const REMOVING: ReadonlySet<OperationId | null> = new Set([
  'disconnectRunner',
  'deleteProjectById',
  'retrieveProject',
  'cancelJob',
])

function createContext(
  state: RunningCheck,
  client: CheckClient,
  own: Pick<Context, 'time' | 'signal' | 'random' | 'sideBySide'>,
): Context {
  const { check, bench } = state
  const { url, limits, seed, runs, path, refused, identities, name } = bench
  const projects = new Map<string, Promise<OwnProject>>()
  const context: Context = {
    ...{ url, limits, seed, runs, path, refused },
    ...own,
    call: client.call.bind(client),
    open: client.open.bind(client),
    raw: client.raw.bind(client),
    openRaw: client.openRaw.bind(client),
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
    has: (identity) => identities[identity] !== undefined,
    project(identity = 'main') {
      const workspace = identities[identity]?.workspace ?? ''
      const known = projects.get(workspace) ?? ownProject(context, bench, identity)
      projects.set(workspace, known)
      return known
    },
    newProject: (identity = 'main') => createProject(context, bench, identity),
    pair: (options) => pairRunner(context, options),
    name: (prefix = 'project') => name(prefix),
    defer: (task) => void state.tasks.push(task),
  }
  return context
}

async function ownProject(context: Context, bench: CheckEnvironment, identity: IdentityName): Promise<OwnProject> {
  const { projects, identities } = bench
  const [own, main] = [identity, 'main' as const].map((name) => identities[name]?.workspace)
  return projects.kind === 'shared' && own === main ? projects.project : context.newProject(identity)
}

async function createProject(
  context: Context,
  { projects: { kind } }: CheckEnvironment,
  identity: IdentityName,
): Promise<OwnProject> {
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
  const own = hashText(checkId, seed)
  const random = createRandom(own)
  const ids = createIdSource(own ^ 0x5bd1e995)
  return {
    next: () => random.next(),
    below: (bound) => random.below(bound),
    pick: (values) => values[random.below(values.length)] ?? values[0],
    bytes: (length) => new Uint8Array(length).map(() => random.below(256)),
    uuid: () => ids.next(now),
  }
}
