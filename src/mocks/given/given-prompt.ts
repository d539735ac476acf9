/** `given.prompt`: a prompt with its versions, saved as the web app saves them. */
import type { Prompt } from '../../kernel/types.js'
import { expectSuccess, type Credentials } from '../agents/call-api.js'
import type * as kit from '../../generated/kit-schema.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { projectOf, readShown, type GivenContext } from './given-runner.js'

export type { ScenarioPromptVersion as GivenPromptVersion } from '../../generated/kit-schema.js'

/** A prompt and its versions. */
export type GivenPrompt = Omit<kit.ScenarioPrompt, 'project' | 'workspace' | 'api_key'>

/** Which prompt to make. */
export interface PromptRequest extends GivenPrompt, Pick<kit.PromptRequest, 'projectId' | 'as'> {}

export async function createPrompt(stage: GivenContext, request: PromptRequest): Promise<Prompt> {
  const { name, id, description, template_structure, tags, versions = [], as } = request
  const call = stage.callAs(as)
  const project_id = projectOf(stage, request)
  const draft = omitUndefined({ name, id, description, template_structure, tags: tags && [...tags], project_id })
  const made = await expectSuccess(call)('createPrompt', { body: { ...draft, name } })
  // Before 2.1 a server knows neither drafts nor environments of versions.
  const known = stage.host.world.isBefore('2.1')
    ? versions.filter(({ version_type }) => version_type !== 'mask')
    : versions
  for (const { environments = [], tags: labels, template, ...version } of known) {
    // An environment is taken from the version that has it.
    const body = { name, version: { template, ...omitUndefined({ ...version, tags: labels && [...labels] }) } }
    const saved = await expectSuccess(call)('createPromptVersion', { body })
    if (environments.length > 0 && !stage.host.world.isBefore('2.1')) await deploy(stage, saved.body, environments, as)
  }
  return readShown(call, 'getPromptById', { id: made.createdId }, 'template_structure')
}

async function deploy(
  { callAs }: GivenContext,
  version: unknown,
  environments: readonly string[],
  as: Credentials | undefined,
): Promise<void> {
  const call = callAs(as)
  // One that is there already is refused, which is as well.
  for (const name of environments) await call('createEnvironment', { body: { name } })
  const path = { versionId: String(Reflect.get(Object(version), 'id')) }
  await expectSuccess(call)('setPromptVersionEnvironment', { path, body: { environments: [...environments] } })
}
