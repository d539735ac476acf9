// Mistakes about runners: lists, slots, whose they are, capabilities, and the cancellations that heartbeats announce.
import type { Caller } from '../call.js'
import { defineMutant, defineShould, type Mutant, type Spoil } from '../mutant.js'
import {
  createdIn,
  isObject,
  isSuccess,
  itemsOf,
  membersIn,
  membersOf,
  refusal,
  textIn,
  withBody,
  type Members,
} from '../reply.js'
import {
  disconnectsToo,
  doesAnyway,
  editMembers,
  editRequest,
  editRequestBody,
  editResource,
  refuseWhen,
} from '../spoils.js'
import { isSameCaller, workspaceOf, type KnownRunner, type Stage } from '../stage.js'

/** A runner that is gone, as a server shows it that keeps it. */
function viewOfGone({ id, name, session }: KnownRunner): Members {
  return {
    ...{ id, name, type: session.type, project_id: session.projectId, status: 'disconnected', agents: [] },
    ...{ connected_at: new Date(session.createdAt).toISOString(), capabilities: ['jobs'] },
  }
}

export const runnerMutants: readonly Mutant[] = [
  defineMutant('runner/total-of-the-user', "The total of a project's runners counts those of all projects.", {
    touches: ['listRunners'],
    oneByOne: true,
    spoil: editMembers((page, _, stage) => (page['total'] === 0 ? { ...page, total: stage.runners.size } : page)),
  }),
  defineMutant('runner/disconnect-takes-both-types', 'Disconnecting a runner takes the other type along.', {
    touches: ['disconnectRunner'],
    spoil: disconnectsToo((call, stage) => stage.neighboursOf(stage.runnerOf(call))),
  }),
  defineMutant('runner/read-counts-reads', 'Reading a runner moves the time of its connection.', {
    touches: ['getRunner'],
    spoil: editResource((runner, _, stage) => ({ ...runner, connected_at: new Date(stage.now()).toISOString() })),
  }),
  defineMutant('runner/listed-until-reaped', 'A runner that was disconnected is listed as disconnected.', {
    touches: ['listRunners'],
    spoil: editMembers((page, call, stage) => {
      const projectId = call.query.get('project_id') ?? ''
      const gone = [...stage.runners.values()].filter(
        ({ id, session, owner }) =>
          session.projectId === projectId && isSameCaller(owner, call.caller) && stage.stateOf('runner', id) === 'none',
      )
      const content = [...itemsOf(page['content']), ...gone.map(viewOfGone)]
      return { ...page, content, total: Number(page['total']) + gone.length }
    }),
  }),
]

/** Gives the second runner of a slot an owner of its own, so that the first one keeps its place. */
const evictsNobody: Spoil = (stage) => {
  const aliases = new Map<string, Caller>()
  return async (call) => {
    const session = stage.sessionOf(call)
    if (call.operation !== 'activatePairingSession' || session === undefined) {
      const alias = aliases.get(stage.runnerOf(call)?.id ?? '')
      return call.proceed(alias === undefined ? {} : { headers: { ...alias } })
    }
    const place = stage.holdersOf(session).length
    const authorization = `${call.caller.authorization}${place === 0 ? '' : `#${place}`}`
    const alias = { ...call.caller, authorization }
    const reply = await call.proceed({ headers: { ...alias } })
    if (isSuccess(reply)) aliases.set(session.runnerId, alias)
    return reply
  }
}

const inheritsAgents: Spoil = (stage) => async (call) => {
  const session = stage.sessionOf(call)
  const [holder] = stage.holdersOf(session)
  const read = holder && (await call.ask('getRunner', { path: { runnerId: holder.id } }))
  const reply = await call.proceed()
  const agents = itemsOf(membersOf(read?.body)['agents']).map(membersOf)
  if (!isSuccess(reply) || session === undefined || agents.length === 0) return reply
  const body = Object.fromEntries(agents.map((agent) => [textIn(agent, 'name'), agent]))
  await call.ask('registerAgents', { path: { runnerId: session.runnerId }, body })
  return reply
}

