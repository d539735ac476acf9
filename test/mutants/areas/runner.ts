// Mistakes in reading, listing and disconnecting runners.
import { defineMutant, type Mutant } from '../mutant.js'
import {
  answer,
  isObject,
  isSuccess,
  itemsOf,
  membersIn,
  membersOf,
  refusal,
  withBody,
  without,
  type Members,
} from '../reply.js'
import { editReply, editResource } from '../spoils.js'
import { isSameCaller, type KnownRunner } from '../stage.js'

/** A runner that is gone, as a server shows it that keeps it. */
function viewOfGone({ id, name, session }: KnownRunner): Members {
  return {
    ...{ id, name, type: session.type, project_id: session.projectId, status: 'disconnected', agents: [] },
    ...{ connected_at: new Date(session.createdAt).toISOString(), capabilities: ['jobs'] },
  }
}

export const runnerMutants: readonly Mutant[] = [
  defineMutant({
    id: 'runner/list-without-checklists',
    mistake: 'The list of runners leaves the checklist out.',
    touches: ['listRunners'],
    spoil: editResource((runner) => without(runner, 'checklist')),
  }),
  defineMutant({
    id: 'runner/list-with-names-of-agents',
    mistake: 'The list of runners shows the agents without their timeouts.',
    touches: ['listRunners'],
    spoil: editResource((runner) => ({
      ...runner,
      agents: itemsOf(runner['agents']).map((agent) => ({ ...membersOf(agent), timeout: 7 })),
    })),
  }),
  defineMutant({
    id: 'runner/total-of-the-user',
    mistake: "The total of a project's runners counts those of all projects.",
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
  defineMutant({
    id: 'runner/disconnected-is-kept',
    mistake: 'A runner that was disconnected can still be read, as disconnected.',
    touches: ['getRunner'],
    spoil: editReply((reply, call, stage) => {
      const runner = stage.runnerOf(call)
      return reply.status === 404 && runner !== undefined ? answer(200, viewOfGone(runner)) : reply
    }),
  }),
  defineMutant({
    id: 'runner/disconnect-of-unknown-refused',
    mistake: 'Disconnecting a runner that is gone is 404.',
    touches: ['disconnectRunner'],
    spoil: (stage) => (call) =>
      stage.stateOf('runner', call.path['runnerId'] ?? '') === 'none' ? refusal(404) : call.proceed(),
  }),
  defineMutant({
    id: 'runner/logs-outlive-it',
    mistake: 'Logs of the jobs of a disconnected runner can still be read.',
    touches: ['getJobLogs'],
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      return reply.status === 404 && stage.jobs.has(call.path['jobId'] ?? '') ? answer(200, []) : reply
    },
  }),
  defineMutant({
    id: 'runner/disconnect-takes-both-types',
    mistake: 'Disconnecting one runner of a project disconnects the one of the other type, too.',
    touches: ['disconnectRunner'],
    spoil: (stage) => async (call) => {
      const runner = stage.runnerOf(call)
      const neighbour = runner === undefined ? undefined : stage.neighbourOf(runner)
      if (neighbour !== undefined) await call.ask('disconnectRunner', { path: { runnerId: neighbour.id } })
      return call.proceed()
    },
  }),
  defineMutant({
    id: 'runner/disconnect-loses-jobs-of-both',
    mistake: 'Disconnecting the connect runner cancels the jobs of the endpoint runner.',
    touches: ['disconnectRunner'],
    spoil: (stage) => async (call) => {
      const runner = stage.runnerOf(call)
      const neighbour = runner === undefined ? undefined : stage.neighbourOf(runner)
      const jobs = [...stage.jobs.values()].filter(({ runnerId }) => runnerId === neighbour?.id)
      for (const { id } of jobs) await call.ask('cancelJob', { path: { jobId: id } })
      return call.proceed()
    },
  }),
  defineMutant({
    id: 'runner/read-counts-reads',
    mistake: 'Reading a runner moves the time of its connection.',
    touches: ['getRunner'],
    spoil: (stage) =>
      editResource((runner) => ({
        ...runner,
        connected_at: isObject(runner) ? new Date(stage.now()).toISOString() : undefined,
      }))(stage),
  }),
  defineMutant({
    id: 'runner/listed-until-reaped',
    mistake: 'A runner that was disconnected is listed as disconnected.',
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
