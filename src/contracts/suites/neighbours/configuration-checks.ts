// Checks of agent configurations: versions that are whole, masks laid over them, environments, history; and of prompts:
// versions added to the prompt of a name, commits, and what is read of them.
import { checksOn } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { configure, createPrompt } from '../../check/neighbour-requests.js'
import { createdId } from '../../check/runner-handle.js'
import { expectEqual, expectStatus, expectFields } from '../../target/expectation.js'
import { idsOf } from '../../check/check-steps.js'

type Value = Readonly<{ key: string; value: string; type: 'string' | 'float' }>

const MODEL: Value = { key: 'model', value: 'contract-model', type: 'string' }
const temperature = (value: string): Value => ({ key: 'temperature', value, type: 'float' })

async function add(
  context: Context,
  project_id: string,
  values: readonly Value[],
  type: 'blueprint' | 'mask' = 'blueprint',
): Promise<string> {
  const answer = await context.call('updateAgentConfig', {
    body: { project_id, blueprint: { type, values: [...values] } },
  })
  expectStatus(answer, 201)
  return createdId(answer)
}

export const configurationChecks = checksOn('updateAgentConfig should', (it) => {
  it('configurations/first-version [createAgentConfig]: The first version is v1, with its values in their order, and prod points to it.', async (context) => {
    const { project_id, blueprint_id } = await configure(context)
    const path = { project_id, env_name: 'prod' }
    const { id, name, type, envs, values } = await context.expectCall(200, 'getBlueprintByEnv', { path })
    const wanted = { id: blueprint_id, name: 'v1', type: 'blueprint', envs: ['prod'] }
    expectEqual('the blueprint of prod', { id, name, type, envs }, wanted)
    expectEqual('its values', values, [temperature('0.7'), MODEL])
  })
  it('configurations/versions-are-whole: A version holds the values that were given for it, and none of the version before.', async (context) => {
    const { project_id } = await configure(context)
    const id = await add(context, project_id, [temperature('0.9')])
    const latest = await context.expectCall(200, 'getLatestBlueprint', { path: { project_id } })
    expectEqual('the newest version', { id: latest.id, values: latest.values }, { id, values: [temperature('0.9')] })
  })
  it('configurations/masks-do-not-count: A mask is no version: it takes no name, is not the newest, and its id reads no blueprint.', async (context) => {
    const { project_id, blueprint_id } = await configure(context)
    const mask = await add(context, project_id, [temperature('0.1')], 'mask')
    expectStatus(await context.call('getBlueprintById', { path: { blueprint_id: mask } }), 404)
    const latest = await context.expectCall(200, 'getLatestBlueprint', { path: { project_id } })
    expectEqual('the newest version', latest.id, blueprint_id)
    const second = await add(context, project_id, [MODEL])
    const named = await context.expectCall(200, 'getBlueprintByName', { path: { project_id, name: 'v2' } })
    expectEqual('the version v2', named.id, second)
  })
  it('configurations/mask-laid-over [getBlueprintById]: A mask replaces values in their place and adds others behind, in that answer alone.', async (context) => {
    const { project_id, blueprint_id } = await configure(context)
    const added: Value = { key: 'contract', value: 'x', type: 'string' }
    const mask_id = await add(context, project_id, [added, temperature('0.1')], 'mask')
    const path = { blueprint_id }
    const laid = await context.expectCall(200, 'getBlueprintById', { path, query: { mask_id } })
    expectEqual('the values with the mask', laid.values, [temperature('0.1'), MODEL, added])
    const plain = await context.expectCall(200, 'getBlueprintById', { path })
    expectEqual('the values without', plain.values, [temperature('0.7'), MODEL])
  })
  it('configurations/environment-moves [createOrUpdateEnvs]: An environment points to one version only, and others stay where they are.', async (context) => {
    const { project_id, blueprint_id: first } = await configure(context)
    const second = await add(context, project_id, [MODEL])
    const point = (blueprint_id: string): Promise<unknown> =>
      context.expectCall(204, 'createOrUpdateEnvs', {
        body: { project_id, envs: [{ env_name: 'staging', blueprint_id }] },
      })
    await point(first)
    await point(second)
    const envsOf = async (blueprint_id: string): Promise<unknown> =>
      (await context.expectCall(200, 'getBlueprintById', { path: { blueprint_id } })).envs
    expectEqual('the environments of v1', await envsOf(first), ['prod'])
    expectEqual('the environments of v2', await envsOf(second), ['staging'])
  })
  it('configurations/history [getBlueprintHistory]: The history lists versions without masks, newest first; envs is absent where none points.', async (context) => {
    const { project_id, blueprint_id: first } = await configure(context)
    await add(context, project_id, [MODEL], 'mask')
    const second = await add(context, project_id, [MODEL])
    const { total, content } = await context.expectCall(200, 'getBlueprintHistory', { path: { project_id } })
    const shown = content.map(({ id, envs }) => [id, envs])
    expectEqual(
      'the history',
      { total, shown },
      {
        total: 2,
        shown: [
          [second, undefined],
          [first, ['prod']],
        ],
      },
    )
  })
  it('configurations/keys-removed [removeConfigKeys]: A version without some keys is the newest one without them.', async (context) => {
    const { project_id, blueprint_id } = await configure(context)
    await context.expectCall(201, 'removeConfigKeys', { body: { project_id, keys: ['temperature'] } })
    const latest = await context.expectCall(200, 'getLatestBlueprint', { path: { project_id } })
    expectFields('the answer', latest, { name: 'v2', values: [MODEL] })
    const before = await context.expectCall(200, 'getBlueprintById', { path: { blueprint_id } })
    expectEqual('the values of the version before', before.values, [temperature('0.7'), MODEL])
  })
  it('configurations/last-key-removed [removeConfigKeys]: Without its last key a configuration has a version without values, which is read as any other.', async (context) => {
    const { project_id } = await configure(context)
    const keys = ['temperature', MODEL.key]
    await context.expectCall(201, 'removeConfigKeys', { body: { project_id, keys } })
    const latest = await context.expectCall(200, 'getLatestBlueprint', { path: { project_id } })
    expectFields('the newest version', latest, { name: 'v2', values: [] })
    const { content } = await context.expectCall(200, 'getBlueprintHistory', { path: { project_id } })
    expectEqual('how many versions there are', content.length, 2)
  })
  it('configurations/timeouts-refused [upsertWorkspaceConfiguration]: A timeout of a workspace that is no duration is 400, one of no time or of more than seven days 422.', async (context) => {
    for (const [timeout, status] of [
      ['15 minutes', 400],
      ['PT0S', 422],
      ['P8D', 422],
    ] as const) {
      const body = { timeout_to_mark_thread_as_inactive: timeout }
      expectStatus(await context.call('upsertWorkspaceConfiguration', { body }), status)
    }
  })
  it('configurations/names-in-any-case [getBlueprintByEnv]: Environments and versions are found by their names in any letter case.', async (context) => {
    const { project_id, blueprint_id } = await configure(context)
    const byEnv = await context.expectCall(200, 'getBlueprintByEnv', { path: { project_id, env_name: 'PROD' } })
    const byName = await context.expectCall(200, 'getBlueprintByName', { path: { project_id, name: 'V1' } })
    expectEqual('the versions', [byEnv.id, byName.id], [blueprint_id, blueprint_id])
  })
})

