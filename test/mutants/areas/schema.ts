// Mistakes in the form of answers: statuses, fields, types, nulls.
import { defineMutant, type Mutant } from '../mutant.js'
import { membersOf, withHeaders, without } from '../reply.js'
import { editReply, editRequestBody, editResource, insteadOf } from '../spoils.js'

const jobReads = ['getJob', 'listJobs', 'nextJob'] as const
const commandReads = ['getBridgeCommand', 'nextBridgeCommands'] as const
const runnerReads = ['getRunner', 'listRunners'] as const
const reads = [...jobReads, ...commandReads, ...runnerReads] as const

export const schemaMutants: readonly Mutant[] = [
  defineMutant('schema/nulls-for-what-is-absent', 'A field without a value is null instead of left out.', {
    touches: ['getJob', 'listJobs'],
    spoil: editResource((job) => ({ result: null, error: null, trace_id: null, completed_at: null, ...job })),
  }),
  defineMutant('schema/metadata-cut', 'Of the metadata of a job the last field is not stored.', {
    touches: ['createJob'],
    spoil: editRequestBody((job) => ({ ...job, metadata: without(membersOf(job['metadata']), 'dataset_item_id') })),
  }),
  defineMutant('schema/agents-without-source-file', 'Agents are stored without their source_file.', {
    touches: ['registerAgents'],
    spoil: editRequestBody((agents) =>
      Object.fromEntries(
        Object.entries(agents).map(([name, agent]) => [name, without(membersOf(agent), 'source_file')]),
      ),
    ),
  }),
  defineMutant('schema/hand-out-with-default-timeout', 'Commands are handed out with the default timeout.', {
    touches: ['nextBridgeCommands'],
    spoil: editResource((command) => ({ ...command, timeout_seconds: 30 })),
  }),
  defineMutant('schema/no-content-type', 'Answers do not say that they are JSON.', {
    touches: reads,
    spoil: editReply((reply) => withHeaders(reply, { 'content-type': undefined })),
  }),
  defineMutant('schema/unknown-as-server-error', 'A job that is unknown makes the server fail (500).', {
    touches: ['getJob'],
    answers5xx: true,
    spoil: insteadOf(404, 500),
  }),
]
