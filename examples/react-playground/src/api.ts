import createClient from 'openapi-fetch'
import type { LocalRunner, LocalRunnerJob, LocalRunnerLogEntry, Prompt, Trace, paths } from 'opik-runner-kit'

// Only types come from opik-runner-kit here: nothing of it remains in a production bundle.
const client = createClient<paths>({
  // Absolute, because `fetch` in Node, where the tests run, takes no relative URLs.
  baseUrl: `${location.origin}/api`,
  // Looked up at each call: openapi-fetch would keep the `fetch` that it finds now, and MSW replaces it later.
  fetch: (request) => fetch(request),
})

/** A refusal. `status` says why; the words differ between servers. */
export class ApiError extends Error {
  readonly status: number

  constructor(status: number) {
    super(`The server answered ${status}.`)
    this.status = status
  }
}

function check(response: Response): void {
  if (!response.ok) throw new ApiError(response.status)
}

function dataOf<Data>({ data, response }: { data?: Data; response: Response }): Data {
  check(response)
  if (data === undefined) throw new ApiError(response.status)
  return data
}

export async function findProject(name: string, signal: AbortSignal): Promise<string> {
  return dataOf(await client.POST('/v1/private/projects/retrieve', { body: { name }, signal })).id
}

/** The endpoint runner to work with: a connected one if there is any, else the one that was connected last. */
export async function findRunner(projectId: string, signal: AbortSignal): Promise<LocalRunner | null> {
  const query = { project_id: projectId, size: 50 }
  const { content } = dataOf(await client.GET('/v1/private/local-runners', { params: { query }, signal }))
  const runners = content.filter((runner) => runner.type === 'endpoint')
  return runners.find((runner) => runner.status === 'connected') ?? runners[0] ?? null
}

/** Disconnects a runner; its jobs can no longer be read afterwards. */
export async function disconnectRunner(runnerId: string): Promise<void> {
  check((await client.DELETE('/v1/private/local-runners/{runnerId}', { params: { path: { runnerId } } })).response)
}

/** What a job runs: an agent with inputs, and by prompt the draft that it takes in place of the prompt. */
export interface NewJob {
  agentName: string
  inputs: object
  prompt_masks: Record<string, string>
}

/** The new job's id is the last segment of `Location`; the body is empty. */
export async function createJob(projectId: string, job: NewJob): Promise<string> {
  const { agentName: agent_name, inputs, prompt_masks } = job
  const { response } = await client.POST('/v1/private/local-runners/jobs', {
    body: { project_id: projectId, agent_name, inputs, prompt_masks },
  })
  check(response)
  const id = response.headers.get('Location')?.split('/').at(-1)
  if (id === undefined) throw new Error('The server created a job and did not say which.')
  return id
}

export async function cancelJob(jobId: string): Promise<void> {
  const params = { path: { jobId } }
  check((await client.POST('/v1/private/local-runners/jobs/{jobId}/cancel', { params })).response)
}

export interface Run {
  job: LocalRunnerJob
  logs: LocalRunnerLogEntry[]
}

/** Reads a job and the log lines that came since `previous`. Job first: once it has ended, the logs are complete. */
export async function readRun(jobId: string, previous: Run | undefined, signal: AbortSignal): Promise<Run> {
  const path = { jobId }
  const known = previous?.logs ?? []
  const job = dataOf(await client.GET('/v1/private/local-runners/jobs/{jobId}', { params: { path }, signal }))
  const params = { path, query: { offset: known.length } }
  const more = dataOf(await client.GET('/v1/private/local-runners/jobs/{jobId}/logs', { params, signal }))
  return { job, logs: [...known, ...more] }
}

export function hasEnded({ status }: LocalRunnerJob): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled'
}

/** The prompts of a project, each with its newest version. */
export async function readPrompts(projectId: string, signal: AbortSignal): Promise<Prompt[]> {
  const params = { path: { id: projectId }, query: { size: 100 } }
  const { content } = dataOf(await client.GET('/v1/private/projects/{id}/prompts', { params, signal }))
  const read = async (id: string) =>
    dataOf(await client.GET('/v1/private/prompts/{id}', { params: { path: { id } }, signal }))
  return Promise.all(content.map(({ id }) => read(id)))
}

/** Saves a template: as the prompt's next version, or as a draft (`mask`) that only jobs see that name it. */
export async function savePrompt(
  { name, project_id, template_structure }: Prompt,
  template: string,
  version_type: 'prompt_version' | 'mask',
): Promise<string> {
  const version = { template, version_type }
  const body = { name, version, template_structure, ...(project_id === undefined ? {} : { project_id }) }
  return dataOf(await client.POST('/v1/private/prompts/versions', { body })).id
}

/** Gives a version its environments, which other versions of the prompt lose. */
export async function deployVersion(versionId: string, environments: string[]): Promise<void> {
  const params = { path: { versionId } }
  const body = { environments }
  check((await client.PATCH('/v1/private/prompts/versions/{versionId}/environments', { params, body })).response)
}

export async function readEnvironments(signal: AbortSignal): Promise<string[]> {
  return dataOf(await client.GET('/v1/private/environments', { signal })).content.map(({ name }) => name)
}

/** The newest traces of a project: of one environment, or all. */
export async function readTraces(
  projectId: string,
  environment: string | undefined,
  signal: AbortSignal,
): Promise<Trace[]> {
  const filters = environment === undefined ? [] : [{ field: 'environment', operator: '=', value: environment }]
  const query = { project_id: projectId, size: 20, filters: JSON.stringify(filters) }
  return dataOf(await client.GET('/v1/private/traces', { params: { query }, signal })).content
}
