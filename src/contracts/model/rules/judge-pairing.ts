/** The rules of pairing: sessions, their activation, and the slot that a new runner takes. */
import { textOf, type ModelAnswer, type ModelCall } from './call.js'
import { demand, demandEqual, demandStatus, Interrupted } from './mismatch.js'
import { isOver } from './time-bounds.js'
import { isNew } from './new-id.js'
import { inSlot, type Moment, type Session, type World } from './model-world.js'

const DEFAULT_TTL_SECONDS = 300

/** createPairingSession: the key is judged before the project. */
export function judgeCreatePairingSession(world: World, call: ModelCall, answer: ModelAnswer, now: Moment): void {
  expectRoom(answer)
  const workspace = world.workspaces[call.identity] ?? ''
  const projectId = textOf(call.body, 'project_id')
  if (call.secret === 'wrong') {
    demandStatus(answer, [400], 'the activation key does not have 32 bytes')
    return
  }
  if (world.projects.get(projectId) !== workspace) {
    demandStatus(answer, [404], 'the workspace has no such project')
    return
  }
  demandStatus(answer, [201], 'the session is opened')
  const id = textOf(answer.body, 'session_id')
  const runnerId = textOf(answer.body, 'runner_id')
  demand(isNew(world, id) && isNew(world, runnerId) && id !== runnerId, 'new ids of session and runner', answer.body)
  world.sessions.set(id, {
    ...{ id, runnerId, workspace, projectId, opened: now, isActivated: false },
    type: textOf(call.body, 'type') === 'connect' ? 'connect' : 'endpoint',
    ttlMs: 1000 * ttlOf(call),
  })
}

function ttlOf({ body }: ModelCall): number {
  const asked: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'ttl_seconds') : undefined
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
    // Whether the runner is registered once more is open, unless that is refused.
    world.isOpen = !world.refused.has('activation-revives')
    return
  }
  demandStatus(answer, [201], 'the session is activated')
  demandEqual('the id in Location', answer.createdId, session.runnerId)
  addRunner(world, session, call, now)
}

function addRunner(world: World, session: Session, { identity: owner, body }: ModelCall, now: Moment): void {
  const { runnerId: id, projectId, type } = session
  const evicted = inSlot(world, owner, projectId, type)
  if (evicted !== undefined) evicted.isGone = true
  session.isActivated = true
  world.runners.set(id, {
    ...{ id, owner, projectId, type, name: textOf(body, 'runner_name') },
    ...{ agents: {}, capabilities: ['jobs'], checklist: undefined },
    ...{ activated: now, connectedAt: undefined, isGone: false },
    ...{ beat: now, doubtfulBeat: undefined, firstDeath: undefined },
    ...{ jobs: [], queue: [], unannounced: [], commands: [], commandQueue: [], reportedQueue: [] },
    accepted: { all: 0, writes: 0, refusedWrites: 0 },
  })
}
