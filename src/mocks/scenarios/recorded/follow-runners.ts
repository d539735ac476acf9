/** What calls tell of pairing sessions and runners: those that make and change them, and those that show them. */
import { carryUntyped, copySharedFields } from '../../../kernel/shared-fields.js'
import { isObject, listOf, memberOf, objectOf, objectsAt, textAt, textsOf } from '../../../kernel/json-value.js'
import type { OperationId } from '../../../kernel/operation.js'
import { spanMs } from '../../../lifecycle/timers.js'
import { mergeChecklist } from '../../../lifecycle/checklist.js'
import { isRival, isSame, type Follow, type LastRunner, type LastState } from './last-state.js'
import { momentAt, type AnsweredCall } from './answered-call.js'

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
export function meetRunner({ runners }: LastState, { owner, from, path }: AnsweredCall, other?: string): LastRunner {
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
