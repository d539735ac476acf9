/**
 * A valid request to an operation, and the resources on the target that it needs. Generated checks break the request,
 * send it with other credentials, or send it unchanged. Operations without an entry here get a body made from their
 * schema.
 */
import { requestSchemas } from '../../generated/request-schemas.js'
import { operations } from '../../kernel/all-operations.js'
import { fillPath, pathParametersOf, type OperationId } from '../../kernel/operation.js'
import { toBase64 } from '../../kernel/pairing.js'
import { proveActivation, openSession, type RunnerHandle } from './runner-handle.js'
import type { CallOptions, RawRequest } from '../target/client.js'
import type { Context } from './context.js'
import type { RunnerType } from '../../kernel/types.js'
import { createdJob, pickedUpCommand, submittedCommand, takenJob } from './check-steps.js'
import { sampleBody } from './negative-values.js'
import { createTrace, neighbourRequests, newProject, on, ownProject, traceOf } from './neighbour-requests.js'
import { toSearch } from '../target/answer.js'

export interface ValidRequest {
  readonly operation: OperationId
  readonly path: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  /** Undefined for none. */
  readonly body: unknown
  /** The runner that it is about. */
  readonly runner?: RunnerHandle
}

type Draft = Partial<Omit<ValidRequest, 'operation'>>

/** Sets up what the operation needs, with the check's own runner and project, and returns a request that would succeed. */
export async function prepareValidRequest(context: Context, operation: OperationId): Promise<ValidRequest> {
  const prepare = preparers[operation]
  const draft = prepare === undefined ? makeUp(context, operation) : await prepare(context)
  return { operation, path: {}, query: {}, body: undefined, ...draft }
}

/** What a check changes about a valid request before it sends it. */
export interface RequestChanges extends CallOptions {
  path?: Readonly<Record<string, string>> | undefined
  /** Undefined takes a parameter away. */
  query?: Readonly<Record<string, string | undefined>> | undefined
  /** Sent as JSON instead of the specimen's. */
  body?: unknown
  /** Sent unchanged, instead of any JSON. */
  rawBody?: string | Uint8Array | undefined
}

export function requestOf(valid: ValidRequest, changes: RequestChanges = {}): RawRequest {
  const { path, query, body = valid.body, rawBody, headers, ...options } = changes
  const { method } = operations[valid.operation]
  const search = toSearch({ ...valid.query, ...query })
  const text = rawBody ?? (body === undefined ? undefined : JSON.stringify(body))
  return {
    ...options,
    method,
    operation: valid.operation,
    path: `${fillPath(operations[valid.operation], { ...valid.path, ...path })}${search}`,
    headers: text === undefined ? headers : { 'content-type': 'application/json', ...headers },
    body: text,
  }
}

/** Any operation: unknown ids, and a body that its schema admits. */
function makeUp(context: Context, operation: OperationId): Draft {
  const schema = requestSchemas[operation]
  const path = Object.fromEntries(pathParametersOf(operations[operation]).map((name) => [name, context.random.uuid()]))
  return { path, body: schema === undefined ? undefined : sampleBody(schema) }
}

const MONTH = { interval_start: '2026-07-01T00:00:00Z', interval_end: '2026-07-31T00:00:00Z' }

const ofTrace = on(createTrace, (id) => ({ path: { id } }))
const ofProject = on(ownProject, ({ id }) => ({ query: { project_id: id } }))
const withSearch = on(ownProject, ({ id }) => ({ body: { project_id: id, limit: 10 } }))

