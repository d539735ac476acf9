// Checks of agent configurations: versions that are whole, masks laid over them, environments, history; and of prompts:
// versions added to the prompt of a name, commits, and what is read of them.
import { checksOn } from '../core/checks-on.js'
import type { Context } from '../../check/context.js'
import { configured, createPrompt } from '../../check/scenes.js'
import { createdId } from '../../check/runner-handle.js'
import { expectEqual, expectFields, expectStatus } from '../../target/expectation.js'
import { idsOf } from '../../check/check-steps.js'

type Value = Readonly<{ key: string; value: string; type: 'string' | 'float' }>

const MODEL: Value = { key: 'model', value: 'contract-model', type: 'string' }
const temperature = (value: string): Value => ({ key: 'temperature', value, type: 'float' })
const FIRST = [temperature('0.7'), MODEL]

async function add(context: Context, project_id: string, values: Value[], type: 'blueprint' | 'mask' = 'blueprint') {
  const answer = await context.call('updateAgentConfig', { body: { project_id, blueprint: { type, values } } })
  expectStatus(answer, 201)
  return createdId(answer)
}

const readLatest = (context: Context, project_id: string) =>
  context.expectCall(200, 'getLatestBlueprint', { path: { project_id } })
const readVersion = (context: Context, blueprint_id: string, mask_id?: string) =>
  context.expectCall(200, 'getBlueprintById', {
    path: { blueprint_id },
    query: mask_id === undefined ? {} : { mask_id },
  })
const readHistory = (context: Context, project_id: string) =>
  context.expectCall(200, 'getBlueprintHistory', { path: { project_id } })

export const configurationChecks = checksOn('updateAgentConfig should', (it) => {
  it('configurations/first-version [createAgentConfig]: The first version is v1, with its values in their order, and prod points to it.', async (context) => {
    const { project_id, blueprint_id } = await configured(context)
    const read = await context.expectCall(200, 'getBlueprintByEnv', { path: { project_id, env_name: 'prod' } })
    const wanted = { id: blueprint_id, name: 'v1', type: 'blueprint', envs: ['prod'], values: FIRST }
    expectFields('the blueprint of prod', read, wanted)
  })
  it('configurations/versions-are-whole: A version holds the values that were given for it, and none of the version before.', async (context) => {
    const { project_id } = await configured(context)
    const id = await add(context, project_id, [temperature('0.9')])
    expectFields('the newest version', await readLatest(context, project_id), { id, values: [temperature('0.9')] })
  })
  it('configurations/masks-do-not-count: A mask is no version: it takes no name, is not the newest, and its id reads no blueprint.', async (context) => {
    const { project_id, blueprint_id } = await configured(context)
    const mask = await add(context, project_id, [temperature('0.1')], 'mask')
    await context.expectCall(404, 'getBlueprintById', { path: { blueprint_id: mask } })
    expectEqual('the newest version', (await readLatest(context, project_id)).id, blueprint_id)
    const id = await add(context, project_id, [MODEL])
    const named = await context.expectCall(200, 'getBlueprintByName', { path: { project_id, name: 'v2' } })
    expectEqual('the version v2', named.id, id)
  })
  it('configurations/mask-laid-over [getBlueprintById]: A mask replaces values in their place and adds others behind, in that answer alone.', async (context) => {
    const { project_id, blueprint_id } = await configured(context)
    const added: Value = { key: 'contract', value: 'x', type: 'string' }
    const mask = await add(context, project_id, [added, temperature('0.1')], 'mask')
    const laid = await readVersion(context, blueprint_id, mask)
    expectEqual('the values with the mask', laid.values, [temperature('0.1'), MODEL, added])
    expectEqual('the values without', (await readVersion(context, blueprint_id)).values, FIRST)
  })
  it('configurations/environment-moves [createOrUpdateEnvs]: An environment points to one version only, and others stay where they are.', async (context) => {
    const { project_id, blueprint_id: first } = await configured(context)
    const second = await add(context, project_id, [MODEL])
    for (const blueprint_id of [first, second]) {
      const envs = [{ env_name: 'staging', blueprint_id }]
      await context.expectCall(204, 'createOrUpdateEnvs', { body: { project_id, envs } })
    }
    expectEqual('the environments of v1', (await readVersion(context, first)).envs, ['prod'])
    expectEqual('the environments of v2', (await readVersion(context, second)).envs, ['staging'])
  })
  it('configurations/history [getBlueprintHistory]: The history lists versions without masks, newest first; envs is absent where none points.', async (context) => {
    const { project_id, blueprint_id: first } = await configured(context)
    await add(context, project_id, [MODEL], 'mask')
    const second = await add(context, project_id, [MODEL])
    const { total, content } = await readHistory(context, project_id)
    expectEqual('ids of the history, and total', [idsOf(content), total], [[second, first], 2])
    expectEqual(
      'its environments',
      content.map(({ envs }) => envs),
      [undefined, ['prod']],
    )
  })
  it('configurations/keys-removed [removeConfigKeys]: A version without some keys is the newest one without them.', async (context) => {
    const { project_id, blueprint_id } = await configured(context)
    await context.expectCall(201, 'removeConfigKeys', { body: { project_id, keys: ['temperature'] } })
    expectFields('the newest version', await readLatest(context, project_id), { name: 'v2', values: [MODEL] })
    expectEqual('the values before', (await readVersion(context, blueprint_id)).values, FIRST)
  })
  it('configurations/last-key-removed [removeConfigKeys]: Without its last key a configuration has a version without values, which is read as any other.', async (context) => {
    const { project_id } = await configured(context)
    const keys = ['temperature', MODEL.key]
    await context.expectCall(201, 'removeConfigKeys', { body: { project_id, keys } })
    expectFields('the newest version', await readLatest(context, project_id), { name: 'v2', values: [] })
    expectEqual('how many versions there are', (await readHistory(context, project_id)).content.length, 2)
  })
  it('configurations/timeouts-refused [upsertWorkspaceConfiguration]: A timeout of a workspace that is no duration is 400, one of no time or of more than seven days 422.', async (context) => {
    for (const [timeout, status] of Object.entries({ '15 minutes': 400, PT0S: 422, P8D: 422 } as const)) {
      const body = { timeout_to_mark_thread_as_inactive: timeout }
      await context.expectCall(status, 'upsertWorkspaceConfiguration', { body })
    }
  })
  it('configurations/names-in-any-case [getBlueprintByEnv]: Environments and versions are found by their names in any letter case.', async (context) => {
    const { project_id, blueprint_id } = await configured(context)
    const byEnv = await context.expectCall(200, 'getBlueprintByEnv', { path: { project_id, env_name: 'PROD' } })
    const byName = await context.expectCall(200, 'getBlueprintByName', { path: { project_id, name: 'V1' } })
    expectEqual('the versions', [byEnv.id, byName.id], [blueprint_id, blueprint_id])
  })
})

