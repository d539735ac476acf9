// Mistakes about what a lapsed runner may do, and about the end of dead ones.
import { defineMutant, type Mutant } from '../mutant.js'
import { answer, isSuccess, itemsOf, membersIn, refusal, textIn, withBody } from '../reply.js'
import { editReply, editResource, refuseWhen } from '../spoils.js'

import { failsJobs } from './time-jobs.js'
import { isLapsed } from './time-runners.js'

const jobReads = ['getJob', 'listJobs', 'nextJob'] as const

export const timeLapsedMutants: readonly Mutant[] = [
  defineMutant({
    id: 'time/lapsed-takes-jobs',
    mistake: 'A lapsed runner takes new jobs.',
    touches: ['createJob'],
    spoil: editReply((reply, call) =>
      reply.status === 409
        ? answer(201, undefined, {
            location: `${call.exchange.base ?? ''}${call.pathname}/${textIn(call.body, 'project_id')}`,
          })
        : reply,
    ),
  }),
  defineMutant({
    id: 'time/agent-before-lapse',
    mistake: 'A job for an unknown agent of a lapsed runner is refused for the agent (400).',
    touches: ['createJob'],
    spoil: editReply((reply, { body }) =>
      reply.status === 409 && textIn(body, 'agent_name') !== 'echo' ? refusal(400) : reply,
    ),
  }),
  defineMutant({
    id: 'time/lapsed-command-as-conflict',
    mistake: 'A command for a lapsed runner is 409 instead of 404.',
    touches: ['createBridgeCommand'],
    spoil: editReply((reply, { path }, stage) =>
      reply.status === 404 && isLapsed(stage, path['runnerId'] ?? '') ? refusal(409) : reply,
    ),
  }),
  defineMutant({
    id: 'time/capability-before-lapse',
    mistake: 'A lapsed runner without the capability refuses commands for that (409).',
    touches: ['createBridgeCommand', 'heartbeat'],
    spoil: (stage) => {
      const able = new Set<string>()
      return async (call) => {
        const id = call.path['runnerId'] ?? ''
        if (itemsOf(call.members['capabilities']).includes('bridge')) able.add(id)
        const reply = await call.proceed()
        const isLate = call.operation === 'createBridgeCommand' && reply.status === 404 && isLapsed(stage, id)
        return isLate && !able.has(id) ? refusal(409) : reply
      }
    },
  }),
  defineMutant({
    id: 'time/lapsed-gets-no-jobs',
    mistake: 'The poll of a lapsed runner is 404.',
    touches: ['nextJob'],
    spoil: refuseWhen(404, ({ path }, stage) => isLapsed(stage, path['runnerId'] ?? '')),
  }),
  defineMutant({
    id: 'time/lapsed-gets-no-commands',
    mistake: 'The command poll of a lapsed runner is 404.',
    touches: ['nextBridgeCommands'],
    spoil: refuseWhen(404, ({ path }, stage) => isLapsed(stage, path['runnerId'] ?? '')),
  }),
  defineMutant({
    id: 'time/lapsed-reports-refused',
    mistake: 'Reports of a lapsed runner are refused (409).',
    touches: ['reportJobResult'],
    spoil: refuseWhen(409, (call, stage) => isLapsed(stage, stage.runnerOf(call)?.id ?? '')),
  }),
  defineMutant({
    id: 'time/lapsed-registers-nothing',
    mistake: 'What a lapsed runner registers is not kept.',
    touches: ['registerAgents'],
    spoil: (stage) => (call) => (isLapsed(stage, call.path['runnerId'] ?? '') ? answer(204) : call.proceed()),
  }),
  defineMutant({
    id: 'time/lapse-fails-jobs',
    mistake: 'The lapse of its runner fails the running jobs.',
    touches: jobReads,
    spoil: failsJobs((job, stage) => isLapsed(stage, textIn(job, 'runner_id'))),
  }),
  defineMutant({
    id: 'time/lapse-empties-queue',
    mistake: 'The lapse of its runner cancels the pending jobs.',
    touches: ['getJob'],
    spoil: editResource((job, _, stage) =>
      job['status'] === 'pending' && isLapsed(stage, textIn(job, 'runner_id')) ? { ...job, status: 'cancelled' } : job,
    ),
  }),
  defineMutant({
    id: 'time/dead-runners-kept',
    mistake: 'Dead runners are never purged.',
    settings: { dead_runner_purge_seconds: 100_000_000 },
  }),
  defineMutant({
    id: 'time/dead-runners-purged-after-an-hour',
    mistake: 'Dead runners are purged after an hour.',
    settings: { dead_runner_purge_seconds: 3600 },
  }),
  defineMutant({
    id: 'time/purged-runner-returns',
    mistake: 'The heartbeat of a purged runner is answered as if it lived.',
    touches: ['heartbeat'],
    spoil: editReply((reply, call, stage) =>
      reply.status === 410 && stage.runnerOf(call) !== undefined ? answer(200, { cancelled_job_ids: [] }) : reply,
    ),
  }),
  defineMutant({
    id: 'time/purge-keeps-jobs',
    mistake: 'The jobs of a purged runner can still be read.',
    touches: ['getJob'],
    spoil: editReply((reply, { path }, stage) => {
      const job = stage.jobs.get(path['jobId'] ?? '')
      if (reply.status !== 404 || job === undefined) return reply
      const shown = { id: job.id, runner_id: job.runnerId, agent_name: textIn(job.request, 'agent_name') }
      const rest = { project_id: textIn(job.request, 'project_id'), created_at: '2026-01-01T00:00:00Z', timeout: 0 }
      return answer(200, { ...shown, ...rest, status: 'failed' })
    }),
  }),
  defineMutant({
    id: 'time/purge-keeps-listing',
    mistake: 'A purged runner stays in the list.',
    touches: ['listRunners'],
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      const projectId = call.query.get('project_id') ?? ''
      const purged = [...stage.runners.values()].filter(
        ({ id, session }) => session.projectId === projectId && stage.stateOf('runner', id) === 'none',
      )
      const page = membersIn(reply)
      const more = purged.map(({ id, name, session }) => ({
        ...{ id, name, type: session.type, project_id: projectId, status: 'disconnected', agents: [] },
        ...{ connected_at: new Date(session.createdAt).toISOString(), capabilities: ['jobs'] },
      }))
      const content = [...itemsOf(page['content']), ...more]
      return isSuccess(reply) ? withBody(reply, { ...page, content, total: content.length }) : reply
    },
  }),
  defineMutant({
    id: 'time/returned-runner-dies-for-good',
    mistake: 'A runner that was dead once is purged when it comes back.',
    severity: 'should',
    touches: ['heartbeat'],
    spoil: (stage) => async (call) => {
      const wasLapsed = isLapsed(stage, call.path['runnerId'] ?? '')
      if (wasLapsed) await call.ask('disconnectRunner', { path: call.path })
      return call.proceed()
    },
  }),
]
