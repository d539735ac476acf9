/**
 * A step of a random sequence: small numbers that say what kind of call comes next, who makes it, on which thing and in which
 * form. What they mean is decided when the call is due, by what the model then knows; so a sequence stays meaningful when
 * calls are taken out of it, and the same seed gives the same sequence for every target. The operations and their bodies come
 * from the spec.
 */
import type { ApiCall } from '../../kernel/recording/api-call.js'
import { objectOf, textAt } from '../../kernel/json-value.js'
import { runnerOperations, type RunnerOperationId } from '../../kernel/operation.js'
import { conditions, machines } from '../table.js'
import { decidedOperations, roleOf, rulesOf, type OperationRole, type WorkMachine } from '../roles.js'
import type { TrackedRunner, TrackedWork, TrackedWorld } from '../tracker/tracked-world.js'
import type { RunnerType } from '../../kernel/types.js'
import { bodyOf, queryOf, type Words } from './valid-bodies.js'
import { toCall, type Participants } from './step-calls.js'

/** Kinds of steps: each operation, a whole pairing, and time that passes. */
export const kinds: readonly Kind[] = [...decidedOperations, 'pair', 'pass']

export type Kind = RunnerOperationId | 'pair' | 'pass'

/** One step of a sequence, before it is known what there is to act on. */
export interface Intent {
  kind: Kind
  /** 0 to 9: who. Most of them mean the owner, or the main identity. */
  who: number
  /** 0 to 9: on which thing, counted from the newest; 8 is one that is gone, 9 one that never was. */
  which: number
  /** In which form, the plainest first. */
  form: number
}

/** Bounds of an intent's numbers, both included. */
export const bounds = { who: 9, which: 9, form: 95 } as const

/** Decides what an intent means now; undefined when there is nothing that it could mean. */
type Planner = (world: TrackedWorld, participants: Participants, intent: Intent) => ApiCall | undefined

/** `who` up to here means the owner, or the main identity; beyond it another identity. */
export const OWNER_UP_TO = 5

/** The owner, or the main identity, in most cases, else another identity. */
function callerOf(participants: Participants, who: number, owner: string = participants.identities[0]): string {
  if (who <= OWNER_UP_TO) return owner
  const others = participants.identities.filter((each) => each !== owner)
  return others[(who - OWNER_UP_TO - 1) % Math.max(1, others.length)] ?? owner
}

/** `which` that stands for a thing that is gone, if one is, and for one that never was. */
export const GONE = 8
const NEVER_WAS = 9

/** The thing that `which` means, counted from the end of the list. */
function pick<Thing>(things: readonly Thing[], which: number): Thing | undefined {
  return things[things.length - 1 - (which % Math.max(1, things.length))]
}

/** What `which` means of things that are there or were: those that suit are counted first, `GONE` is one that was. */
function chooseAmong<Thing>(
  things: readonly Thing[],
  which: number,
  isThere: (thing: Thing) => boolean,
  suits: (thing: Thing) => boolean = () => true,
): Thing | undefined {
  const gone = things.filter((each) => !isThere(each))
  if (which === GONE && gone.length > 0) return pick(gone, which)
  const there = things.filter(isThere)
  return pick([...there.filter((each) => !suits(each)), ...there.filter(suits)], which)
}

function formOf<Form>(forms: readonly [Form, ...Form[]], form: number): Form {
  return forms[form % forms.length] ?? forms[0]
}

/** What a caller's field may name: mostly what is there. */
const AGENTS = ['echo', 'echo', 'slow', 'echo', 'nobody']
const CAPABILITIES = ['bridge', 'jobs', 'jobs', 'bridge', 'file_sync', 'bridge', 'Bad Word']
const WORDS: Words = {
  agent_name: AGENTS,
  'capabilities/item': CAPABILITIES,
  stream: ['stdout', 'stderr'],
  error: ['It broke.'],
  timeout: [0, 60, 120, -3],
}

