/** What a job is to run with: its project's configuration and prompts, read as the SDKs read them. */
import { omitUndefined } from '../base/omit-undefined.js'
import { memberOf, textAt, textOf } from '../../kernel/json-value.js'
import type { Blueprint, BlueprintValue, LocalRunnerJob } from '../../kernel/types.js'
import type { AgentConfiguration, AgentPrompt, PromptChoice } from './agent.js'
import type { DirectCall } from './call-api.js'
import type { ConfigurationNote, JobReportParts } from './report-job.js'

/** Where an agent looks when its job names no version. */
const ENVIRONMENT = 'prod'

/**
 * Reads the configuration that a job is to run with, as the SDKs read it: the version that the job names, or the one in
 * `prod`, with the values of the job's mask laid over; and how a trace tells of it. undefined where the project has no
 * such version.
 */
export async function readConfiguration(
  job: LocalRunnerJob,
  call: DirectCall,
): Promise<{ configuration: AgentConfiguration; note: ConfigurationNote } | undefined> {
  const { project_id, blueprint_name: name, mask_id } = job
  const query = mask_id === undefined ? {} : { mask_id }
  const { body: version } =
    name === undefined
      ? await call('getBlueprintByEnv', { path: { project_id, env_name: ENVIRONMENT }, query })
      : await call('getBlueprintByName', { path: { project_id, name }, query })
  if (!isVersion(version)) return undefined
  const mask =
    mask_id === undefined ? undefined : (await call('getDeltaById', { path: { blueprint_id: mask_id } })).body
  const masked = isVersion(mask) ? mask.values : []
  const values = version.values.map((each) => [each.key, { value: typed(each), type: each.type }] as const)
  return {
    configuration: { version: version.name, values: plain(version.values), masked: plain(masked) },
    note: {
      ...{ _blueprint_id: version.id, blueprint_version: version.name },
      ...(mask_id === undefined ? {} : { _mask_id: mask_id }),
      values: Object.fromEntries(values),
    },
  }
}

type Version = Pick<Blueprint, 'id' | 'name' | 'values'>

function isVersion(body: unknown): body is Version {
  return typeof body === 'object' && body !== null && 'values' in body && Array.isArray(body.values)
}

function plain(values: readonly BlueprintValue[]): Record<string, unknown> {
  return Object.fromEntries(values.map((each) => [each.key, typed(each)]))
}

/** Values are kept as text, whatever they are. */
function typed({ value = '', type }: BlueprintValue): unknown {
  if (type === 'boolean') return value.toLowerCase() === 'true'
  const isNumber = (type === 'integer' || type === 'float') && value.trim() !== '' && Number.isFinite(Number(value))
  return isNumber ? Number(value) : value
}

/** Reads a version of a prompt, or the draft that the job has for it. undefined where there is no such version. */
export async function readPrompt(
  { name, environment, version }: PromptChoice & { name: string },
  { prompt_masks: masks = {} }: LocalRunnerJob,
  { call, projectName }: Pick<JobReportParts, 'call' | 'projectName'>,
): Promise<AgentPrompt | undefined> {
  const which = omitUndefined({ environment, version_number: version })
  const { body: found } = await call('retrievePromptVersion', { body: { name, project_name: projectName, ...which } })
  const mask = masks[textAt(found, 'prompt_id')]
  const { body } = mask === undefined ? { body: found } : await call('getPromptVersionById', { path: { id: mask } })
  const template = textOf(memberOf(body, 'template'))
  return template === undefined ? undefined : { template, version: textOf(memberOf(body, 'version_number')) }
}
