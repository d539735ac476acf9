/**
 * What calls tell of sessions, runners, jobs and commands. The tracker carries out what its rules allow; where an answer shows
 * that there is something else, since only a part was recorded or calls have overlapped, that counts.
 */
import { isObject, listOf, memberOf, objectsAt, textAt, type JsonObject } from '../../../kernel/json-value.js'
import { canEmit, handedOut, idFields, type OperationRole, type WorkMachine } from '../../../lifecycle/roles.js'
import { handOutRules, phaseOf } from '../../../lifecycle/rule-effects.js'
import { BRIDGE } from '../../../lifecycle/facts.js'
import type { MachineName } from '../../../lifecycle/table.js'
import { spanMs } from '../../../lifecycle/timers.js'
import { runnerAsShown, workAsShown } from '../../../lifecycle/tracker/as-shown.js'
import { follow, isNothingToDo } from '../../../lifecycle/tracker/judge.js'
import { renews } from '../../../lifecycle/tracker/judge-runners.js'
import type { TimeRange } from '../../../lifecycle/tracker/time-range.js'
import { machineFacts, statusesOf } from '../../../lifecycle/tracker/tracked-states.js'
import {
  createRunner,
  type TrackedRunner,
  type TrackedWork,
  type TrackedWorld,
} from '../../../lifecycle/tracker/tracked-world.js'
import { momentAt, type AnsweredCall, type LastState } from './last-state.js'

/** Follows a call that was accepted, or whose resource was not there. */
export function followRunners({ world }: LastState, call: AnsweredCall, role: OperationRole): void {
  const { machine, lists, handsOut, isRead } = role
  const isAccepted = call.status < 300
  if (isAccepted) prepare(world, call, role)
  const isRight = carryOut(world, call)
  if (!isAccepted && !isRight) miss(world, call, role)
  if (!isAccepted) return
  for (const id of announcedBy(call))
    carryOut(world, { ...call, operation: 'cancelJob', status: 204, path: { jobId: id }, body: undefined })
  if (lists === 'runner') dropUnlisted(world, call)
  const kind = lists ?? handsOut ?? machine
  for (const shown of shownBy(call, role)) {
    if (kind === 'runner') lookAtRunner(world, call, shown)
    else if (kind !== 'pairingSession') lookAtWork(world, call, kind, shown)
  }
  if (isRead && Array.isArray(call.answer) && !isRight) readLogs(world, call, call.answer)
}

/** Lets the tracker follow a call; whether its rules allow it. */
function carryOut(world: TrackedWorld, call: AnsweredCall): boolean {
  const { operation, caller, path, query, body, status, answer, madeId, from, to } = call
  const asked = { operation, caller, path, query: Object.fromEntries(query), body, secret: 'right' } as const
  return follow(world, asked, { status, body: answer, createdId: madeId || undefined, waitedMs: to - from }, call)
}

/** What a success shows to have been there before it. */
function prepare(world: TrackedWorld, call: AnsweredCall, { machine, handsOut, creates }: OperationRole): void {
  const { operation, caller, owner, path, body } = call
  world.workspaces = { ...world.workspaces, [caller]: owner.workspace }
  const projectId = textAt(body, 'project_id').toLowerCase()
  if (projectId !== '') world.projects.set(projectId, owner.workspace)
  // A 404 before may have been about something else.
  const known = world.work.get(workId(call))
  if (known !== undefined) known.isGone = false
  const { runnerId: id } = path
  if (machine !== 'runner' || id === undefined || canEmit(operation, 'runner.gone')) return
  // A poll ends with nothing when its runner goes.
  if (handsOut !== undefined && isNothingToDo(call.answer) && world.runners.has(id)) return
  const runner = meetRunner(world, call, { id, of: handsOut ?? creates })
  if (renews(operation)) runner.unannounced = announcedBy(call).map((each) => ({ id: each, isCertain: false }))
}

function workId({ path }: AnsweredCall): string {
  return path['jobId'] ?? path['commandId'] ?? ''
}

function announcedBy({ answer }: AnsweredCall): readonly string[] {
  return listOf(memberOf(answer, 'cancelled_job_ids')).map(String)
}

/** Its heartbeats may be those of others, of whom nothing was recorded. */
const ALWAYS: TimeRange = { from: -Infinity, to: Infinity }

/** Finds a runner or adds one of those that have such work; it is there now. */
function meetRunner(
  { runners }: TrackedWorld,
  { caller: owner, to }: AnsweredCall,
  { id, of, projectId = '' }: { id: string; of: MachineName | undefined; projectId?: string },
): TrackedRunner {
  const isConnect = of === 'bridgeCommand'
  const type = isConnect ? 'connect' : 'endpoint'
  const fresh = createRunner({ id, owner, projectId, type, name: '', activated: { from: -Infinity, to } })
  const capabilities = isConnect ? [...fresh.capabilities, BRIDGE] : fresh.capabilities
  const runner = runners.get(id) ?? { ...fresh, capabilities, beat: ALWAYS, firstDeath: -Infinity }
  runners.set(id, runner)
  runner.isGone = false
  return runner
}