const keepsSlotsTaken: Spoil = (stage) => {
  const blocked = new Set<string>()
  return async (call) => {
    const session = stage.sessionOf(call) ?? stage.runnerOf(call)?.session
    const slot = `${session?.projectId ?? ''} ${session?.type ?? ''}`
    if (call.operation === 'activatePairingSession' && blocked.has(slot)) return refusal(409)
    if (call.operation === 'disconnectRunner' && stage.isAlive(call.path['runnerId'] ?? '')) blocked.add(slot)
    return call.proceed()
  }
}

/** Disconnects further runners once one was activated. */
function evictsToo(isEvicted: (each: KnownRunner, activated: KnownRunner) => boolean): Spoil {
  return disconnectsToo((call, stage) => {
    const activated = stage.activatedBy(call)
    return stage.present().filter((each) => activated && each.id !== activated.id && isEvicted(each, activated))
  })
}

export const slotMutants: readonly Mutant[] = [
  defineMutant('slots/nobody-evicted', 'A second runner of a project and type lives beside the first.', {
    touches: 'all',
    spoil: evictsNobody,
  }),
  defineMutant('slots/newcomer-refused', 'A runner for a slot that is taken is refused (409).', {
    touches: ['activatePairingSession'],
    spoil: refuseWhen(409, (call, stage) => stage.holdersOf(stage.sessionOf(call)).length > 0),
  }),
  defineMutant('slots/types-share-slot', 'Connect and endpoint runners of a project share a slot.', {
    touches: ['activatePairingSession'],
    spoil: disconnectsToo((call, stage) => stage.neighboursOf(stage.activatedBy(call))),
  }),
  defineMutant('slots/one-per-user', 'A user has one runner of each type, whatever the project.', {
    touches: ['activatePairingSession'],
    oneByOne: true,
    spoil: evictsToo(
      ({ session, owner }, activated) =>
        session.type === activated.session.type && isSameCaller(owner, activated.owner),
    ),
  }),
  defineMutant('slots/opening-evicts', 'Opening a session evicts the runner whose slot it is for.', {
    touches: ['createPairingSession'],
    spoil: disconnectsToo(({ body }, stage) =>
      stage.holdersOf({ projectId: textIn(body, 'project_id'), type: textIn(body, 'type') }),
    ),
  }),
  defineMutant('slots/failed-activation-evicts', 'An activation evicts before its proof is judged.', {
    touches: ['activatePairingSession'],
    spoil: disconnectsToo(
      (call, stage) => stage.holdersOf(stage.sessionOf(call)),
      ({ status }) => status === 403,
    ),
  }),
  defineMutant('slots/agents-inherited', 'A new runner takes over the agents of the one that it evicts.', {
    touches: ['activatePairingSession'],
    spoil: inheritsAgents,
  }),
  defineMutant('slots/late-goodbye-hits-successor', 'The disconnect of an evicted runner hits its successor.', {
    touches: ['disconnectRunner'],
    spoil: editRequest((call, stage) => {
      const runner = stage.runnerOf(call)
      if (runner === undefined || stage.stateOf('runner', runner.id) !== 'none') return undefined
      const [successor] = stage.holdersOf(runner.session).filter(({ owner }) => isSameCaller(owner, runner.owner))
      return successor && { path: { runnerId: successor.id } }
    }),
  }),
  defineMutant('slots/not-freed-by-disconnect', 'A slot whose runner was disconnected cannot be taken again (409).', {
    touches: ['activatePairingSession', 'disconnectRunner'],
    spoil: keepsSlotsTaken,
  }),
]

/** Takes a caller for somebody of the workspace where the project or trace was made. */
const entersWorkspace: Spoil = () => {
  const homes = new Map<string, string>()
  return async (call) => {
    const home = homes.get(call.path['id'] ?? textIn(call.body, 'project_id'))
    const reply = await call.proceed(home === undefined ? {} : { headers: { 'comet-workspace': home } })
    const made = [createdIn(reply), ...itemsOf(call.members['traces']).map((trace) => textIn(trace, 'id'))]
    for (const id of made) if (id !== '' && isSuccess(reply)) homes.set(id, call.workspace)
    return reply
  }
}

