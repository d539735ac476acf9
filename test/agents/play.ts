// What the agents' tests share: a mock whose time stands still, and short ways to act as a client of it.
import type { GivenRunner, LocalRunnerJob, RunnerMock } from '../../src/index.js'
import { openMock } from '../faults/stages.js'
import { callerOf } from '../mocks/harness.js'

export const frozenMock = (seed = 7): RunnerMock => openMock({ seed, now: '2026-01-01T00:00:00Z' })

/** Speaks to the mock as the runner's user. */
export const send = (
  mock: RunnerMock,
  method: string,
  path: string,
  { body, runner }: { body?: object; runner?: GivenRunner } = {},
) => callerOf(mock, runner?.headers)(method, path, body)

/** Creates a job and returns its id. */
export async function createJob(mock: RunnerMock, runner: GivenRunner, agent: string, inputs?: unknown) {
  const body = { agent_name: agent, project_id: runner.projectId, inputs }
  return (await send(mock, 'POST', '/local-runners/jobs', { body, runner })).id
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