/** A call on a runner, or one that makes or lists something there. */
function planOnRunner({ operation, way, creates, handsOut, lists }: OperationRole): Planner {
  const work = creates ?? handsOut ?? lists
  const type = work === 'job' ? 'endpoint' : work === 'bridgeCommand' ? 'connect' : undefined
  return (world, participants, intent) => {
    const runner = chooseRunner(world, participants, intent, (each) => type === undefined || each.type === type)
    if (runner === undefined) return undefined
    const project_id = world.runners.get(runner.id)?.projectId ?? participants.unknownId
    const words = {
      ...WORDS,
      project_id: [project_id],
      '/*': operation === 'registerAgents' ? ['echo', 'slow'] : ['a', 'b'],
    }
    const queried = { ...words, project_id: [project_id, participants.unknownId] }
    return toCall(operation, callerOf(participants, intent.who, runner.owner), {
      path: way === 'path' ? { runnerId: runner.id } : {},
      query: queryOf(operation, intent.form, queried),
      body: bodyOf(operation, intent.form, words),
    })
  }
}

function planOnWork({ operation }: OperationRole, machine: WorkMachine): Planner {
  const moves = rulesOf(machine).filter(({ on, to, set = [] }) => on === operation && (to !== null || set.length > 0))
  const movable = new Set(moves.flatMap(({ from }) => from))
  const suits = ({ states }: TrackedWork): boolean =>
    movable.size === 0 || states.some(({ status }) => movable.has(status))
  const status = statusWords(machine, operation)
  return (world, participants, intent) => {
    const all = [...world.work.values()].filter((each) => each.machine === machine)
    const isThere = ({ runnerId }: TrackedWork): boolean => world.runners.get(runnerId)?.isGone === false
    const work = chooseAmong(all, intent.which, isThere, suits)
    const owner = world.runners.get(work?.runnerId ?? '')?.owner
    if (work === undefined || owner === undefined) return undefined
    const id = intent.which === NEVER_WAS ? participants.unknownId : work.id
    // A command is found on its own runner alone.
    const others = [...world.runners.keys()].filter((each) => each !== work.runnerId)
    const runnerId = intent.form === WRONG_RUNNER ? (others.at(-1) ?? work.runnerId) : work.runnerId
    const path = { ...(machine === 'bridgeCommand' ? { runnerId } : {}), [machines[machine].parameter]: id }
    return toCall(operation, callerOf(participants, intent.who, owner), {
      path,
      query: queryOf(operation, intent.form, WORDS),
      body: numbered(bodyOf(operation, intent.form, { ...WORDS, ...status }), work.logs.length),
    })
  }
}

const WRONG_RUNNER = 23

/** Statuses to report: those that are taken, and now and then one that is refused. */
function statusWords(machine: WorkMachine, operation: string): Words {
  if (!Object.hasOwn(conditions[machine], 'status')) return {}
  const refused = rulesOf(machine)
    .filter(({ on, answer, when }) => on === operation && (answer ?? 0) >= 400 && when['status'] !== undefined)
    .flatMap(({ when }) => when['status'] ?? [])
  const taken = conditions[machine].status.values.filter((each) => !refused.includes(each)).toReversed()
  return { status: [...taken, ...taken, ...taken, ...refused] }
}

/** Lines of a log are numbered, so that no two are alike. */
function numbered(body: unknown, first: number): unknown {
  if (!Array.isArray(body)) return body
  return body.map((line: unknown, at) => ({ stream: textAt(line, 'stream'), text: `line ${first + at}` }))
}

/** The runners that are there, or one that was, or an id that never was one. */
function chooseRunner(
  world: TrackedWorld,
  participants: Participants,
  { which }: Intent,
  suits: (runner: TrackedRunner) => boolean,
): { id: string; owner: string } | undefined {
  if (which === NEVER_WAS) return { id: participants.unknownId, owner: participants.identities[0] }
  return chooseAmong([...world.runners.values()], which, ({ isGone }) => !isGone, suits)
}

const planOpening: Planner = (_, participants, { who, which, form }) => {
  const caller = callerOf(participants, who)
  const [project, secret] = formOf(OPENINGS, form)
  const projectId =
    project === 'own' ? ownProject(participants, caller, which) : otherProject(participants, caller, project)
  return projectId === undefined ? undefined : opening(caller, projectId, form, ['endpoint', 'connect'], secret)
}

function opening(
  caller: string,
  projectId: string,
  form: number,
  types: readonly RunnerType[],
  secret: ApiCall['secret'] = 'right',
): ApiCall {
  const drawn = bodyOf('createPairingSession', form, { project_id: [projectId], type: types })
  const { activation_key: _key, ...body } = objectOf(drawn)
  return toCall('createPairingSession', caller, { body, secret })
}