const ofAnyWorkspace = (projectId: string, stage: Stage): KnownRunner[] =>
  stage.present().filter(({ session }) => session.projectId === projectId)

export const isolationMutants: readonly Mutant[] = [
  defineMutant('isolation/refused-heartbeat-counts', "Another user's heartbeat is refused, and renews the runner.", {
    touches: ['heartbeat'],
    spoil: doesAnyway(410, (call, stage) => ({ body: {}, as: stage.runnerOf(call)?.owner })),
  }),
  defineMutant('isolation/slot-of-the-workspace', "A new runner evicts another user's of the same project and type.", {
    touches: ['activatePairingSession'],
    spoil: evictsToo(
      ({ session }, { session: own }) => session.projectId === own.projectId && session.type === own.type,
    ),
  }),
  defineMutant('isolation/list-of-any-workspace', "A list of another workspace's project shows its runners.", {
    touches: ['listRunners'],
    spoil: editRequest((call, stage) => {
      const [runner] = ofAnyWorkspace(call.query.get('project_id') ?? '', stage)
      const isForeign = runner !== undefined && workspaceOf(runner.owner) !== call.workspace
      return isForeign ? { headers: { ...runner.owner } } : undefined
    }),
  }),
  defineMutant('isolation/one-workspace-at-a-time', 'Pairing in one workspace disconnects those of others.', {
    touches: ['activatePairingSession'],
    oneByOne: true,
    spoil: evictsToo(
      ({ owner }, activated) =>
        owner.authorization === activated.owner.authorization && workspaceOf(owner) !== workspaceOf(activated.owner),
    ),
  }),
  ...(
    [
      ['getProjectById', 'createProject', 'A project can be read from any workspace.'],
      ['deleteProjectById', 'createProject', 'A project can be deleted from any workspace.'],
      ['getTraceById', 'createTraces', 'A trace can be read from any workspace.'],
    ] as const
  ).map(([operation, creation, mistake]) =>
    defineShould(`isolation/${operation}.open-to-all`, mistake, {
      touches: [operation, creation],
      spoil: entersWorkspace,
    }),
  ),
]

function capabilitiesIn(body: unknown): unknown[] {
  return isObject(body) ? itemsOf(body['capabilities']) : []
}

const isInvalid = (capability: unknown): boolean => typeof capability !== 'string' || !/^[a-z_]+$/.test(capability)

/** Patterns of capabilities that let too much through; what they let through is stored as another capability. */
const laxPatterns: readonly [what: string, pattern: RegExp, mistake: string][] = [
  ['pattern-not-anchored', /[a-z_]\d|\d[a-z_]|[a-z]-[a-z]/, 'A capability need only contain letters.'],
  ['pattern-allows-newline', /^[a-z_]+\n$/, 'The pattern of capabilities lets a line end behind it pass.'],
  ['pattern-of-any-letters', /^[\p{L}_]+$/u, 'Letters of any script and case make a capability.'],
  ['capabilities-trimmed', /^\s+[a-z_]+$|^[a-z_]+ [a-z_]+$/, 'The space in and around capabilities is ignored.'],
  ['empty-capability-ignored', /^$/, 'An empty capability is ignored.'],
]

/** Announces cancellations too that met jobs in a state other than running; with `isForAll` to any runner. */
function announcesToo(state: string, isForAll = false): Spoil {
  return (stage) => {
    let cancelled: { id: string; runnerId: string; from: string }[] = []
    return async (call) => {
      const { runnerId = '', jobId = '' } = call.path
      if (call.operation === 'cancelJob')
        cancelled.push({
          ...{ id: jobId, runnerId: stage.jobs.get(jobId)?.runnerId ?? '' },
          from: stage.stateOf('job', jobId),
        })
      const reply = await call.proceed()
      if (call.operation !== 'heartbeat' || !isSuccess(reply)) return reply
      const isDue = (each: { runnerId: string }): boolean => isForAll || each.runnerId === runnerId
      const more = cancelled.filter((each) => isDue(each) && each.from === state).map(({ id }) => id)
      cancelled = cancelled.filter((each) => !isDue(each))
      const own = isForAll ? [] : itemsOf(membersIn(reply)['cancelled_job_ids'])
      return withBody(reply, { cancelled_job_ids: [...own, ...more] })
    }
  }
}

