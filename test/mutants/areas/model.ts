// Mistakes that random sequences of calls must come upon by themselves.
import { defineMutant, type Mutant } from '../mutant.js'
import { asOwner, editResource, insteadOf } from '../spoils.js'
import { takesInTwoSteps } from '../polls.js'
import { without } from '../reply.js'

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
    spoil: takesInTwoSteps(),
  }),
  defineMutant({
    id: 'model/commands-moved-in-two-steps',
    mistake: 'Commands are looked up and then taken out of the queue: polls that overlap get the same ones.',
    touches: ['nextBridgeCommands'],
    settings: { bridge_poll_timeout_seconds: 0.5 },
    spoil: takesInTwoSteps(),
  }),
]
