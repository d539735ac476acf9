// What no recording has of prompts, of agent configurations and of environments, which both have. What is refused is in
// test/mocks/kept-refusals.test.ts.
import { describe, expect, it } from 'vitest'
import { NOBODY, stageOver } from './harness.js'
import type { Api } from './api.js'
import { newProject } from './given.js'

const { open } = stageOver('handle')

describe('masks', () => {
  it('are read by their id alone, and change nothing of their prompt', async () => {
    const { api, clock } = await open()
    const add = async (version: object) => {
      const body = { name: 'greeting', version: { template: 'Hi', ...version } }
      return (await api.expect(200, 'createPromptVersion', { body })).body
    }
    const first = await add({})
    const path = { id: first.prompt_id }
    const before = (await api.expect(200, 'getPromptById', { path })).body
    await clock.advance({ minutes: 1 })
    const mask = await add({ template: 'Draft {{name}}', version_type: 'mask' })
    expect(mask).toMatchObject({ prompt_id: path.id, version_type: 'mask', variables: ['name'] })
    expect(mask).not.toHaveProperty('version_number')
    expect((await api.expect(200, 'getPromptById', { path })).body).toEqual(before)
    const { total, content } = (await api.expect(200, 'getPromptVersions', { path })).body
    expect([total, content.map(({ id }) => id)]).toEqual([1, [first.id]])
    const newest = await api.expect(200, 'retrievePromptVersion', { body: { name: 'greeting' } })
    expect(newest.body).toEqual(first)
    expect(await api.status('getPromptByCommit', { path: { commit: mask.commit } })).toBe(404)
    expect((await api.expect(200, 'getPromptVersionById', { path: { id: mask.id } })).body).toEqual(mask)
    const asked = (await api.expect(200, 'getPromptById', { path, query: { mask_id: mask.id } })).body
    expect(asked).toMatchObject({ latest_version: { id: first.id }, requested_version: { id: mask.id } })
    const ids = [mask.id, NOBODY, first.id]
    const found = await api.expect(200, 'retrievePromptVersionsByIds', { body: { ids } })
    expect(found.body).toEqual([mask, first])
    expect((await add({})).version_number).toBe('v2')
  })
})

describe('updatePromptVersions', () => {
  it('replaces the tags of versions, or adds to them, and leaves out what is not there', async () => {
    const { api } = await open()
    const body = { name: 'greeting', version: { template: 'Hi', tags: ['warm'] } }
    const { id } = (await api.expect(200, 'createPromptVersion', { body })).body
    const tag = async (update: { tags?: string[] }, merge_tags: boolean) => {
      await api.expect(204, 'updatePromptVersions', { body: { ids: [NOBODY, id], update, merge_tags } })
      return (await api.expect(200, 'getPromptVersionById', { path: { id } })).body.tags
    }
    expect(await tag({ tags: ['new', 'warm'] }, true)).toEqual(['warm', 'new'])
    expect(await tag({}, false)).toEqual(['warm', 'new'])
    expect(await tag({ tags: ['only'] }, false)).toEqual(['only'])
    expect(await tag({ tags: [] }, false)).toBeUndefined()
  })
})

describe('environments of versions', () => {
  it('point to one version of a prompt, which is found by them', async () => {
    const { api } = await open()
    const body = (version: object) => ({ name: 'greeting', version: { template: 'Hi', ...version } })
    const add = async (version: object) => (await api.expect(200, 'createPromptVersion', { body: body(version) })).body
    const set = (versionId: string, environments: string[]) =>
      api.status('setPromptVersionEnvironment', { path: { versionId }, body: { environments } })
    const first = await add({ environments: ['production', 'qa', 'QA'] })
    expect([...(first.environments ?? [])].toSorted()).toEqual(['production', 'qa'])
    const second = await add({})
    const names = (await api.expect(200, 'findEnvironments')).body.content.map(({ name }) => name)
    expect(names.toSorted()).toEqual(['production', 'qa'])
    const found = async (environment: string) => {
      const asked = { name: 'greeting', environment, version_number: 'v2', commit: second.commit }
      const { status, body } = await api.call('retrievePromptVersion', { body: asked })
      return status === 200 ? body.id : status
    }
    expect([await found('Production'), await found('staging')]).toEqual([first.id, 404])
    expect(await set(second.id, ['PRODUCTION'])).toBe(204)
    expect([await found('production'), await found('qa')]).toEqual([second.id, first.id])
    const path = { id: first.prompt_id }
    const asked = await api.expect(200, 'getPromptById', { path, query: { environment: 'production' } })
    expect(asked.body.requested_version?.id).toBe(second.id)
    expect([await set(first.id, []), await found('qa')]).toEqual([204, 404])
  })
})

