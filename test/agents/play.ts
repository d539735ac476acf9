// What the agents' tests share: a mock whose time stands still, and short ways to act as a client of it.
import { writeJson } from '../../src/kernel/json-text.js'
import { createRunnerMock, type GivenRunner, type LocalRunnerJob, type RunnerMock } from '../../src/index.js'
import { checkReply } from '../../src/mocks/adapters/node.js'

export function frozenMock(seed = 7): RunnerMock {
  return createRunnerMock({ seed, now: '2026-01-01T00:00:00Z', frozen: true, checkReply })
}

export interface Answer {
  status: number
  body: unknown
  location: string
}

/** Speaks to the mock as the runner's user. */
export async function send(
  mock: RunnerMock,
  method: string,
  path: string,
  { body, runner }: { body?: unknown; runner?: GivenRunner } = {},
): Promise<Answer> {
  const headers = { ...runner?.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  const text = body === undefined ? undefined : writeJson(body)
  const reply = await mock.handle({ method, url: `/v1/private${path}`, headers, body: text })
  const parsed: unknown = reply.body === '' ? undefined : JSON.parse(reply.body)
  return { status: reply.status, body: parsed, location: reply.headers['location'] ?? '' }
}

/** Creates a job and returns its id. */
export async function createJob(mock: RunnerMock, runner: GivenRunner, agent: string, inputs?: unknown) {
  const body = { agent_name: agent, project_id: runner.projectId, inputs }
  const { location } = await send(mock, 'POST', '/local-runners/jobs', { body, runner })
  return location.split('/').at(-1)!
}

export async function readJob(mock: RunnerMock, id: string): Promise<LocalRunnerJob> {
  return (await send(mock, 'GET', `/local-runners/jobs/${id}`)).body as LocalRunnerJob
}

export async function readLogs(mock: RunnerMock, id: string): Promise<string[]> {
  const { body } = await send(mock, 'GET', `/local-runners/jobs/${id}/logs`)
  return (body as { text: string }[]).map(({ text }) => text)
}

export async function statusOf(mock: RunnerMock, runner: GivenRunner): Promise<unknown> {
  const { status, body } = await send(mock, 'GET', `/local-runners/${runner.id}`, { runner })
  return status === 200 ? (body as { status: string }).status : status
}
