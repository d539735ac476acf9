/**
 * A valid request to an operation, and what it needs on the target. Generated checks break the request, send it with other
 * credentials, or send it unchanged.
 */
import { requestSchemas } from '../../generated/request-schemas.js'
import type { QueryParameter } from '../../generated/operations.js'
import { operations } from '../../kernel/all-operations.js'
import { isOperationId, pathParametersOf, type OperationId } from '../../kernel/operation.js'
import { createdId } from './runner-handle.js'
import { type Answer, toTexts } from '../target/answer.js'
import { expectAnyStatus } from '../target/expectation.js'
import { type RawRequest, type RequestContent, toRawRequest } from '../target/client.js'
import type { Context } from './context.js'
import * as scenes from './scenes.js'
import { sampleBody } from '../../lifecycle/steps/valid-bodies.js'

export interface ValidRequest {
  readonly operation: OperationId
  readonly path: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  /** Undefined for none. */
  readonly body: unknown
  /** What its scene answers: ids, names and texts, and the runner that it is about. */
  readonly found: Awaited<ReturnType<scenes.Scene>>
}

const PARAM = '{"name":"question","type":"string","presence":"required"}'
const MONTH = 'interval_start="2026-07-01T00:00:00Z" interval_end="2026-07-31T00:00:00Z"'

interface RequestRow {
  scene: scenes.Scene
  /** Fields and parameters by name, with their values; undefined for that of the scene. */
  brings: ReadonlyMap<string, unknown>
  body: unknown
}

/**
 * The requests that a scene is set up for, one a line: operations, a colon, and what a request brings besides what is
 * required: a field or parameter of a name, with a value or that of the scene, or a body as a whole.
 */
function on(scene: scenes.Scene) {
  return (...[{ raw }, ...constants]: [TemplateStringsArray, ...string[]]) =>
    String.raw({ raw }, ...constants)
      .split(/\n\s*/)
      .flatMap((line) => {
        const [names = '', brought = ''] = line.split(/:(?= |$)/)
        const body: unknown = brought.startsWith(' {') ? JSON.parse(brought) : undefined
        const fields = brought.matchAll(/ (\w+)(?:=(\S*))?/g)
        const brings = new Map<string, unknown>(
          Array.from(fields, ([, name = '', json]) => [name, json && JSON.parse(json)]),
        )
        return operationsIn(names).map((id): [OperationId, RequestRow] => [id, { scene, brings, body }])
      })
}

/** The scene of an operation once a valid request has succeeded, with the id of what that has created, if it has a name. */
const after =
  (operation: OperationId, id?: string): scenes.Scene =>
  async (context) => {
    const valid = await prepareValidRequest(context, operation)
    const answer = await context.raw(requestOf(valid))
    expectAnyStatus(answer, [200, 201, 204])
    return { ...valid.found, ...(id !== undefined && { [id]: createdId(answer) }) }
  }

