/** What calls tell of sessions, runners, jobs and commands: those that change them by the rules, and that show them. */
import { carryUntyped, copySharedFields } from '../../../kernel/shared-fields.js'
import { isObject, listOf, memberOf, objectOf, objectsAt, textAt, textsOf } from '../../../kernel/json-value.js'
import type { OperationId } from '../../../kernel/operation.js'
import { spanMs } from '../../../lifecycle/timers.js'
import { mergeChecklist } from '../../../lifecycle/checklist.js'
import { isRival, isSame, momentAt } from './last-state.js'
import type { Follow, LastRunner, LastState, LastWork, AnsweredCall } from './last-state.js'
import { requestFeeds } from '../../../generated/carried.js'
import { commandTimeout, jobTimeout } from '../../../lifecycle/facts.js'
import { handOutRules, phaseOf } from '../../../lifecycle/rule-effects.js'
import { handedOut, idFields, rulesOf, type OperationRole, type WorkMachine } from '../../../lifecycle/roles.js'
import { machines, type SettingName } from '../../../lifecycle/table.js'

const createPairingSession: Follow = ({ sessions, settings }, { body, answer, owner, to }) => {
  const id = textAt(answer, 'session_id')
  const { type, project_id } = carryUntyped('CreateSessionRequest', objectOf(body))
  if (id === '') return
  const expiresAt = to + spanMs('session_ttl', settings, objectOf(body))
  sessions.set(id, { owner, wire: { type, project_id }, expiresAt, isActivated: false })
}

const activatePairingSession: Follow = (state, call) => {
  const { sessions, runners } = state
  const session = sessions.get(call.path['sessionId'] ?? '')
  if (session !== undefined) session.isActivated = true
  // The later of two activations stands behind, as in a list.
  runners.delete(call.madeId)
  const runner = meetRunner(state, call, call.madeId)
  const wire = { ...runner.wire, ...session?.wire, name: textAt(call.body, 'runner_name') }
  Object.assign(runner, { wire, connectedAt: call.to, changedAt: call.to, beatAt: call.to })
  if (session === undefined) return
  for (const other of runners.values()) if (other !== runner && isRival(other, runner)) leave(state, other)
}

const heartbeat: Follow = (state, call) => {
  const runner = meetRunner(state, call)
  runner.beatAt = call.to
  const capabilities = textsOf(memberOf(call.body, 'capabilities'))
  if (capabilities.length > 0) runner.wire = { ...runner.wire, capabilities }
  for (const id of listOf(memberOf(call.answer, 'cancelled_job_ids'))) {
    const job = state.work.get(String(id))
    if (job?.status === 'running') Object.assign(job, { status: 'cancelled', endedAt: call.to, changedAt: call.to })
  }
}

const registerAgents: Follow = (state, call) => {
  const { body } = call
  if (!isObject(body)) return
  const agents = Object.entries(body).map(([name, agent]) => copySharedFields('Agent', objectOf(agent), { name }))
  const runner = meetRunner(state, call)
  runner.wire = { ...runner.wire, agents }
}

const patchChecklist: Follow = (state, call) => {
  const runner = meetRunner(state, call)
  const { wire } = runner
  if (isObject(call.body)) runner.wire = { ...wire, checklist: mergeChecklist(objectOf(wire['checklist']), call.body) }
}

const listRunners: Follow = (state, call) => {
  const content = objectsAt(call.answer, 'content')
  for (const shown of content.toReversed()) show(state, call, shown)
  const isWhole = isObject(call.answer) && call.answer['total'] === content.length
  if (!isWhole || (call.query.get('status') ?? '') !== '') return
  const [ids, project] = [content.map((each) => each['id']), call.query.get('project_id')?.toLowerCase()]
  for (const runner of state.runners.values()) {
    const isThere =
      ids.includes(runner.id) || runner.wire['project_id'] !== project || !isSame(runner.owner, call.owner)
    if (!isThere && runner.changedAt < call.from) leave(state, runner)
  }
}

