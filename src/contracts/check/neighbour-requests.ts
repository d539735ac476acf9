/**
 * Valid requests to the operations on workspaces, agent configurations, prompts, scores, comments and threads, with all they
 * need in place.
 */
import { operations } from '../../kernel/all-operations.js'
import { isOperationId, pathParametersOf, type OperationId } from '../../kernel/operation.js'
import { toTexts } from '../target/answer.js'
import { expectStatus } from '../target/expectation.js'
import type { Context } from './context.js'
import { createdId, type RunnerHandle } from './runner-handle.js'

/** What differs from a request without anything. */
export interface RequestParts {
  path?: Readonly<Record<string, string>>
  query?: Readonly<Record<string, string>>
  body?: unknown
  /** The runner that it is about. */
  runner?: RunnerHandle
}

export type Prepare = (context: Context, operation: OperationId) => Promise<RequestParts>

/** The parts of a request, or how they are made of what a scene has set up. */
export type PartsOf<Scene> = RequestParts | ((found: Scene, context: Context) => RequestParts)

/** A request about what a scene sets up: path parameters are its members of the same names. */
export function on<Scene extends object>(
  scene: (context: Context) => Promise<Scene>,
  parts: PartsOf<Scene> = {},
): Prepare {
  return async (context, operation) => {
    const found = await scene(context)
    const ids = toTexts(found)
    const path = Object.fromEntries(pathParametersOf(operations[operation]).map((name) => [name, ids[name] ?? '']))
    return { path, ...(typeof parts === 'function' ? parts(found, context) : parts) }
  }
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

/** Operations that take the same request. */
export function alike(words: string, prepare: Prepare): Partial<Record<OperationId, Prepare>> {
  return Object.fromEntries(operationsIn(words).map((id) => [id, prepare]))
}

const toIds = ({ id, name }: { id: string; name: string }) => ({ id, project_id: id, projectId: id, name })

export const ownProject = async (context: Context) => toIds(await context.project())
export const newProject = async (context: Context) => toIds(await context.newProject())

export const inProject = ({ project_id }: { project_id: string }): RequestParts => ({ query: { project_id } })

/** A path of the API as the redirect and attachments take it. */
const API_PATH = 'aHR0cDovL2xvY2FsaG9zdC9hcGk='
export const START_TIME = '2026-07-14T09:30:04.118Z'

/** Operations on the one thing of its kind that a workspace has: checks of them get into each other's way. */
const SHARED = new Set<OperationId>([
  'getWorkspaceConfiguration',
  'upsertWorkspaceConfiguration',
  'deleteWorkspaceConfiguration',
])

/** Whether what other checks do may spoil one of this operation. */
export function isShared(operation: OperationId): boolean {
  return SHARED.has(operation)
}

const score = { name: 'relevance', value: 0.5, source: 'sdk' } as const
const text = { text: 'Good' }

type Thread = Awaited<ReturnType<typeof tracedThread>>

const onThread = (more: object = {}): Prepare =>
  on(tracedThread, ({ thread_id, project_name }) => ({ body: { project_name, thread_id, ...more } }))
const onScores = (key: 'id' | 'thread_id'): Prepare =>
  on(tracedThread, (found) => ({
    body: { scores: [{ ...score, [key]: found[key], project_name: found.project_name }] },
  }))

type CommentOf = 'addTraceComment' | 'addSpanComment' | 'addThreadComment'

function onComment(add: CommentOf, parts: RequestParts = {}): Prepare {
  return on(async (context) => {
    const { id } = await (add === 'addThreadComment' ? knownThread : tracedThread)(context)
    return { id, comment_id: createdId(await context.call(add, { path: { id }, body: text })) }
  }, parts)
}

/** By operation. */
export const neighbourRequests: Partial<Record<OperationId, Prepare>> = {
  checkAccess: async () => ({ body: {} }),
  ...alike('getWorkspaceConfiguration deleteWorkspaceConfiguration', on(configureWorkspace)),
  upsertWorkspaceConfiguration: on(configureWorkspace, { body: { truncation_on_tables: true } }),
  attachmentList: on(ownProject, ({ project_id }, { random }) => ({
    query: { project_id, entity_type: 'trace', entity_id: random.uuid(), path: API_PATH },
  })),
  projectsRedirect: on(createTrace, ({ id: trace_id }) => ({ query: { trace_id, path: API_PATH } })),

  createAgentInsightsJob: on(newProject),
  ...alike('getAgentInsightsJob triggerAgentInsightsJob', on(diagnose)),
  ...alike('findAgentInsightsIssues getAgentInsightsIssueById', on(reportIssue, inProject)),
  getReportPreference: on(preferReports),
  updateReportPreference: on(newProject, { body: { enabled: true } }),
  updateAgentInsightsJob: on(diagnose, { body: { status: 'disabled' } }),
  reportAgentInsightsIssues: on(ownProject, ({ id }, context) => ({ body: reportFor(id, context.name('issue')) })),
  updateAgentInsightsIssue: on(reportIssue, ({ project_id }) => ({ body: { project_id, status: 'resolved' } })),

  createAgentConfig: on(newProject, ({ project_id }) => ({ body: { project_id, blueprint: blueprintOf('0.7') } })),
  updateAgentConfig: on(configure, ({ project_id }) => ({ body: { project_id, blueprint: blueprintOf('0.9') } })),
  createOrUpdateEnvs: on(configure, ({ project_id, blueprint_id }) => ({
    body: { project_id, envs: [{ env_name: 'staging', blueprint_id }] },
  })),
  setEnvByBlueprintName: on(configure, { body: { blueprint_name: 'v1' } }),
  ...alike('deleteEnv getBlueprintByEnv getBlueprintByName getBlueprintById', on(configure)),
  ...alike('getLatestBlueprint getBlueprintHistory', on(configure)),
  createBlueprintFromMask: on(createMask),
  removeConfigKeys: on(configure, ({ project_id }) => ({ body: { project_id, keys: ['temperature'] } })),
  getDeltaById: on(createMask, ({ mask_id }) => ({ path: { blueprint_id: mask_id } })),

  createPrompt: on(ownProject, ({ project_id }, context) => {
    const name = context.name('prompt')
    removePrompt(context, name)
    return { body: { name, project_id, template: 'Hi {{name}}' } }
  }),
  createPromptVersion: on(prompt, ({ name }) => ({ body: { name, version: { template: 'Hello {{name}}' } } })),
  retrievePromptVersion: on(prompt, ({ name, commit }) => ({ body: { name, commit } })),
  ...alike('getPromptByCommit getPromptById getPromptVersions deletePrompt', on(prompt)),
  ...alike('getPromptVersionByNumber restorePromptVersion', on(prompt)),
  getPromptsByCommits: on(prompt, ({ commit }) => ({ body: { commits: [commit, '00000000'] } })),
  getPromptVersionById: on(prompt, ({ versionId }) => ({ path: { id: versionId } })),
  updatePrompt: on(prompt, ({ name }) => ({ body: { name, description: 'Of the contract.' } })),
  deletePromptsBatch: on(prompt, ({ id }) => ({ body: { ids: [id] } })),
  updatePromptVersions: on(prompt, ({ versionId }) => ({ body: { ids: [versionId], update: { tags: ['contract'] } } })),
  retrievePromptVersionsByIds: on(prompt, ({ versionId }) => ({ body: { ids: [versionId] } })),
  async setPromptVersionEnvironment(context) {
    const { name } = await createEnvironment(context)
    return { path: { versionId: (await createPrompt(context)).id }, body: { environments: [name] } }
  },
  createEnvironment: on(createEnvironment, ({ name }) => ({ body: { name: `${name}-2` } })),
  getEnvironmentById: on(createEnvironment),
  updateEnvironment: on(createEnvironment, { body: { color: '#12A4B4' } }),
  deleteEnvironmentsBatch: on(createEnvironment, ({ id }) => ({ body: { ids: [id] } })),
  getPrompts: on(prompt, ({ name }) => ({ query: { name } })),
  getPromptsByProject: on(prompt, ({ project_id }) => ({ path: { id: project_id } })),

  scoreBatchOfThreads: onScores('thread_id'),
  ...alike('scoreBatchOfTraces scoreBatchOfSpans', onScores('id')),
  ...alike('addTraceFeedbackScore addSpanFeedbackScore', on(tracedThread, { body: score })),
  ...alike('deleteTraceFeedbackScore deleteSpanFeedbackScore', on(tracedThread, { body: { name: 'relevance' } })),
  ...alike('findTraceScoreNames findSpanScoreNames findThreadScoreNames', on(tracedThread, inProject)),
  ...alike('tracesExist spansExist', on(tracedThread, inProject)),
  ...alike('addTraceComment addSpanComment', on(tracedThread, { body: text })),
  ...alike('closeTraceThread openTraceThread', onThread()),
  deleteThreadFeedbackScores: onThread({ names: ['relevance'] }),
  addThreadComment: on(knownThread, { body: text }),
  getTraceComment: onComment('addTraceComment'),
  getSpanComment: onComment('addSpanComment'),
  getThreadComment: onComment('addThreadComment'),
  updateTraceComment: onComment('addTraceComment', { body: text }),
  updateSpanComment: onComment('addSpanComment', { body: text }),
  updateThreadComment: onComment('addThreadComment', { body: text }),
  deleteTraceThreads: on(tracedThread, ({ thread_id, project_name }) => ({
    body: { project_name, thread_ids: [thread_id] },
  })),
  searchTraceThreads: on(tracedThread, ({ project_name }) => ({ body: { project_name, limit: 10 } })),
  updateThread: on(knownThread, { body: { tags: ['one'] } }),
  batchUpdateThreads: on(knownThread, ({ id }) => ({ body: { ids: [id], update: { tags: ['one'] } } })),
}

/** A trace as clients send one. */
export async function traceOf(context: Context) {
  const { name: project_name } = await context.project()
  return { id: context.random.uuid(), project_name, name: 'contract', start_time: START_TIME }
}

export async function createTrace(context: Context) {
  const trace = await traceOf(context)
  await context.expectCall(204, 'createTraces', { body: { traces: [trace] } })
  return trace
}

/** A trace with a span of the same id, in a thread of its own. */
export async function tracedThread(context: Context) {
  const { id: project_id } = await context.project()
  const thread_id = context.name('thread')
  const entry = await traceOf(context)
  const { id, project_name } = entry
  await context.expectCall(204, 'createTraces', { body: { traces: [{ ...entry, thread_id }] } })
  await context.expectCall(204, 'createSpans', { body: { spans: [{ ...entry, trace_id: id, type: 'llm' }] } })
  return { id, project_id, project_name, thread_id }
}

/** The same with the id that the server gave to the thread. */
async function knownThread(context: Context): Promise<Thread> {
  const found = await tracedThread(context)
  const { project_name, thread_id } = found
  const { thread_model_id } = await context.expectCall(200, 'getTraceThread', { body: { project_name, thread_id } })
  return { ...found, id: thread_model_id ?? found.id }
}

/** Stores a configuration; what the workspace had stored is put back. */
async function configureWorkspace(context: Context): Promise<object> {
  const { status, text: body } = await context.call('getWorkspaceConfiguration')
  const path = '/v1/private/workspaces/configurations'
  const headers = { 'content-type': 'application/json' }
  context.defer(() =>
    status === 200
      ? context.raw({ method: 'PUT', path, headers, body, operation: 'upsertWorkspaceConfiguration' })
      : context.call('deleteWorkspaceConfiguration'),
  )
  await context.expectCall(204, 'upsertWorkspaceConfiguration', { body: { truncation_on_tables: false } })
  return {}
}

/** A prompt with one version. */
export async function createPrompt(context: Context) {
  const { name: project_name } = await context.project()
  const name = context.name('prompt')
  removePrompt(context, name)
  const body = { name, project_name, version: { template: 'Hi {{name}}' } }
  const { id, prompt_id, commit } = await context.expectCall(200, 'createPromptVersion', { body })
  return { name, id, prompt_id, commit }
}

/** The same by the names that paths give its parts. */
async function prompt(context: Context) {
  const { name, id: versionId, prompt_id: id, commit } = await createPrompt(context)
  const { id: project_id } = await context.project()
  return { name, id, promptId: id, versionId, versionNumber: 'v1', commit, project_id }
}

function removePrompt(context: Context, name: string): void {
  context.defer(async () => {
    const { content } = await context.expectCall(200, 'getPrompts', { query: { name } })
    for (const { id } of content) await context.call('deletePrompt', { path: { id } })
  })
}

/** An environment of the workspace; one that a check makes of its name goes with it. */
export async function createEnvironment(context: Context): Promise<{ name: string; id: string }> {
  const name = `contract-${context.random.uuid()}`
  const answer = await context.call('createEnvironment', { body: { name } })
  expectStatus(answer, 201)
  context.defer(async () => {
    const { content } = await context.expectCall(200, 'findEnvironments')
    const ids = content.filter((each) => each.name.startsWith(name)).map(({ id }) => id)
    if (ids.length > 0) await context.call('deleteEnvironmentsBatch', { body: { ids } })
  })
  return { name, id: createdId(answer) }
}

/** Turns diagnostics on, in a project of its own. */
async function diagnose(context: Context) {
  const { id: projectId } = await context.newProject()
  expectStatus(await context.call('createAgentInsightsJob', { path: { projectId } }), 201)
  return { projectId }
}

/** Stores a preference for reports, in a project of its own. */
async function preferReports(context: Context) {
  const { id } = await context.newProject()
  await context.expectCall(200, 'updateReportPreference', { path: { id }, body: { enabled: true } })
  return { id }
}

function reportFor(project_id: string, name: string) {
  const issue = { name, severity: 'low' as const, count: 1, total_count: 2, users_impacted: 1, total_users: 1 }
  return { project_id, report_day: '2026-07-14', issues: [issue] }
}

/** An issue in a project of its own. */
async function reportIssue(context: Context): Promise<{ project_id: string; issueId: string }> {
  const { id: project_id } = await context.newProject()
  await context.expectCall(204, 'reportAgentInsightsIssues', { body: reportFor(project_id, context.name('issue')) })
  const { content } = await context.expectCall(200, 'findAgentInsightsIssues', { query: { project_id } })
  return { project_id, issueId: content[0]?.id ?? '' }
}

function blueprintOf(temperature: string, type: 'blueprint' | 'mask' = 'blueprint') {
  const values = [
    { key: 'temperature', value: temperature, type: 'float' as const },
    { key: 'model', value: 'contract-model', type: 'string' as const },
  ]
  return { type, values }
}

/** A configuration with one version, in a project of its own. */
export async function configure(context: Context) {
  const { id: project_id } = await context.newProject()
  const answer = await context.call('createAgentConfig', { body: { project_id, blueprint: blueprintOf('0.7') } })
  expectStatus(answer, 201)
  return { project_id, blueprint_id: createdId(answer), env_name: 'prod', name: 'v1' }
}

async function createMask(context: Context): Promise<{ project_id: string; mask_id: string }> {
  const { project_id } = await configure(context)
  const body = { project_id, blueprint: blueprintOf('0.1', 'mask') }
  const answer = await context.call('updateAgentConfig', { body })
  expectStatus(answer, 201)
  return { project_id, mask_id: createdId(answer) }
}
