/**
 * Valid requests to the operations on workspaces, agent configurations, prompts, scores, comments and threads, with all they
 * need in place.
 */
import type { OperationId } from '../../kernel/operation.js'
import { expectStatus } from '../target/expectation.js'
import type { Context } from './context.js'
import { createdId } from './runner-handle.js'

/** What differs from a request without anything. */
export interface RequestParts {
  path?: Readonly<Record<string, string>>
  query?: Readonly<Record<string, string>>
  body?: unknown
}

export type Prepare = (context: Context) => Promise<RequestParts>

/** A request made of what a scene has set up. */
export function on<Scene>(
  scene: (context: Context) => Promise<Scene>,
  make: (found: Scene, context: Context) => RequestParts,
): Prepare {
  return async (context) => make(await scene(context), context)
}

export const ownProject = (context: Context) => context.project()
export const newProject = (context: Context) => context.newProject()

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

const ofConfiguration = (path: Readonly<Record<string, string>> = {}): Prepare =>
  on(configure, ({ project_id }) => ({ path: { ...path, project_id } }))

const ofPrompt = (parameter: string, id: 'id' | 'prompt_id' | 'commit'): Prepare =>
  on(createPrompt, (prompt) => ({ path: { [parameter]: prompt[id] } }))

const ofEnvironment = (body?: unknown): Prepare => on(createEnvironment, ({ id }) => ({ path: { id }, body }))

const withDiagnostics = (body?: object): Prepare =>
  on(diagnose, (projectId) => ({ path: { projectId }, ...(body !== undefined && { body }) }))

const score = { name: 'relevance', value: 0.5, source: 'sdk' } as const
const text = { text: 'Good' }

const onEntry = (body: unknown, scene = tracedThread): Prepare => on(scene, ({ id }) => ({ path: { id }, body }))
const ofProject: Prepare = on(tracedThread, ({ project_id }) => ({ query: { project_id } }))
const onThread = (more: object = {}): Prepare =>
  on(tracedThread, ({ thread_id, project_name }) => ({ body: { project_name, thread_id, ...more } }))

type CommentOf = 'addTraceComment' | 'addSpanComment' | 'addThreadComment'

/** A comment, named beside what it is on or alone. */
function onComment(add: CommentOf, isNamedAlone: boolean, body?: unknown): Prepare {
  return async (context) => {
    const { id } = await (add === 'addThreadComment' ? knownThread : tracedThread)(context)
    const comment_id = createdId(await context.call(add, { path: { id }, body: text }))
    return { path: isNamedAlone ? { comment_id } : { id, comment_id }, body }
  }
}

