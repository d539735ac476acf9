// The web app's part: a project, a paired endpoint runner, jobs and what became of them, over plain HTTP.
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { eventually } from './eventually.js'
import { askOf, type Answer } from './served.js'

export interface ApiClient {
  apiKey: string
  send: (method: string, path: string, body?: unknown) => Promise<Answer>
}

/** Calls `url` (base path included) as the user of one API key. */
export function apiClient(url: string, apiKey: string): ApiClient {
  const ask = askOf(url)
  return { apiKey, send: (method, path, body) => ask(method, `/${path}`, body, { authorization: apiKey }) }
}

/** Creates a project and answers its id. */
export async function createProject(api: ApiClient, name: string): Promise<string> {
  return createdId(await api.send('POST', 'projects', { name }))
}

/**
 * Pairs a runner as a daemon and the web page do together, and answers its id.
 * @param wish what the session is opened with beside its key
 */
export async function pairRunner(
  api: ApiClient,
  wish: { project_id: string; type: 'endpoint' | 'connect'; host?: object },
  name: string,
): Promise<string> {
  const key = randomBytes(32)
  const created = await api.send('POST', 'pairing/sessions', { ...wish, activation_key: key.toString('base64') })
  const session = created.body as { session_id: string; runner_id: string }
  const hmac = createHmac('sha256', key)
    .update(Buffer.from(session.session_id.replaceAll('-', ''), 'hex'))
    .update(createHash('sha256').update(name, 'utf8').digest())
    .digest('base64')
  const activation = await api.send('POST', `pairing/sessions/${session.session_id}/activate`, {
    runner_name: name,
    hmac,
  })
  return createdId(activation)
}

/** Creates a job and answers its id. */
export async function createJob(api: ApiClient, job: Record<string, unknown>): Promise<string> {
  return createdId(await api.send('POST', 'local-runners/jobs', job))
}

/** Polls the job as the web app does, until it has ended, and answers it. */
export async function endedJob(api: ApiClient, id: string, details: () => string): Promise<Record<string, unknown>> {
  return eventually(
    'the end of the job',
    async () => {
      const { body } = await api.send('GET', `local-runners/jobs/${id}`)
      const job = body as Record<string, unknown>
      return job['status'] === 'pending' || job['status'] === 'running' ? undefined : job
    },
    { details },
  )
}

/** The new resource's id: the last segment of Location, where web clients read it. */
export function createdId(answer: Answer): string {
  if (answer.status !== 201 || answer.createdId === '') throw new Error(`nothing created: ${JSON.stringify(answer)}`)
  return answer.createdId
}
