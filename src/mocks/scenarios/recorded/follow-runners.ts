/** What calls tell of pairing sessions and runners: those that make and change them, and those that show them. */
import { copySharedFields } from '../../../kernel/shared-fields.js'
import { isObject, listOf, memberOf, objectOf, objectsAt, textAt, textsOf } from '../../../kernel/json-value.js'
import type { OperationId } from '../../../kernel/operation.js'
import type { RunnerType } from '../../../kernel/types.js'
import { spanMs } from '../../../lifecycle/timers.js'
import { mergeChecklist } from '../../../lifecycle/checklist.js'
import { isSame, type Follow, type LastRunner, type LastState } from './last-state.js'
import { momentAt, type AnsweredCall } from './answered-call.js'

const createPairingSession: Follow = ({ sessions, settings }, { body, answer, owner, to }) => {
  const ttlMs = spanMs('session_ttl', settings, objectOf(body))
  const type = typeOf(body)
  const [id, runnerId] = [textAt(answer, 'session_id'), textAt(answer, 'runner_id')]
  if (type === undefined || id === '') return
  const projectId = textAt(body, 'project_id').toLowerCase()
  sessions.set(id, { owner, runnerId, projectId, type, expiresAt: to + ttlMs, isActivated: false })
}

const activatePairingSession: Follow = (state, call) => {
  const { sessions, runners } = state
  const session = sessions.get(call.path['sessionId'] ?? '')
  if (session !== undefined) session.isActivated = true
  // The later of two activations stands behind, as in a list.
  runners.delete(call.madeId)
  const runner = meetRunner(state, call, call.madeId)
  const name = textAt(call.body, 'runner_name')
  Object.assign(runner, { name, connectedAt: call.to, changedAt: call.to, beatAt: call.to })
  if (session === undefined) return
  const { type, projectId } = session
  Object.assign(runner, { type, projectId })
  for (const other of runners.values()) {
    if (other !== runner && other.type === type && other.projectId === projectId && isSame(other.owner, runner.owner))
      leave(state, other)
  }
}

const heartbeat: Follow = (state, call) => {
  const runner = meetRunner(state, call)
  runner.beatAt = call.to
  const capabilities = textsOf(memberOf(call.body, 'capabilities'))
  if (capabilities.length > 0) runner.capabilities = capabilities
  for (const id of listOf(memberOf(call.answer, 'cancelled_job_ids'))) {
    const job = state.work.get(String(id))
    if (job?.status === 'running') Object.assign(job, { status: 'cancelled', endedAt: call.to, changedAt: call.to })
  }
}

const registerAgents: Follow = (state, call) => {
  const { body } = call
  if (!isObject(body)) return
  const entries = Object.entries(body).map(([name, agent]) => copySharedFields('Agent', objectOf(agent), { name }))
  meetRunner(state, call).agents = entries
}

const patchChecklist: Follow = (state, call) => {
  const runner = meetRunner(state, call)
  if (isObject(call.body)) runner.checklist = mergeChecklist(runner.checklist, call.body)
}

const listRunners: Follow = (state, call) => {
  const content = objectsAt(call.answer, 'content')
  for (const shown of content.toReversed()) show(state, call, shown)
  const isWhole = isObject(call.answer) && call.answer['total'] === content.length
  if (!isWhole || (call.query.get('status') ?? '') !== '') return
  const [ids, project] = [content.map((each) => each['id']), call.query.get('project_id')?.toLowerCase()]
  for (const runner of state.runners.values()) {
    const isThere = ids.includes(runner.id) || runner.projectId !== project || !isSame(runner.owner, call.owner)
    if (!isThere && runner.changedAt < call.from) leave(state, runner)
  }
}

function show(state: LastState, call: AnsweredCall, shown: unknown): void {
  const id = textAt(shown, 'id')
  const known = state.runners.get(id)
  if (!isObject(shown) || id === '' || (known !== undefined && known.changedAt > call.from)) return
  const runner = meetRunner(state, call, id)
  const { capabilities, checklist, agents } = shown
  const isConnected = shown['status'] === 'connected'
  Object.assign(runner, {
    ...{ name: textAt(shown, 'name'), type: typeOf(shown), projectId: textAt(shown, 'project_id') },
    ...{ connectedAt: momentAt(shown, 'connected_at') ?? runner.connectedAt, capabilities, checklist },
    shown: { isConnected, at: call.to },
    ...(isConnected && Array.isArray(agents) ? { agents: agents.filter(isObject) } : {}),
  })
}

/** Finds a runner or adds it; it is there now. */
export function meetRunner({ runners }: LastState, { owner, from, path }: AnsweredCall, other?: string): LastRunner {
  const id = other ?? path['runnerId'] ?? ''
  const runner = runners.get(id) ?? { id, owner, changedAt: from, agents: [], isGone: false }
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

function typeOf(fields: unknown): RunnerType | undefined {
  const type = textAt(fields, 'type')
  return type === 'connect' || type === 'endpoint' ? type : undefined
}

export const runnerFollowers: Readonly<Partial<Record<OperationId, Follow>>> = {
  ...{ createPairingSession, activatePairingSession, heartbeat, registerAgents, patchChecklist, listRunners },
  disconnectRunner: (state, call) => missRunner(state, call),
  getRunner: (state, call) => show(state, call, call.answer),
}