export const promptChecks = checksOn('createPromptVersion should', (it) => {
  it('prompts/name-taken-in-any-case [createPrompt]: A name that the workspace uses already is 409 in any letter case.', async (context) => {
    const { name } = await createPrompt(context)
    expectStatus(await context.call('createPrompt', { body: { name: name.toUpperCase() } }), 409)
  })
  it('prompts/commit: The commit of a version is the end of its id, and finds its prompt.', async (context) => {
    const { id, prompt_id, commit } = await createPrompt(context)
    expectEqual('the commit', commit, id.slice(-8))
    const prompt = await context.expectCall(200, 'getPromptByCommit', { path: { commit } })
    expectEqual('prompt and version', [prompt.id, prompt.requested_version?.id], [prompt_id, id])
  })
  it('prompts/newest-version [retrievePromptVersion]: Without a commit the newest version is retrieved, with the names in its template.', async (context) => {
    const { name, prompt_id, id: first, commit } = await createPrompt(context)
    const body = { name, version: { template: 'Hello {{first}} {{last}}' } }
    const second = await context.expectCall(200, 'createPromptVersion', { body })
    expectEqual('the prompt of the second version', second.prompt_id, prompt_id)
    const newest = await context.expectCall(200, 'retrievePromptVersion', { body: { name } })
    expectEqual('the newest version', newest.id, second.id)
    expectEqual('its variables', newest.variables?.toSorted(), ['first', 'last'])
    const named = await context.expectCall(200, 'retrievePromptVersion', { body: { name, commit } })
    expectEqual('the version of the commit', named.id, first)
  })
  it('prompts/versions-listed [getPromptVersions]: The versions of a prompt are listed newest first, and counted.', async (context) => {
    const { name, prompt_id, id: first } = await createPrompt(context)
    const body = { name, version: { template: 'Hello' } }
    const { id: second } = await context.expectCall(200, 'createPromptVersion', { body })
    const page = await context.expectCall(200, 'getPromptVersions', { path: { id: prompt_id } })
    const ids = idsOf(page.content)
    expectEqual('the versions', ids, [second, first])
    const prompt = await context.expectCall(200, 'getPromptById', { path: { id: prompt_id } })
    expectEqual('count and newest version', [prompt.version_count, prompt.latest_version?.id], [2, second])
  })
})
