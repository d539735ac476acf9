// Mistakes in reading, listing and disconnecting runners.
import { defineMutant, type Mutant } from '../mutant.js'
import { isObject, isSuccess, itemsOf, membersIn, membersOf, withBody, without, type Members } from '../reply.js'
import { editResource } from '../spoils.js'
import { isSameCaller, type KnownRunner } from '../stage.js'

/** A runner that is gone, as a server shows it that keeps it. */
function viewOfGone({ id, name, session }: KnownRunner): Members {
  return {
    ...{ id, name, type: session.type, project_id: session.projectId, status: 'disconnected', agents: [] },
    ...{ connected_at: new Date(session.createdAt).toISOString(), capabilities: ['jobs'] },
  }
}

export const runnerMutants: readonly Mutant[] = [
  defineMutant('runner/list-without-checklists', 'The list of runners leaves the checklist out.', {
    touches: ['listRunners'],
    spoil: editResource((runner) => without(runner, 'checklist')),
  }),
  defineMutant('runner/list-with-names-of-agents', 'The list of runners shows the agents without their timeouts.', {
    touches: ['listRunners'],
    spoil: editResource((runner) => ({
      ...runner,
      agents: itemsOf(runner['agents']).map((agent) => ({ ...membersOf(agent), timeout: 7 })),
    })),
  }),
  defineMutant('runner/total-of-the-user', "The total of a project's runners counts those of all projects.", {
    touches: ['listRunners'],
    oneByOne: true,
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      const page = membersIn(reply)
      return isSuccess(reply) && page['total'] === 0 && stage.runners.size > 0
        ? withBody(reply, { ...page, total: stage.runners.size })
        : reply
    },
  }),
  defineMutant(
    'runner/disconnect-takes-both-types',
    'Disconnecting one runner of a project takes the other type along.',
    {
      touches: ['disconnectRunner'],
      spoil: (stage) => async (call) => {
        const runner = stage.runnerOf(call)
        const neighbour = runner === undefined ? undefined : stage.neighbourOf(runner)
        if (neighbour !== undefined) await call.ask('disconnectRunner', { path: { runnerId: neighbour.id } })
        return call.proceed()
      },
    },
  ),
  defineMutant(
    'runner/disconnect-loses-jobs-of-both',
    'Disconnecting a connect runner cancels the endpoint runner’s jobs.',
    {
      touches: ['disconnectRunner'],
      spoil: (stage) => async (call) => {
        const runner = stage.runnerOf(call)
        const neighbour = runner === undefined ? undefined : stage.neighbourOf(runner)
        const jobs = [...stage.jobs.values()].filter(({ runnerId }) => runnerId === neighbour?.id)
        for (const { id } of jobs) await call.ask('cancelJob', { path: { jobId: id } })
        return call.proceed()
      },
    },
  ),
  defineMutant('runner/read-counts-reads', 'Reading a runner moves the time of its connection.', {
    touches: ['getRunner'],
    spoil: (stage) =>
      editResource((runner) => ({
        ...runner,
        connected_at: isObject(runner) ? new Date(stage.now()).toISOString() : undefined,
      }))(stage),
  }),
  defineMutant('runner/listed-until-reaped', 'A runner that was disconnected is listed as disconnected.', {
    touches: ['listRunners'],
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      const projectId = call.query.get('project_id') ?? ''
      const gone = [...stage.runners.values()].filter(
        ({ id, session, owner }) =>
          session.projectId === projectId && isSameCaller(owner, call.caller) && stage.stateOf('runner', id) === 'none',
      )
      if (!isSuccess(reply) || gone.length === 0) return reply
      const page = membersIn(reply)
      const content = [...itemsOf(page['content']), ...gone.map(viewOfGone)]
      return withBody(reply, { ...page, content, total: Number(page['total']) + gone.length })
    },
  }),
]
