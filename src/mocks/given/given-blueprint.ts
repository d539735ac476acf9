/** `given.blueprint`: the next version of a project's configuration, saved as the web app saves it. */
import type { Blueprint } from '../../kernel/types.js'
import { expectSuccess } from '../agents/call-api.js'
import type * as kit from '../../generated/kit-schema.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { projectOf, readShown, type GivenContext } from './given-runner.js'

/** A version of a configuration. */
export type GivenBlueprint = Omit<kit.ScenarioBlueprint, 'project' | 'workspace' | 'api_key'>

/** Which version to make. */
export interface BlueprintRequest extends GivenBlueprint, Pick<kit.BlueprintRequest, 'projectId' | 'as'> {}

export async function createBlueprint(stage: GivenContext, request: BlueprintRequest): Promise<Blueprint> {
  const { values, description, envs = [], as } = request
  const call = stage.callAs(as)
  const project_id = projectOf(stage, request)
  const draft = { type: 'blueprint' as const, values: [...values], ...omitUndefined({ description }) }
  const latest = await call('getLatestBlueprint', { path: { project_id } })
  const operation = latest.status === 404 ? 'createAgentConfig' : 'updateAgentConfig'
  const saved = await expectSuccess(call)(operation, { body: { project_id, blueprint: draft } })
  const blueprint_id = saved.createdId
  if (envs.length > 0) {
    const body = { project_id, envs: envs.map((env_name) => ({ env_name, blueprint_id })) }
    await expectSuccess(call)('createOrUpdateEnvs', { body })
  }
  return readShown(call, 'getBlueprintById', { blueprint_id }, 'values')
}