describe('a prompt', () => {
  it('is changed, restored to a version and deleted with its versions', async () => {
    const { api } = await open()
    const create = { name: 'greeting', description: 'd', tags: ['a'], template: 'Hi {{name}}' }
    const { createdId: id } = await api.expect(201, 'createPrompt', { body: create })
    await api.expect(204, 'updatePrompt', { path: { id }, body: { name: 'Greeting' } })
    const read = (await api.expect(200, 'getPromptById', { path: { id } })).body
    expect(read).toMatchObject({ name: 'Greeting', tags: ['a'] })
    expect(read).not.toHaveProperty('description')
    const added = { name: 'Greeting', version: { template: 'Ho' } }
    const second = (await api.expect(200, 'createPromptVersion', { body: added })).body
    const byNumber = (versionNumber: string) => ({ path: { promptId: id, versionNumber } })
    const first = (await api.expect(200, 'getPromptVersionByNumber', byNumber('v1'))).body
    const restore = { path: { promptId: id, versionId: first.id } }
    const restored = (await api.expect(200, 'restorePromptVersion', restore)).body
    expect(restored).toMatchObject({ version_number: 'v3', template: 'Hi {{name}}' })
    expect(restored.change_description).toContain('v1')
    expect(await api.status('deletePrompt', { path: { id } })).toBe(204)
    expect(await api.status('getPromptVersionById', { path: { id: second.id } })).toBe(404)
  })
})

