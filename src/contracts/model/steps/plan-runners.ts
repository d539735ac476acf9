/** What the steps about pairing and runners mean: which session or runner, and with what in the request. */
import type { Agent } from '../../../kernel/types.js'
import {
  GONE,
  NEVER_WAS,
  anybody,
  chooseAmong,
  formOf,
  ownerOrOther,
  pick,
  toCall,
  type Participants,
  type Intent,
  type Planner,
} from './step.js'
import type { ModelCall, Modelled } from '../rules/call.js'
import type { Runner, Session, World } from '../rules/model-world.js'

type SessionForm = { type: 'endpoint' | 'connect'; ttl_seconds?: number } & {
  project?: 'unknown' | 'foreign'
  secret?: 'wrong'
}

const SESSIONS: readonly [SessionForm, ...SessionForm[]] = [
  { type: 'endpoint' },
  { type: 'connect' },
  { type: 'endpoint', ttl_seconds: 600 },
  { type: 'connect', ttl_seconds: 60 },
  { type: 'endpoint', secret: 'wrong' },
  { type: 'endpoint', project: 'unknown' },
  { type: 'connect', project: 'foreign' },
  { type: 'endpoint', project: 'unknown', secret: 'wrong' },
]

const planCreatePairingSession: Planner = (_, participants, { who, which, form }) => {
  const identity = anybody(participants, who)
  const { project, secret = 'right', ...body } = formOf(SESSIONS, form)
  const project_id =
    project === undefined ? ownProject(participants, identity, which) : otherProject(participants, identity, project)
  return project_id === undefined
    ? undefined
    : toCall('createPairingSession', identity, { body: { project_id, ...body }, secret })
}

function ownProject(participants: Participants, identity: ModelCall['identity'], which: number): string | undefined {
  const own = participants.projectsOf(identity)
  return own[which % Math.max(1, own.length)]
}

function otherProject(
  participants: Participants,
  identity: ModelCall['identity'],
  project: 'unknown' | 'foreign',
): string {
  const own = participants.projectsOf(identity)
  const foreign = participants.identities
    .flatMap((each) => participants.projectsOf(each))
    .find((id) => !own.includes(id))
  return project === 'foreign' ? (foreign ?? participants.unknownId) : participants.unknownId
}

const ACTIVATIONS = ['first', 'first', 'first', 'wrong', 'again', 'again-wrong', 'unknown'] as const

const planActivatePairingSession: Planner = (world, participants, { who, which, form }) => {
  const way = formOf(ACTIVATIONS, form)
  const sessions = [...world.sessions.values()].filter(({ isActivated }) => isActivated === way.startsWith('again'))
  const session = way === 'unknown' ? undefined : pick(sessions, which)
  if (session === undefined && way !== 'unknown') return undefined
  const secret = way.endsWith('wrong') ? 'wrong' : 'right'
  return activation(world, anybody(participants, who), session?.id ?? participants.unknownId, secret)
}

/** The activation of a session under a name of its own. */
export function activation(
  world: World,
  identity: ModelCall['identity'],
  sessionId: string,
  secret: ModelCall['secret'] = 'right',
): ModelCall {
  const body = { runner_name: `runner ${world.runners.size + 1}` }
  return toCall('activatePairingSession', identity, { path: { sessionId }, body, secret })
}

/** Steps of a whole pairing: session, activation, then agents or capabilities. */
export const pairing: readonly Planner[] = [
  (_, participants, { who, which, form }) => {
    const identity = anybody(participants, who)
    const project_id = ownProject(participants, identity, which)
    const type = form % 2 === 0 ? 'endpoint' : 'connect'
    return project_id === undefined
      ? undefined
      : toCall('createPairingSession', identity, { body: { project_id, type } })
  },
  (world, participants, { who }) => {
    const session = newest(world.sessions)
    return session === undefined || session.isActivated
      ? undefined
      : activation(world, anybody(participants, who), session.id)
  },
  (world, _, { form }) => {
    const runner = newest(world.runners)
    if (runner === undefined) return undefined
    const { id: runnerId, owner } = runner
    if (runner.type === 'connect') {
      const capabilities = form % 4 === 1 ? ['bridge'] : ['jobs', 'bridge']
      return toCall('heartbeat', owner, { path: { runnerId }, body: { capabilities } })
    }
    return toCall('registerAgents', owner, { path: { runnerId }, body: form % 4 === 0 ? ECHO : TWO_AGENTS })
  },
]

