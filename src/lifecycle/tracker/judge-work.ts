/** Answers about jobs and commands: what the tables allow, and what is known after them. */
import type { ApiAnswer, ApiCall } from '../../kernel/recording/api-call.js'
import { carryUntyped } from '../../kernel/shared-fields.js'
import { listOf, memberOf, objectOf, objectsAt, objectsOf, textAt, type JsonObject } from '../../kernel/json-value.js'
import { runnerOperations } from '../../kernel/operation.js'
import { withDefaults } from '../../kernel/read-parameters.js'
import { batchSize, commandTimeout, isWrite, jobTimeout } from '../facts.js'
import { effectOf, openStates } from '../rule-effects.js'
import { handedOut, idFields, roleOf } from '../roles.js'
import { machines, type Rule } from '../table.js'
import { waitSeconds } from '../timers.js'
import { expectEmpty, canTake, takeBatch } from './work-queues.js'
import { meetRunner } from './judge-runners.js'
import { expectNewId, expectSame, expectThat, hasQuirk, Mismatch, noteQuirk } from './mismatch.js'
import { expectPage, expectRequest, expectWork, NAMES, type PageEntry } from './shown.js'
import {
  isTakenByPurge,
  mayBePurged,
  notePurge,
  applyTo,
  createWork,
  distinctStates,
  machineFacts,
  handOut,
  hasEnded,
  isOverdue,
  keepingOf,
  statesNow,
} from './tracked-states.js'
import { mayHaveWaited, type TimeRange } from './time-range.js'
import { expectDecision, possibleDecisions, viewOf } from './tracked-view.js'
import {
  edit,
  findInSlot,
  findOwnWork,
  ownRecords,
  type TrackedRunner,
  type TrackedWork,
  type TrackedWorld,
  type WorkState,
} from './tracked-world.js'

/** A new job or command: its runner, and what it must have, in the order of the rules. */
export function judgeCreation(world: TrackedWorld, call: ApiCall, answer: ApiAnswer, now: TimeRange): void {
  const { operation, caller, body } = call
  const { way, creates } = roleOf(operation)
  const projectId = textAt(body, 'project_id').toLowerCase()
  const inSlot = way === 'slot' ? (findInSlot(world, caller, projectId, 'endpoint')?.id ?? '') : undefined
  const { runner } = meetRunner(world, call, answer, now, inSlot)
  if (runner === undefined) return
  const machine = creates === 'job' ? 'job' : 'bridgeCommand'
  if (answer.status === 429 && machine === 'bridgeCommand') allowRate(world, runner, textAt(body, 'type'), now)
  if (answer.status >= 400) return
  const told = memberOf(answer.body, machineFacts[machine].idField)
  const id = expectNewId(world, typeof told === 'string' ? told : answer.createdId, NAMES[machine])
  expectSame('the id in Location', answer.createdId, id)
  const limitOf = (name: keyof typeof world.limits): number => world.limits[name]
  const agents = Object.hasOwn(runner.agents, textAt(body, 'agent_name')) ? runner.agents : {}
  const timeout =
    machine === 'job' ? jobTimeout(agents[textAt(body, 'agent_name')]?.timeout, limitOf) : commandTimeout(body, limitOf)
  const made = { machine, id, runnerId: runner.id, created: now, timeoutMs: 1000 * timeout } as const
  ownRecords(world, 'work').set(id, createdBy(call, made))
  const line = runner[machine]
  runner[machine] = { ...line, ids: [...line.ids, id], queue: [...line.queue, id] }
  if (machine === 'job') return
  const { all, writes, refusedWrites } = runner.accepted
  runner.accepted = { all: all + 1, writes: writes + (isWrite(textAt(body, 'type')) ? 1 : 0), refusedWrites }
}

/** What a call makes, one record for all worlds in which it makes the same. */
function createdBy(call: ApiCall, made: Omit<Parameters<typeof createWork>[0], 'request'>): TrackedWork {
  const known = creations.get(call)
  if (known?.runnerId === made.runnerId && known.timeoutMs === made.timeoutMs && known.id === made.id) return known
  const request = carryUntyped(machineFacts[made.machine].request.feeds, objectOf(call.body))
  const work = createWork({ ...made, request })
  creations.set(call, work)
  return work
}

const creations = new WeakMap<ApiCall, TrackedWork>()

/** Notes why a command may have been refused where there seems to be room. */
function allowRate(world: TrackedWorld, runner: TrackedRunner, type: string, now: TimeRange): void {
  const { limits } = world
  const { all, writes, refusedWrites } = runner.accepted
  if (canTake(world, runner, 'bridgeCommand', now) !== true) return
  if (isWrite(type) && writes >= limits.bridge_max_write_commands_per_minute)
    runner.accepted = { all, writes, refusedWrites: refusedWrites + 1 }
  else if (all < limits.bridge_max_commands_per_minute) noteQuirk(world, 'refused-payload-counts')
}

