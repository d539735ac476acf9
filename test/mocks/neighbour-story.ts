// The part of the story that is about what pages and SDKs ask around runners, projects and traces.
import type { Api } from './api.js'
import { NOBODY } from './harness.js'

/** Plays it in a workspace where nobody has asked for any of it before. */
export async function playNeighbours(api: Api, projectId: string): Promise<void> {
  await playWorkspace(api, projectId)
  await playDiagnostics(api, projectId)
  await playConfigurations(api, projectId)
  await playPrompts(api, projectId)
}

async function playPrompts(api: Api, project_id: string): Promise<void> {
  const name = 'greeting'
  expectStatus(404, await api.status('retrievePromptVersion', { body: { name } }))
  const { createdId: id } = await api.expect(201, 'createPrompt', {
    body: { name, project_id, template: 'Hi {{name}}' },
  })
  expectStatus(409, await api.status('createPrompt', { body: { name } }))
  const added = { name, version: { template: 'Hello {{name}}', metadata: { tone: 'warm' } } }
  const { commit, id: version } = (await api.expect(200, 'createPromptVersion', { body: added })).body
  await api.expect(200, 'retrievePromptVersion', { body: { name, commit } })
  await api.expect(200, 'getPromptById', { path: { id } })
  await api.expect(200, 'getPromptByCommit', { path: { commit } })
  await api.expect(200, 'getPromptsByCommits', { body: { commits: [commit, '00000000'] } })
  await api.expect(200, 'getPromptVersions', { path: { id } })
  await api.expect(200, 'getPromptVersionById', { path: { id: version } })
  await api.expect(200, 'getPrompts', { query: { name, project_id } })
  const environment = { name: 'qa' }
  const { createdId: environmentId } = await api.expect(201, 'createEnvironment', { body: environment })
  await api.expect(200, 'getEnvironmentById', { path: { id: environmentId } })
  await api.expect(204, 'updateEnvironment', { path: { id: environmentId }, body: { color: '#12A4B4' } })
  await api.expect(200, 'findEnvironments')
  const deployed = { path: { versionId: version }, body: { environments: ['qa'] } }
  await api.expect(204, 'setPromptVersionEnvironment', deployed)
  await api.expect(200, 'getPromptById', { path: { id }, query: { environment: 'qa' } })
  await api.expect(200, 'getPromptVersionByNumber', { path: { promptId: id, versionNumber: 'v2' } })
  await api.expect(200, 'restorePromptVersion', { path: { promptId: id, versionId: version } })
  await api.expect(200, 'retrievePromptVersionsByIds', { body: { ids: [version] } })
  await api.expect(204, 'updatePrompt', { path: { id }, body: { name, description: 'Greets.' } })
  const { createdId: other } = await api.expect(201, 'createPrompt', { body: { name: 'farewell' } })
  await api.expect(204, 'deletePrompt', { path: { id: other } })
  await api.expect(204, 'deletePromptsBatch', { body: { ids: [other] } })
  await api.expect(204, 'deleteEnvironmentsBatch', { body: { ids: [environmentId] } })
  await api.expect(200, 'getPromptsByProject', { path: { id: project_id } })
}

async function playConfigurations(api: Api, project_id: string): Promise<void> {
  const values = [{ key: 'temperature', value: '0.7', type: 'float' as const }]
  const path = { project_id }
  expectStatus(404, await api.status('getLatestBlueprint', { path }))
  const first = { project_id, blueprint: { type: 'blueprint' as const, values } }
  const { createdId: blueprint_id } = await api.expect(201, 'createAgentConfig', { body: first })
  const mask = { project_id, blueprint: { type: 'mask' as const, values } }
  const { createdId: mask_id } = await api.expect(201, 'updateAgentConfig', { body: mask })
  await api.expect(201, 'createBlueprintFromMask', { path: { project_id, mask_id } })
  await api.expect(200, 'getLatestBlueprint', { path, query: { mask_id } })
  await api.expect(200, 'getBlueprintById', { path: { blueprint_id } })
  await api.expect(200, 'getDeltaById', { path: { blueprint_id: mask_id } })
  await api.expect(200, 'getBlueprintByName', { path: { project_id, name: 'v2' } })
  await api.expect(200, 'getBlueprintHistory', { path, query: { page: 1, size: 50 } })
  await api.expect(204, 'createOrUpdateEnvs', { body: { project_id, envs: [{ env_name: 'staging', blueprint_id }] } })
  const staging = { project_id, env_name: 'staging' }
  await api.expect(204, 'setEnvByBlueprintName', { path: staging, body: { blueprint_name: 'v2' } })
  await api.expect(200, 'getBlueprintByEnv', { path: staging })
  await api.expect(204, 'deleteEnv', { path: staging })
  const extra = {
    project_id,
    blueprint: { type: 'blueprint' as const, values: [...values, { ...values[0], key: 'b' }] },
  }
  await api.expect(201, 'updateAgentConfig', { body: extra as typeof first })
  await api.expect(201, 'removeConfigKeys', { body: { project_id, keys: ['b'] } })
  await api.expect(204, 'removeConfigKeys', { body: { project_id, keys: ['b'] } })
}