function show(state: LastState, call: AnsweredCall, shown: unknown): void {
  const id = textAt(shown, 'id')
  const known = state.runners.get(id)
  if (!isObject(shown) || id === '' || (known !== undefined && known.changedAt > call.from)) return
  const runner = meetRunner(state, call, id)
  const isConnected = shown['status'] === 'connected'
  runner.wire = isConnected ? shown : { ...shown, agents: runner.wire['agents'] }
  runner.connectedAt = momentAt(shown, 'connected_at') ?? runner.connectedAt ?? call.to
  runner.shown = { isConnected, at: call.to }
}

/** Finds a runner or adds it; it is there now. */
function meetRunner({ runners }: LastState, { owner, from, path }: AnsweredCall, other?: string): LastRunner {
  const id = other ?? path['runnerId'] ?? ''
  const runner = runners.get(id) ?? { id, owner, changedAt: from, wire: {}, isGone: false }
  runner.isGone = false
  runners.set(id, runner)
  return runner
}

/** With a runner goes what is its own. */
function leave({ work }: LastState, runner: LastRunner): void {
  runner.isGone = true
  for (const each of work.values()) if (each.runnerId === runner.id) each.isGone = true
}

/** Its owner hears that a runner is not there; `from`: when the call began, if it was there until then. */
export function missRunner(state: LastState, { path, owner }: AnsweredCall, from = Infinity): void {
  const runner = state.runners.get(path['runnerId'] ?? '')
  if (runner !== undefined && isSame(runner.owner, owner) && runner.changedAt < from) leave(state, runner)
}

export const runnerFollowers: Readonly<Partial<Record<OperationId, Follow>>> = {
  ...{ createPairingSession, activatePairingSession, heartbeat, registerAgents, patchChecklist, listRunners },
  disconnectRunner: (state, call) => missRunner(state, call),
  getRunner: (state, call) => show(state, call, call.answer),
}

export function followWork(state: LastState, call: AnsweredCall, role: OperationRole): void {
  const { machine, creates, handsOut, lists, isRead } = role
  if (creates === 'job' || creates === 'bridgeCommand') create(state, call, creates)
  else if (handsOut !== undefined) handOut(state, call, handsOut)
  else if (lists === 'job') for (const shown of objectsAt(call.answer, 'content')) look(state, call, 'job', shown)
  else if (machine === 'job' || machine === 'bridgeCommand') {
    if (Array.isArray(call.body)) meet(state, call.owner, 'job', idOf(call)).logs.push(...call.body.filter(isObject))
    else if (isRead && Array.isArray(call.answer)) readLogs(state, call, call.answer)
    else if (isRead) look(state, call, machine, call.answer)
    else move(state, call, machine)
  }
}

/** How far a status is from the beginning; what has ended stays so. */
function rankOf(machine: WorkMachine, status: string): number {
  return ['waiting', 'working', 'ended'].indexOf(phaseOf(machine, status))
}

const ENDED = 2
const feeds: Readonly<Partial<Record<string, Parameters<typeof carryUntyped>[0]>>> = requestFeeds

function create(state: LastState, call: AnsweredCall, machine: WorkMachine): void {
  const { body, owner, to, operation } = call
  const id = call.madeId || textAt(call.answer, 'command_id')
  if (!isObject(body) || id === '') return
  const limitOf = (name: SettingName): number => state.settings[name]
  const runner = machine === 'job' ? runnerInSlot(state, call) : state.runners.get(call.path['runnerId'] ?? '')
  const agent = objectsAt(runner?.wire, 'agents').find(({ name }) => name === body['agent_name'])
  const timeout =
    machine === 'job'
      ? { timeout: jobTimeout(Number(agent?.['timeout'] ?? 0), limitOf) }
      : { timeout_seconds: commandTimeout(body, limitOf) }
  const work = meet(state, owner, machine, id)
  // A poll that was answered before this was knows more.
  if (rankOf(machine, work.status) > 0) return
  const source = feeds[operation]
  const wire = source === undefined ? {} : carryUntyped(source, body, timeout)
  Object.assign(work, { wire: { ...wire, ...work.wire }, createdAt: to, changedAt: to })
  const runnerId = runner?.id ?? call.path['runnerId']
  if (runnerId !== undefined) work.runnerId ??= runnerId
}

function runnerInSlot({ runners }: LastState, { body, owner }: AnsweredCall) {
  const projectId = textAt(body, 'project_id').toLowerCase()
  return [...runners.values()].find(
    ({ wire, ...each }) =>
      wire['type'] !== 'connect' && wire['project_id'] === projectId && !each.isGone && isSame(each.owner, owner),
  )
}

