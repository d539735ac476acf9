// Requests for reasons for which operations on workspaces, agent configurations and prompts refuse, beside those that any
// request for nothing meets; and what must be there before them.
import type { OperationId } from '../../src/kernel/operation.js'

/** What is sent to an operation. */
export interface Given {
  readonly path?: Record<string, string>
  readonly query?: Record<string, string>
  readonly body?: object | undefined
}

const [UNKNOWN, RANDOM] = ['01900000-0000-7000-8000-0000000000ff', '3f0c9a52-7a44-4d0e-9a39-0f8f5d6b1c11']
const [VERSION, MASK] = ['01900000-0000-7000-8000-000000000011', '01900000-0000-7000-8000-000000000012']
const [PROMPT, PROMPT_VERSION] = ['01900000-0000-7000-8000-000000000013', '01900000-0000-7000-8000-000000000014']
const [PROMPT_MASK, ENVIRONMENT] = ['01900000-0000-7000-8000-000000000015', '01900000-0000-7000-8000-000000000016']

const value = { key: 'temperature', value: '0.7', type: 'float' }
const blueprint = { type: 'blueprint', values: [value] }
const mask = { type: 'mask', values: [value] }
const project_name = 'Configured'

/** Sent in this order, before anything is refused. */
export const beforeRefusals: readonly [OperationId, Given][] = [
  ['createAgentConfig', { body: { project_name, blueprint: { ...blueprint, id: VERSION } } }],
  ['updateAgentConfig', { body: { project_name, blueprint: { ...mask, id: MASK } } }],
  ['createPrompt', { body: { name: 'Taken', id: PROMPT } }],
  [
    'createPromptVersion',
    { body: { name: 'Taken', version: { template: 'Hi', id: PROMPT_VERSION, commit: 'Abcd1234' } } },
  ],
  ['createPromptVersion', { body: { name: 'Other', version: { template: 'Hi', commit: 'Abcd1234' } } }],
  [
    'createPromptVersion',
    { body: { name: 'Taken', version: { template: 'Hi', id: PROMPT_MASK, version_type: 'mask' } } },
  ],
  ['createEnvironment', { body: { name: 'qa', id: ENVIRONMENT } }],
  ['createPromptVersion', { body: { name: 'Taken', version: { template: 'Hi', environments: ['qa'] } } }],
  // As many as a workspace has at most.
  ...Array.from({ length: 99 }, (_, at): [OperationId, Given] => ['createEnvironment', { body: { name: `qa-${at}` } }]),
]

/**
 * By operation and reason.
 * @param bare a project without a configuration
 * @param configured the project of the configuration
 */