/** The owner hears that what the path names is not there. */
function miss({ runners, work }: TrackedWorld, call: AnsweredCall, role: OperationRole): void {
  const { path, caller, from } = call
  const known = work.get(workId(call))
  const runner = runners.get(path['runnerId'] ?? known?.runnerId ?? '')
  if (runner?.owner !== caller) return
  // A creation needs more than a runner.
  if (role.machine === 'runner' && role.creates === undefined && runner.activated.to < from) runner.isGone = true
  if (role.machine !== 'runner' && known !== undefined && changedAt(known) <= from) known.isGone = true
}

/** Runners that are in no list of all. */
function dropUnlisted({ runners }: TrackedWorld, { query, answer, caller, from }: AnsweredCall): void {
  const ids = objectsAt(answer, 'content').map((each) => each['id'])
  if (memberOf(answer, 'total') !== ids.length || (query.get('status') ?? '') !== '') return
  const project = query.get('project_id')?.toLowerCase()
  for (const runner of runners.values()) {
    const isMeant = runner.projectId === project && runner.owner === caller
    if (isMeant && !ids.includes(runner.id) && runner.activated.to < from) runner.isGone = true
  }
}

/** What an answer shows, the oldest first. */
function shownBy(call: AnsweredCall, { handsOut, lists, isRead }: OperationRole): readonly JsonObject[] {
  const { operation, answer, path } = call
  if (lists !== undefined) return objectsAt(answer, 'content').toReversed()
  if (handsOut === undefined) return isRead && isObject(answer) ? [answer] : []
  // Commands are shown without what the poll has made of them; the moment is that of the answer.
  const made = { status: handOutRules[handsOut].to, [machineFacts[handsOut].startedField]: '' }
  return handedOut(operation, answer).map((item) => ({ ...made, runner_id: path['runnerId'], ...item }))
}

function lookAtRunner(world: TrackedWorld, call: AnsweredCall, shown: JsonObject): void {
  const id = textAt(shown, 'id')
  const known = world.runners.get(id)
  if (id === '' || (known !== undefined && known.activated.to > call.from)) return
  const seen = runnerAsShown(shown, call.caller, call)
  const { job, bridgeCommand, activated, agents, beat } = known ?? { ...seen, beat: ALWAYS }
  const isConnected = textAt(shown, 'status') === 'connected'
  const [expected] = statusesOf(world, { ...seen, beat }, call)
  const lapsed = { from: -Infinity, to: call.from - spanMs('heartbeat_ttl', world.limits) - CERTAIN_MS }
  world.runners.set(id, {
    ...{ ...seen, job, bridgeCommand, activated, connectedAt: momentAt(shown, 'connected_at') },
    // Those of a runner that is not connected are not shown.
    agents: isConnected ? seen.agents : agents,
    beat: textAt(shown, 'status') === expected ? beat : isConnected ? ALWAYS : lapsed,
  })
}

/** A heartbeat that lapsed so long ago has lapsed for certain. */
const CERTAIN_MS = 1000

function lookAtWork(world: TrackedWorld, call: AnsweredCall, machine: WorkMachine, shown: JsonObject): void {
  const [id, runnerId] = [textAt(shown, idFields[machine]), textAt(shown, 'runner_id')]
  const known = world.work.get(id)
  const status = textAt(shown, 'status')
  if (id === '' || (known !== undefined && isOlder(call, status, known))) return
  const birth = { id: runnerId, of: machine, projectId: textAt(shown, 'project_id') }
  const runner = world.runners.get(runnerId) ?? meetRunner(world, call, birth)
  const seen = workAsShown(machine, runner, shown, call)
  if (seen !== undefined) world.work.set(id, { ...atMoments(seen, shown), logs: known?.logs ?? [] })
}

/** The same with the moments that were shown. */
function atMoments(work: TrackedWork, shown: JsonObject): TrackedWork {
  const { createdField, startedField } = machineFacts[work.machine]
  const shownAt = (field: string, known: TimeRange | undefined): TimeRange | undefined => {
    const at = momentAt(shown, field)
    return at === undefined || known === undefined ? known : { from: at, to: at }
  }
  return {
    ...work,
    created: shownAt(createdField, work.created) ?? work.created,
    started: shownAt(startedField, work.started),
    states: work.states.map((state) => ({ ...state, ended: shownAt('completed_at', state.ended) })),
  }
}

/** When a job or a command was changed last, at the latest. */
function changedAt({ created, started, states }: TrackedWork): number {
  return Math.max(...[created, started, states[0]?.ended].map((moment) => moment?.to ?? -Infinity))
}

/** Whether what is shown may be of a time before what is known. */
function isOlder({ from }: AnsweredCall, status: string, known: TrackedWork): boolean {
  const rankOf = (each = ''): number => ['waiting', 'working', 'ended'].indexOf(phaseOf(known.machine, each))
  return changedAt(known) > from && rankOf(status) < rankOf(known.states[0]?.status)
}

function readLogs({ work }: TrackedWorld, call: AnsweredCall, answer: readonly unknown[]): void {
  const job = work.get(workId(call))
  const offset = Number(call.query.get('offset') ?? 0)
  if (job === undefined || !Number.isSafeInteger(offset) || offset > MAX_LINES) return
  const before = Array.from({ length: offset }, (_, at) => job.logs[at] ?? { stream: 'stdout', text: '...' })
  job.logs = [...before, ...answer.filter(isObject)]
}

/** No log is filled up for an offset that is beyond all reason. */
const MAX_LINES = 100_000
