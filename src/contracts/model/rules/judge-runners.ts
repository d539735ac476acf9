/** Judges answers about runners and their pairing, and keeps in the model what they tell. */
import type { Agent } from '../../../kernel/types.js'
import { hasAccident, demand, demandEqual, demandStatus, Interrupted, Mismatch, isNew } from './mismatch.js'
import { isUnfinished } from './command-states.js'
import { lost } from './job-states.js'
import { isObject, memberOf, objectsAt, objectsOf, textAt } from '../../../kernel/json-value.js'
import type { ModelAnswer, ModelCall } from './call.js'
import { judgePage, type PageEntry, demandRunner, learnConnectedAt } from './shown-resources.js'
import { createRunner, inSlot, type Moment, ownRunner, type Runner, type Session, type World } from './model-world.js'
import { isOver, mayBePurged, noteBeat, notePurge, statusesOf } from './time-bounds.js'

const NOT_THERE = 'the caller has no such runner'

/** The runner of a call if it is there; else the answer must be the refusal. Time may have taken it away. */
export function meetRunner(
  world: World,
  { identity, path }: ModelCall,
  answer: ModelAnswer,
  now: Moment,
  refusal = 404,
): Runner | undefined {
  const runner = ownRunner(world, identity, path['runnerId'] ?? '')
  if (runner === undefined) {
    demandStatus(answer, [refusal], NOT_THERE)
    return undefined
  }
  if (answer.status === refusal && mayBePurged(world, runner, now)) {
    notePurge(world, runner, now)
    return undefined
  }
  return runner
}

/** listRunners: the caller's own of a project, most recently activated first. */
export function judgeListRunners(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  const { identity, query } = call
  const projectId = String(query['project_id'])
  const isOwnProject = world.projects.get(projectId) === world.workspaces[identity]
  // Another workspace's project is empty, or unknown (alternative foreignProject).
  demandStatus(answer, isOwnProject ? [200] : [200, 404], 'the list')
  if (answer.status !== 200) return
  const { status: wanted } = query
  const own = [...world.runners.values()].filter((each) => ownRunner(world, identity, each.id) !== undefined)
  const content = objectsAt(answer.body, 'content')
  for (const shown of content) learnConnectedAt(own, shown)
  const entries = own
    .filter((each) => each.projectId === projectId)
    .flatMap((each) => toEntry(world, each, now, wanted))
    .toReversed()
  const { tieMs } = world
  judgePage({ what: 'runners', entries, query, body: answer.body, tieMs, ...tolerance(world, content, 'id') })
  for (const shown of content) {
    const runner = world.runners.get(textAt(shown, 'id'))
    if (runner !== undefined) demandRunner(world, runner, shown, now)
  }
}

function toEntry(world: World, runner: Runner, now: Moment, wanted: unknown): PageEntry[] {
  const statuses = statusesOf(world, runner, now)
  const isPossible = wanted === undefined || statuses.some((each) => each === wanted)
  if (!isPossible) return []
  const isCertain = (wanted === undefined || statuses.length === 1) && !mayBePurged(world, runner, now)
  return [{ id: runner.id, isCertain, time: runner.connectedAt, moment: runner.activated }]
}

/** What others, or earlier sequences, may have left in a list. */
function tolerance(
  world: World,
  content: readonly Record<string, unknown>[],
  field: string,
): { ignored: ReadonlySet<string>; hasOthers: boolean } {
  const ids = content.map((each) => textAt(each, field))
  const others = ids.filter((id) => !world.runners.has(id) && (world.isShared || world.earlier.has(id)))
  return { ignored: new Set(others), hasOthers: world.isShared || others.length > 0 }
}

/** getRunner: for its owner alone. */
export function judgeGetRunner(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  const runner = meetRunner(world, call, answer, now)
  if (runner === undefined) return
  demandStatus(answer, [200], 'the caller owns the runner')
  demandRunner(world, runner, answer.body, now)
}

/** disconnectRunner: always 204; ends what the caller owns. */
export function judgeDisconnectRunner(world: World, call: ModelCall, answer: ModelAnswer): void {
  demandStatus(answer, [204], 'a disconnect is always accepted')
  const runner = ownRunner(world, call.identity, call.path['runnerId'] ?? '')
  if (runner !== undefined) runner.isGone = true
}

const CAPABILITY = /^[a-z_]+$/

