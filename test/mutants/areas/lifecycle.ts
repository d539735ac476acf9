// Mistakes in single moves of the lifecycle: a call that answers or moves as it should in another state.
import { defineMutant, type Mutant } from '../mutant.js'
import { isSuccess, membersIn, refusal, textIn, withBody } from '../reply.js'
import { editReply } from '../spoils.js'

export const lifecycleMutants: readonly Mutant[] = [
  defineMutant('lifecycle/failure-as-completion', 'A job that is reported failed is completed.', {
    touches: ['reportJobResult'],
    spoil: () => (call) =>
      call.proceed(call.members['status'] === 'failed' ? { body: { ...call.members, status: 'completed' } } : {}),
  }),
  defineMutant('lifecycle/ended-command-gone', 'A command that has ended is 404 to its reader.', {
    touches: ['getBridgeCommand'],
    spoil: editReply((reply) =>
      isSuccess(reply) && ['completed', 'failed'].includes(textIn(membersIn(reply), 'status')) ? refusal(404) : reply,
    ),
  }),
  defineMutant('lifecycle/expired-session-forbidden', 'An expired session is 403 instead of 404.', {
    touches: ['activatePairingSession'],
    spoil: editReply((reply, { path }, stage) =>
      reply.status === 404 && stage.stateOf('pairingSession', path['sessionId'] ?? '') === 'expired'
        ? refusal(403)
        : reply,
    ),
  }),
  defineMutant('lifecycle/reading-log-changes-job', 'Reading the log of a running job completes it.', {
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