/** By operation. */
export const neighbourRequests: Partial<Record<OperationId, Prepare>> = {
  checkAccess: async () => ({ body: {} }),
  getWorkspaceConfiguration: withConfiguration(),
  upsertWorkspaceConfiguration: withConfiguration({ truncation_on_tables: true }),
  deleteWorkspaceConfiguration: withConfiguration(),
  attachmentList: on(ownProject, ({ id }, { random }) => ({
    query: { project_id: id, entity_type: 'trace', entity_id: random.uuid(), path: API_PATH },
  })),
  projectsRedirect: on(createTrace, (trace_id) => ({ query: { trace_id, path: API_PATH } })),

  createAgentInsightsJob: on(newProject, ({ id: projectId }) => ({ path: { projectId } })),
  getAgentInsightsJob: withDiagnostics(),
  async getReportPreference(context) {
    const { id } = await context.newProject()
    await context.expectCall(200, 'updateReportPreference', { path: { id }, body: { enabled: true } })
    return { path: { id } }
  },
  updateReportPreference: on(newProject, ({ id }) => ({ path: { id }, body: { enabled: true } })),
  updateAgentInsightsJob: withDiagnostics({ status: 'disabled' }),
  triggerAgentInsightsJob: withDiagnostics(),
  findAgentInsightsIssues: on(reportIssue, ({ project_id }) => ({ query: { project_id } })),
  reportAgentInsightsIssues: on(ownProject, ({ id }, context) => ({ body: reportFor(id, context.name('issue')) })),
  getAgentInsightsIssueById: on(reportIssue, ({ project_id, issueId }) => ({
    path: { issueId },
    query: { project_id },
  })),
  updateAgentInsightsIssue: on(reportIssue, ({ project_id, issueId }) => ({
    path: { issueId },
    body: { project_id, status: 'resolved' },
  })),

  createAgentConfig: on(newProject, ({ id }) => ({ body: { project_id: id, blueprint: blueprintOf('0.7') } })),
  updateAgentConfig: on(configure, ({ project_id }) => ({ body: { project_id, blueprint: blueprintOf('0.9') } })),
  createOrUpdateEnvs: on(configure, ({ project_id, blueprint_id }) => ({
    body: { project_id, envs: [{ env_name: 'staging', blueprint_id }] },
  })),
  setEnvByBlueprintName: on(configure, ({ project_id }) => ({
    path: { project_id, env_name: 'staging' },
    body: { blueprint_name: 'v1' },
  })),
  deleteEnv: ofConfiguration({ env_name: 'prod' }),
  getBlueprintByEnv: ofConfiguration({ env_name: 'prod' }),
  getBlueprintByName: ofConfiguration({ name: 'v1' }),
  getLatestBlueprint: ofConfiguration(),
  getBlueprintHistory: ofConfiguration(),
  createBlueprintFromMask: on(createMask, (path) => ({ path })),
  removeConfigKeys: on(configure, ({ project_id }) => ({ body: { project_id, keys: ['temperature'] } })),
  getBlueprintById: on(configure, ({ blueprint_id }) => ({ path: { blueprint_id } })),
  getDeltaById: on(createMask, ({ mask_id }) => ({ path: { blueprint_id: mask_id } })),

  createPrompt: on(ownProject, ({ id }, context) => {
    const name = context.name('prompt')
    removePrompt(context, name)
    return { body: { name, project_id: id, template: 'Hi {{name}}' } }
  }),
  createPromptVersion: on(createPrompt, ({ name }) => ({ body: { name, version: { template: 'Hello {{name}}' } } })),
  retrievePromptVersion: on(createPrompt, ({ name, commit }) => ({ body: { name, commit } })),
  getPromptByCommit: ofPrompt('commit', 'commit'),
  getPromptsByCommits: on(createPrompt, ({ commit }) => ({ body: { commits: [commit, '00000000'] } })),
  getPromptById: ofPrompt('id', 'prompt_id'),
  getPromptVersions: ofPrompt('id', 'prompt_id'),
  getPromptVersionById: ofPrompt('id', 'id'),
  updatePrompt: on(createPrompt, ({ name, prompt_id: id }) => ({
    path: { id },
    body: { name, description: 'Of the contract.' },
  })),
  deletePrompt: ofPrompt('id', 'prompt_id'),
  deletePromptsBatch: on(createPrompt, ({ prompt_id }) => ({ body: { ids: [prompt_id] } })),
  getPromptVersionByNumber: on(createPrompt, ({ prompt_id: promptId }) => ({
    path: { promptId, versionNumber: 'v1' },
  })),
  restorePromptVersion: on(createPrompt, ({ id, prompt_id }) => ({ path: { promptId: prompt_id, versionId: id } })),
  updatePromptVersions: on(createPrompt, ({ id }) => ({ body: { ids: [id], update: { tags: ['contract'] } } })),
  retrievePromptVersionsByIds: on(createPrompt, ({ id }) => ({ body: { ids: [id] } })),
  async setPromptVersionEnvironment(context) {
    const { name } = await createEnvironment(context)
    return { path: { versionId: (await createPrompt(context)).id }, body: { environments: [name] } }
  },
  createEnvironment: on(createEnvironment, ({ name }) => ({ body: { name: `${name}-2` } })),
  getEnvironmentById: ofEnvironment(),
  updateEnvironment: ofEnvironment({ color: '#12A4B4' }),
  deleteEnvironmentsBatch: on(createEnvironment, ({ id }) => ({ body: { ids: [id] } })),
  getPrompts: on(createPrompt, ({ name }) => ({ query: { name } })),
  async getPromptsByProject(context) {
    await createPrompt(context)
    return { path: { id: (await context.project()).id } }
  },

  addTraceFeedbackScore: onEntry(score),
  addSpanFeedbackScore: onEntry(score),
  deleteTraceFeedbackScore: onEntry({ name: 'relevance' }),
  deleteSpanFeedbackScore: onEntry({ name: 'relevance' }),
  scoreBatchOfTraces: on(tracedThread, ({ id, project_name }) => ({
    body: { scores: [{ ...score, id, project_name }] },
  })),
  scoreBatchOfSpans: on(tracedThread, ({ id, project_name }) => ({
    body: { scores: [{ ...score, id, project_name }] },
  })),
  scoreBatchOfThreads: on(tracedThread, ({ thread_id, project_name }) => ({
    body: { scores: [{ ...score, thread_id, project_name }] },
  })),
  deleteThreadFeedbackScores: onThread({ names: ['relevance'] }),
  findTraceScoreNames: ofProject,
  findSpanScoreNames: ofProject,
  findThreadScoreNames: ofProject,
  addTraceComment: onEntry(text),
  addSpanComment: onEntry(text),
  addThreadComment: onEntry(text, knownThread),
  getTraceComment: onComment('addTraceComment', false),
  getSpanComment: onComment('addSpanComment', false),
  getThreadComment: onComment('addThreadComment', false),
  updateTraceComment: onComment('addTraceComment', true, text),
  updateSpanComment: onComment('addSpanComment', true, text),
  updateThreadComment: onComment('addThreadComment', true, text),
  closeTraceThread: onThread(),
  openTraceThread: onThread(),
  deleteTraceThreads: on(tracedThread, ({ thread_id, project_name }) => ({
    body: { project_name, thread_ids: [thread_id] },
  })),
  searchTraceThreads: on(tracedThread, ({ project_name }) => ({ body: { project_name, limit: 10 } })),
  updateThread: onEntry({ tags: ['one'] }, knownThread),
  batchUpdateThreads: on(knownThread, ({ id }) => ({ body: { ids: [id], update: { tags: ['one'] } } })),
  tracesExist: ofProject,
  spansExist: ofProject,
}