export function neighbourProvocations(
  bare: string,
  configured: string,
): Partial<Record<OperationId, Record<string, Given>>> {
  const write = (change: object, body: object = blueprint): Given => ({ body: { blueprint: body, ...change } })
  const writes = {
    unnamedProject: write({}),
    noProject: write({ project_id: UNKNOWN }),
    twice: write({ project_name, blueprint: { ...blueprint, values: [value, value] } }),
  }
  const taken = { ...blueprint, id: VERSION }
  const at = (path: Record<string, string>, query: Record<string, string> = {}): Given => ({
    path: { project_id: configured, ...path },
    query,
  })
  const noMask = (path: Record<string, string> = {}) => ({ noMask: at(path, { mask_id: UNKNOWN }) })
  const env = { env_name: 'prod' }
  const point = (project_id: string, ...envs: object[]): Given => ({ body: { project_id, envs } })
  const body = { blueprint_name: 'v9' }
  const version = (change: object, rest: object = {}): Given => ({
    body: { name: 'Taken', ...rest, version: { template: 'Hi', ...change } },
  })
  const attachments = { project_id: bare, entity_type: 'trace', entity_id: UNKNOWN, path: ' ' }
  const issue = { name: 'Slow', severity: 'low', count: 1, total_count: 2, users_impacted: 1, total_users: 1 }
  const report = { report_day: '2026-07-01', issues: [] }
  return {
    upsertWorkspaceConfiguration: { badTimeout: { body: { timeout_to_mark_thread_as_inactive: 'P8D' } } },
    attachmentList: { blankPath: { query: attachments } },
    projectsRedirect: { noTrace: { query: { trace_id: UNKNOWN, path: btoa('http://localhost/api') } } },
    createAgentConfig: {
      ...writes,
      idTaken: write({ project_id: bare }, taken),
      configured: write({ project_name }),
      maskFirst: write({ project_id: bare }, mask),
    },
    updateAgentConfig: {
      ...writes,
      idTaken: write({ project_name }, taken),
      noProjectNamed: write({ project_name: 'Nowhere' }),
      unconfigured: write({ project_id: bare }),
    },
    createOrUpdateEnvs: {
      noBlueprint: point(configured, { ...env, blueprint_id: MASK }),
      namedTwice: point(configured, { ...env, blueprint_id: VERSION }, { ...env, blueprint_id: VERSION }),
    },
    getBlueprintByEnv: { ...noMask(env), noEnvironment: at({ env_name: 'none' }) },
    setEnvByBlueprintName: {
      longEnvironment: { ...at({ env_name: 'e'.repeat(51) }), body },
      noVersion: { ...at(env), body },
    },
    getLatestBlueprint: noMask(),
    getBlueprintByName: { ...noMask({ name: 'v1' }), noVersion: at({ name: 'v9' }) },
    createBlueprintFromMask: { noMask: at({ mask_id: VERSION }) },
    removeConfigKeys: {
      unnamedProject: { body: { keys: ['a'] } },
      noProject: { body: { keys: ['a'], project_id: UNKNOWN } },
      noProjectNamed: { body: { keys: ['a'], project_name: 'Nowhere' } },
    },
    getBlueprintById: {
      // A mask is no version.
      noBlueprint: { path: { blueprint_id: MASK } },
      noMask: { path: { blueprint_id: VERSION }, query: { mask_id: VERSION } },
    },
    createAgentInsightsJob: { jobTaken: { path: { projectId: configured } } },
    reportAgentInsightsIssues: {
      noProject: { body: { ...report, project_id: UNKNOWN } },
      noIssue: { body: { ...report, project_id: bare, issues: [{ ...issue, id: UNKNOWN }] } },
    },
    createPrompt: {
      wrongVersion: { body: { name: 'New', id: RANDOM } },
      noProject: { body: { name: 'New', project_id: UNKNOWN } },
      taken: { body: { name: 'Taken' } },
      keyTaken: { body: { name: 'New', id: PROMPT } },
    },
    createPromptVersion: {
      wrongVersion: version({ id: RANDOM }),
      noProject: version({}, { name: 'New', project_id: UNKNOWN }),
      commitTaken: version({ commit: 'Abcd1234' }),
      keyTaken: version({ id: PROMPT_VERSION }),
      maskDeployed: version({ version_type: 'mask', environments: ['qa'] }),
      deployed: version({ environments: ['QA'] }),
      tooMany: version({ environments: ['one-more'] }),
    },
    updatePrompt: { taken: { path: { id: PROMPT }, body: { name: 'Other' } } },
    getPromptVersionByNumber: { noPromptVersion: { path: { promptId: PROMPT, versionNumber: 'v9' } } },
    restorePromptVersion: { noPromptVersion: { path: { promptId: PROMPT, versionId: UNKNOWN } } },
    setPromptVersionEnvironment: {
      maskDeployed: { path: { versionId: PROMPT_MASK }, body: { environments: [] } },
      noEnvironmentNamed: { path: { versionId: PROMPT_VERSION }, body: { environments: ['nowhere'] } },
    },
    createEnvironment: {
      wrongVersion: { body: { name: 'new', id: RANDOM } },
      taken: { body: { name: 'QA' } },
      keyTaken: { body: { name: 'new', id: ENVIRONMENT } },
      tooMany: { body: { name: 'one-more' } },
    },
    updateEnvironment: { taken: { path: { id: ENVIRONMENT }, body: { name: 'QA-1' } } },
    getPromptByCommit: {
      noPromptVersion: { path: { commit: '00000000' } },
      manyVersions: { path: { commit: 'Abcd1234' } },
    },
    getPromptById: {
      twoVersions: { path: { id: PROMPT }, query: { mask_id: PROMPT_MASK, environment: 'qa' } },
      noPromptVersion: { path: { id: PROMPT }, query: { mask_id: UNKNOWN } },
      badEnvironment: { path: { id: PROMPT }, query: { environment: 'a b' } },
    },
  }
}
