// Whole jobs: created, taken, reported running, five lines of log, reported completed, read.
import { performance } from 'node:perf_hooks'
import { createRunnerMock } from '../../dist/index.js'
import { settings } from '../world.mjs'

const scale = Number(process.argv[2])
const mock = createRunnerMock({ settings })
const runner = await mock.given.connectedRunner({ agents: ['echo'] })
const root = '/v1/private/local-runners'
const headers = { 'comet-workspace': 'default', 'content-type': 'application/json' }
const creation = JSON.stringify({ project_id: runner.projectId, agent_name: 'echo', inputs: { message: 'Hello' } })
const running = JSON.stringify({ status: 'running' })
const lines = JSON.stringify([1, 2, 3, 4, 5].map((line) => ({ stream: 'stdout', text: `line ${line}` })))
const completed = JSON.stringify({ status: 'completed', result: { message: 'Hello' } })
const call = (method, path, expected, body) => {
  const reply = mock.handle({ method, url: root + path, headers, body })
  if (reply.status !== expected) throw new Error(`${method} ${path} answered ${reply.status}: ${reply.body}`)
  return reply
}

function playJob() {
  const { headers: reply } = call('POST', '/jobs', 201, creation)
  const id = reply.location.slice(reply.location.lastIndexOf('/') + 1)
  call('POST', `/${runner.id}/jobs/next`, 200)
  call('POST', `/jobs/${id}/results`, 204, running)
  call('POST', `/jobs/${id}/logs`, 204, lines)
  call('POST', `/jobs/${id}/results`, 204, completed)
  call('GET', `/jobs/${id}`, 200)
}

const count = 5_000 * scale
for (let job = 0; job < count / 4; job++) playJob()
const stretches = []
for (let stretch = 0; stretch < 5; stretch++) {
  const started = performance.now()
  for (let job = 0; job < count; job++) playJob()
  stretches.push(count / ((performance.now() - started) / 1000))
}
await mock.close()
console.log(JSON.stringify({ jobsPerSecond: Math.round(Math.max(...stretches)) }))