const preparers: Partial<Record<OperationId, (context: Context) => Promise<Draft>>> = {
  ...neighbourRequests,
  createPairingSession: on(ownProject, ({ id }, { random }) => ({
    body: { project_id: id, activation_key: toBase64(random.bytes(32)), ttl_seconds: 120, type: 'endpoint' },
  })),
  activatePairingSession: on(openSession, ({ sessionId, runnerId, activationKey }, context) => {
    context.defer(() => context.call('disconnectRunner', { path: { runnerId } }))
    const name = context.name('runner')
    return { path: { sessionId }, body: { runner_name: name, hmac: proveActivation(activationKey, sessionId, name) } }
  }),

  async listRunners(context) {
    const runner = await context.pair()
    return { runner, query: { project_id: runner.project.id } }
  },
  getRunner: ofRunner(),
  disconnectRunner: ofRunner(),
  heartbeat: ofRunner({ capabilities: ['jobs'] }),
  registerAgents: ofRunner({
    answer: {
      description: 'Answers.',
      language: 'typescript',
      params: [{ name: 'question', type: 'string', presence: 'required' }],
      timeout: 60,
    },
  }),
  patchChecklist: ofRunner({ install: { done: true } }),

  async createJob(context) {
    const runner = await context.pair({ agents: ['echo'] })
    return { runner, body: { agent_name: 'echo', project_id: runner.project.id, inputs: { text: 'hi' } } }
  },
  getJob: ofJob(),
  cancelJob: ofJob(),
  reportJobResult: ofJob({ status: 'completed', result: { text: 'hi' } }),
  appendJobLogs: ofJob([{ stream: 'stdout', text: 'hello' }]),
  async getJobLogs(context) {
    const { runner, jobId } = await takenJob(context)
    await context.expectCall(204, 'appendJobLogs', { path: { jobId }, body: [{ stream: 'stdout', text: 'hello' }] })
    return { runner, path: { jobId }, query: { offset: '0' } }
  },
  nextJob: withPendingJob,
  listJobs: withPendingJob,

  createBridgeCommand: ofRunner({ type: 'ReadFile', args: { path: 'README.md' } }, 'connect'),
  async nextBridgeCommands(context) {
    const { runner } = await submittedCommand(context)
    return { runner, path: { runnerId: runner.id }, body: { max_commands: 5 } }
  },
  getBridgeCommand: ofCommand(),
  reportBridgeResult: ofCommand({ status: 'completed', result: { content: 'hi' }, duration_ms: 12 }),

  async createProject(context) {
    // Not run where projects may not be created.
    await context.newProject()
    const name = context.name()
    context.defer(async () => {
      const found = await context.expectCall(200, 'retrieveProject', { body: { name } })
      await context.call('deleteProjectById', { path: { id: found.id } })
    })
    return { body: { name, description: 'Made by a contract check.' } }
  },
  retrieveProject: on(ownProject, ({ name }) => ({ body: { name } })),
  getProjectById: ofOneProject(),
  deleteProjectById: on(newProject, ({ id }) => ({ path: { id } })),
  updateProject: on(newProject, ({ id }) => ({ path: { id }, body: { description: 'Changed by a contract check.' } })),
  deleteProjectsBatch: on(newProject, ({ id }) => ({ body: { ids: [id] } })),
  findProjects: on(ownProject, ({ name }) => ({ query: { name } })),

  createTrace: on(traceOf, (body) => ({ body })),
  createSpan: on(spanOf, (body) => ({ body })),
  createTraces: on(traceOf, (trace) => ({ body: { traces: [trace] } })),
  createSpans: on(spanOf, (span) => ({ body: { spans: [span] } })),
  async updateTrace(context) {
    const { name } = await context.project()
    return { path: { id: await createTrace(context) }, body: { project_name: name, output: { answer: 42 } } }
  },
  updateSpan: on(ownProject, ({ name }, { random }) => ({
    path: { id: random.uuid() },
    body: { project_name: name, trace_id: random.uuid(), output: { answer: 42 } },
  })),
  batchUpdateTraces: on(createTrace, (id) => ({ body: { ids: [id], update: { tags: ['one'] }, merge_tags: true } })),
  async batchUpdateSpans({ random }) {
    const update = { trace_id: random.uuid(), tags: ['one'] }
    return { body: { ids: [random.uuid()], update, merge_tags: true } }
  },
  getTraceById: ofTrace,
  deleteTraceById: ofTrace,
  deleteTraces: on(createTrace, (id) => ({ body: { ids: [id] } })),
  async getSpanById(context) {
    const span = await spanOf(context)
    await context.expectCall(204, 'createSpans', { body: { spans: [span] } })
    return { path: { id: span.id } }
  },
  getTracesByProject: ofProject,
  getSpansByProject: ofProject,
  getTraceThreads: ofProject,
  getTraceStats: ofProject,
  getSpanStats: ofProject,
  getTraceThreadStats: ofProject,
  searchTraces: withSearch,
  searchSpans: withSearch,
  async getTraceThread(context) {
    const thread_id = context.name('thread')
    const trace = await traceOf(context)
    await context.expectCall(204, 'createTraces', { body: { traces: [{ ...trace, thread_id }] } })
    return { body: { project_name: trace.project_name, thread_id } }
  },
  getProjectStats: on(ownProject, ({ name }) => ({ query: { name } })),
  getProjectKpiCards: ofOneProject({ entity_type: 'traces', ...MONTH }),
  getProjectMetrics: ofOneProject({ metric_type: 'TRACE_COUNT', interval: 'DAILY', ...MONTH }),
  findTokenUsageNames: ofOneProject(),
}

function ofRunner(body?: unknown, type?: RunnerType): (context: Context) => Promise<Draft> {
  return async (context) => {
    const runner = await context.pair({ type })
    return { runner, path: { runnerId: runner.id }, body }
  }
}

function ofJob(body?: unknown): (context: Context) => Promise<Draft> {
  return async (context) => {
    const { runner, jobId } = await takenJob(context)
    return { runner, path: { jobId }, body }
  }
}

async function withPendingJob(context: Context): Promise<Draft> {
  const { runner } = await createdJob(context)
  return { runner, path: { runnerId: runner.id } }
}

function ofCommand(body?: unknown): (context: Context) => Promise<Draft> {
  return async (context) => {
    const { runner, commandId } = await pickedUpCommand(context)
    return { runner, path: { runnerId: runner.id, commandId }, body }
  }
}

async function spanOf(context: Context) {
  return { ...(await traceOf(context)), trace_id: context.random.uuid(), type: 'general' as const }
}

function ofOneProject(body?: unknown): (context: Context) => Promise<Draft> {
  return on(ownProject, ({ id }) => ({ path: { id }, body }))
}