/** A poll: the oldest pending job, or a batch of commands; nothing only when its time is up. */
export function judgePoll(world: TrackedWorld, call: ApiCall, answer: ApiAnswer, now: TimeRange): void {
  const { runner } = meetRunner(world, call, answer, now)
  const { handsOut: machine } = roleOf(call.operation)
  if (runner === undefined || machine === undefined || answer.status >= 400) return
  const items = handedOut(call.operation, answer.body)
  const ids = items.map((item) => textAt(item, idFields[machine]))
  const waitMs = 1000 * (waitSeconds(call.operation, call.query, world.limits) ?? 0)
  if (ids.length === 0 && mayHaveWaited(answer, waitMs)) {
    // Its time may have been over just before something came.
    expectEmpty(world, { runner, machine, began: now.to - answer.waitedMs }, now)
    return
  }
  const batch = { machine, ids, most: machine === 'job' ? 1 : batchSize(call.body) }
  if (!takeBatch(world, runner, batch, now)) expectWait(world, runner, answer, { now, waitMs })
  for (const [at, id] of ids.entries()) {
    const work = edit(world, 'work', id)
    if (work === undefined) continue
    expectRequest(work, items[at] ?? {})
    start(work, now)
    if (machine === 'job') expectWork(world, work, items[at], now)
  }
}

interface CallParts {
  call: ApiCall
  answer: ApiAnswer
  now: TimeRange
}

/** A poll ends when its runner is purged meanwhile (alternative pollOfGoneRunner), and else when its time is up. */
function expectWait(
  world: TrackedWorld,
  runner: TrackedRunner,
  answer: ApiAnswer,
  { now, waitMs }: { now: TimeRange; waitMs: number },
): void {
  if (isTakenByPurge(world, runner, now)) return
  const waited = `nothing after ${Math.round(answer.waitedMs)} ms`
  throw new Mismatch(`an empty poll to wait for ${waitMs / 1000} s`, waited)
}

function start(work: TrackedWork, now: TimeRange): void {
  const { startedField } = machineFacts[work.machine]
  work.started = now
  const { [startedField]: _, ...times } = work.times
  work.times = times
  work.states = distinctStates(work.states.map((state) => handOut(state, work.machine, now)))
}

/** The jobs of a runner, newest first. */
export function judgeWorkList(world: TrackedWorld, call: ApiCall, answer: ApiAnswer, now: TimeRange): void {
  const { runner } = meetRunner(world, call, answer, now)
  if (runner === undefined || answer.status >= 400) return
  const query = withDefaults(runnerOperations.listJobs, call.query)
  const { project_id: projectId } = query
  const isOfProject = projectId === undefined || projectId === runner.projectId
  const content = objectsAt(answer.body, 'content')
  const { ids } = runner.job
  const entries = isOfProject ? ids.flatMap((id) => toEntry(world, id, content, now)) : []
  const overcount = projectId === undefined ? ids.length - entries.length : 0
  expectPage({ what: 'jobs', entries, query, body: answer.body, overcount })
  if (Number(memberOf(answer.body, 'total')) > entries.length) noteQuirk(world, 'total-counts-expired')
  for (const shown of content) {
    const job = edit(world, 'work', textAt(shown, 'id'))
    if (job !== undefined) expectWork(world, job, shown, now)
  }
}

function toEntry(world: TrackedWorld, id: string, content: readonly JsonObject[], now: TimeRange): PageEntry[] {
  const job = world.work.get(id)
  if (job === undefined) return []
  const keeping = keepingOf(world, job, now)
  const isShown = content.some((each) => each['id'] === id)
  if (keeping === 'gone' || (isOverdue(world, job, now) && !isShown)) return []
  if (isOverdue(world, job, now)) noteQuirk(world, 'cancelled-running-never-expires')
  return [{ id, isCertain: keeping === 'kept', moment: job.created }]
}

/** A call on a job or a command by its path. */
export function judgeWorkCall(world: TrackedWorld, call: ApiCall, answer: ApiAnswer, now: TimeRange): void {
  const { machine, isRead } = roleOf(call.operation)
  if (machine !== 'job' && machine !== 'bridgeCommand') return
  const { parameter } = machines[machine]
  const [id, runnerId] = [call.path[parameter] ?? '', call.path['runnerId']]
  const found = findOwnWork(world, call.caller, machine, { id, runnerId })
  const work = found && edit(world, 'work', id)
  const decided = work === undefined ? [] : meetWork(world, work, { call, answer, now })
  if (work === undefined) expectDecision(answer, possibleDecisions(machine, ['none'], viewOf(world, call, now)))
  if (work === undefined || decided.length === 0 || answer.status >= 400) return
  if (isOverdue(world, work, now)) noteQuirk(world, 'cancelled-running-never-expires')
  const effect = effects[call.operation]
  if (effect !== undefined) effect(work, call, answer)
  else if (isRead) read(world, work, { call, answer, now })
  else move(world, work, decided, { call, now })
}

