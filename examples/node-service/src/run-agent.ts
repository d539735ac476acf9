import { setTimeout as sleep } from 'node:timers/promises'
import type { Opik } from './opik.js'

export interface AgentCall {
  /** Name of the project whose runner does the work. */
  project: string
  agent: string
  inputs: unknown
}

/** What became of a call: all that a caller must expect. A broken connection or wrong credentials throw. */
export type Outcome =
  | { kind: 'completed'; result: unknown }
  | { kind: 'failed'; error: string }
  | { kind: 'unavailable'; reason: 'no-project' | 'no-runner' | 'no-agent' | 'busy' | 'gone' }

export interface RunOptions {
  /** Milliseconds between two looks at the job. Default 1000. */
  pollMs?: number
  /** Cancels the job when it aborts. Default: never. */
  signal?: AbortSignal
}

/** Lets an agent on the user's machine do a job, and waits for the end of it. */
export async function runAgent(opik: Opik, call: AgentCall, options: RunOptions = {}): Promise<Outcome> {
  const { data: project } = await opik.POST('/v1/private/projects/retrieve', { body: { name: call.project } })
  if (project === undefined) return { kind: 'unavailable', reason: 'no-project' }
  const created = await opik.POST('/v1/private/local-runners/jobs', {
    body: { project_id: project.id, agent_name: call.agent, inputs: call.inputs },
  })
  switch (created.response.status) {
    case 201: {
      // The body is empty; the last segment of `Location` is the id.
      const jobId = created.response.headers.get('Location')?.split('/').at(-1) ?? ''
      return followJob(opik, jobId, options)
    }
    case 400:
      return { kind: 'unavailable', reason: 'no-agent' }
    case 404:
    case 409:
      return { kind: 'unavailable', reason: 'no-runner' }
    case 429:
      return { kind: 'unavailable', reason: 'busy' }
    default:
      throw new Error(`Opik refused the job with ${created.response.status}.`)
  }
}

async function followJob(opik: Opik, jobId: string, { pollMs = 1000, signal }: RunOptions): Promise<Outcome> {
  const params = { path: { jobId } }
  for (;;) {
    const { data: job, response } = await opik.GET('/v1/private/local-runners/jobs/{jobId}', { params })
    // Jobs leave together with their runner. Other refusals stay; what the server itself suffers from may pass.
    if (response.status === 404) return { kind: 'unavailable', reason: 'gone' }
    if (response.status >= 400 && response.status < 500) throw new Error(`Opik answered ${response.status}.`)
    if (job?.status === 'completed') return { kind: 'completed', result: job.result }
    if (job?.status === 'failed') return { kind: 'failed', error: job.error ?? 'no reason given' }
    if (job?.status === 'cancelled') return { kind: 'failed', error: 'cancelled' }
    if (signal?.aborted === true) {
      await opik.POST('/v1/private/local-runners/jobs/{jobId}/cancel', { params })
      return { kind: 'failed', error: 'cancelled' }
    }
    await sleep(pollMs, undefined, { signal }).catch(() => undefined)
  }
}
