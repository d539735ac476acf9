/** `given.prompt`: a prompt with its versions, saved as the web app saves them. */
import type { Prompt } from '../../kernel/types.js'
import { expectSuccess, unexpected, type Credentials } from '../agents/call-api.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { defaultProject, isShown, type GivenContext } from './given-runner.js'

/** A version of a prompt. */
export interface GivenPromptVersion {
  template: string
  /** A UUID of version 7. Default: a new one. */
  id?: string
  /** Its language. Default `mustache`. */
  type?: 'mustache' | 'jinja2' | 'python'
  /** `mask`: a draft that is read by its id alone. Default `prompt_version`. */
  version_type?: 'prompt_version' | 'mask'
  metadata?: unknown
  /** What has changed. Default: none. */
  change_description?: string
  tags?: readonly string[]
  /** Environments that have it from now on; those that the workspace does not know are made. Default: none. */
  environments?: readonly string[]
}

/** A prompt and its versions. */
export interface GivenPrompt {
  /** One of a kind in its workspace. */
  name: string
  /** A UUID of version 7. Default: a new one. */
  id?: string
  description?: string
  /** What a template is: a text, or a list of messages as JSON. Default `text`. */
  template_structure?: 'text' | 'chat'
  tags?: readonly string[]
  /** Oldest first. Default: none. */
  versions?: readonly GivenPromptVersion[]
}

/** Which prompt to make. */
export interface PromptRequest extends GivenPrompt {
  /** Id of its project. Default: the workspace's default project. */
  projectId?: string
  /** Who saves it. Default: no key, workspace `default`. */
  as?: Credentials
}

/** Makes the prompt and its versions. */
export async function createPrompt(stage: GivenContext, request: PromptRequest): Promise<Prompt> {
  const { name, id, description, template_structure, tags, versions = [], as } = request
  const call = stage.callAs(as)
  const project_id = request.projectId ?? (await defaultProject(call))
  const draft = omitUndefined({ name, id, description, template_structure, tags: tags && [...tags], project_id })
  const made = await expectSuccess(call)('createPrompt', { body: { ...draft, name } })
  const { world } = stage
  // Before 2.1 a server knows neither drafts nor environments of versions.
  const known = world().isBefore('2.1') ? versions.filter(({ version_type }) => version_type !== 'mask') : versions
  for (const { environments = [], tags: labels, ...version } of known) {
    // An environment is taken from the version that has it.
    const body = { name, version: { ...version, ...omitUndefined({ tags: labels && [...labels] }) } }
    const saved = await expectSuccess(call)('createPromptVersion', { body })
    if (environments.length > 0 && !world().isBefore('2.1')) await deploy(stage, saved.body, environments, as)
  }
  const answer = await call('getPromptById', { path: { id: made.createdId } })
  if (isShown<Prompt>(answer.body, 'template_structure')) return answer.body
  throw unexpected('getPromptById', answer)
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
