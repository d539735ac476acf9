// Mistakes that random sequences of calls must come upon by themselves.
import { defineMutant, type Mutant } from '../mutant.js'
import { asOwner, editResource, insteadOf } from '../spoils.js'
import { handOut, runnerIdOf } from '../races.js'
import { answer, isSuccess, membersIn, textIn, withBody, without } from '../reply.js'

export const modelMutants: readonly Mutant[] = [
  defineMutant({
    id: 'model/ended-jobs-show-no-result',
    mistake: 'A job that has ended shows neither its result nor its error.',
    touches: ['getJob'],
    spoil: editResource((job) => without(job, 'result', 'error')),
  }),
  defineMutant({
    id: 'model/second-command-report-taken',
    mistake: 'A report on a command that has ended is 204.',
    touches: ['reportBridgeResult'],
    spoil: insteadOf(409, 204),
  }),
  defineMutant({
    id: 'model/capabilities-always-default',
    mistake: 'Every runner shows the default capabilities, whatever it has declared.',
    touches: ['getRunner'],
    spoil: editResource((runner) => ({ ...runner, capabilities: ['jobs'] })),
  }),
  defineMutant({
    id: 'model/reads-open-to-all',
    mistake: 'Anybody may read runners, jobs and commands.',
    touches: ['getRunner', 'getJob', 'listJobs', 'getJobLogs', 'getBridgeCommand'],
    spoil: asOwner(() => true),
  }),
  defineMutant({
    id: 'model/heartbeat-lasts-a-minute',
    mistake: 'A heartbeat keeps a runner alive for a minute.',
    settings: { heartbeat_ttl_seconds: 60 },
  }),
  defineMutant({
    id: 'model/jobs-moved-in-two-steps',
    mistake: 'A job is looked up and then taken out of the queue: polls that overlap get the same one.',
    touches: ['nextJob'],
    settings: { next_job_poll_timeout_seconds: 0.5 },
    spoil: (stage) => async (call) => {
      const seen = stage.jobsOf(runnerIdOf(call), 'pending')
      if (seen.length > 0) await stage.overlap()
      return handOut(call, seen, await call.proceed())
    },
  }),
  defineMutant({
    id: 'model/commands-moved-in-two-steps',
    mistake: 'Commands are looked up and then taken out of the queue: polls that overlap get the same ones.',
    touches: ['nextBridgeCommands'],
    settings: { bridge_poll_timeout_seconds: 0.5 },
    spoil: (stage) => async (call) => {
      const seen = stage.commandsOf(runnerIdOf(call), 'pending').slice(0, Number(call.members['max_commands'] ?? 10))
      if (seen.length === 0) return call.proceed()
      await stage.overlap()
      const reply = await call.proceed()
      const commands = seen.map(({ id, request }) => ({
        ...{ command_id: id, type: textIn(request, 'type'), args: request['args'], timeout_seconds: 30 },
        submitted_at: '2026-01-01T00:00:00Z',
      }))
      return isSuccess(reply) ? withBody(reply, { ...membersIn(reply), commands }) : answer(reply.status)
    },
  }),
]