/** A trace as clients send one. */
export async function traceOf(context: Context) {
  const { name: project_name } = await context.project()
  return { id: context.random.uuid(), project_name, name: 'contract', start_time: START_TIME }
}

export async function createTrace(context: Context): Promise<string> {
  const trace = await traceOf(context)
  await context.expectCall(204, 'createTraces', { body: { traces: [trace] } })
  return trace.id
}

/** A trace with a span of the same id, in a thread of its own. */
async function tracedThread(context: Context) {
  const { id: project_id } = await context.project()
  const thread_id = context.name('thread')
  const entry = await traceOf(context)
  const { id, project_name } = entry
  await context.expectCall(204, 'createTraces', { body: { traces: [{ ...entry, thread_id }] } })
  await context.expectCall(204, 'createSpans', { body: { spans: [{ ...entry, trace_id: id, type: 'llm' }] } })
  return { id, project_id, project_name, thread_id }
}

/** The same with the id that the server gave to the thread. */
async function knownThread(context: Context): ReturnType<typeof tracedThread> {
  const found = await tracedThread(context)
  const { project_name, thread_id } = found
  const { thread_model_id } = await context.expectCall(200, 'getTraceThread', { body: { project_name, thread_id } })
  return { ...found, id: thread_model_id ?? found.id }
}

/** What the workspace has stored is put back. */
function withConfiguration(body?: unknown): Prepare {
  return async (context) => {
    const { status, text } = await context.call('getWorkspaceConfiguration')
    const path = '/v1/private/workspaces/configurations'
    const headers = { 'content-type': 'application/json' }
    context.defer(() =>
      status === 200
        ? context.raw({ method: 'PUT', path, headers, body: text, operation: 'upsertWorkspaceConfiguration' })
        : context.call('deleteWorkspaceConfiguration'),
    )
    await context.expectCall(204, 'upsertWorkspaceConfiguration', { body: { truncation_on_tables: false } })
    return { body }
  }
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
async function diagnose(context: Context): Promise<string> {
  const { id: projectId } = await context.newProject()
  expectStatus(await context.call('createAgentInsightsJob', { path: { projectId } }), 201)
  return projectId
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
export async function configure(context: Context): Promise<{ project_id: string; blueprint_id: string }> {
  const { id: project_id } = await context.newProject()
  const answer = await context.call('createAgentConfig', { body: { project_id, blueprint: blueprintOf('0.7') } })
  expectStatus(answer, 201)
  return { project_id, blueprint_id: createdId(answer) }
}

async function createMask(context: Context): Promise<{ project_id: string; mask_id: string }> {
  const { project_id } = await configure(context)
  const body = { project_id, blueprint: blueprintOf('0.1', 'mask') }
  const answer = await context.call('updateAgentConfig', { body })
  expectStatus(answer, 201)
  return { project_id, mask_id: createdId(answer) }
}