/** heartbeat: 410 for whatever is not the caller's present runner, then 400 for a capability that is none. */
export function judgeHeartbeat(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  const runner = meetRunner(world, call, answer, now, 410)
  if (runner === undefined) return
  const named = memberOf(call.body, 'capabilities')
  const capabilities = Array.isArray(named) ? named.map(String) : []
  if (capabilities.some((each) => !CAPABILITY.test(each))) {
    demandStatus(answer, [400], 'a capability is none')
    if (hasAccident(world, 'refused-heartbeat-renews', 'later')) noteBeat(world, runner, now)
    return
  }
  demandStatus(answer, [200], 'the caller owns the runner')
  judgeAnnouncements(runner, answer)
  noteBeat(world, runner, now)
  if (capabilities.length > 0) runner.capabilities = capabilities
}

function judgeAnnouncements(runner: Runner, answer: ModelAnswer): void {
  const told = memberOf(answer.body, 'cancelled_job_ids')
  const ids = Array.isArray(told) ? told.map(String) : []
  const { unannounced } = runner
  const certain = unannounced.filter(({ isCertain }) => isCertain).map(({ id }) => id)
  const isRight =
    new Set(ids).size === ids.length &&
    ids.every((id) => unannounced.some((each) => each.id === id)) &&
    certain.every((id) => ids.includes(id))
  if (!isRight) {
    const expected =
      certain.length === 0
        ? 'no cancelled job to be announced'
        : `the cancelled jobs ${certain.join(', ')} to be announced`
    throw new Mismatch(expected, JSON.stringify(ids))
  }
  runner.unannounced = []
}

/** registerAgents: replaces the whole set; ownership before the number. */
export function judgeRegisterAgents(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  const runner = meetRunner(world, call, answer, now)
  if (runner === undefined) return
  const agents = readAgents(call.body)
  if (Object.keys(agents).length > world.limits.max_agents_per_runner) {
    demandStatus(answer, [400], 'more agents than a runner may have')
    return
  }
  demandStatus(answer, [204], 'the caller owns the runner')
  runner.agents = agents
}

/** Unknown fields are ignored. */
const AGENT_FIELDS = ['description', 'language', 'executable', 'source_file', 'timeout']
const PARAM_FIELDS = ['name', 'type', 'presence']

function knownOf(record: Readonly<Record<string, unknown>>, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(fields.filter((name) => Object.hasOwn(record, name)).map((name) => [name, record[name]]))
}

function paramsOf({ params }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return params === undefined ? {} : { params: objectsOf(params).map((each) => knownOf(each, PARAM_FIELDS)) }
}

function readAgents(body: unknown): Record<string, Agent> {
  const agents: Record<string, Agent> = {}
  for (const [name, agent] of Object.entries(isObject(body) ? body : {})) {
    if (isObject(agent)) agents[name] = { ...knownOf(agent, AGENT_FIELDS), ...paramsOf(agent), name }
  }
  return agents
}

/** patchChecklist: the body's kind before ownership; a deep merge. */
export function judgePatchChecklist(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  if (!isObject(call.body)) {
    demandStatus(answer, [400], 'a checklist is an object')
    return
  }
  const runner = meetRunner(world, call, answer, now)
  if (runner === undefined) return
  demandStatus(answer, [204], 'the caller owns the runner')
  runner.checklist = merge(runner.checklist ?? {}, call.body)
}

const MOST_KEYS = 10

/** Objects under up to ten keys merge by key, anything else replaces. */
function merge(old: Record<string, unknown>, patch: Record<string, unknown>, keys = 0): Record<string, unknown> {
  const merged = { ...old }
  for (const [key, value] of Object.entries(patch)) {
    const before = merged[key]
    const isMerged = isObject(before) && isObject(value) && keys < MOST_KEYS
    merged[key] = isMerged ? merge(before, value, keys + 1) : value
  }
  return merged
}

const DEFAULT_TTL_SECONDS = 300

