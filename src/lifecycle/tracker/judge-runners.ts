/** Answers about pairing sessions and runners: what the tables allow, and what is known after them. */
import type { ApiAnswer, ApiCall } from '../../kernel/recording/api-call.js'
import { carryUntyped } from '../../kernel/shared-fields.js'
import { isObject, listOf, memberOf, objectOf, objectsAt, textAt, textsOf } from '../../kernel/json-value.js'
import { runnerOperations } from '../../kernel/operation.js'
import { withDefaults } from '../../kernel/read-parameters.js'
import type { Agent } from '../../kernel/types.js'
import { mergeChecklist } from '../checklist.js'
import { emits, roleOf, rulesOf } from '../roles.js'
import type { Decision, Rule } from '../table.js'
import { spanMs } from '../timers.js'
import { expectNewId, expectSame, expectThat, hasQuirk, Mismatch } from './mismatch.js'
import { expectPage, expectRunner, noteConnectedAt, type PageEntry } from './shown.js'
import { mayBePurged, noteBeat, notePurge, statusesOf, distinctStates, lose } from './tracked-states.js'
import { isOver, type TimeRange } from './time-range.js'
import { expectDecision, possibleDecisions, viewOf } from './tracked-view.js'
import {
  createRunner,
  edit,
  EMPTY_LINE,
  findInSlot,
  findOwnRunner,
  ownRecords,
  type TrackedRunner,
  type TrackedSession,
  type TrackedWork,
  type TrackedWorld,
} from './tracked-world.js'

/**
 * Refuses a status that no rule gives. Time may have taken the runner away.
 * @returns the runner, none where the answer says that it is gone, and the rules by which the call may have been answered
 */
export function meetRunner(
  world: TrackedWorld,
  call: ApiCall,
  answer: ApiAnswer,
  now: TimeRange,
  id = call.path['runnerId'] ?? '',
) {
  const found = findOwnRunner(world, call.caller, id)
  const own = found && edit(world, 'runners', id)
  const isDoubtful = own !== undefined && mayBePurged(world, own, now)
  const states = own === undefined ? ['none'] : [...statusesOf(world, own, now), ...(isDoubtful ? ['none'] : [])]
  const possible = possibleDecisions('runner', states, viewOf(world, call, now, own))
  const decisions = expectDecision(answer, withCreation(call, possible))
  const isGone = decisions.every(({ machine, from }) => machine === 'runner' && from === 'none')
  if (own !== undefined && isGone) notePurge(world, own, now)
  return { runner: isGone ? undefined : own, decisions }
}

/** A creation is accepted by the rule of the resource that it makes. */
function withCreation({ operation }: ApiCall, decisions: readonly Decision[]): readonly Decision[] {
  const { creates } = roleOf(operation)
  if (creates === undefined) return decisions
  const [created] = rulesOf(creates).filter(({ on, to }) => on === operation && to !== null)
  return decisions.map((each) =>
    created === undefined || (each.rule.answer ?? 0) >= 400 ? each : { machine: creates, from: 'none', rule: created },
  )
}

/** A call on a runner by its path: reads, heartbeats, what it says of itself, its end. */
export function judgeRunnerCall(world: TrackedWorld, call: ApiCall, answer: ApiAnswer, now: TimeRange): void {
  const { runner, decisions } = meetRunner(world, call, answer, now)
  if (runner === undefined) return
  if (answer.status >= 400) {
    if (renews(call.operation) && hasQuirk(world, 'refused-heartbeat-renews')) noteBeat(world, runner, now)
    return
  }
  if (roleOf(call.operation).isRead) expectRunner(world, runner, answer.body, now)
  if (renews(call.operation)) {
    expectAnnouncements(runner, answer)
    noteBeat(world, runner, now)
  }
  const [{ rule } = { rule: undefined }] = decisions
  for (const field of rule?.set ?? []) write(runner, field, call.body)
  if (decisions.some((each) => emits(each.rule, 'runner.gone'))) runner.isGone = true
}

const renewing: ReadonlySet<string> = new Set(
  rulesOf('runner')
    .filter(isRenewal)
    .map(({ on }) => on),
)

function isRenewal({ from, to, answer }: Rule): boolean {
  return answer !== null && to === 'connected' && from.includes('disconnected')
}

