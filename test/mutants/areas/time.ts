// Mistakes about time: the life of runners, timestamps, timeouts and ends of jobs and commands.
import { type Mutant, defineMutant } from '../mutant.js'
import { type Members, answer, isSuccess, itemsOf, membersIn, refusal, textIn, withBody, without } from '../reply.js'
import { editReply, editRequestBody, editResource, refuseWhen } from '../spoils.js'
import type { Stage } from '../stage.js'

/** Whether the heartbeat of a runner has lapsed. */
function isLapsed(stage: Stage, runnerId: string): boolean {
  return stage.stateOf('runner', runnerId) === 'disconnected'
}

export const timeMutants: readonly Mutant[] = [
  defineMutant('time/only-first-heartbeat-counts', 'Only the first heartbeat renews the life of a runner.', {
    touches: ['heartbeat'],
    spoil: () => {
      const beaten = new Set<string>()
      return async (call) => {
        const id = call.path['runnerId'] ?? ''
        const isFirst = !beaten.has(id)
        beaten.add(id)
        return isFirst ? call.proceed() : answer(200, { cancelled_job_ids: [] })
      }
    },
  }),
  defineMutant('time/lapse-loses-agents', 'A runner that comes back has lost its agents.', {
    touches: ['heartbeat'],
    spoil: (stage) => async (call) => {
      const wasLapsed = isLapsed(stage, call.path['runnerId'] ?? '')
      const reply = await call.proceed()
      if (wasLapsed) await call.ask('registerAgents', { path: call.path, body: {} })
      return reply
    },
  }),
  defineMutant('time/lapse-loses-capabilities', 'A runner that comes back has the default capabilities.', {
    touches: ['heartbeat'],
    spoil: (stage) => (call) =>
      call.proceed(
        isLapsed(stage, call.path['runnerId'] ?? '') && !('capabilities' in call.members)
          ? { body: { capabilities: ['jobs'] } }
          : {},
      ),
  }),
  defineMutant('time/lapsed-filter-by-stored-status', 'The status filter counts lapsed runners as connected.', {
    touches: ['listRunners'],
    spoil: (stage) => async (call) => {
      const { query } = call
      if (query.get('status') !== 'connected') return call.proceed()
      const reply = await call.proceed({ query: { status: undefined } })
      return stage.now() > 0 ? reply : call.proceed()
    },
  }),
  defineMutant('time/lapsed-reports-refused', 'Reports of a lapsed runner are refused (409).', {
    touches: ['reportJobResult'],
    spoil: refuseWhen(409, (call, stage) => isLapsed(stage, stage.runnerOf(call)?.id ?? '')),
  }),
  defineMutant('time/purge-keeps-listing', 'A purged runner stays in the list.', {
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
  defineMutant('time/timed-out-as-cancelled', 'A job that timed out is shown as cancelled.', {
    touches: ['getJob'],
    spoil: editResource((job) => (/timed out/.test(textIn(job, 'error')) ? { ...job, status: 'cancelled' } : job)),
  }),
  defineMutant('time/timed-out-without-error', 'A job that timed out does not say so.', {
    touches: ['getJob'],
    spoil: editResource((job) => (/timed out/.test(textIn(job, 'error')) ? without(job, 'error') : job)),
  }),
  defineMutant('time/timed-out-announced', 'A job that timed out is announced to its runner as cancelled.', {
    touches: ['heartbeat'],
    spoil: editReply((reply, { path }, stage) => {
      const failed = stage.jobsOf(path['runnerId'] ?? '', 'failed').map(({ id }) => id)
      return isSuccess(reply) && failed.length > 0 ? withBody(reply, { cancelled_job_ids: failed }) : reply
    }),
  }),
  defineMutant('time/late-result-counts', 'A result that comes after the timeout completes the job.', {
    touches: ['reportJobResult', 'getJob'],
    spoil: (stage) => {
      const late = new Map<string, Members>()
      return async (call) => {
        const id = call.path['jobId'] ?? ''
        const state = stage.stateOf('job', id)
        const reply = await call.proceed()
        if (call.operation === 'reportJobResult' && state === 'failed') late.set(id, call.members)
        const own = late.get(id)
        return call.operation === 'getJob' && own !== undefined && isSuccess(reply)
          ? withBody(reply, { ...without(membersIn(reply), 'error'), ...own })
          : reply
      }
    },
  }),
  defineMutant('time/session-default-of-a-minute', 'A session that names no time to live has a minute.', {
    touches: ['createPairingSession'],
    spoil: editRequestBody((body) => ({ ttl_seconds: 60, ...body })),
  }),
  defineMutant('time/runner-ends-with-session', 'A runner is disconnected when its session expires.', {
    touches: ['getRunner'],
    spoil: editReply((reply, call, stage) => {
      const session = stage.runnerOf(call)?.session
      return session !== undefined && stage.stateOf('pairingSession', session.id) === 'expired' ? refusal(404) : reply
    }),
  }),
  defineMutant('time/command-fails-with-timeout', 'A command that timed out is shown as failed, with an error.', {
    touches: ['getBridgeCommand'],
    spoil: editResource((command) =>
      command['status'] === 'timed_out' ? { ...command, status: 'failed', error: 'timeout' } : command,
    ),
  }),
  defineMutant('time/timed-out-command-with-error', 'A command that timed out shows an error.', {
    touches: ['getBridgeCommand'],
    spoil: editResource((command) =>
      command['status'] === 'timed_out' ? { error: { code: 'timeout' }, ...command } : command,
    ),
  }),
  defineMutant('time/timed-out-command-without-end', 'A command that timed out does not show when.', {
    touches: ['getBridgeCommand'],
    spoil: editResource((command) => (command['status'] === 'timed_out' ? without(command, 'completed_at') : command)),
  }),
  defineMutant('time/timeout-wakes-nobody', 'A reader does not notice that a command times out.', {
    touches: ['getBridgeCommand'],
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      const isOver = textIn(membersIn(reply), 'status') === 'timed_out'
      if (call.query.get('wait') === 'true' && isOver) await stage.sleep(60, call.exchange.signal)
      return reply
    },
  }),
  defineMutant('time/unanswered-command-kept', 'A command that was picked up and never answered stays picked up.', {
    touches: ['getBridgeCommand'],
    spoil: editReply((reply, { path }, stage) => {
      const command = stage.commands.get(path['commandId'] ?? '')
      const isThere = command !== undefined && stage.stateOf('runner', command.runnerId) !== 'none'
      const isOver = reply.status === 404 || textIn(membersIn(reply), 'status') === 'timed_out'
      if (!isOver || !isThere) return reply
      const shown = { command_id: command.id, runner_id: command.runnerId, type: textIn(command.request, 'type') }
      const rest = { args: command.request['args'], timeout_seconds: 1, submitted_at: '2026-01-01T00:00:00Z' }
      return answer(200, { ...shown, ...rest, status: 'picked_up', picked_up_at: rest.submitted_at })
    }),
  }),
]