/** createPairingSession: the key is judged before the project. */
export function judgeCreatePairingSession(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  expectRoom(answer)
  const workspace = world.workspaces[call.identity] ?? ''
  const projectId = textAt(call.body, 'project_id')
  if (call.secret === 'wrong') {
    demandStatus(answer, [400], 'the activation key does not have 32 bytes')
    return
  }
  if (world.projects.get(projectId) !== workspace) {
    demandStatus(answer, [404], 'the workspace has no such project')
    return
  }
  demandStatus(answer, [201], 'the session is opened')
  const id = textAt(answer.body, 'session_id')
  const runnerId = textAt(answer.body, 'runner_id')
  demand(isNew(world, id) && isNew(world, runnerId) && id !== runnerId, 'new ids of session and runner', answer.body)
  world.sessions.set(id, {
    ...{ id, runnerId, workspace, projectId, opened: now, isActivated: false, activators: [] },
    type: textAt(call.body, 'type') === 'connect' ? 'connect' : 'endpoint',
    ttlMs: 1000 * ttlOf(call),
  })
}

function ttlOf({ body }: ModelCall): number {
  const asked = memberOf(body, 'ttl_seconds')
  return typeof asked === 'number' ? asked : DEFAULT_TTL_SECONDS
}

/** A server may limit how often a caller pairs; nobody says how often. */
function expectRoom(answer: ModelAnswer): void {
  if (answer.status === 429) throw new Interrupted('the target limits how often a caller pairs (429)')
}

/** activatePairingSession: unknown or over, then the proof, then used already. */
export function judgeActivatePairingSession(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  expectRoom(answer)
  const session = world.sessions.get(call.path['sessionId'] ?? '')
  const isKnown = session !== undefined && session.workspace === world.workspaces[call.identity]
  const age = isKnown ? isOver(session.opened, now, session.ttlMs) : 'over'
  if (!isKnown || age === 'over') {
    demandStatus(answer, [404], 'the workspace has no such session, or it has expired')
    return
  }
  if (age === 'open' && answer.status === 404) return
  if (call.secret === 'wrong') {
    demandStatus(answer, [403], 'the proof is wrong')
    return
  }
  if (session.isActivated) {
    demandStatus(answer, [409], 'the session has been activated')
    session.activators = [...session.activators, call.identity]
    if (hasAccident(world, 'activation-revives', 'later')) revive(world, session, call, now)
    return
  }
  demandStatus(answer, [201], 'the session is activated')
  demandEqual('the id in Location', answer.createdId, session.runnerId)
  addRunner(world, session, call, now)
}

function addRunner(world: World, session: Session, { identity: owner, body }: ModelCall, now: Moment): Runner {
  const { runnerId: id, projectId, type } = session
  const evicted = inSlot(world, owner, projectId, type)
  if (evicted !== undefined) evicted.isGone = true
  session.isActivated = true
  session.activators = [...session.activators, owner]
  const runner = createRunner({ id, owner, projectId, type, name: textAt(body, 'runner_name'), activated: now })
  makeNewest(world, runner)
  return runner
}

/** Puts a runner behind all others. */
function makeNewest({ runners }: World, runner: Runner): void {
  runners.delete(runner.id)
  runners.set(runner.id, runner)
}

/** Registers a runner again: one that is gone as a new one, one that is there under its new name, for this caller too. */
function revive(world: World, session: Session, call: ModelCall, now: Moment): void {
  const { runnerId: id, projectId, type } = session
  const runner = world.runners.get(id)
  if (runner === undefined || runner.isGone) {
    const { jobs = [], commands = [] } = runner ?? {}
    Object.assign(addRunner(world, session, call, now), { jobs, commands })
    loseWork(world, id, now)
    return
  }
  const { identity, body } = call
  const other = inSlot(world, identity, projectId, type)
  if (other !== undefined && other !== runner) other.isGone = true
  if (ownRunner(world, identity, id) === undefined) runner.sharers = [...runner.sharers, identity]
  noteBeat(world, runner, now)
  Object.assign(runner, { name: textAt(body, 'runner_name'), activated: now, connectedAt: undefined })
  makeNewest(world, runner)
}

/** What a runner had before it was gone has ended with it, and may be there again or not. */
function loseWork({ jobs, commands }: World, runnerId: string, now: Moment): void {
  for (const job of jobs.values()) {
    if (job.runnerId !== runnerId) continue
    job.mayBeGone = true
    job.faces = job.faces.map((face) => lost(face, now))
  }
  for (const command of commands.values()) {
    if (command.runnerId !== runnerId) continue
    command.mayBeGone = true
    if (isUnfinished(command)) Object.assign(command, { status: 'timed_out', ended: now })
  }
}
