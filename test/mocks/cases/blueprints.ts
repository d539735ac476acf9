// Cases of agent configurations that no recording has: masks of other projects, environments that move.
import { describe, expect, it } from 'vitest'
import type { Api } from '../api.js'
import { newProject } from '../given.js'
import { NOBODY, type Stage } from '../harness.js'

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

export function blueprintCases(stage: Stage): void {
  describe('versions and masks', () => versionCases(stage))
  describe('environments', () => environmentCases(stage))
}

function versionCases({ open }: Stage): void {
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
}

function environmentCases({ open }: Stage): void {
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
}