function handOut(state: LastState, call: AnsweredCall, machine: WorkMachine): void {
  const runner = meetRunner(state, call)
  runner.wire = { type: machine === 'job' ? 'endpoint' : 'connect', ...runner.wire }
  for (const item of handedOut(call.operation, call.answer)) {
    const id = textAt(item, idFields[machine])
    if (id === '') continue
    const work = meet(state, call.owner, machine, id)
    const isOld = rankOf(machine, work.status) === ENDED && (machine !== 'job' || work.changedAt > call.from)
    Object.assign(work, { runnerId: textAt(item, 'runner_id') || runner.id, handedOutAt: call.to })
    if (isOld) continue
    const status = textAt(item, 'status') || (handOutRules[machine].to ?? work.status)
    Object.assign(work, { wire: { ...work.wire, ...item }, status, isGone: false, changedAt: call.to })
    delete work.endedAt
  }
}

function look(state: LastState, call: AnsweredCall, machine: WorkMachine, shown: unknown): void {
  const id = textAt(shown, idFields[machine])
  const status = textAt(shown, 'status')
  if (!isObject(shown) || id === '' || !Object.hasOwn(machines[machine].states, status)) return
  const work = meet(state, call.owner, machine, id)
  // What is shown is taken unless it may be older than what is known.
  if (work.changedAt > call.from && rankOf(machine, status) <= rankOf(machine, work.status)) return
  work.wire = shown
  work.status = status
  work.runnerId = textAt(shown, 'runner_id') || work.runnerId || ''
  work.isGone = false
  if (rankOf(machine, status) < ENDED) delete work.endedAt
  work.changedAt = Math.max(work.changedAt, call.from)
}

/** Carries out the rule that the state and the reported status decide. */
function move(state: LastState, call: AnsweredCall, machine: WorkMachine): void {
  const work = meet(state, call.owner, machine, idOf(call))
  const status = textAt(call.body, 'status').toLowerCase()
  const rule = rulesOf(machine).find(
    ({ on, from, answer, when }) =>
      on === call.operation &&
      answer === call.status &&
      from.includes(work.status) &&
      (when['status'] === undefined || when['status'].includes(status)),
  )
  const source = feeds[call.operation]
  if (rule === undefined || (rule.to === null && rule.set === undefined)) return
  const said = source === undefined ? {} : carryUntyped(source, objectOf(call.body))
  work.wire = { ...work.wire, ...said }
  work.changedAt = call.to
  const { runnerId } = call.path
  if (runnerId !== undefined) work.runnerId ??= runnerId
  if (rule.to === null) return
  work.status = rule.to
  if (rankOf(machine, rule.to) === ENDED) work.endedAt = call.to
}

function readLogs(state: LastState, call: AnsweredCall, answer: readonly unknown[]): void {
  const offset = Number(call.query.get('offset') ?? 0)
  if (answer.length === 0 || !Number.isSafeInteger(offset) || offset > MAX_LINES) return
  const { logs } = meet(state, call.owner, 'job', idOf(call))
  while (logs.length < offset) logs.push({ stream: 'stdout', text: '...' })
  logs.splice(offset, answer.length, ...answer.filter(isObject))
}

/** No log is filled up for an offset that is beyond all reason. */
const MAX_LINES = 100_000

function idOf({ path }: AnsweredCall): string {
  return path['jobId'] ?? path['commandId'] ?? ''
}

/** What succeeds shows that it is there: a 404 before may have been about something else. */
function meet({ work }: LastState, owner: AnsweredCall['owner'], machine: WorkMachine, id: string): LastWork {
  const fresh = { machine, id, owner, status: 'pending', wire: {}, logs: [], changedAt: 0, isGone: false }
  const known = work.get(id) ?? fresh
  work.set(id, known)
  known.isGone = false
  return known
}

/** Its owner hears that a job or a command is not there. */
export function missWork(state: LastState, call: AnsweredCall): void {
  const work = state.work.get(idOf(call))
  if (work !== undefined && isSame(work.owner, call.owner) && work.changedAt <= call.from) work.isGone = true
}