/** Whether an operation is a heartbeat. */
export function renews(operation: string): boolean {
  return renewing.has(operation)
}

/** Writes a field of a runner as its request gives it. */
function write(runner: TrackedRunner, field: string, body: unknown): void {
  if (field === 'capabilities') {
    const named = textsOf(memberOf(body, field))
    if (named.length > 0) runner.capabilities = named
  }
  if (field === 'agents') runner.agents = readAgents(body)
  if (field === 'checklist' && isObject(body)) runner.checklist = mergeChecklist(runner.checklist, body)
}

function readAgents(body: unknown): Record<string, Agent> {
  return Object.fromEntries(
    Object.entries(objectOf(body)).map(([name, agent]) => [name, carryUntyped('Agent', objectOf(agent), { name })]),
  )
}

function expectAnnouncements(runner: TrackedRunner, answer: ApiAnswer): void {
  const ids = listOf(memberOf(answer.body, 'cancelled_job_ids')).map(String)
  const { unannounced } = runner
  const certain = unannounced.filter(({ isCertain }) => isCertain).map(({ id }) => id)
  const isRight =
    new Set(ids).size === ids.length &&
    ids.every((id) => unannounced.some((each) => each.id === id)) &&
    certain.every((id) => ids.includes(id))
  const jobs = certain.length === 0 ? 'no cancelled job' : `the cancelled jobs ${certain.join(', ')}`
  if (!isRight) throw new Mismatch(`${jobs} to be announced`, JSON.stringify(ids))
  runner.unannounced = []
}

/** listRunners: the caller's own of a project, most recently activated first. */
export function judgeRunnerList(world: TrackedWorld, call: ApiCall, answer: ApiAnswer, now: TimeRange): void {
  const { caller } = call
  const query = withDefaults(runnerOperations.listRunners, call.query)
  const projectId = String(query['project_id'])
  const isOwnProject = world.projects.get(projectId) === world.workspaces[caller]
  // Another workspace's project is empty, or unknown (alternative foreignProject).
  expectThat(answer.status === 200 || (answer.status === 404 && !isOwnProject), 'status 200', answer.status)
  if (answer.status !== 200) return
  const content = objectsAt(answer.body, 'content')
  for (const shown of content) {
    const own = findOwnRunner(world, caller, textAt(shown, 'id'))
    const runner = own && edit(world, 'runners', own.id)
    if (runner !== undefined) noteConnectedAt(runner, shown)
  }
  const own = [...world.runners.values()].filter((each) => findOwnRunner(world, caller, each.id) !== undefined)
  const entries = own
    .filter((each) => each.projectId === projectId)
    .flatMap((each) => entryOfRunner(world, each, now, query['status']))
  const ids = content.map((each) => textAt(each, 'id'))
  const others = ids.filter((id) => !world.runners.has(id) && (world.isShared || world.earlier.has(id)))
  const hasOthers = world.isShared || others.length > 0
  expectPage({ what: 'runners', entries, query, body: answer.body, others: new Set(others), hasOthers })
  for (const shown of content) {
    const runner = edit(world, 'runners', textAt(shown, 'id'))
    if (runner !== undefined) expectRunner(world, runner, shown, now)
  }
}

/** A runner in a list; none where its status is not the one that is wanted. */
export function entryOfRunner(
  world: TrackedWorld,
  runner: TrackedRunner,
  now: TimeRange,
  wanted: unknown,
): PageEntry[] {
  const statuses = statusesOf(world, runner, now)
  if (wanted !== undefined && !statuses.some((each) => each === wanted)) return []
  const isCertain = (wanted === undefined || statuses.length === 1) && !mayBePurged(world, runner, now)
  return [{ id: runner.id, isCertain, moment: runner.activated }]
}

/** A new pairing session. */
export function judgeOpening(world: TrackedWorld, call: ApiCall, answer: ApiAnswer, now: TimeRange): void {
  expectDecision(answer, possibleDecisions('pairingSession', ['none'], viewOf(world, call, now)))
  if (answer.status >= 400) return
  const id = expectNewId(world, textAt(answer.body, 'session_id'), 'session')
  const runnerId = expectNewId(world, textAt(answer.body, 'runner_id'), 'runner')
  expectThat(id !== runnerId, 'two ids, one of the session and one of the runner', answer.body)
  const { project_id: projectId, type } = carryUntyped('CreateSessionRequest', objectOf(call.body))
  ownRecords(world, 'sessions').set(id, {
    ...{ id, runnerId, opened: now, isActivated: false, activators: [] },
    workspace: world.workspaces[call.caller] ?? '',
    projectId: String(projectId),
    type: type === 'connect' ? 'connect' : 'endpoint',
    ttlMs: spanMs('session_ttl', world.limits, objectOf(call.body)),
  })
}

