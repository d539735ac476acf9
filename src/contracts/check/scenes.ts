/**
 * What a check sets up before it calls an operation: each scene answers its ids, names and texts by the names that parameters
 * and fields of requests have.
 */
import type { RunnerType } from '../../kernel/types.js'
import { signActivation, toBase64 } from '../../kernel/pairing.js'
import { expectStatus } from '../target/expectation.js'
import { createdJob, idsOf, pickedUpCommand, submittedCommand, takenJob } from './check-steps.js'
import type { Context } from './context.js'
import { createdId, openSession, type RunnerHandle } from './runner-handle.js'

export type Scene = (
  context: Context,
) => Promise<Readonly<Record<string, unknown>> & { readonly runner?: RunnerHandle | undefined }>

export const nothing: Scene = () => Promise.resolve({})

const toIds = ({ id, name }: { id: string; name: string }) => ({ id, project_id: id, projectId: id, name })

export const ownProject = async (context: Context) => toIds(await context.project())
export const newProject = async (context: Context) => toIds(await context.newProject())

/** The name of a project that does not exist yet. Not run where projects may not be created. */
export async function futureProject(context: Context) {
  await context.newProject()
  const name = context.name()
  context.defer(async () => {
    const { id } = await context.expectCall(200, 'retrieveProject', { body: { name } })
    await context.call('deleteProjectById', { path: { id } })
  })
  return { name }
}

export async function futureSession(context: Context) {
  return { ...(await ownProject(context)), activation_key: toBase64(context.random.bytes(32)) }
}

export async function openedSession(context: Context) {
  const { sessionId, runnerId, activationKey } = await openSession(context)
  context.defer(() => context.call('disconnectRunner', { path: { runnerId } }))
  const runner_name = context.name('runner')
  return { sessionId, runnerId, runner_name, hmac: await signActivation(activationKey, sessionId, runner_name) }
}

/** A scene around a runner. */
const withRunner =
  <Found extends { runner: RunnerHandle }>(scene: (context: Context) => Promise<Found>): Scene =>
  async (context) => {
    const found = await scene(context)
    return { ...found, runnerId: found.runner.id, project_id: found.runner.project.id, agent_name: 'echo' }
  }

const paired = (type: RunnerType, agents?: readonly string[]): Scene =>
  withRunner(async (context) => ({ runner: await context.pair({ type, agents }) }))
export const bareRunner = paired('endpoint')
export const echoRunner = paired('endpoint', ['echo'])
export const connectRunner = paired('connect')
export const pendingJob = withRunner(createdJob)
export const runningJob = withRunner(takenJob)
export const pendingCommand = withRunner(submittedCommand)
export const runningCommand = withRunner(pickedUpCommand)

export const START_TIME = '2026-07-14T09:30:04.118Z'

/** A trace as clients send one. */
export async function traceOf(context: Context) {
  const { name: project_name } = await context.project()
  return { id: context.random.uuid(), project_name, name: 'contract', start_time: START_TIME }
}

export async function spanOf(context: Context) {
  return { ...(await traceOf(context)), trace_id: context.random.uuid() }
}

export async function createTrace(context: Context) {
  const trace = await traceOf(context)
  await context.expectCall(204, 'createTraces', { body: { traces: [trace] } })
  return { ...trace, trace_id: trace.id }
}

/** A trace with a span of the same id, in a thread of its own. */
export async function tracedThread(context: Context) {
  const { id: project_id } = await context.project()
  const thread_id = context.name('thread')
  const entry = await traceOf(context)
  const { id, project_name } = entry
  await context.expectCall(204, 'createTraces', { body: { traces: [{ ...entry, thread_id }] } })
  await context.expectCall(204, 'createSpans', { body: { spans: [{ ...entry, trace_id: id, type: 'llm' }] } })
  return { id, project_id, project_name, thread_id }
}

/** The same with the id that the server gave to the thread. */
export async function knownThread(context: Context): ReturnType<typeof tracedThread> {
  const found = await tracedThread(context)
  const { project_name, thread_id } = found
  const { thread_model_id } = await context.expectCall(200, 'getTraceThread', { body: { project_name, thread_id } })
  return { ...found, id: thread_model_id ?? found.id }
}

/** What stands for the path of the API in the redirect and in attachments. */
const API_PATH = 'aHR0cDovL2xvY2FsaG9zdC9hcGk='
export const attachments: Scene = async (context) => ({
  ...{ ...(await ownProject(context)), entity_id: context.random.uuid(), path: API_PATH },
})
export const redirectedTrace: Scene = async (context) => ({ ...(await createTrace(context)), path: API_PATH })

/** Stores a configuration; what the workspace had stored is put back. */
export async function configuredWorkspace(context: Context): Promise<Record<string, never>> {
  const { status, text: body } = await context.call('getWorkspaceConfiguration')
  const path = '/v1/private/workspaces/configurations'
  const headers = { 'content-type': 'application/json' }
  context.defer(() =>
    status === 200
      ? context.raw({ method: 'PUT', path, headers, body, operation: 'upsertWorkspaceConfiguration' })
      : context.call('deleteWorkspaceConfiguration'),
  )
  await context.expectCall(204, 'upsertWorkspaceConfiguration', { body: { truncation_on_tables: false } })
  return {}
}

/** A prompt with one version, by the names that paths give its parts. */
export async function createPrompt(context: Context) {
  const { id: project_id, name: project_name } = await context.project()
  const name = context.name('prompt')
  removePrompt(context, name)
  const body = { name, project_name, version: { template: 'Hi {{name}}' } }
  const { id: versionId, prompt_id: id, commit } = await context.expectCall(200, 'createPromptVersion', { body })
  return { name, id, promptId: id, versionId, versionNumber: 'v1', commit, commits: [commit, '00000000'], project_id }
}

