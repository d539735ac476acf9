// Mistakes about what a job is made of, and whose it is.
import { defineMutant, type Mutant } from '../mutant.js'
import { isObject, type Members } from '../reply.js'
import { editResource, refuseWhen } from '../spoils.js'

const jobReads = ['getJob', 'listJobs', 'nextJob'] as const

export const jobMutants: readonly Mutant[] = [
  defineMutant('job/inputs-only-objects', 'Inputs must be an object; anything else is refused.', {
    touches: ['createJob'],
    spoil: refuseWhen(400, ({ members }) => 'inputs' in members && !isObject(members['inputs'])),
  }),
  defineMutant('job/inputs-as-text', 'The runner gets the inputs as JSON text in a string.', {
    touches: ['nextJob'],
    spoil: editResource((job) => ('inputs' in job ? { ...job, inputs: JSON.stringify(job['inputs']) } : job)),
  }),
  defineMutant('job/empty-prompt-masks-shown', 'A job without prompt masks shows an empty map of them.', {
    touches: jobReads,
    spoil: editResource((job) => ({ prompt_masks: {}, ...job })),
  }),
  defineMutant('job/unknown-agent-queued', 'A job for an unknown agent is refused, and queued all the same.', {
    touches: ['createJob', 'registerAgents'],
    spoil: () => {
      const registered = new Map<string, Members>()
      return async (call) => {
        if (call.operation === 'registerAgents') registered.set(call.path['runnerId'] ?? '', call.members)
        const reply = await call.proceed()
        if (call.operation === 'createJob' && reply.status === 400) {
          const [agent_name] = [...registered.values()].flatMap((agents) => Object.keys(agents))
          await call.ask('createJob', { body: { ...call.members, agent_name } })
        }
        return reply
      }
    },
  }),
]
