/** Valid requests to the operations on workspaces, agent configurations and prompts, with all they need in place. */
import type { OperationId } from '../../kernel/operation.js'
import { expectStatus } from '../target/expectation.js'
import type { Context } from './context.js'
import { createdId } from './runner-handle.js'

/** What differs from a request without anything. */
interface RequestParts {
  path?: Readonly<Record<string, string>>
  query?: Readonly<Record<string, string>>
  body?: unknown
}

type Prepare = (context: Context) => Promise<RequestParts>

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

/** By operation. */
export const neighbourRequests: Partial<Record<OperationId, Prepare>> = {
  async checkAccess() {
    return { body: {} }
  },
  getWorkspaceConfiguration: withConfiguration(),
  upsertWorkspaceConfiguration: withConfiguration({ truncation_on_tables: true }),
  deleteWorkspaceConfiguration: withConfiguration(),
  async attachmentList(context) {
    const { id } = await context.project()
    const path = 'aHR0cDovL2xvY2FsaG9zdC9hcGk='
    return { query: { project_id: id, entity_type: 'trace', entity_id: context.random.uuid(), path } }
  },

  async projectsRedirect(context) {
    const { name: project_name } = await context.project()
    const id = context.random.uuid()
    const traces = [{ id, project_name, name: 'contract', start_time: '2026-07-14T09:30:04.118Z' }]
    await context.expectCall(204, 'createTraces', { body: { traces } })
    return { query: { trace_id: id, path: 'aHR0cDovL2xvY2FsaG9zdC9hcGk=' } }
  },

  async createAgentInsightsJob(context) {
    return { path: { projectId: (await context.newProject()).id } }
  },
  getAgentInsightsJob: withDiagnostics(),
  async getReportPreference(context) {
    const { id } = await context.newProject()
    await context.expectCall(200, 'updateReportPreference', { path: { id }, body: { enabled: true } })
    return { path: { id } }
  },
  updateReportPreference: async (context) => ({
    ...{ path: { id: (await context.newProject()).id }, body: { enabled: true } },
  }),
  updateAgentInsightsJob: withDiagnostics({ status: 'disabled' }),
  triggerAgentInsightsJob: withDiagnostics(),
  async findAgentInsightsIssues(context) {
    return { query: { project_id: (await reportIssue(context)).project_id } }
  },
  async reportAgentInsightsIssues(context) {
    return { body: reportFor((await context.project()).id, context.name('issue')) }
  },
  async getAgentInsightsIssueById(context) {
    const { project_id, issueId } = await reportIssue(context)
    return { path: { issueId }, query: { project_id } }
  },
  async updateAgentInsightsIssue(context) {
    const { project_id, issueId } = await reportIssue(context)
    return { path: { issueId }, body: { project_id, status: 'resolved' } }
  },

  async createAgentConfig(context) {
    const { id } = await context.newProject()
    return { body: { project_id: id, blueprint: blueprintOf('0.7') } }
  },
  async updateAgentConfig(context) {
    const { project_id } = await configure(context)
    return { body: { project_id, blueprint: blueprintOf('0.9') } }
  },
  async createOrUpdateEnvs(context) {
    const { project_id, blueprint_id } = await configure(context)
    return { body: { project_id, envs: [{ env_name: 'staging', blueprint_id }] } }
  },
  async setEnvByBlueprintName(context) {
    const { project_id } = await configure(context)
    return { path: { project_id, env_name: 'staging' }, body: { blueprint_name: 'v1' } }
  },
  deleteEnv: ofConfiguration({ env_name: 'prod' }),
  getBlueprintByEnv: ofConfiguration({ env_name: 'prod' }),
  getBlueprintByName: ofConfiguration({ name: 'v1' }),
  getLatestBlueprint: ofConfiguration(),
  getBlueprintHistory: ofConfiguration(),
  async createBlueprintFromMask(context) {
    const { project_id } = await configure(context)
    return { path: { project_id, mask_id: await createMask(context, project_id) } }
  },
  async removeConfigKeys(context) {
    const { project_id } = await configure(context)
    return { body: { project_id, keys: ['temperature'] } }
  },
  async getBlueprintById(context) {
    const { blueprint_id } = await configure(context)
    return { path: { blueprint_id } }
  },
  async getDeltaById(context) {
    const { project_id } = await configure(context)
    return { path: { blueprint_id: await createMask(context, project_id) } }
  },

  async createPrompt(context) {
    const { id } = await context.project()
    const name = context.name('prompt')
    removePrompt(context, name)
    return { body: { name, project_id: id, template: 'Hi {{name}}' } }
  },
  async createPromptVersion(context) {
    const { name } = await createPrompt(context)
    return { body: { name, version: { template: 'Hello {{name}}' } } }
  },
  async retrievePromptVersion(context) {
    const { name, commit } = await createPrompt(context)
    return { body: { name, commit } }
  },
  getPromptByCommit: ofPrompt('commit', 'commit'),
  getPromptsByCommits: async (context) => ({ body: { commits: [(await createPrompt(context)).commit, '00000000'] } }),
  getPromptById: ofPrompt('id', 'prompt_id'),
  getPromptVersions: ofPrompt('id', 'prompt_id'),
  getPromptVersionById: ofPrompt('id', 'id'),
  async updatePrompt(context) {
    const { name, prompt_id: id } = await createPrompt(context)
    return { path: { id }, body: { name, description: 'Of the contract.' } }
  },
  deletePrompt: ofPrompt('id', 'prompt_id'),
  deletePromptsBatch: async (context) => ({ body: { ids: [(await createPrompt(context)).prompt_id] } }),
  async getPromptVersionByNumber(context) {
    return { path: { promptId: (await createPrompt(context)).prompt_id, versionNumber: 'v1' } }
  },
  async restorePromptVersion(context) {
    const { id, prompt_id } = await createPrompt(context)
    return { path: { promptId: prompt_id, versionId: id } }
  },
  async updatePromptVersions(context) {
    return { body: { ids: [(await createPrompt(context)).id], update: { tags: ['contract'] } } }
  },
  retrievePromptVersionsByIds: async (context) => ({ body: { ids: [(await createPrompt(context)).id] } }),
  async setPromptVersionEnvironment(context) {
    const { name } = await createEnvironment(context)
    return { path: { versionId: (await createPrompt(context)).id }, body: { environments: [name] } }
  },
  async createEnvironment(context) {
    const { name } = await createEnvironment(context)
    return { body: { name: `${name}-2` } }
  },
  getEnvironmentById: ofEnvironment(),
  updateEnvironment: ofEnvironment({ color: '#12A4B4' }),
  deleteEnvironmentsBatch: async (context) => ({ body: { ids: [(await createEnvironment(context)).id] } }),
  getPrompts: async (context) => ({ query: { name: (await createPrompt(context)).name } }),
  async getPromptsByProject(context) {
    await createPrompt(context)
    return { path: { id: (await context.project()).id } }
  },
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

function ofPrompt(parameter: string, id: 'id' | 'prompt_id' | 'commit'): Prepare {
  return async (context) => ({ path: { [parameter]: (await createPrompt(context))[id] } })
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

function ofEnvironment(body?: unknown): Prepare {
  return async (context) => ({ path: { id: (await createEnvironment(context)).id }, body })
}

function withDiagnostics(body?: object): Prepare {
  return async (context) => {
    const { id: projectId } = await context.newProject()
    expectStatus(await context.call('createAgentInsightsJob', { path: { projectId } }), 201)
    return { path: { projectId }, ...(body !== undefined && { body }) }
  }
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

async function createMask(context: Context, project_id: string): Promise<string> {
  const answer = await context.call('updateAgentConfig', {
    body: { project_id, blueprint: blueprintOf('0.1', 'mask') },
  })
  expectStatus(answer, 201)
  return createdId(answer)
}

function ofConfiguration(path: Readonly<Record<string, string>> = {}): Prepare {
  return async (context) => {
    const { project_id } = await configure(context)
    return { path: { ...path, project_id } }
  }
}
