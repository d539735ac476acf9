// The calls that the pages make, as a web app makes them: plain fetch to a path of its own origin.
import type { LocalRunnerJob, LocalRunnerJobPage, LocalRunnerPage } from '../../../src/index.js'

const RUNNERS = '/api/v1/private/local-runners'

async function get<Body>(path: string): Promise<Body> {
  const response = await fetch(path)
  if (!response.ok) throw new Error(`${response.status} for ${path}`)
  return (await response.json()) as Body
}

export function post(path: string, body?: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(`/api${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
}

/** Id of the first project. */
export async function findProject(): Promise<string> {
  const { content } = await get<{ content: { id: string }[] }>('/api/v1/private/projects')
  return content[0]?.id ?? ''
}

/** The runners of a project. */
export const listRunners = async (project: string) =>
  (await get<LocalRunnerPage>(`${RUNNERS}/?project_id=${project}&size=50`)).content

/** The jobs of a runner, newest first. */
export const listJobs = async (runner: string) => (await get<LocalRunnerJobPage>(`${RUNNERS}/${runner}/jobs`)).content

/** Creates a job and reads it where `Location` says. */
export async function createJob(project: string, agent: string, inputs: object): Promise<LocalRunnerJob> {
  const created = await post('/v1/private/local-runners/jobs', { agent_name: agent, project_id: project, inputs })
  return get<LocalRunnerJob>(created.headers.get('location') ?? '')
}
