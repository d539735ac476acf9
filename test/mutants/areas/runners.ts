// Mistakes about runners: lists, slots, whose they are, capabilities, and the cancellations that heartbeats announce.
import { mutantsOf, type Mutant, type Spoil } from '../mutant.js'
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
import { disconnectsToo, doesAnyway, editMembers, editRequest, editRequestBody, refuseWhen } from '../spoils.js'
import { isSameCaller, workspaceOf, type KnownRunner, type Stage } from '../stage.js'

/** A runner that is gone, as a server shows it that keeps it. */
function viewOfGone({ id, name, session }: KnownRunner): Members {
  return {
    ...{ id, name, type: session.type, project_id: session.projectId, status: 'disconnected', agents: [] },
    ...{ connected_at: new Date(session.createdAt).toISOString(), capabilities: ['jobs'] },
  }
}

export const runnerMutants: readonly Mutant[] = mutantsOf((it) => {
  it("runner/total-of-the-user [listRunners one-by-one]: The total of a project's runners counts those of all projects.", () =>
    editMembers((page, _, stage) => (page['total'] === 0 ? { ...page, total: stage.runners.size } : page)))
  it('runner/disconnect-takes-both-types [disconnectRunner]: Disconnecting a runner takes the other type along.', () =>
    disconnectsToo((call, stage) => stage.neighboursOf(stage.runnerOf(call))))
  it('runner/listed-until-reaped [listRunners]: A runner that was disconnected is listed as disconnected.', () =>
    editMembers((page, call, stage) => {
      const projectId = call.query.get('project_id') ?? ''
      const gone = [...stage.runners.values()].filter(
        ({ id, session, owner }) =>
          session.projectId === projectId && isSameCaller(owner, call.caller) && stage.stateOf('runner', id) === 'none',
      )
      const content = [...itemsOf(page['content']), ...gone.map(viewOfGone)]
      return { ...page, content, total: Number(page['total']) + gone.length }
    }))
})

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

export const slotMutants: readonly Mutant[] = mutantsOf((it) => {
  it('slots/types-share-slot [activatePairingSession]: Connect and endpoint runners of a project share a slot.', () =>
    disconnectsToo((call, stage) => stage.neighboursOf(stage.activatedBy(call))))
  it('slots/one-per-user [activatePairingSession one-by-one]: A user has one runner of each type, whatever the project.', () =>
    evictsToo(
      ({ session, owner }, activated) =>
        session.type === activated.session.type && isSameCaller(owner, activated.owner),
    ))
  it('slots/opening-evicts [createPairingSession]: Opening a session evicts the runner whose slot it is for.', () =>
    disconnectsToo(({ body }, stage) =>
      stage.holdersOf({ projectId: textIn(body, 'project_id'), type: textIn(body, 'type') }),
    ))
  it('slots/failed-activation-evicts [activatePairingSession]: An activation evicts before its proof is judged.', () =>
    disconnectsToo(
      (call, stage) => stage.holdersOf(stage.sessionOf(call)),
      ({ status }) => status === 403,
    ))
  it('slots/agents-inherited [activatePairingSession]: A new runner takes over the agents of the one that it evicts.', () =>
    inheritsAgents)
  it('slots/late-goodbye-hits-successor [disconnectRunner]: The disconnect of an evicted runner hits its successor.', () =>
    editRequest((call, stage) => {
      const runner = stage.runnerOf(call)
      if (runner === undefined || stage.stateOf('runner', runner.id) !== 'none') return undefined
      const [successor] = stage.holdersOf(runner.session).filter(({ owner }) => isSameCaller(owner, runner.owner))
      return successor && { path: { runnerId: successor.id } }
    }))
  it('slots/not-freed-by-disconnect [activatePairingSession disconnectRunner]: A slot whose runner was disconnected cannot be taken again (409).', () =>
    keepsSlotsTaken)
})

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

export const isolationMutants: readonly Mutant[] = mutantsOf((it) => {
  it("isolation/refused-heartbeat-counts [heartbeat]: Another user's heartbeat is refused, and renews the runner.", () =>
    doesAnyway(410, (call, stage) => ({ body: {}, as: stage.runnerOf(call)?.owner })))
  it("isolation/slot-of-the-workspace [activatePairingSession]: A new runner evicts another user's of the same project and type.", () =>
    evictsToo(({ session }, { session: own }) => session.projectId === own.projectId && session.type === own.type))
  it("isolation/list-of-any-workspace [listRunners]: A list of another workspace's project shows its runners.", () =>
    editRequest((call, stage) => {
      const [runner] = ofAnyWorkspace(call.query.get('project_id') ?? '', stage)
      const isForeign = runner !== undefined && workspaceOf(runner.owner) !== call.workspace
      return isForeign ? { headers: { ...runner.owner } } : undefined
    }))
  it('isolation/one-workspace-at-a-time [activatePairingSession one-by-one]: Pairing in one workspace disconnects those of others.', () =>
    evictsToo(
      ({ owner }, activated) =>
        owner.authorization === activated.owner.authorization && workspaceOf(owner) !== workspaceOf(activated.owner),
    ))
  for (const [operation, creation, mistake] of [
    ['getProjectById', 'createProject', 'A project can be read from any workspace.'],
    ['deleteProjectById', 'createProject', 'A project can be deleted from any workspace.'],
    ['getTraceById', 'createTraces', 'A trace can be read from any workspace.'],
  ] as const)
    it(`isolation/${operation}.open-to-all [${operation} ${creation} should]: ${mistake}`, () => entersWorkspace)
})

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

export const heartbeatMutants: readonly Mutant[] = mutantsOf((it) => {
  it('heartbeat/announces-pending [heartbeat cancelJob]: Jobs cancelled before they were handed out are announced, too.', () =>
    announcesToo('pending'))
  it('heartbeat/announces-late-cancel [heartbeat cancelJob]: A cancellation that came after the end of a job is announced.', () =>
    announcesToo('completed'))
  it('heartbeat/announces-second-cancel [heartbeat cancelJob]: Cancelling a job twice announces it twice.', () =>
    announcesToo('cancelled'))
  it('heartbeat/announces-to-anybody [heartbeat cancelJob one-by-one]: A heartbeat announces whatever was cancelled, whoever runs it.', () =>
    announcesToo('running', true))
  it('heartbeat/capabilities-merged [heartbeat]: A list of capabilities is added to the stored one.', () =>
    () =>
    async (call) => {
      const named = capabilitiesIn(call.body)
      if (named.length === 0) return call.proceed()
      const { body } = await call.ask('getRunner', { path: call.path })
      return call.proceed({ body: { capabilities: [...new Set([...capabilitiesIn(body), ...named])] } })
    })
  it('heartbeat/known-capabilities-only [heartbeat]: Capabilities other than jobs and bridge are refused.', () =>
    refuseWhen(400, ({ body }) => capabilitiesIn(body).some((each) => each !== 'jobs' && each !== 'bridge')))
  for (const [what, pattern, mistake] of laxPatterns)
    it(`heartbeat/${what} [heartbeat]: ${mistake}`, () =>
      editRequestBody((body) => ({
        ...body,
        capabilities: capabilitiesIn(body).map((each) =>
          isInvalid(each) && pattern.test(String(each)) ? 'jobs' : each,
        ),
      })))
  it('heartbeat/capabilities-demanded [heartbeat]: A heartbeat must name capabilities (422).', () =>
    refuseWhen(422, ({ text, members }) => text !== '' && !('capabilities' in members)))
})
