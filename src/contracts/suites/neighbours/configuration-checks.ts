// Checks of agent configurations: versions that are whole, masks laid over them, environments, history; and of prompts:
// versions added to the prompt of a name, commits, and what is read of them.
import { defineShould } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { configure, createPrompt } from '../../check/neighbour-requests.js'
import { createdId } from '../../check/runner-handle.js'
import { expectEqual, expectStatus } from '../../target/expectation.js'
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

export const configurationChecks = [
  defineShould('createAgentConfig', {
    id: 'configurations/first-version',
    title: 'The first version is v1, with its values in their order, and prod points to it.',
    async run(context) {
      const { project_id, blueprint_id } = await configure(context)
      const path = { project_id, env_name: 'prod' }
      const { id, name, type, envs, values } = await context.expectCall(200, 'getBlueprintByEnv', { path })
      const wanted = { id: blueprint_id, name: 'v1', type: 'blueprint', envs: ['prod'] }
      expectEqual('the blueprint of prod', { id, name, type, envs }, wanted)
      expectEqual('its values', values, [temperature('0.7'), MODEL])
    },
  }),
  defineShould('updateAgentConfig', {
    id: 'configurations/versions-are-whole',
    title: 'A version holds the values that were given for it, and none of the version before.',
    async run(context) {
      const { project_id } = await configure(context)
      const id = await add(context, project_id, [temperature('0.9')])
      const latest = await context.expectCall(200, 'getLatestBlueprint', { path: { project_id } })
      expectEqual('the newest version', { id: latest.id, values: latest.values }, { id, values: [temperature('0.9')] })
    },
  }),
  defineShould('updateAgentConfig', {
    id: 'configurations/masks-do-not-count',
    title: 'A mask is no version: it takes no name, is not the newest, and its id reads no blueprint.',
    async run(context) {
      const { project_id, blueprint_id } = await configure(context)
      const mask = await add(context, project_id, [temperature('0.1')], 'mask')
      expectStatus(await context.call('getBlueprintById', { path: { blueprint_id: mask } }), 404)
      const latest = await context.expectCall(200, 'getLatestBlueprint', { path: { project_id } })
      expectEqual('the newest version', latest.id, blueprint_id)
      const second = await add(context, project_id, [MODEL])
      const named = await context.expectCall(200, 'getBlueprintByName', { path: { project_id, name: 'v2' } })
      expectEqual('the version v2', named.id, second)
    },
  }),
  defineShould('getBlueprintById', {
    id: 'configurations/mask-laid-over',
    title: 'A mask replaces values in their place and adds others behind, in that answer alone.',
    async run(context) {
      const { project_id, blueprint_id } = await configure(context)
      const added: Value = { key: 'contract', value: 'x', type: 'string' }
      const mask_id = await add(context, project_id, [added, temperature('0.1')], 'mask')
      const path = { blueprint_id }
      const laid = await context.expectCall(200, 'getBlueprintById', { path, query: { mask_id } })
      expectEqual('the values with the mask', laid.values, [temperature('0.1'), MODEL, added])
      const plain = await context.expectCall(200, 'getBlueprintById', { path })
      expectEqual('the values without', plain.values, [temperature('0.7'), MODEL])
    },
  }),
  defineShould('createOrUpdateEnvs', {
    id: 'configurations/environment-moves',
    title: 'An environment points to one version only, and others stay where they are.',
    async run(context) {
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
    },
  }),
  defineShould('getBlueprintHistory', {
    id: 'configurations/history',
    title: 'The history lists versions without masks, newest first; envs is absent where none points.',
    async run(context) {
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
    },
  }),
  defineShould('removeConfigKeys', {
    id: 'configurations/keys-removed',
    title: 'A version without some keys is the newest one without them.',
    async run(context) {
      const { project_id, blueprint_id } = await configure(context)
      await context.expectCall(201, 'removeConfigKeys', { body: { project_id, keys: ['temperature'] } })
      const latest = await context.expectCall(200, 'getLatestBlueprint', { path: { project_id } })
      expectEqual('its name and values', [latest.name, latest.values], ['v2', [MODEL]])
      const before = await context.expectCall(200, 'getBlueprintById', { path: { blueprint_id } })
      expectEqual('the values of the version before', before.values, [temperature('0.7'), MODEL])
    },
  }),
]

export const promptChecks = [
  defineShould('createPromptVersion', {
    id: 'prompts/commit',
    title: 'The commit of a version is the end of its id, and finds its prompt.',
    async run(context) {
      const { id, prompt_id, commit } = await createPrompt(context)
      expectEqual('the commit', commit, id.slice(-8))
      const prompt = await context.expectCall(200, 'getPromptByCommit', { path: { commit } })
      expectEqual('prompt and version', [prompt.id, prompt.requested_version?.id], [prompt_id, id])
    },
  }),
  defineShould('retrievePromptVersion', {
    id: 'prompts/newest-version',
    title: 'Without a commit the newest version is retrieved, with the names in its template.',
    async run(context) {
      const { name, prompt_id, id: first, commit } = await createPrompt(context)
      const body = { name, version: { template: 'Hello {{first}} {{last}}' } }
      const second = await context.expectCall(200, 'createPromptVersion', { body })
      expectEqual('the prompt of the second version', second.prompt_id, prompt_id)
      const newest = await context.expectCall(200, 'retrievePromptVersion', { body: { name } })
      expectEqual('the newest version', newest.id, second.id)
      expectEqual('its variables', newest.variables?.toSorted(), ['first', 'last'])
      const named = await context.expectCall(200, 'retrievePromptVersion', { body: { name, commit } })
      expectEqual('the version of the commit', named.id, first)
    },
  }),
  defineShould('getPromptVersions', {
    id: 'prompts/versions-listed',
    title: 'The versions of a prompt are listed newest first, and counted.',
    async run(context) {
      const { name, prompt_id, id: first } = await createPrompt(context)
      const body = { name, version: { template: 'Hello' } }
      const { id: second } = await context.expectCall(200, 'createPromptVersion', { body })
      const page = await context.expectCall(200, 'getPromptVersions', { path: { id: prompt_id } })
      const ids = idsOf(page.content)
      expectEqual('the versions', ids, [second, first])
      const prompt = await context.expectCall(200, 'getPromptById', { path: { id: prompt_id } })
      expectEqual('count and newest version', [prompt.version_count, prompt.latest_version?.id], [2, second])
    },
  }),
]
