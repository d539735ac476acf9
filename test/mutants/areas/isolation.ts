// Mistakes in keeping users and workspaces apart.
import type { Caller } from '../call.js'
import { defineMutant, type Mutant, type Spoil, defineShould } from '../mutant.js'
import { createdIn, isSuccess, itemsOf, membersIn, membersOf, textIn, withBody } from '../reply.js'
import { asOwner, editReply } from '../spoils.js'
import { workspaceOf } from '../stage.js'

const ofRunner = [
  'getRunner',
  'disconnectRunner',
  'heartbeat',
  'registerAgents',
  'patchChecklist',
  'nextJob',
  'listJobs',
  'createBridgeCommand',
  'nextBridgeCommands',
  'getBridgeCommand',
  'reportBridgeResult',
] as const

const isColleague: Parameters<typeof asOwner>[0] = (call, stage) =>
  workspaceOf(stage.runnerOf(call)?.owner ?? NOBODY) === call.workspace

const NOBODY: Caller = { authorization: '', 'comet-workspace': '' }

/** Takes a caller for somebody of the workspace where the project was made. */
const entersWorkspace: Spoil = () => {
  const homes = new Map<string, string>()
  return async (call) => {
    const id = call.path['id'] ?? textIn(call.body, 'project_id')
    const home = homes.get(id)
    const reply = await call.proceed(home === undefined ? {} : { headers: { 'comet-workspace': home } })
    if (call.operation === 'createProject' && isSuccess(reply)) homes.set(createdIn(reply), call.workspace)
    return reply
  }
}

export const isolationMutants: readonly Mutant[] = [
  defineMutant('isolation/workspace-shares-runners', "Every user of a workspace reaches the others' runners.", {
    touches: ofRunner,
    spoil: asOwner(isColleague),
  }),
  defineMutant('isolation/runners-open-to-all', 'Whoever knows the id of a runner reaches it, from any workspace.', {
    touches: ofRunner,
    spoil: asOwner(() => true),
  }),
  defineMutant(
    'isolation/refused-heartbeat-counts',
    "Another user's heartbeat is refused, and keeps the runner alive.",
    {
      touches: ['heartbeat'],
      spoil: (stage) => async (call) => {
        const reply = await call.proceed()
        const runner = stage.runnerOf(call)
        if (reply.status === 410 && runner !== undefined)
          await call.ask('heartbeat', { path: call.path, body: {}, as: runner.owner })
        return reply
      },
    },
  ),
  defineMutant('isolation/refused-cancel-counts', "Cancelling another user's job is 404, and cancels it.", {
    touches: ['cancelJob'],
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      const owner = stage.runnerOf(call)?.owner
      if (reply.status === 404 && owner !== undefined) await call.ask('cancelJob', { path: call.path, as: owner })
      return reply
    },
  }),
  defineMutant('isolation/slot-of-the-workspace', "A new runner evicts another user's of the same project and type.", {
    touches: ['activatePairingSession'],
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      const session = stage.sessions.get(call.path['sessionId'] ?? '')
      const rivals = stage
        .present()
        .filter(
          ({ id, session: each }) =>
            id !== session?.runnerId && each.projectId === session?.projectId && each.type === session.type,
        )
      if (!isSuccess(reply)) return reply
      for (const { id, owner } of rivals) await call.ask('disconnectRunner', { path: { runnerId: id }, as: owner })
      return reply
    },
  }),
  defineMutant('isolation/total-of-the-workspace', 'The total of a list counts the runners of all users.', {
    touches: ['listRunners'],
    spoil: editReply((reply, call, stage) => {
      const all = stage
        .present()
        .filter(
          ({ session, owner }) =>
            session.projectId === call.query.get('project_id') && workspaceOf(owner) === call.workspace,
        )
      return isSuccess(reply) ? withBody(reply, { ...membersIn(reply), total: all.length }) : reply
    }),
  }),
  defineMutant('isolation/list-of-any-workspace', "A list of another workspace's project shows its runners.", {
    touches: ['listRunners'],
    spoil: (stage) => (call) => {
      const projectId = call.query.get('project_id')
      const runner = stage.present().find(({ session }) => session.projectId === projectId)
      return call.proceed(
        runner !== undefined && workspaceOf(runner.owner) !== call.workspace ? { headers: { ...runner.owner } } : {},
      )
    },
  }),
  defineMutant('isolation/one-workspace-at-a-time', 'Pairing in one workspace disconnects those of others.', {
    touches: ['activatePairingSession'],
    oneByOne: true,
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      const elsewhere = stage
        .present()
        .filter(
          ({ owner }) => owner.authorization === call.header('authorization') && workspaceOf(owner) !== call.workspace,
        )
      if (!isSuccess(reply)) return reply
      for (const { id, owner } of elsewhere) await call.ask('disconnectRunner', { path: { runnerId: id }, as: owner })
      return reply
    },
  }),
  defineShould('isolation/projects-open-to-all', 'A project can be read from any workspace.', {
    touches: ['getProjectById', 'createProject'],
    spoil: entersWorkspace,
  }),
  defineShould('isolation/projects-deleted-by-all', 'A project can be deleted from any workspace.', {
    touches: ['deleteProjectById', 'createProject'],
    spoil: entersWorkspace,
  }),
  defineShould('isolation/traces-open-to-all', 'A trace can be read from any workspace.', {
    touches: ['getTraceById', 'createTraces'],
    spoil: () => {
      const places = new Map<string, Caller>()
      return (call) => {
        for (const trace of itemsOf(call.members['traces'])) places.set(textIn(membersOf(trace), 'id'), call.caller)
        const owner = places.get(call.path['id'] ?? '')
        return call.proceed(owner === undefined ? {} : { headers: { ...owner } })
      }
    },
  }),
]