const announcesAgain: Spoil = () => {
  const announced = new Map<string, Set<unknown>>()
  return async (call) => {
    const reply = await call.proceed()
    if (!isSuccess(reply)) return reply
    const known = announced.get(call.path['runnerId'] ?? '') ?? new Set()
    for (const id of itemsOf(membersIn(reply)['cancelled_job_ids'])) known.add(id)
    announced.set(call.path['runnerId'] ?? '', known)
    return withBody(reply, { cancelled_job_ids: [...known] })
  }
}

const beats = { touches: ['heartbeat'] } as const
const cancels = { touches: ['heartbeat', 'cancelJob'] } as const

export const heartbeatMutants: readonly Mutant[] = [
  defineMutant('heartbeat/announces-again-and-again', 'A cancelled job is announced by every heartbeat that follows.', {
    ...beats,
    spoil: announcesAgain,
  }),
  defineMutant('heartbeat/announces-pending', 'Jobs cancelled before they were handed out are announced, too.', {
    ...cancels,
    spoil: announcesToo('pending'),
  }),
  defineMutant('heartbeat/announces-late-cancel', 'A cancellation that came after the end of a job is announced.', {
    ...cancels,
    spoil: announcesToo('completed'),
  }),
  defineMutant('heartbeat/announces-second-cancel', 'Cancelling a job twice announces it twice.', {
    ...cancels,
    spoil: announcesToo('cancelled'),
  }),
  defineMutant('heartbeat/announces-to-anybody', 'A heartbeat announces whatever was cancelled, whoever runs it.', {
    ...cancels,
    oneByOne: true,
    spoil: announcesToo('running', true),
  }),
  defineMutant('heartbeat/capabilities-merged', 'A list of capabilities is added to the stored one.', {
    ...beats,
    spoil: () => async (call) => {
      const named = capabilitiesIn(call.body)
      if (named.length === 0) return call.proceed()
      const { body } = await call.ask('getRunner', { path: call.path })
      return call.proceed({ body: { capabilities: [...new Set([...capabilitiesIn(body), ...named])] } })
    },
  }),
  defineMutant('heartbeat/capabilities-forgotten', 'A heartbeat without capabilities resets them.', {
    ...beats,
    spoil: editRequest(({ members }) => ('capabilities' in members ? undefined : { body: { capabilities: ['jobs'] } })),
  }),
  defineMutant('heartbeat/known-capabilities-only', 'Capabilities other than jobs and bridge are refused.', {
    ...beats,
    spoil: refuseWhen(400, ({ body }) => capabilitiesIn(body).some((each) => each !== 'jobs' && each !== 'bridge')),
  }),
  ...laxPatterns.map(([what, pattern, mistake]) =>
    defineMutant(`heartbeat/${what}`, mistake, {
      ...beats,
      spoil: editRequestBody((body) => ({
        ...body,
        capabilities: capabilitiesIn(body).map((each) =>
          isInvalid(each) && pattern.test(String(each)) ? 'jobs' : each,
        ),
      })),
    }),
  ),
  defineMutant('heartbeat/body-demanded', 'A heartbeat without a body is refused (422).', {
    ...beats,
    spoil: refuseWhen(422, ({ text }) => text === ''),
  }),
  defineMutant('heartbeat/capabilities-demanded', 'A heartbeat must name capabilities (422).', {
    ...beats,
    spoil: refuseWhen(422, ({ text, members }) => text !== '' && !('capabilities' in members)),
  }),
]
