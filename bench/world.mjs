// The world that all HTTP measurements start from: one connected runner with four agents and a page of 25 jobs, made by
// the mock itself, and the requests that are sent to it.
import { createRunnerMock } from '../dist/index.js'

/** Limits out of the way: no heartbeat lapses and no queue fills up while the load is on. */
export const settings = { heartbeat_ttl_seconds: 1e6, max_pending_jobs_per_runner: 1e8, reaper_interval_seconds: 1e6 }

const agents = {
  echo: {
    description: 'Answers what it was asked.',
    params: [{ name: 'message', type: 'string', presence: 'required' }],
  },
  summarize: {
    params: [
      { name: 'text', type: 'string', presence: 'required' },
      { name: 'words', type: 'integer', presence: 'optional' },
    ],
  },
  translate: {
    language: 'python',
    params: [
      { name: 'text', type: 'string' },
      { name: 'to', type: 'string' },
    ],
  },
  report: { timeout: 600 },
}

/** Makes the world. Returns its snapshot, for PUT /__admin/state, and the three requests with their present answers. */
export async function makeWorld() {
  const mock = createRunnerMock({ settings })
  const runner = await mock.given.connectedRunner({ name: 'bench', agents })
  for (let count = 0; count < 25; count++) await mock.given.job({ runner, status: 'completed' })
  const requests = requestsFor(runner)
  for (const request of requests) request.answer = await mock.handle({ ...request, base: 'http://127.0.0.1:5173/api' })
  // The job that was made to see the answer is part of the world, too.
  const snapshot = mock.snapshot()
  await mock.close()
  return { snapshot, runner, requests }
}

function requestsFor(runner) {
  const root = '/v1/private/local-runners'
  const headers = { 'comet-workspace': 'default' }
  const body = JSON.stringify({
    project_id: runner.projectId,
    agent_name: 'echo',
    inputs: { message: 'Hello there, how are you?' },
  })
  return [
    { name: 'getRunner', method: 'GET', url: `${root}/${runner.id}`, headers },
    {
      name: 'createJob',
      method: 'POST',
      url: `${root}/jobs`,
      headers: { ...headers, 'content-type': 'application/json' },
      body,
    },
    { name: 'listRunners', method: 'GET', url: `${root}?project_id=${runner.projectId}&size=25`, headers },
    { name: 'listJobs', method: 'GET', url: `${root}/${runner.id}/jobs?size=25`, headers },
  ]
}
