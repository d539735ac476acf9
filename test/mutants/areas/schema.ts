// Mistakes in the form of answers: statuses, fields, types, nulls.
import { defineMutant, type Mutant, defineShould } from '../mutant.js'
import {
  answer,
  isObject,
  isSuccess,
  itemsOf,
  jsonIn,
  membersIn,
  membersOf,
  withBody,
  withHeaders,
  without,
} from '../reply.js'
import { editBody, editReply, editRequestBody, editResource, insteadOf } from '../spoils.js'

const jobReads = ['getJob', 'listJobs', 'nextJob'] as const
const commandReads = ['getBridgeCommand', 'nextBridgeCommands'] as const
const runnerReads = ['getRunner', 'listRunners'] as const
const reads = [...jobReads, ...commandReads, ...runnerReads] as const

function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return itemsOf(value).map(camelCased)
  if (!isObject(value)) return value
  const rename = (name: string): string => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [rename(name), camelCased(member)]))
}

export const schemaMutants: readonly Mutant[] = [
  defineMutant('schema/nulls-for-what-is-absent', 'A field without a value is null instead of left out.', {
    touches: ['getJob', 'listJobs'],
    spoil: editResource((job) => ({ result: null, error: null, trace_id: null, completed_at: null, ...job })),
  }),
  defineMutant('schema/null-checklist', 'A runner without a checklist shows null.', {
    touches: runnerReads,
    spoil: editResource((runner) => ({ checklist: null, ...runner })),
  }),
  defineMutant('schema/empty-text-for-what-is-absent', 'A time that has not come yet is an empty text.', {
    touches: jobReads,
    spoil: editResource((job) => ({ started_at: '', ...job })),
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
  defineMutant('schema/numbers-as-text', 'The timeout of a job is a text.', {
    touches: jobReads,
    spoil: editResource((job) => ({ ...job, timeout: String(job['timeout']) })),
  }),
  defineMutant('schema/camel-case', 'Fields are written in camelCase.', {
    touches: ['getRunner', ...jobReads],
    spoil: editBody(camelCased),
  }),
  defineMutant('schema/enveloped', 'What is read comes inside an envelope {"data": ...}.', {
    touches: reads.filter((id) => id !== 'listRunners'),
    spoil: editBody((body) => ({ data: body })),
  }),
  defineMutant('schema/page-as-list', 'A page of jobs is a bare list.', {
    touches: ['listJobs'],
    spoil: editBody((page) => membersOf(page)['content']),
  }),
  defineMutant('schema/page-without-total', 'A page of jobs does not say how many there are.', {
    touches: ['listJobs'],
    spoil: editBody((page) => without(membersOf(page), 'total')),
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
  defineMutant('schema/agents-as-map', 'The agents of a runner come as a map instead of a list.', {
    touches: ['getRunner'],
    spoil: editResource((runner) => ({
      ...runner,
      agents: Object.fromEntries(itemsOf(runner['agents']).map((agent) => [String(membersOf(agent)['name']), agent])),
    })),
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
  defineMutant('schema/body-with-error-in-success', 'Reading a log whose job is unknown succeeds with an empty list.', {
    touches: ['getJobLogs'],
    spoil: editReply((reply) => (reply.status === 404 ? answer(200, []) : reply)),
  }),
  defineShould('schema/project-without-times', 'A project does not say when it was made.', {
    touches: ['getProjectById', 'retrieveProject'],
    spoil: editResource((project) => without(project, 'created_at', 'last_updated_at')),
  }),
  defineShould('schema/traces-as-list', 'A page of traces is a bare list.', {
    touches: ['getTracesByProject'],
    spoil: editBody((page) => membersOf(page)['content']),
  }),
  defineMutant('schema/text-twice-encoded', 'The body of a job is JSON inside a JSON text.', {
    touches: ['getJob'],
    spoil: editReply((reply) => (isSuccess(reply) ? withBody(reply, reply.body) : reply)),
  }),
  defineMutant('schema/hand-out-as-list', 'nextJob answers a list with one job.', {
    touches: ['nextJob'],
    spoil: editReply((reply) =>
      isSuccess(reply) && jsonIn(reply) !== null ? withBody(reply, [membersIn(reply)]) : reply,
    ),
  }),
]
