/**
 * A valid request to an operation, and the resources on the target that it needs. Generated checks break the request,
 * send it with other credentials, or send it unchanged. Operations without an entry here get a body made from their
 * schema.
 */
import { requestSchemas } from '../../generated/request-schemas.js'
import { operations } from '../../kernel/all-operations.js'
import { pathParametersOf, type OperationId } from '../../kernel/operation.js'
import { toBase64 } from '../../kernel/pairing.js'
import { proveActivation, openSession, type RunnerHandle } from './runner-handle.js'
import type { Answer } from '../target/answer.js'
import { type RawRequest, type RequestContent, toRawRequest } from '../target/client.js'
import type { Context } from './context.js'
import type { RunnerType } from '../../kernel/types.js'
import { createdJob, pickedUpCommand, submittedCommand, takenJob } from './check-steps.js'
import { sampleBody } from './valid-bodies.js'
import {
  alike,
  createTrace,
  inProject,
  neighbourRequests,
  newProject,
  on,
  ownProject,
  type PartsOf,
  type Prepare,
  type RequestParts,
  tracedThread,
  traceOf,
} from './neighbour-requests.js'

export interface ValidRequest {
  readonly operation: OperationId
  readonly path: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  /** Undefined for none. */
  readonly body: unknown
  /** The runner that it is about. */
  readonly runner?: RunnerHandle
}

/** Sets up what the operation needs, with the check's own runner and project, and returns a request that would succeed. */
export async function prepareValidRequest(context: Context, operation: OperationId): Promise<ValidRequest> {
  const prepare = preparers[operation]
  const draft = prepare === undefined ? makeUp(context, operation) : await prepare(context, operation)
  return { operation, path: {}, query: {}, body: undefined, ...draft }
}

/** What a check changes about a valid request before it sends it; a parameter that is undefined is taken away. */
export type RequestChanges = RequestContent

export function requestOf(
  valid: ValidRequest,
  { path, query, body = valid.body, ...more }: RequestChanges = {},
): RawRequest {
  return toRawRequest(valid.operation, {
    ...more,
    path: { ...valid.path, ...path },
    query: { ...valid.query, ...query },
    body,
  })
}

/** Sends a request that the types need not admit. */
export function sendAs(
  context: Context,
  operation: OperationId,
  { operation: judged = operation, ...changes }: RequestChanges & Pick<RawRequest, 'operation'>,
): Promise<Answer> {
  return context.raw({ ...toRawRequest(operation, changes), operation: judged })
}

/** Any operation: unknown ids, and a body that its schema admits. */
function makeUp(context: Context, operation: OperationId): RequestParts {
  const schema = requestSchemas[operation]
  const path = Object.fromEntries(pathParametersOf(operations[operation]).map((name) => [name, context.random.uuid()]))
  return { path, body: schema === undefined ? undefined : sampleBody(schema) }
}

const MONTH = { interval_start: '2026-07-01T00:00:00Z', interval_end: '2026-07-31T00:00:00Z' }
const LOGS = [{ stream: 'stdout', text: 'hello' }]

/** A request about a runner, or about what it works on. */
function onRunner<Scene extends { runner: RunnerHandle }>(
  scene: (context: Context) => Promise<Scene>,
  parts: PartsOf<Scene> = {},
): Prepare {
  return on(
    async (context) => {
      const found = await scene(context)
      return { ...found, runnerId: found.runner.id }
    },
    (found, context) => ({
      runner: found.runner,
      ...(typeof parts === 'function' ? parts(found, context) : parts),
    }),
  )
}

const paired = (type?: RunnerType) => async (context: Context) => ({ runner: await context.pair({ type }) })

async function loggedJob(context: Context): ReturnType<typeof takenJob> {
  const { runner, jobId } = await takenJob(context)
  await runner.appendLogs(jobId, LOGS)
  return { runner, jobId }
}

async function spanOf(context: Context) {
  return { ...(await traceOf(context)), trace_id: context.random.uuid(), type: 'general' as const }
}

const withSearch = on(ownProject, ({ project_id }) => ({ body: { project_id, limit: 10 } }))

