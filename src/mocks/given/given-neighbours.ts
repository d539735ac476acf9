/** `given.project`, `trace`, `blueprint` and `prompt`: what runners need around them, sent as SDKs and the web app send it. */
import { createIdSource, type IdSource } from '../../kernel/id-source.js'
import { toIso } from '../../kernel/instant.js'
import type { Blueprint, Prompt, SpanWrite, Trace } from '../../kernel/types.js'
import type * as kit from '../../generated/kit-schema.js'
import { expectSuccess, type Credentials } from '../agents/call-api.js'
import { toErrorInfo } from '../agents/report-job.js'
import { createIdentity, DEFAULT_WORKSPACE, LOCAL_USER } from '../base/identity.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { DEFAULT_PROJECT } from '../base/settings.js'
import { projectOf, readShown, type GivenContext } from './given-runner.js'

export type { ScenarioPromptVersion as GivenPromptVersion } from '../../generated/kit-schema.js'

/** No request can give a project its id: with one, it is put among the others as a request would do it. */
export async function createProject(
  stage: GivenContext,
  { name, id, as }: { name: string; id?: string; as?: Credentials },
): Promise<{ id: string; name: string }> {
  const call = stage.callAs(as)
  const answer = await expectSuccess(call)('createProject', { body: { name } })
  if (id === undefined) return { id: answer.createdId, name }
  const { projects } = stage.host.world.collections
  const caller = createIdentity(as?.workspace ?? DEFAULT_WORKSPACE, LOCAL_USER)
  const made = projects.find(caller, answer.createdId)
  projects.delete(caller, answer.createdId)
  if (projects.find(caller, id) !== undefined) throw new Error(`There is a project with the id ${id} already.`)
  projects.put(caller, { ...made, id })
  return { id, name }
}

/** A trace that is over. */
export type GivenTrace = Omit<kit.ScenarioTrace, 'project' | 'workspace' | 'api_key'>

/** Which trace to make. */
export interface TraceRequest extends GivenTrace, Pick<kit.TraceRequest, 'projectId' | 'as'> {}

export async function createTrace(stage: GivenContext, request: TraceRequest): Promise<Trace> {
  const { projectId, as, ago_ms, for_ms = 1000, error, spans = [], id: given, scores, comments, ...fields } = request
  const call = expectSuccess(stage.callAs(as))
  const project_name =
    projectId === undefined
      ? DEFAULT_PROJECT
      : (await readShown(call, 'getProjectById', { id: projectId }, 'name')).name
  const begin = stage.host.world.now() - (ago_ms ?? for_ms)
  const id = given ?? stage.host.world.collections.traces.newKey()
  const environment = omitUndefined({ environment: request.environment })
  const place: Place = { trace_id: id, project_name, begin, end: begin + for_ms, ...environment }
  // Under the trace's own id, so that the same trace has the same spans wherever it is made.
  const written = writeSpans(spans, place, createIdSource(Number.parseInt(id.slice(-8), 16)))
  for (let from = 0; from < written.length; from += MAX_BATCH) {
    await call('createSpans', { body: { spans: written.slice(from, from + MAX_BATCH) } })
  }
  const times = { start_time: toIso(begin), end_time: toIso(place.end) }
  const failure = omitUndefined({ error_info: toErrorInfo(error) })
  const others = omitUndefined({ ...fields, tags: fields.tags && [...fields.tags] })
  const trace = { id, project_name, ...others, ...times, ...failure, source: 'sdk' as const }
  await call('createTraces', { body: { traces: [trace] } })
  for (const [name, value] of Object.entries(scores ?? {})) {
    const body = { name, value, source: 'sdk' as const }
    await call('addTraceFeedbackScore', { path: { id }, body })
  }
  for (const text of comments ?? []) await call('addTraceComment', { path: { id }, body: { text } })
  return readShown(call, 'getTraceById', { id }, 'start_time')
}

/** Spans that createSpans takes at once. */
const MAX_BATCH = 1000

interface Place {
  readonly trace_id: string
  readonly project_name: string
  readonly begin: number
  readonly end: number
  readonly environment?: string
}

function writeSpans(spans: readonly kit.ScriptedSpan[], place: Place, ids: IdSource): SpanWrite[] {
  const { begin, end, ...belonging } = place
  const byName = new Map<string, string>()
  return spans.map(({ inside, after_ms = 0, for_ms, cost, error, ...fields }) => {
    const start = begin + after_ms
    const id = ids.next(start)
    const parent = inside === undefined ? undefined : byName.get(inside)
    byName.set(fields.name, id)
    return {
      ...{ ...belonging, id, type: 'general' },
      ...omitUndefined({ parent_span_id: parent }),
      ...omitUndefined(fields),
      ...{ start_time: toIso(start), end_time: toIso(for_ms === undefined ? end : start + for_ms), source: 'sdk' },
      ...omitUndefined({ total_estimated_cost: cost, error_info: toErrorInfo(error) }),
    }
  })
}

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