/** An activation: of an unknown or expired session, with a wrong proof, a first one, a second one. */
export function judgeActivation(world: TrackedWorld, call: ApiCall, answer: ApiAnswer, now: TimeRange): void {
  const session = edit(world, 'sessions', call.path['sessionId'] ?? '')
  const isKnown = session !== undefined && session.workspace === world.workspaces[call.caller]
  const age = isKnown ? isOver(session.opened, now, session.ttlMs) : 'over'
  const state = session?.isActivated === true ? 'activated' : 'open'
  const states = age === 'over' ? ['none'] : age === 'open' ? [state, 'none'] : [state]
  const [decision] = expectDecision(answer, possibleDecisions('pairingSession', states, viewOf(world, call, now)))
  if (session === undefined || decision === undefined || decision.from === 'none') return
  if (emits(decision.rule, 'pairingSession.activated')) {
    expectSame('the id in Location', answer.createdId, session.runnerId)
    addRunner(world, session, call, now)
  } else if (decision.from === 'activated' && call.secret !== 'wrong') {
    session.activators = [...session.activators, call.caller]
    if (hasQuirk(world, 'activation-revives')) revive(world, session, call, now)
  }
}

function addRunner(
  world: TrackedWorld,
  session: TrackedSession,
  { caller: owner, body }: ApiCall,
  now: TimeRange,
): void {
  const { runnerId: id, projectId, type } = session
  evict(world, owner, session)
  session.isActivated = true
  session.activators = [...session.activators, owner]
  makeNewest(world, createRunner({ id, owner, projectId, type, name: textAt(body, 'runner_name'), activated: now }))
}

function evict(world: TrackedWorld, owner: string, { runnerId, projectId, type }: TrackedSession): void {
  const other = findInSlot(world, owner, projectId, type)
  if (other === undefined || other.id === runnerId) return
  const evicted = edit(world, 'runners', other.id)
  if (evicted !== undefined) evicted.isGone = true
}

/** Puts a runner behind all others. */
function makeNewest(world: TrackedWorld, runner: TrackedRunner): void {
  const runners = ownRecords(world, 'runners')
  runners.delete(runner.id)
  runners.set(runner.id, runner)
}

/**
 * Registers a runner again under its new name, for this caller too. One that was gone comes back with all that it said of
 * itself; its work has ended with it and can be read by id, not in lists.
 */
function revive(world: TrackedWorld, session: TrackedSession, call: ApiCall, now: TimeRange): void {
  const { caller, body } = call
  evict(world, caller, session)
  const runner = edit(world, 'runners', session.runnerId)
  if (runner === undefined || runner.isPurged) {
    addRunner(world, session, call, now)
    for (const each of loseWork(world, session.runnerId, now)) each.mayBeGone = true
    return
  }
  if (runner.isGone) {
    loseWork(world, runner.id, now)
    const owners = { owner: caller, sharers: [] }
    Object.assign(runner, { ...owners, isGone: false, job: EMPTY_LINE, bridgeCommand: EMPTY_LINE, unannounced: [] })
  } else if (findOwnRunner(world, caller, runner.id) === undefined) runner.sharers = [...runner.sharers, caller]
  noteBeat(world, runner, now)
  Object.assign(runner, { name: textAt(body, 'runner_name'), activated: now, connectedAt: undefined })
  makeNewest(world, runner)
}

/** Ends the work of a runner, as its loss does, and returns it. */
function loseWork(world: TrackedWorld, runnerId: string, now: TimeRange): readonly TrackedWork[] {
  const own = [...world.work.values()].filter((each) => each.runnerId === runnerId)
  return own.flatMap(({ id }) => {
    const work = edit(world, 'work', id)
    if (work === undefined) return []
    work.states = distinctStates(lose(work, now))
    return [work]
  })
}
