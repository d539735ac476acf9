// Mistakes that random sequences of calls must come upon by themselves.
import { defineMutant, type Mutant } from '../mutant.js'
import { asOwner, editResource, insteadOf } from '../spoils.js'
import { takesInTwoSteps } from '../polls.js'
import { without } from '../reply.js'

export const modelMutants: readonly Mutant[] = [
  defineMutant('model/ended-jobs-show-no-result', 'A job that has ended shows neither its result nor its error.', {
    touches: ['getJob'],
    spoil: editResource((job) => without(job, 'result', 'error')),
  }),
  defineMutant('model/second-command-report-taken', 'A report on a command that has ended is 204.', {
    touches: ['reportBridgeResult'],
    spoil: insteadOf(409, 204),
  }),
  defineMutant('model/capabilities-always-default', 'Every runner shows the default capabilities.', {
    touches: ['getRunner'],
    spoil: editResource((runner) => ({ ...runner, capabilities: ['jobs'] })),
  }),
  defineMutant('model/reads-open-to-all', 'Anybody may read runners, jobs and commands.', {
    touches: ['getRunner', 'getJob', 'listJobs', 'getJobLogs', 'getBridgeCommand'],
    spoil: asOwner(() => true),
  }),
  defineMutant('model/heartbeat-lasts-a-minute', 'A heartbeat keeps a runner alive for a minute.', {
    settings: { heartbeat_ttl_seconds: 60 },
  }),
  defineMutant('model/jobs-moved-in-two-steps', 'A job is looked up, then taken: polls at once get the same.', {
    touches: ['nextJob'],
    settings: { next_job_poll_timeout_seconds: 0.5 },
    spoil: takesInTwoSteps(),
  }),
  defineMutant(
    'model/commands-moved-in-two-steps',
    'Commands are looked up, then taken: polls at once get them twice.',
    {
      touches: ['nextBridgeCommands'],
      settings: { bridge_poll_timeout_seconds: 0.5 },
      spoil: takesInTwoSteps(),
    },
  ),
]