const OPENINGS = [
  ...[['own', 'right'] as const, ['own', 'right'] as const, ['own', 'right'] as const],
  ...[['own', 'wrong'] as const, ['unknown', 'right'] as const, ['foreign', 'right'] as const],
  ['unknown', 'wrong'] as const,
] as const

function ownProject(participants: Participants, caller: string, which: number): string | undefined {
  const own = participants.projectsOf(caller)
  return own[which % Math.max(1, own.length)]
}

function otherProject(participants: Participants, caller: string, project: 'unknown' | 'foreign'): string {
  const own = participants.projectsOf(caller)
  const all = participants.identities.flatMap((each) => participants.projectsOf(each))
  const foreign = project === 'foreign' ? all.find((id) => !own.includes(id)) : undefined
  return foreign ?? participants.unknownId
}

const ACTIVATIONS = ['first', 'first', 'first', 'wrong', 'again', 'again-wrong', 'unknown'] as const

const planActivation: Planner = (world, participants, { who, which, form }) => {
  const way = formOf(ACTIVATIONS, form)
  const sessions = [...world.sessions.values()].filter(({ isActivated }) => isActivated === way.startsWith('again'))
  const session = way === 'unknown' ? undefined : pick(sessions, which)
  if (session === undefined && way !== 'unknown') return undefined
  const secret = way.endsWith('wrong') ? 'wrong' : 'right'
  return activation(world, callerOf(participants, who), session?.id ?? participants.unknownId, secret)
}

/** The activation of a session under a name of its own. */
function activation(
  world: TrackedWorld,
  caller: string,
  sessionId: string,
  secret: ApiCall['secret'] = 'right',
): ApiCall {
  const body = { runner_name: `runner ${world.runners.size + 1}` }
  return toCall('activatePairingSession', caller, { path: { sessionId }, body, secret })
}

/** Steps of a whole pairing: session, activation, then agents or capabilities. */
const pairing: readonly Planner[] = [
  (_, participants, { who, which, form }) => {
    const caller = callerOf(participants, who)
    const projectId = ownProject(participants, caller, which)
    return projectId === undefined
      ? undefined
      : opening(caller, projectId, 0, [form % 2 === 0 ? 'endpoint' : 'connect'])
  },
  (world, participants, { who }) => {
    const session = [...world.sessions.values()].at(-1)
    return session === undefined || session.isActivated
      ? undefined
      : activation(world, callerOf(participants, who), session.id)
  },
  (world, _, { form }) => {
    const runner = [...world.runners.values()].at(-1)
    if (runner === undefined) return undefined
    const { id: runnerId, owner } = runner
    const capabilities = form % 4 === 1 ? ['bridge'] : ['jobs', 'bridge']
    if (runner.type === 'connect') return toCall('heartbeat', owner, { path: { runnerId }, body: { capabilities } })
    const agents = form % 4 === 0 ? { echo: {} } : { echo: {}, slow: { timeout: 60, description: 'Takes its time.' } }
    return toCall('registerAgents', owner, { path: { runnerId }, body: agents })
  },
]

const planRunnerList: Planner = (_, participants, { who, which, form }) => {
  const caller = callerOf(participants, who)
  const isOther = which >= GONE
  const project = isOther
    ? otherProject(participants, caller, which === NEVER_WAS ? 'unknown' : 'foreign')
    : ownProject(participants, caller, which)
  const words = { project_id: [project], status: ['connected', 'disconnected'] }
  return project === undefined
    ? undefined
    : toCall('listRunners', caller, { query: queryOf('listRunners', form, words) })
}

function planOf(operation: RunnerOperationId): Planner {
  const role = roleOf(operation)
  if (role.machine === 'pairingSession') return role.creates === undefined ? planActivation : planOpening
  if (role.machine === 'job' || role.machine === 'bridgeCommand') return planOnWork(role, role.machine)
  return role.lists === 'runner' ? planRunnerList : planOnRunner(role)
}

const planners = new Map(Object.values(runnerOperations).map(({ id }) => [id, planOf(id)]))

/** The planners of a step: one call, or the calls of a whole pairing; none for time that passes. */
export function plannersOf({ kind }: Intent): readonly Planner[] {
  if (kind === 'pass') return []
  if (kind === 'pair') return pairing
  const planner = planners.get(kind)
  return planner === undefined ? [] : [planner]
}