export const promptVersion: Scene = async (context) => ({ id: (await createPrompt(context)).versionId })

export const projectOfPrompt: Scene = async (context) => ({ id: (await createPrompt(context)).project_id })

/** The name of a prompt that does not exist yet. */
export async function futurePrompt(context: Context) {
  const name = context.name('prompt')
  removePrompt(context, name)
  return { ...(await ownProject(context)), name }
}

function removePrompt(context: Context, name: string): void {
  context.defer(async () => {
    const { content } = await context.expectCall(200, 'getPrompts', { query: { name } })
    for (const { id } of content) await context.call('deletePrompt', { path: { id } })
  })
}

/** An environment of the workspace; one that a check makes of its name goes with it. */
export async function createEnvironment(context: Context): Promise<{ name: string; id: string }> {
  const name = `contract-${context.random.uuid()}`
  const answer = await context.call('createEnvironment', { body: { name } })
  expectStatus(answer, 201)
  context.defer(async () => {
    const { content } = await context.expectCall(200, 'findEnvironments')
    const ids = content.filter((each) => each.name.startsWith(name)).map(({ id }) => id)
    if (ids.length > 0) await context.call('deleteEnvironmentsBatch', { body: { ids } })
  })
  return { name, id: createdId(answer) }
}

/** A version of a prompt, and an environment for it. */
export async function promptAndEnvironment(context: Context) {
  const { name } = await createEnvironment(context)
  return { environments: [name], versionId: (await createPrompt(context)).versionId }
}

export async function futureEnvironment(context: Context) {
  return { name: `${(await createEnvironment(context)).name}-2` }
}

/** An issue in a project of its own. */
export async function reportedIssue(context: Context) {
  const { id: project_id } = await context.newProject()
  const counts = { count: 1, total_count: 2, users_impacted: 1, total_users: 1 }
  const issues = [{ name: context.name('issue'), severity: 'low' as const, ...counts }]
  await context.expectCall(204, 'reportAgentInsightsIssues', { body: { project_id, report_day: '2026-07-14', issues } })
  const { content } = await context.expectCall(200, 'findAgentInsightsIssues', { query: { project_id } })
  return { project_id, issueId: content[0]?.id ?? '' }
}

function blueprintOf(temperature: string, type: 'blueprint' | 'mask' = 'blueprint') {
  const values = [
    { key: 'temperature', value: temperature, type: 'float' as const },
    { key: 'model', value: 'contract-model', type: 'string' as const },
  ]
  return { type, values }
}

/** A configuration with one version, in a project of its own. */
export async function configured(context: Context) {
  const { id: project_id } = await context.newProject()
  const answer = await context.call('createAgentConfig', { body: { project_id, blueprint: blueprintOf('0.7') } })
  expectStatus(answer, 201)
  return { project_id, blueprint_id: createdId(answer), env_name: 'prod', name: 'v1' }
}

export async function mask(context: Context) {
  const { project_id } = await configured(context)
  const body = { project_id, blueprint: blueprintOf('0.1', 'mask') }
  const answer = await context.call('updateAgentConfig', { body })
  expectStatus(answer, 201)
  return { project_id, mask_id: createdId(answer), blueprint_id: createdId(answer) }
}

export const END_TIME = '2026-07-14T09:30:06.618Z'
export const ERROR = { exception_type: 'RangeError', message: 'no', traceback: 'at answer (agent.ts:12)' }

interface SpanFields {
  /** The place of its trace. Default: the first. */
  of?: number
  [field: string]: unknown
}

/**
 * A project of its own with traces, and with spans: each of the first trace, or of the one that it names by its place. The
 * first trace is `id` as well as `trace_id`.
 */
export const traced =
  (traces: readonly object[] = [{}], spans: readonly SpanFields[] = []) =>
  async (context: Context) => {
    const { id: project_id, name: project_name } = await context.newProject()
    const whole = (fields: object) => ({ id: context.random.uuid(), project_name, start_time: START_TIME, ...fields })
    const made = traces.map(whole)
    const ids = idsOf(made)
    const own = spans.map(({ of = 0, ...fields }) => ({ trace_id: ids[of] ?? '', ...whole(fields) }))
    if (made.length > 0) await context.expectCall(204, 'createTraces', { body: { traces: made } })
    if (own.length > 0) await context.expectCall(204, 'createSpans', { body: { spans: own } })
    const [id = ''] = ids
    const [span_id = '', ...others] = idsOf(own)
    return { project_id, project_name, id, trace_id: id, ids, span_id, spanIds: [span_id, ...others] }
  }

/** The same with the name of another project. */
export const withOtherProject = (scene: Scene) => async (context: Context) => {
  const { id: other_id, name: other } = await context.newProject()
  return { ...(await scene(context)), other, other_id }
}

/**
 * A time that lies so many milliseconds from that of the ids of a check: by these, not by the times of traces, intervals are
 * bound.
 */
export function momentOf(context: Context, ms: number): string {
  return new Date(Number.parseInt(context.random.uuid().replaceAll('-', '').slice(0, 12), 16) + ms).toISOString()
}

/** From an hour ago to an hour ahead. */
export function thisHour(context: Context) {
  return { interval_start: momentOf(context, -3_600_000), interval_end: momentOf(context, 3_600_000) }
}

export const readTrace = (context: Context, id: string) => context.expectCall(200, 'getTraceById', { path: { id } })

/** Filters or sorting as a query takes them. */
export const asQuery = (...values: readonly object[]): string => JSON.stringify(values)

/** One filter as a query takes it. */
export const having = (field: string, operator: string, value: string, key?: string): string =>
  asQuery({ field, operator, value, key })
