// Mistakes in the form of answers: statuses, fields, types, nulls.
import { defineMutant, type Mutant } from '../mutant.js'
import { isSuccess, membersOf, withBody, withHeaders, without } from '../reply.js'
import { editBody, editReply, editRequestBody, editResource, insteadOf } from '../spoils.js'

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
  defineMutant('schema/created-as-200', 'A new job is answered with 200 instead of 201.', {
    touches: ['createJob'],
    spoil: insteadOf(201, 200),
  }),
  defineMutant('schema/accepted-as-202', 'A command is answered with 202, since it is carried out later.', {
    touches: ['createBridgeCommand'],
    spoil: insteadOf(201, 202),
  }),
  defineMutant('schema/done-as-created', 'Appended log entries are answered with 201.', {
    touches: ['appendJobLogs'],
    spoil: insteadOf(204, 201),
  }),
  defineMutant('schema/read-as-203', 'What is read from a cache is 203.', {
    touches: ['getRunner'],
    spoil: insteadOf(200, 203),
  }),
  defineMutant('schema/no-content-type', 'Answers do not say that they are JSON.', {
    touches: reads,
    spoil: editReply((reply) => withHeaders(reply, { 'content-type': undefined })),
  }),
  defineMutant('schema/enveloped', 'What is read comes inside an envelope {"data": ...}.', {
    touches: reads.filter((id) => id !== 'listRunners'),
    spoil: editBody((body) => ({ data: body })),
  }),
  defineMutant('schema/status-in-capitals', 'Statuses are written in capitals.', {
    touches: reads.filter((id) => id !== 'listRunners'),
    spoil: editResource((resource) =>
      'status' in resource ? { ...resource, status: String(resource['status']).toUpperCase() } : resource,
    ),
  }),
  defineMutant('schema/unknown-type-of-runner', 'The type of a runner is its name in the code.', {
    touches: ['getRunner'],
    spoil: editResource((runner) => ({ ...runner, type: `LocalRunnerType.${String(runner['type'])}` })),
  }),
  defineMutant('schema/batch-as-list', 'A batch of commands is a bare list.', {
    touches: ['nextBridgeCommands'],
    spoil: editBody((batch) => membersOf(batch)['commands']),
  }),
  defineMutant('schema/command-id-as-id', 'The id of a new command is called id.', {
    touches: ['createBridgeCommand'],
    spoil: editBody((body) => ({ id: membersOf(body)['command_id'] })),
  }),
  defineMutant('schema/unknown-as-forbidden', 'A runner that is unknown is 403 instead of 404.', {
    touches: ['getRunner', 'registerAgents', 'patchChecklist', 'nextJob', 'listJobs'],
    spoil: insteadOf(404, 403),
  }),
  defineMutant('schema/unknown-as-server-error', 'A job that is unknown makes the server fail (500).', {
    touches: ['getJob'],
    answers5xx: true,
    spoil: insteadOf(404, 500),
  }),
  defineMutant('schema/text-twice-encoded', 'The body of a job is JSON inside a JSON text.', {
    touches: ['getJob'],
    spoil: editReply((reply) => (isSuccess(reply) ? withBody(reply, reply.body) : reply)),
  }),
]
