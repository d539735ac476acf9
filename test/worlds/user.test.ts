// A test file as a user writes it, with vitest and MSW; and how long such tests take.
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createRunnerMock, type LocalRunnerJob } from '../../src/index.js'
import { handlers } from '../../src/mocks/adapters/msw.js'

const API = 'https://www.comet.com/opik/api/v1/private'
const mock = createRunnerMock({ seed: 7 })
const server = setupServer(...handlers(mock))

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterEach(() => mock.reset())
afterAll(async () => {
  server.close()
  await mock.close()
})

async function readJob(id: string): Promise<LocalRunnerJob> {
  return (await (await fetch(`${API}/local-runners/jobs/${id}`)).json()) as LocalRunnerJob
}

async function jobPastItsTimeout(): Promise<LocalRunnerJob> {
  mock.clock.freeze()
  const runner = await mock.given.connectedRunner({ agents: { report: { timeout: 60 } } })
  const created = await fetch(`${API}/local-runners/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ agent_name: 'report', project_id: runner.projectId, inputs: { month: 'May' } }),
  })
  const id = created.headers.get('location')?.split('/').at(-1) ?? ''
  await fetch(`${API}/local-runners/${runner.id}/jobs/next`, { method: 'POST' })
  await mock.clock.advance({ minutes: 2 })
  return readJob(id)
}

test('a job that runs for longer than its timeout fails, and says so', async () => {
  expect(await jobPastItsTimeout()).toMatchObject({ status: 'failed', error: 'Job timed out after 60s' })
})

test('a job that waits for a runner that is away stays pending', async () => {
  mock.clock.freeze()
  const runner = await mock.given.connectedRunner({ agents: ['echo'] })
  const { id } = await mock.given.job({ runner })
  await mock.clock.advance({ hours: 1 })
  expect((await readJob(id)).status).toBe('pending')
})