const preparers: Partial<Record<OperationId, Prepare>> = {
  ...neighbourRequests,
  createPairingSession: on(ownProject, ({ project_id }, { random }) => ({
    body: { project_id, activation_key: toBase64(random.bytes(32)), ttl_seconds: 120, type: 'endpoint' },
  })),
  activatePairingSession: on(openSession, ({ sessionId, runnerId, activationKey }, context) => {
    context.defer(() => context.call('disconnectRunner', { path: { runnerId } }))
    const name = context.name('runner')
    return { body: { runner_name: name, hmac: proveActivation(activationKey, sessionId, name) } }
  }),

  listRunners: onRunner(paired(), ({ runner }) => ({ query: { project_id: runner.project.id } })),
  heartbeat: onRunner(paired(), { body: { capabilities: ['jobs'] } }),
  ...alike('getRunner disconnectRunner', onRunner(paired())),
  registerAgents: onRunner(paired(), {
    body: {
      answer: {
        description: 'Answers.',
        language: 'typescript',
        params: [{ name: 'question', type: 'string', presence: 'required' }],
        timeout: 60,
      },
    },
  }),
  patchChecklist: onRunner(paired(), { body: { install: { done: true } } }),

  createJob: onRunner(
    async (context) => ({ runner: await context.pair({ agents: ['echo'] }) }),
    ({ runner }) => ({ body: { agent_name: 'echo', project_id: runner.project.id, inputs: { text: 'hi' } } }),
  ),
  reportJobResult: onRunner(takenJob, { body: { status: 'completed', result: { text: 'hi' } } }),
  ...alike('getJob cancelJob', onRunner(takenJob)),
  ...alike('nextJob listJobs', onRunner(createdJob)),
  appendJobLogs: onRunner(takenJob, { body: LOGS }),
  getJobLogs: onRunner(loggedJob, { query: { offset: '0' } }),

  createBridgeCommand: onRunner(paired('connect'), { body: { type: 'ReadFile', args: { path: 'README.md' } } }),
  nextBridgeCommands: onRunner(submittedCommand, { body: { max_commands: 5 } }),
  getBridgeCommand: onRunner(pickedUpCommand),
  reportBridgeResult: onRunner(pickedUpCommand, {
    body: { status: 'completed', result: { content: 'hi' }, duration_ms: 12 },
  }),

  createProject: on(newProject, (_, context) => {
    // Not run where projects may not be created.
    const name = context.name()
    context.defer(async () => {
      const { id } = await context.expectCall(200, 'retrieveProject', { body: { name } })
      await context.call('deleteProjectById', { path: { id } })
    })
    return { body: { name, description: 'Made by a contract check.' } }
  }),
  retrieveProject: on(ownProject, ({ name }) => ({ body: { name } })),
  ...alike('getProjectById findTokenUsageNames', on(ownProject)),
  deleteProjectById: on(newProject),
  updateProject: on(newProject, { body: { description: 'Changed by a contract check.' } }),
  deleteProjectsBatch: on(newProject, ({ id }) => ({ body: { ids: [id] } })),
  findProjects: on(ownProject, ({ name }) => ({ query: { name } })),

  createTrace: on(traceOf, (body) => ({ body })),
  createSpan: on(spanOf, (body) => ({ body })),
  createTraces: on(traceOf, (trace) => ({ body: { traces: [trace] } })),
  createSpans: on(spanOf, (span) => ({ body: { spans: [span] } })),
  updateTrace: on(createTrace, ({ project_name }) => ({ body: { project_name, output: { answer: 42 } } })),
  updateSpan: on(spanOf, ({ project_name, trace_id }) => ({
    body: { project_name, trace_id, output: { answer: 42 } },
  })),
  batchUpdateTraces: on(createTrace, ({ id }) => ({
    body: { ids: [id], update: { tags: ['one'] }, merge_tags: true },
  })),
  batchUpdateSpans: on(spanOf, ({ id, trace_id }) => ({
    body: { ids: [id], update: { trace_id, tags: ['one'] }, merge_tags: true },
  })),
  deleteTraces: on(createTrace, ({ id }) => ({ body: { ids: [id] } })),
  getSpanById: on(tracedThread),
  ...alike('getTraceById deleteTraceById', on(createTrace)),
  ...alike('getTracesByProject getSpansByProject getTraceThreads', on(ownProject, inProject)),
  ...alike('getTraceStats getSpanStats getTraceThreadStats', on(ownProject, inProject)),
  ...alike('searchTraces searchSpans', withSearch),
  getTraceThread: on(tracedThread, ({ project_name, thread_id }) => ({ body: { project_name, thread_id } })),
  getProjectStats: on(ownProject, ({ name }) => ({ query: { name } })),
  getProjectKpiCards: on(ownProject, { body: { entity_type: 'traces', ...MONTH } }),
  getProjectMetrics: on(ownProject, { body: { metric_type: 'TRACE_COUNT', interval: 'DAILY', ...MONTH } }),
}