function newest<Thing extends Session | Runner>(things: ReadonlyMap<string, Thing>): Thing | undefined {
  return [...things.values()].at(-1)
}

/** The runners that are there, or one that was, or an id that never was one. */
export function chooseRunner(
  world: World,
  participants: Participants,
  { which }: Intent,
  suits?: (runner: Runner) => boolean,
): { id: string; owner: Runner['owner'] } | undefined {
  if (which === NEVER_WAS) return { id: participants.unknownId, owner: participants.identities[0] }
  return chooseAmong([...world.runners.values()], which, ({ isGone }) => !isGone, suits)
}

/** A call about a runner, of the type that is named where there is one, with one of the bodies. */
export function onRunner(
  operation: Modelled,
  bodies: readonly [unknown, ...unknown[]],
  type?: Runner['type'],
): Planner {
  const suits = type === undefined ? undefined : (runner: Runner): boolean => runner.type === type
  return (world, participants, intent) => {
    const runner = chooseRunner(world, participants, intent, suits)
    if (runner === undefined) return undefined
    const identity = ownerOrOther(participants, runner.owner, intent.who)
    return toCall(operation, identity, { path: { runnerId: runner.id }, body: formOf(bodies, intent.form) })
  }
}

const LISTS: readonly [ModelCall['query'], ...ModelCall['query'][]] = [
  {},
  { status: 'connected' },
  { status: 'disconnected' },
  { page: 0, size: 1 },
  { page: 1, size: 1 },
  { size: 2 },
  { page: 5 },
  { status: 'connected', page: 1, size: 1 },
]

const planListRunners: Planner = (_, participants, { who, which, form }) => {
  const identity = anybody(participants, who)
  const isForeign = which >= GONE
  const project = isForeign
    ? otherProject(participants, identity, which === NEVER_WAS ? 'unknown' : 'foreign')
    : ownProject(participants, identity, which)
  return project === undefined
    ? undefined
    : toCall('listRunners', identity, { query: { project_id: project, ...formOf(LISTS, form) } })
}

const HEARTBEATS: readonly [unknown, ...unknown[]] = [
  undefined,
  {},
  { capabilities: ['bridge'] },
  { capabilities: ['jobs'] },
  { capabilities: ['jobs', 'bridge', 'file_sync'] },
  { capabilities: [] },
  { capabilities: ['jobs', 'Bad Word'] },
]

const ECHO: Record<string, Agent> = { echo: {} }

const TWO_AGENTS: Record<string, Agent> = {
  echo: {},
  slow: {
    description: 'Takes its time.',
    language: 'python',
    source_file: 'src/slow.py',
    params: [{ name: 'steps', type: 'int', presence: 'optional' }],
    timeout: 60,
  },
}

const AGENTS: readonly [Record<string, Agent>, ...Record<string, Agent>[]] = [
  ECHO,
  TWO_AGENTS,
  {},
  { slow: { name: 'pretended', timeout: 120 } },
  { echo: { executable: '/usr/bin/env', timeout: 0, params: [{ name: 'text', type: 'str', presence: 'required' }] } },
]

/** More agents than this are not sent to find out about a limit. */
const MANY_AGENTS = 60

const planRegisterAgents: Planner = (world, participants, intent) => {
  const most = participants.limits.max_agents_per_runner
  const tooMany = Object.fromEntries(Array.from({ length: most + 1 }, (_, at) => [`agent ${at}`, {}]))
  const forms: readonly [unknown, ...unknown[]] = most < MANY_AGENTS ? [...AGENTS, tooMany] : AGENTS
  return onRunner('registerAgents', forms)(world, participants, intent)
}

const PATCHES: readonly [unknown, ...unknown[]] = [
  { ready: true },
  { install: { done: false, tool: 'npm' } },
  { install: { done: true } },
  { files: ['a', 'b'], note: null },
  { install: null },
  { files: { a: { seen: 1 } }, ready: false },
  { files: { a: { size: 2 }, b: {} } },
]

/** Planners of pairing and runners by their operation. */
export const runnerPlans = {
  createPairingSession: planCreatePairingSession,
  activatePairingSession: planActivatePairingSession,
  listRunners: planListRunners,
  getRunner: onRunner('getRunner', [undefined]),
  disconnectRunner: onRunner('disconnectRunner', [undefined]),
  heartbeat: onRunner('heartbeat', HEARTBEATS),
  registerAgents: planRegisterAgents,
  patchChecklist: onRunner('patchChecklist', PATCHES),
} as const satisfies Partial<Record<Modelled, Planner>>