async function playWorkspace(api: Api, projectId: string): Promise<void> {
  await api.expect(200, 'version')
  await api.expect(204, 'checkAccess')
  await api.expect(204, 'checkAccess', { body: {} })
  const asked = [
    ...(['getWorkspaceName', 'getWorkspaceVersion', 'getWorkspaceUserPermissions', 'getServiceToggles'] as const),
    ...(['getDatasetExportJobs', 'getLlmModels', 'getWelcomeWizardStatus'] as const),
  ]
  for (const id of asked) await api.expect(200, id)
  const listed = [
    ...(['findAnnotationQueues', 'findAlerts', 'findDashboards', 'findInsightsViews', 'findDatasets'] as const),
    ...(['findExperiments', 'findOptimizations', 'findEvaluators', 'findLlmProviderKeys'] as const),
    'findFeedbackDefinitions' as const,
  ]
  for (const id of listed) await api.expect(200, id, { query: { page: 1, size: 5 } })
  const path = { id: projectId }
  const ofProject = [
    ...([
      'findDashboardsByProject',
      'findAlertsByProject',
      'findDatasetsByProject',
      'findExperimentsByProject',
    ] as const),
    ...(['findOptimizationsByProject', 'getRecentActivity', 'getReports', 'getReportPreference'] as const),
  ]
  for (const id of ofProject) await api.expect(200, id, { path })
  await api.expect(200, 'findExperimentScoreNames', { query: { project_id: projectId } })
  const scored = ['findTraceScoreNames', 'findThreadScoreNames', 'findSpanScoreNames'] as const
  for (const id of scored) await api.expect(200, id, { query: { project_id: projectId } })
  await api.expect(200, 'findFeedbackScoreNamesByProjectIds', { query: { project_ids: `["${projectId}"]` } })
  const attachments = { project_id: projectId, entity_type: 'trace', entity_id: NOBODY, path: 'YQ==' } as const
  await api.expect(200, 'attachmentList', { query: attachments })
  expectStatus(404, await api.status('getWorkspaceConfiguration'))
  await api.expect(204, 'upsertWorkspaceConfiguration', { body: { color_map: { good: '#00AA55' } } })
  await api.expect(200, 'getWorkspaceConfiguration')
  await api.expect(204, 'deleteWorkspaceConfiguration')
}

async function playDiagnostics(api: Api, project_id: string): Promise<void> {
  const path = { projectId: project_id }
  expectStatus(404, await api.status('getAgentInsightsJob', { path }))
  await api.expect(201, 'createAgentInsightsJob', { path })
  expectStatus(409, await api.status('createAgentInsightsJob', { path }))
  await api.expect(202, 'triggerAgentInsightsJob', { path })
  await api.expect(200, 'getAgentInsightsJob', { path })
  const counts = { total_count: 80, users_impacted: 3, total_users: 40 }
  const issue = { name: 'Refunds are promised', severity: 'high' as const, ...counts }
  for (const [report_day, count] of [
    ['2026-07-13', 7],
    ['2026-07-14', 5],
  ] as const) {
    const issues = [{ ...issue, count }]
    await api.expect(204, 'reportAgentInsightsIssues', { body: { project_id, report_day, issues } })
  }
  const { body } = await api.expect(200, 'findAgentInsightsIssues', { query: { project_id, page: 1, size: 10 } })
  const [found] = body.content
  if (found?.total_occurrences !== 12 || found.days_reported !== 2) throw new Error('the issue has lost a day')
  const issueId = found.id
  await api.expect(200, 'getAgentInsightsIssueById', { path: { issueId }, query: { project_id } })
  await api.expect(204, 'updateAgentInsightsIssue', { path: { issueId }, body: { project_id, status: 'resolved' } })
  await api.expect(200, 'updateAgentInsightsJob', { path, body: { status: 'disabled' } })
}

function expectStatus(wanted: number, status: number): void {
  if (status !== wanted) throw new Error(`the story met ${status} instead of ${wanted}`)
}
