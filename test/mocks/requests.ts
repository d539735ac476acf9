// A good body for every operation that takes one, for cases that go over all operations.
import { operations, tags } from '../../src/kernel/all-operations.js'
import { operationIds, pathParametersOf, type OperationId, type RequestBodyOf } from '../../src/kernel/operation.js'
import { NOBODY } from './harness.js'
import { base64, KEY } from './given.js'

type WithBody = { [Id in OperationId]: RequestBodyOf<Id> extends undefined ? never : Id }[OperationId]

const VALUE = { key: 'temperature', value: '0.7', type: 'float' } as const

const SCORE = { name: 'relevance', value: 0.5, source: 'sdk' } as const
const COMMENT = { text: 'A comment' }

export const goodBodies: { [Id in WithBody]: NonNullable<RequestBodyOf<Id>> } = {
  createPairingSession: { project_id: NOBODY, activation_key: base64(KEY), type: 'endpoint' },
  activatePairingSession: { runner_name: 'laptop', hmac: base64(KEY) },
  heartbeat: { capabilities: ['jobs'] },
  registerAgents: { echo: { params: [{ name: 'text', type: 'string' }] } },
  patchChecklist: { steps: ['one'] },
  createJob: { agent_name: 'echo', project_id: NOBODY },
  appendJobLogs: [{ stream: 'stdout', text: 'hi' }],
  reportJobResult: { status: 'completed', result: 1 },
  createBridgeCommand: { type: 'ReadFile', args: { path: 'a' } },
  nextBridgeCommands: { max_commands: 1 },
  reportBridgeResult: { status: 'completed', result: 1 },
  createAgentConfig: { project_name: 'A project', blueprint: { type: 'blueprint', values: [VALUE] } },
  updateAgentConfig: { project_name: 'A project', blueprint: { type: 'blueprint', values: [VALUE] } },
  createOrUpdateEnvs: { project_id: NOBODY, envs: [{ env_name: 'prod', blueprint_id: NOBODY }] },
  setEnvByBlueprintName: { blueprint_name: 'v1' },
  removeConfigKeys: { project_id: NOBODY, keys: ['temperature'] },
  addTraceFeedbackScore: SCORE,
  addSpanFeedbackScore: SCORE,
  deleteTraceFeedbackScore: { name: 'relevance' },
  deleteSpanFeedbackScore: { name: 'relevance' },
  scoreBatchOfTraces: { scores: [{ ...SCORE, id: NOBODY }] },
  scoreBatchOfSpans: { scores: [{ ...SCORE, id: NOBODY }] },
  scoreBatchOfThreads: { scores: [{ ...SCORE, thread_id: 'a' }] },
  deleteThreadFeedbackScores: { project_id: NOBODY, thread_id: 'a', names: ['relevance'] },
  addTraceComment: COMMENT,
  addSpanComment: COMMENT,
  addThreadComment: COMMENT,
  updateTraceComment: COMMENT,
  updateSpanComment: COMMENT,
  updateThreadComment: COMMENT,
  deleteTraceComments: { ids: [NOBODY] },
  deleteSpanComments: { ids: [NOBODY] },
  deleteThreadComments: { ids: [NOBODY] },
  closeTraceThread: { project_id: NOBODY, thread_id: 'a' },
  openTraceThread: { project_id: NOBODY, thread_id: 'a' },
  deleteTraceThreads: { project_id: NOBODY, thread_ids: ['a'] },
  searchTraceThreads: { project_id: NOBODY },
  updateThread: { tags: ['a'] },
  batchUpdateThreads: { ids: [NOBODY], update: { tags: ['a'] } },
  createPrompt: { name: 'A prompt' },
  createPromptVersion: { name: 'A prompt', version: { template: 'Hi' } },
  retrievePromptVersion: { name: 'A prompt' },
  getPromptsByCommits: { commits: ['00000000'] },
  updatePrompt: { name: 'A prompt' },
  deletePromptsBatch: { ids: [NOBODY] },
  retrievePromptVersionsByIds: { ids: [NOBODY] },
  setPromptVersionEnvironment: { environments: [] },
  createEnvironment: { name: 'qa' },
  updateEnvironment: { name: 'qa' },
  deleteEnvironmentsBatch: { ids: [NOBODY] },
  updateAgentInsightsJob: { status: 'disabled' },
  updateAgentInsightsIssue: { project_id: NOBODY, status: 'resolved' },
  reportAgentInsightsIssues: { project_id: NOBODY, report_day: '2026-07-01', issues: [] },
  checkAccess: {},
  upsertWorkspaceConfiguration: { truncation_on_tables: true },
  createProject: { name: 'A project' },
  updateProject: { description: 'A project' },
  deleteProjectsBatch: { ids: [NOBODY] },
  retrieveProject: { name: 'No such project' },
  createTrace: { start_time: '2026-07-01T12:00:00Z' },
  deleteTraces: { ids: [NOBODY] },
  createSpan: { trace_id: NOBODY, start_time: '2026-07-01T12:00:00Z' },
  createTraces: { traces: [{ start_time: '2026-07-01T12:00:00Z' }] },
  batchUpdateTraces: { ids: [NOBODY], update: { tags: ['a'] } },
  updateTrace: { tags: ['a'] },
  createSpans: { spans: [{ trace_id: NOBODY, start_time: '2026-07-01T12:00:00Z' }] },
  batchUpdateSpans: { ids: [NOBODY], update: { trace_id: NOBODY } },
  updateSpan: { trace_id: NOBODY },
  searchTraces: { project_id: NOBODY },
  searchSpans: { project_id: NOBODY },
  getTraceThread: { project_id: NOBODY, thread_id: 'a' },
  getProjectKpiCards: { entity_type: 'traces', interval_start: '2026-07-01T12:00:00Z' },
  getProjectMetrics: { metric_type: 'TRACE_COUNT', interval: 'DAILY', interval_start: '2026-07-01T12:00:00Z' },
}

/** What a call of an operation takes when its resources need not exist. */
export function goodInput(id: OperationId): {
  path: Record<string, string>
  query: Record<string, string>
  json?: unknown
} {
  const operation = operations[id]
  const path = Object.fromEntries(pathParametersOf(operation).map((name) => [name, NOBODY]))
  const query = Object.fromEntries(
    operation.queryParameters
      .filter((parameter) => 'required' in parameter && parameter.required)
      .map(({ name }) => [name, NOBODY]),
  )
  const bodies: Partial<Record<OperationId, unknown>> = goodBodies
  return { path, query, ...(id in bodies ? { json: bodies[id] } : {}) }
}

/** Every operation of the runner API proper. */
export const runnerOperations: readonly OperationId[] = operationIds.filter((id) =>
  ['Runners', 'Pairing'].includes(tags[id]),
)

/** Those of them that read a body. */
export const bodyOperations = runnerOperations.filter((id) => operations[id].requestBody !== null)