const rows: ReadonlyMap<OperationId, RequestRow> = new Map([
  ...on(scenes.futureSession)`createPairingSession: ttl_seconds=120 type="endpoint"`,
  ...on(scenes.openedSession)`activatePairingSession`,
  ...on(scenes.bareRunner)`getRunner disconnectRunner listRunners
    heartbeat: capabilities=["jobs"]
    registerAgents: {"answer":{"description":"Answers.","language":"typescript","params":[${PARAM}],"timeout":60}}
    patchChecklist: {"install":{"done":true}}`,
  ...on(scenes.echoRunner)`createJob: inputs={"text":"hi"}`,
  ...on(scenes.pendingJob)`nextJob listJobs`,
  ...on(scenes.runningJob)`getJob cancelJob
    appendJobLogs: stream="stdout"
    reportJobResult: status="completed" result={"text":"hi"}`,
  ...on(after('appendJobLogs'))`getJobLogs: offset=0`,
  ...on(scenes.connectRunner)`createBridgeCommand: args={"path":"README.md"}`,
  ...on(scenes.pendingCommand)`nextBridgeCommands: max_commands=5`,
  ...on(scenes.runningCommand)`getBridgeCommand
    reportBridgeResult: status="completed" result={"content":"hi"} duration_ms=12`,

  ...on(scenes.ownProject)`retrieveProject getProjectById findTokenUsageNames reportAgentInsightsIssues
    findProjects getProjectStats: name
    getProjectKpiCards: ${MONTH}
    getProjectMetrics: metric_type="TRACE_COUNT" interval="DAILY" ${MONTH}
    getTracesByProject getSpansByProject getTraceThreads getTraceStats getSpanStats getTraceThreadStats: project_id
    searchTraces searchSpans: project_id limit=10`,
  ...on(scenes.newProject)`deleteProjectById deleteProjectsBatch createAgentInsightsJob
    updateProject: description="Changed"
    updateReportPreference: enabled=true
    createAgentConfig: project_id value`,
  ...on(scenes.futureProject)`createProject: description="Contract"`,

  ...on(scenes.traceOf)`createTrace createTraces: id project_name name`,
  ...on(scenes.createTrace)`getTraceById deleteTraceById deleteTraces
    updateTrace: project_name output={"answer":42}
    batchUpdateTraces: tags=["one"] merge_tags=true`,
  ...on(scenes.spanOf)`createSpan createSpans: id project_name name type="general"
    updateSpan: project_name output={"answer":42}
    batchUpdateSpans: tags=["one"] merge_tags=true`,
  ...on(scenes.tracedThread)`getSpanById addTraceComment addSpanComment
    getTraceThread deleteTraceThreads: project_name
    closeTraceThread openTraceThread: project_name thread_id
    searchTraceThreads: project_name limit=10
    addTraceFeedbackScore addSpanFeedbackScore: source="sdk"
    scoreBatchOfTraces scoreBatchOfSpans scoreBatchOfThreads: project_name source="sdk"
    deleteTraceFeedbackScore deleteSpanFeedbackScore
    deleteThreadFeedbackScores: project_name names=["relevance"]
    findTraceScoreNames findSpanScoreNames findThreadScoreNames tracesExist spansExist: project_id`,
  ...on(scenes.knownThread)`addThreadComment
    updateThread batchUpdateThreads: tags=["one"]`,
  ...on(after('addTraceComment', 'comment_id'))`getTraceComment updateTraceComment`,
  ...on(after('addSpanComment', 'comment_id'))`getSpanComment updateSpanComment`,
  ...on(after('addThreadComment', 'comment_id'))`getThreadComment updateThreadComment`,
  ...on(scenes.attachments)`attachmentList`,
  ...on(scenes.redirectedTrace)`projectsRedirect`,

  ...on(scenes.configuredWorkspace)`getWorkspaceConfiguration deleteWorkspaceConfiguration
    upsertWorkspaceConfiguration: truncation_on_tables=true`,
  ...on(scenes.configured)`getBlueprintByEnv getBlueprintByName getBlueprintById getLatestBlueprint
    getBlueprintHistory deleteEnv
    updateAgentConfig: project_id value
    createOrUpdateEnvs: env_name="staging"
    setEnvByBlueprintName: blueprint_name="v1"
    removeConfigKeys: project_id keys=["temperature"]`,
  ...on(scenes.mask)`createBlueprintFromMask getDeltaById`,
  ...on(after('createAgentInsightsJob'))`getAgentInsightsJob triggerAgentInsightsJob
    updateAgentInsightsJob: status="disabled"`,
  ...on(scenes.reportedIssue)`findAgentInsightsIssues getAgentInsightsIssueById
    updateAgentInsightsIssue: status="resolved"`,
  ...on(after('updateReportPreference'))`getReportPreference`,

  ...on(scenes.futurePrompt)`createPrompt: project_id template="Hi-{{name}}"`,
  ...on(scenes.createPrompt)`getPromptByCommit getPromptById getPromptVersions getPromptVersionByNumber
    restorePromptVersion deletePrompt deletePromptsBatch getPromptsByCommits
    createPromptVersion: template="Hello-{{name}}"
    retrievePromptVersion: commit
    updatePrompt: description="Changed"
    getPrompts: name`,
  ...on(scenes.promptVersion)`getPromptVersionById retrievePromptVersionsByIds
    updatePromptVersions: tags=["contract"]`,
  ...on(scenes.projectOfPrompt)`getPromptsByProject`,
  ...on(scenes.promptAndEnvironment)`setPromptVersionEnvironment`,
  ...on(scenes.futureEnvironment)`createEnvironment`,
  ...on(scenes.createEnvironment)`getEnvironmentById deleteEnvironmentsBatch
    updateEnvironment: color="#12A4B4"`,
  ...on(scenes.nothing)`checkAccess: {}`,
])

/** Whether what other checks do may spoil one of this operation: a workspace has but one of some things. */
export function isShared(operation: OperationId): boolean {
  return rows.get(operation)?.scene === scenes.configuredWorkspace
}

/**
 * The operations that words name.
 * @throws Error for a word that names none
 */
export function operationsIn(words: string): readonly OperationId[] {
  return words.split(/\s+/).map((word) => {
    if (!isOperationId(word)) throw new Error(`There is no operation ${word}.`)
    return word
  })
}

/** Sets up what the operation needs, with the check's own runner and project, and returns a request that would succeed. */
export async function prepareValidRequest(context: Context, operation: OperationId): Promise<ValidRequest> {
  return completeRequest(context, operation, (await rows.get(operation)?.scene(context)) ?? {})
}

/** A request that would succeed in a scene, with what that has found. */
export function completeRequest(context: Context, operation: OperationId, found: ValidRequest['found']): ValidRequest {
  const row = rows.get(operation)
  const own = [...(row?.brings ?? [])].filter(([, value]) => value !== undefined)
  const values: Readonly<Record<string, unknown>> = { ...found, ...Object.fromEntries(own) }
  const texts = toTexts(found)
  const parameters: readonly QueryParameter[] = operations[operation].queryParameters
  const asked = parameters.filter(({ name, required }) => required || (row?.brings.has(name) && name in values))
  return {
    ...{ operation, found },
    path: Object.fromEntries(
      pathParametersOf(operations[operation]).map((name) => [name, texts[name] ?? context.random.uuid()]),
    ),
    query: Object.fromEntries(asked.map(({ name, enum: [first = ''] = [] }) => [name, values[name] ?? first])),
    body: row?.body ?? bodyFor(operation, values, row),
  }
}

/** What is required, and what the row names, of these values; every field where no row is. */
function bodyFor(operation: OperationId, values: Readonly<Record<string, unknown>>, row?: RequestRow): unknown {
  const schema = requestSchemas[operation]
  if (schema === undefined || row === undefined) return schema && sampleBody(schema)
  const words = Object.entries(values).flatMap(([name, value]) => [
    [name, [value]] as const,
    // Where a list is asked for, it is one of this alone.
    [`${name}s/item`, [value]] as const,
  ])
  return sampleBody(schema, (name) => row.brings.has(name), Object.fromEntries(words))
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
export function sendAs(context: Context, operation: OperationId, request: RequestChanges): Promise<Answer> {
  return context.raw(toRawRequest(operation, request))
}