describe('environments', () => {
  it('are listed oldest first, and changed', async () => {
    const { api } = await open()
    const { createdId: id } = await api.expect(201, 'createEnvironment', { body: { name: 'qa', position: 3 } })
    await api.expect(201, 'createEnvironment', { body: { name: 'canary', color: '#000000' } })
    const page = (await api.expect(200, 'findEnvironments')).body
    expect(page).toMatchObject({ page: 1, size: 2, total: 2, sortable_by: ['created_at'] })
    expect(page.content).toMatchObject([
      { name: 'qa', position: 3 },
      { name: 'canary', color: '#000000' },
    ])
    expect(page.content[0]?.color).toMatch(/^#[0-9A-F]{6}$/)
    expect(await api.status('updateEnvironment', { path: { id }, body: { description: 'd' } })).toBe(204)
    expect((await api.expect(200, 'getEnvironmentById', { path: { id } })).body).toMatchObject({ description: 'd' })
    expect(await api.status('deleteEnvironmentsBatch', { body: { ids: [id, NOBODY] } })).toBe(204)
    expect(await api.status('getEnvironmentById', { path: { id } })).toBe(404)
    expect((await api.as({ workspace: 'lab' }).expect(200, 'findEnvironments')).body.total).toBe(0)
  })
})

const FLOAT = { key: 'temperature', value: '0.7', type: 'float' } as const
const MODEL = { key: 'model', value: 'm', type: 'string', description: 'which' } as const
type Value = Readonly<{ key: string; value?: string; type: 'float' | 'string'; description?: string }>
type Kind = 'blueprint' | 'mask'

async function add(api: Api, project_id: string, values: readonly Value[], type: Kind = 'blueprint'): Promise<string> {
  const body = { project_id, blueprint: { type, values: [...values] } }
  return (await api.expect(201, 'updateAgentConfig', { body })).createdId
}

async function configured(api: Api): Promise<{ project_id: string; first: string }> {
  const project_id = await newProject(api, 'Lab')
  const body = { project_id, blueprint: { type: 'blueprint' as const, values: [FLOAT, MODEL] } }
  return { project_id, first: (await api.expect(201, 'createAgentConfig', { body })).createdId }
}

describe('versions and masks', () => {
  it('take no mask of another project', async () => {
    const { api } = await open()
    const { project_id } = await configured(api)
    const mask_id = await add(api, project_id, [FLOAT], 'mask')
    const elsewhere = await newProject(api, 'Elsewhere')
    const body = { project_id: elsewhere, blueprint: { type: 'blueprint' as const, values: [FLOAT] } }
    await api.expect(201, 'createAgentConfig', { body })
    expect(await api.status('getLatestBlueprint', { path: { project_id: elsewhere }, query: { mask_id } })).toBe(404)
  })

  it('come from a mask, and lose keys', async () => {
    const { api } = await open()
    const { project_id } = await configured(api)
    const mask = { type: 'mask' as const, description: 'cooler', values: [{ ...FLOAT, value: '0.1' }] }
    const made = await api.expect(201, 'updateAgentConfig', { body: { project_id, blueprint: mask } })
    const path = { project_id, mask_id: made.createdId }
    const second = await api.expect(201, 'createBlueprintFromMask', { path })
    const read = (await api.expect(200, 'getBlueprintById', { path: { blueprint_id: second.createdId } })).body
    expect(read).toMatchObject({ name: 'v2', description: 'cooler', values: [{ ...FLOAT, value: '0.1' }, MODEL] })
    await api.expect(204, 'removeConfigKeys', { body: { project_id, keys: ['none'] } })
    await api.expect(201, 'removeConfigKeys', { body: { project_name: 'Lab', keys: ['model', 'none'] } })
    const latest = (await api.expect(200, 'getLatestBlueprint', { path: { project_id } })).body
    expect(latest).toMatchObject({ name: 'v3', values: [{ ...FLOAT, value: '0.1' }] })
    const bare = await newProject(api, 'Bare')
    expect(await api.status('removeConfigKeys', { body: { project_id: bare, keys: ['model'] } })).toBe(204)
  })
})

describe('environments of configurations', () => {
  it('point to one version each, and move', async () => {
    const { api } = await open()
    const { project_id, first } = await configured(api)
    const second = await add(api, project_id, [FLOAT])
    const envs = [
      { env_name: 'staging', blueprint_id: second.toUpperCase() },
      { env_name: 'größe 1', blueprint_id: first },
    ]
    await api.expect(204, 'createOrUpdateEnvs', { body: { project_id, envs } })
    const at = async (env_name: string) =>
      (await api.expect(200, 'getBlueprintByEnv', { path: { project_id, env_name } })).body
    expect((await at('größe 1')).envs).toEqual(['prod', 'größe 1'])
    expect((await at('staging')).id).toBe(second)
    const path = { project_id, env_name: 'prod' }
    await api.expect(204, 'setEnvByBlueprintName', { path, body: { blueprint_name: 'v2' } })
    expect((await at('prod')).envs).toEqual(['staging', 'prod'])
    expect((await at('größe 1')).envs).toEqual(['größe 1'])
    await api.expect(204, 'deleteEnv', { path })
    await api.expect(204, 'deleteEnv', { path })
    await api.expect(204, 'deleteEnv', { path: { project_id: NOBODY, env_name: 'prod' } })
    expect(await api.status('getBlueprintByEnv', { path })).toBe(404)
  })

  it('are refused as a whole', async () => {
    const { api } = await open()
    const { project_id, first: blueprint_id } = await configured(api)
    const envs = [
      { env_name: 'a', blueprint_id },
      { env_name: 'b', blueprint_id: NOBODY },
    ]
    expect(await api.status('createOrUpdateEnvs', { body: { project_id, envs } })).toBe(404)
    expect(await api.status('getBlueprintByEnv', { path: { project_id, env_name: 'a' } })).toBe(404)
  })
})
