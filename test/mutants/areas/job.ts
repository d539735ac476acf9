// Mistakes about what a job is made of, and whose it is.
import { defineMutant, type Mutant } from '../mutant.js'
import { isObject, itemsOf, membersOf, refusal, textIn, without, type Members } from '../reply.js'
import { editRequest, editRequestBody, editResource, refuseWhen } from '../spoils.js'

/** A field that a job has, and its runner never sees. */
function lostOnTheWay(field: string): Mutant {
  return defineMutant({
    id: `job/${field.replaceAll('_', '-')}-not-carried`,
    mistake: `${field} is accepted and shown to readers, and does not reach the runner.`,
    touches: ['nextJob'],
    spoil: editResource((job) => without(job, field)),
  })
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return itemsOf(value).flatMap((item) => (item === null ? [] : [withoutNulls(item)]))
  if (!isObject(value)) return value
  const kept = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutNulls(member)]))
}

const jobReads = ['getJob', 'listJobs', 'nextJob'] as const

export const jobMutants: readonly Mutant[] = [
  lostOnTheWay('mask_id'),
  lostOnTheWay('blueprint_name'),
  lostOnTheWay('prompt_masks'),
  lostOnTheWay('metadata'),
  defineMutant({
    id: 'job/mask-id-not-stored',
    mistake: 'mask_id is accepted and forgotten.',
    touches: ['createJob'],
    spoil: editRequestBody((job) => without(job, 'mask_id')),
  }),
  defineMutant({
    id: 'job/metadata-needs-all-fields',
    mistake: 'Metadata of a job are dropped unless all four fields are there.',
    touches: ['createJob'],
    spoil: editRequestBody((job) =>
      Object.keys(membersOf(job['metadata'])).length === 4 ? job : without(job, 'metadata'),
    ),
  }),
  defineMutant({
    id: 'job/inputs-without-nulls',
    mistake: 'Inputs are stored without the nulls in them.',
    touches: ['createJob'],
    spoil: editRequestBody((job) => ({ ...job, ...('inputs' in job ? { inputs: withoutNulls(job['inputs']) } : {}) })),
  }),
  defineMutant({
    id: 'job/falsy-inputs-dropped',
    mistake: 'Inputs of 0 or false count as not given.',
    touches: ['createJob'],
    spoil: editRequestBody((job) => (job['inputs'] === 0 || job['inputs'] === false ? without(job, 'inputs') : job)),
  }),
  defineMutant({
    id: 'job/null-inputs-dropped',
    mistake: 'Inputs that are null count as not given.',
    touches: ['createJob'],
    spoil: editRequestBody((job) => (job['inputs'] === null ? without(job, 'inputs') : job)),
  }),
  defineMutant({
    id: 'job/inputs-only-objects',
    mistake: 'Inputs must be an object; anything else is refused.',
    touches: ['createJob'],
    spoil: refuseWhen(400, ({ members }) => 'inputs' in members && !isObject(members['inputs'])),
  }),
  defineMutant({
    id: 'job/inputs-as-text',
    mistake: 'The runner gets the inputs as JSON text in a string.',
    touches: ['nextJob'],
    spoil: editResource((job) => ('inputs' in job ? { ...job, inputs: JSON.stringify(job['inputs']) } : job)),
  }),
  defineMutant({
    id: 'job/empty-inputs-dropped',
    mistake: 'Inputs without members are left out.',
    touches: jobReads,
    spoil: editResource((job) =>
      isObject(job['inputs']) && Object.keys(job['inputs']).length === 0 ? without(job, 'inputs') : job,
    ),
  }),
  defineMutant({
    id: 'job/blueprint-name-not-stripped',
    mistake: 'The space around a blueprint_name is kept.',
    touches: jobReads,
    spoil: editResource((job, _, { jobs }) => {
      const sent = jobs.get(textIn(job, 'id'))?.request['blueprint_name']
      return sent === undefined ? job : { ...job, blueprint_name: sent }
    }),
  }),
  defineMutant({
    id: 'job/empty-prompt-masks-shown',
    mistake: 'A job without prompt masks shows an empty map of them.',
    touches: jobReads,
    spoil: editResource((job) => ({ prompt_masks: {}, ...job })),
  }),
  defineMutant({
    id: 'job/prompt-masks-first-only',
    mistake: 'Of several prompt masks only the first is kept.',
    touches: ['createJob'],
    spoil: editRequestBody((job) => ({
      ...job,
      ...(isObject(job['prompt_masks'])
        ? { prompt_masks: Object.fromEntries(Object.entries(job['prompt_masks']).slice(0, 1)) }
        : {}),
    })),
  }),
  defineMutant({
    id: 'job/timeout-zero-unless-declared',
    mistake: 'A job of an agent without a timeout has a timeout of 0, not the default.',
    touches: jobReads,
    spoil: editResource((job) => (job['timeout'] === 1800 ? { ...job, timeout: 0 } : job)),
  }),
  defineMutant({
    id: 'job/timeout-in-milliseconds',
    mistake: 'The timeout of a job is shown in milliseconds.',
    touches: jobReads,
    spoil: editResource((job) => ({ ...job, timeout: 1000 * Number(job['timeout']) })),
  }),
  defineMutant({
    id: 'job/timeout-of-agent-ignored',
    mistake: "Every job gets the server's timeout, whatever its agent declares.",
    touches: jobReads,
    spoil: editResource((job) => ({ ...job, timeout: 1800 })),
  }),
  defineMutant({
    id: 'job/default-timeout-of-an-hour',
    mistake: 'The default timeout of jobs is an hour.',
    settings: { job_timeout_seconds: 3600 },
  }),
  defineMutant({
    id: 'job/timeout-follows-agent',
    mistake: 'An agent that is registered again changes the timeout of jobs that exist.',
    severity: 'should',
    touches: ['registerAgents', 'getJob'],
    spoil: () => {
      const latest = new Map<string, Members>()
      return async (call) => {
        const reply = await call.proceed()
        if (call.operation === 'registerAgents') latest.set(call.path['runnerId'] ?? '', call.members)
        if (call.operation !== 'getJob' || reply.status !== 200) return reply
        const job = membersOf(JSON.parse(reply.body))
        const agent = membersOf(latest.get(textIn(job, 'runner_id'))?.[textIn(job, 'agent_name')])
        const timeout = Number(agent['timeout'] ?? 0)
        return { ...reply, body: JSON.stringify(timeout > 0 ? { ...job, timeout } : job) }
      }
    },
  }),
  defineMutant({
    id: 'job/handed-out-as-pending',
    mistake: 'A job is handed out with the status that it had in the queue.',
    touches: ['nextJob'],
    spoil: editResource((job) => ({ ...job, status: 'pending' })),
  }),
  defineMutant({
    id: 'job/handed-out-without-started-at',
    mistake: 'A job is handed out without the time of its hand-out.',
    touches: ['nextJob'],
    spoil: editResource((job) => without(job, 'started_at')),
  }),
  defineMutant({
    id: 'job/trace-id-from-the-start',
    mistake: 'A job that has no trace yet shows its own id as trace id.',
    touches: jobReads,
    spoil: editResource((job) => ({ trace_id: job['id'], ...job })),
  }),
  defineMutant({
    id: 'job/connect-runner-takes-jobs',
    mistake: "A job goes to the project's connect runner when there is no endpoint runner.",
    touches: ['createJob'],
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      if (reply.status !== 404) return reply
      const projectId = textIn(call.body, 'project_id')
      const isThere = stage.present().some(({ session }) => session.projectId === projectId)
      return isThere
        ? {
            ...reply,
            status: 201,
            body: '',
            headers: { location: `${call.exchange.base ?? ''}/v1/private/local-runners/jobs/${projectId}` },
          }
        : reply
    },
  }),
  defineMutant({
    id: 'job/no-runner-is-a-conflict',
    mistake: 'A project without a runner is a conflict (409).',
    touches: ['createJob'],
    spoil: (stage) => async (call) => {
      const reply = await call.proceed()
      return reply.status === 404 && stage.takerOf(call) === undefined ? refusal(409) : reply
    },
  }),
  defineMutant({
    id: 'job/unknown-agent-queued',
    mistake: 'A job for an unknown agent is refused, and queued all the same.',
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
  defineMutant({
    id: 'job/goes-to-latest-runner',
    mistake: "A job goes to the caller's runner that was activated last, whatever its project.",
    oneByOne: true,
    // A runner whose job went elsewhere need not be waited for.
    settings: { next_job_poll_timeout_seconds: 0.5 },
    touches: ['createJob'],
    spoil: editRequest((call, stage) => {
      if (stage.takerOf(call) === undefined) return undefined
      const latest = stage.present().findLast(({ session }) => session.type === 'endpoint')
      return latest === undefined ? undefined : { body: { ...call.members, project_id: latest.session.projectId } }
    }),
  }),
]