/** A state and the rule that decides a call in it. */
type DecidedState = readonly [WorkState, Rule]

/** The states in which the answer is right; none where it says that the work is gone, which is then noted. */
function meetWork(world: TrackedWorld, work: TrackedWork, { call, answer, now }: CallParts): readonly DecidedState[] {
  const runner = edit(world, 'runners', work.runnerId)
  const keeping = keepingOf(world, work, now)
  const isPurged = runner !== undefined && mayBePurged(world, runner, now)
  const view = viewOf(world, call, now)
  const absent = keeping !== 'kept' || isPurged ? possibleDecisions(work.machine, ['none'], view) : []
  const states = keeping === 'gone' ? [] : statesNow(world, work, now)
  const decided = states.flatMap((state) =>
    possibleDecisions(work.machine, [state.status], view).map((decision) => ({ state, decision })),
  )
  expectDecision(answer, [...decided.map(({ decision }) => decision), ...absent])
  const fitting = decided.filter(({ decision }) => decision.rule.answer === answer.status)
  if (fitting.length === 0 && keeping === 'open') work.isGone = true
  else if (fitting.length === 0 && keeping === 'kept' && runner !== undefined && isPurged) notePurge(world, runner, now)
  return fitting.map(({ state, decision }) => [state, decision.rule])
}

/** By operation, where the answer or the request is no resource. */
const effects: Readonly<Partial<Record<string, (work: TrackedWork, call: ApiCall, answer: ApiAnswer) => void>>> = {
  appendJobLogs(work, { body }) {
    const lines = objectsOf(body).map((line) => carryUntyped('LocalRunnerLogEntry', line))
    work.logs = [...work.logs, ...lines]
  },
  getJobLogs({ logs }, { query }, { body }) {
    const offset = Number(query['offset'] ?? 0)
    expectSame(`the log from offset ${offset}`, listOf(body), logs.slice(offset))
  },
}

/** A read; one that waits is answered at the end of the work, or when its time is up. */
function read(world: TrackedWorld, work: TrackedWork, { call, answer, now }: CallParts): void {
  const seconds = waitSeconds(call.operation, withDefaults(runnerOperations.getBridgeCommand, call.query), world.limits)
  if (seconds === undefined) {
    expectWork(world, work, answer.body, now)
    return
  }
  const isWaitOver = mayHaveWaited(answer, 1000 * seconds)
  const status = textAt(answer.body, 'status')
  if (status === 'timed_out' && !statesNow(world, work, now).some((state) => state.status === status)) {
    // A reader wakes when the runner is purged meanwhile (alternative readerOfGoneRunner).
    const runner = edit(world, 'runners', work.runnerId)
    if (runner !== undefined && !hasEnded(work) && isTakenByPurge(world, runner, now)) return
  }
  expectWork(world, work, answer.body, now, isWaitOver ? openStates(work.machine) : [])
  if (isWaitOver) return
  const wanted = `a reader who waits for ${seconds} s not to be answered before the command's end`
  expectThat(hasEnded(work), wanted, `${status} after ${answer.waitedMs} ms`)
}

/** Carries rules out: the new state, the queue that it leaves, the announcement that is due. */
function move(
  world: TrackedWorld,
  work: TrackedWork,
  decided: readonly DecidedState[],
  { call, now }: { call: ApiCall; now: TimeRange },
): void {
  const runner = edit(world, 'runners', work.runnerId)
  const effects = decided.map(([{ status }, rule]) => effectOf(work.machine, status, rule))
  const announcing = effects.filter(({ isAnnounced }) => isAnnounced)
  if (runner !== undefined && announcing.length > 0) {
    const isCertain = announcing.length === decided.length
    runner.unannounced = [...runner.unannounced, { id: work.id, isCertain }]
  }
  // What was reported while it waited stays in the queue by a quirk: then, or never, polls meet it there.
  const [quirk] = effects.flatMap(({ isTaken, staysBy }) => (isTaken && staysBy !== undefined ? [staysBy] : []))
  if (quirk !== undefined) hasQuirk(world, quirk)
  const isMoved = decided.some(([, { to }]) => to !== null)
  if (runner !== undefined && isMoved && effects.every(({ staysBy }) => staysBy === undefined)) {
    const line = runner[work.machine]
    runner[work.machine] = { ...line, queue: line.queue.filter((id) => id !== work.id) }
  }
  work.states = distinctStates(decided.map(([state, rule]) => applyTo(state, work.machine, rule, now, call.body)))
}