export const promptChecks = checksOn('createPromptVersion should', (it) => {
  it('prompts/name-taken-in-any-case [createPrompt]: A name that the workspace uses already is 409 in any letter case.', async (context) => {
    const { name } = await createPrompt(context)
    await context.expectCall(409, 'createPrompt', { body: { name: name.toUpperCase() } })
  })
  it('prompts/commit: The commit of a version is the end of its id, and finds its prompt.', async (context) => {
    const { versionId: id, id: prompt_id, commit } = await createPrompt(context)
    expectEqual('the commit', commit, id.slice(-8))
    const prompt = await context.expectCall(200, 'getPromptByCommit', { path: { commit } })
    expectEqual('prompt and version', [prompt.id, prompt.requested_version?.id], [prompt_id, id])
  })
  it('prompts/newest-version [retrievePromptVersion]: Without a commit the newest version is retrieved, with the names in its template.', async (context) => {
    const { name, id: prompt_id, versionId: first, commit } = await createPrompt(context)
    const body = { name, version: { template: 'Hello {{first}} {{last}}' } }
    const second = await context.expectCall(200, 'createPromptVersion', { body })
    expectEqual('the prompt of the second version', second.prompt_id, prompt_id)
    const newest = await context.expectCall(200, 'retrievePromptVersion', { body: { name } })
    expectEqual('the newest version', [newest.id, newest.variables?.toSorted()], [second.id, ['first', 'last']])
    const named = await context.expectCall(200, 'retrievePromptVersion', { body: { name, commit } })
    expectEqual('the version of the commit', named.id, first)
  })
  it('prompts/versions-listed [getPromptVersions]: The versions of a prompt are listed newest first, and counted.', async (context) => {
    const { name, id, versionId: first } = await createPrompt(context)
    const body = { name, version: { template: 'Hello' } }
    const { id: second } = await context.expectCall(200, 'createPromptVersion', { body })
    const { content } = await context.expectCall(200, 'getPromptVersions', { path: { id } })
    expectEqual('the versions', idsOf(content), [second, first])
    const { version_count, latest_version } = await context.expectCall(200, 'getPromptById', { path: { id } })
    expectEqual('count and newest version', [version_count, latest_version?.id], [2, second])
  })
})
