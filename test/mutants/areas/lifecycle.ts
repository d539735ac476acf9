// Mistakes in single moves of the lifecycle: a call that answers or moves as it should in another state.
import { defineMutant, type Mutant } from '../mutant.js'
import { answer, isSuccess, membersIn, refusal, textIn, withBody } from '../reply.js'
import { editReply, editResource, insteadOf, refuseWhen } from '../spoils.js'

const ENDED = new Set(['completed', 'failed', 'cancelled'])

export const lifecycleMutants: readonly Mutant[] = [
  defineMutant({
    id: 'lifecycle/cancel-of-ended-job-conflicts',
    mistake: 'Cancelling a job that has ended is 409.',
    touches: ['cancelJob'],
    spoil: refuseWhen(409, ({ path }, stage) => ENDED.has(stage.stateOf('job', path['jobId'] ?? ''))),
  }),
  defineMutant({
    id: 'lifecycle/cancel-of-unknown-job-done',
    mistake: 'Cancelling an unknown job is 204.',
    touches: ['cancelJob'],
    spoil: insteadOf(404, 204),
  }),
  defineMutant({
    id: 'lifecycle/ended-job-takes-no-logs',
    mistake: 'Log entries of a job that has ended are 409.',
    touches: ['appendJobLogs'],
    spoil: refuseWhen(409, ({ path }, stage) => ENDED.has(stage.stateOf('job', path['jobId'] ?? ''))),
  }),
  defineMutant({
    id: 'lifecycle/pending-job-has-no-logs',
    mistake: 'The log of a job that was not handed out is 404.',
    touches: ['getJobLogs'],
    spoil: refuseWhen(404, ({ path }, stage) => stage.stateOf('job', path['jobId'] ?? '') === 'pending'),
  }),
  defineMutant({
    id: 'lifecycle/pending-job-not-reported',
    mistake: 'A report on a job that was not handed out is 409.',
    touches: ['reportJobResult'],
    spoil: refuseWhen(409, ({ path }, stage) => stage.stateOf('job', path['jobId'] ?? '') === 'pending'),
  }),
  defineMutant({
    id: 'lifecycle/report-of-pending-taken',
    mistake: 'A report of pending is taken and ignored.',
    touches: ['reportJobResult'],
    spoil: editReply((reply, { members }) =>
      reply.status === 400 && members['status'] === 'pending' ? answer(204) : reply,
    ),
  }),
  defineMutant({
    id: 'lifecycle/runner-cancels-by-report',
    mistake: 'A report of cancelled cancels the job.',
    touches: ['reportJobResult'],
    spoil: () => async (call) => {
      if (call.members['status'] !== 'cancelled') return call.proceed()
      const { status } = await call.ask('cancelJob', { path: call.path })
      return status === 404 ? refusal(404) : answer(204)
    },
  }),
  defineMutant({
    id: 'lifecycle/unknown-job-before-status',
    mistake: 'An unknown job is noticed (404) before a status that may not be reported.',
    touches: ['reportJobResult'],
    spoil: editReply((reply, { path }, stage) =>
      reply.status === 400 && stage.stateOf('job', path['jobId'] ?? '') === 'none' ? refusal(404) : reply,
    ),
  }),
  defineMutant({
    id: 'lifecycle/completion-of-pending-keeps-pending',
    mistake: 'A pending job that is reported completed is shown as pending.',
    touches: ['getJob'],
    spoil: editResource((job) =>
      job['status'] === 'completed' && !('started_at' in job) ? { ...job, status: 'pending' } : job,
    ),
  }),
  defineMutant({
    id: 'lifecycle/failure-as-completion',
    mistake: 'A job that is reported failed is completed.',
    touches: ['reportJobResult'],
    spoil: () => (call) =>
      call.proceed(call.members['status'] === 'failed' ? { body: { ...call.members, status: 'completed' } } : {}),
  }),
  defineMutant({
    id: 'lifecycle/hand-out-starts-nothing',
    mistake: 'A job that was handed out stays pending until its first report.',
    touches: ['getJob', 'listJobs'],
    spoil: editResource((job) => (job['status'] === 'running' ? { ...job, status: 'pending' } : job)),
  }),
  defineMutant({
    id: 'lifecycle/report-of-timed-out-taken',
    mistake: 'A report of timed_out is taken.',
    touches: ['reportBridgeResult'],
    spoil: () => (call) =>
      call.proceed(call.members['status'] === 'timed_out' ? { body: { ...call.members, status: 'failed' } } : {}),
  }),
  defineMutant({
    id: 'lifecycle/timed-out-command-reopens',
    mistake: 'A command that timed out can still be reported.',
    touches: ['reportBridgeResult'],
    spoil: editReply((reply, { path }, stage) =>
      reply.status === 409 && stage.stateOf('bridgeCommand', path['commandId'] ?? '') === 'timed_out'
        ? answer(204)
        : reply,
    ),
  }),
  defineMutant({
    id: 'lifecycle/ended-command-gone',
    mistake: 'A command that has ended is 404 to its reader.',
    touches: ['getBridgeCommand'],
    spoil: editReply((reply) =>
      isSuccess(reply) && ['completed', 'failed'].includes(textIn(membersIn(reply), 'status')) ? refusal(404) : reply,
    ),
  }),
  defineMutant({
    id: 'lifecycle/pairing-runner-beats',
    mistake: 'The runner of an open session may send heartbeats.',
    touches: ['heartbeat'],
    spoil: editReply((reply, { path }, stage) =>
      reply.status === 410 && stage.stateOf('runner', path['runnerId'] ?? '') === 'pairing'
        ? answer(200, { cancelled_job_ids: [] })
        : reply,
    ),
  }),
  defineMutant({
    id: 'lifecycle/pairing-runner-registers',
    mistake: 'The runner of an open session may register agents.',
    touches: ['registerAgents'],
    spoil: editReply((reply, { path }, stage) =>
      reply.status === 404 && stage.stateOf('runner', path['runnerId'] ?? '') === 'pairing' ? answer(204) : reply,
    ),
  }),
  defineMutant({
    id: 'lifecycle/lapsed-runner-lists-no-jobs',
    mistake: 'The jobs of a lapsed runner are not listed (404).',
    touches: ['listJobs'],
    spoil: refuseWhen(404, ({ path }, stage) => stage.stateOf('runner', path['runnerId'] ?? '') === 'disconnected'),
  }),
  defineMutant({
    id: 'lifecycle/lapsed-runner-cannot-leave',
    mistake: 'A lapsed runner that is disconnected stays.',
    touches: ['disconnectRunner'],
    spoil: (stage) => (call) =>
      stage.stateOf('runner', call.path['runnerId'] ?? '') === 'disconnected' ? answer(204) : call.proceed(),
  }),
  defineMutant({
    id: 'lifecycle/lapsed-runner-takes-jobs',
    mistake: 'A job for a lapsed runner is 404 instead of 409.',
    touches: ['createJob'],
    spoil: insteadOf(409, 404),
  }),
  defineMutant({
    id: 'lifecycle/expired-session-forbidden',
    mistake: 'An expired session is 403 instead of 404.',
    touches: ['activatePairingSession'],
    spoil: editReply((reply, { path }, stage) =>
      reply.status === 404 && stage.stateOf('pairingSession', path['sessionId'] ?? '') === 'expired'
        ? refusal(403)
        : reply,
    ),
  }),
  defineMutant({
    id: 'lifecycle/reading-log-changes-job',
    mistake: 'Reading the log of a running job shows the job as completed afterwards.',
    touches: ['getJobLogs', 'getJob'],
    spoil: (stage) => {
      const read = new Set<string>()
      return async (call) => {
        const id = call.path['jobId'] ?? ''
        if (call.operation === 'getJobLogs' && stage.stateOf('job', id) === 'running') read.add(id)
        const reply = await call.proceed()
        return call.operation === 'getJob' && read.has(id) && isSuccess(reply)
          ? withBody(reply, { ...membersIn(reply), status: 'completed' })
          : reply
      }
    },
  }),
]
