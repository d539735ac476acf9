import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { createRunnerMock } from 'opik-runner-kit'
import { startWorker, takeTurn } from './worker.js'

const agents = {
  shout: ({ text }) => text.toUpperCase(),
  broken: () => {
    throw new Error('no idea')
  },
}

let mock
let runner
let options

beforeEach(async () => {
  // A poll without a job waits: here as long as it takes to say so.
  mock = createRunnerMock({ settings: { next_job_poll_timeout_seconds: 0.02 } })
  runner = await mock.given.connectedRunner({ agents: Object.keys(agents) })
  options = { url: 'http://opik.test/api', runnerId: runner.id, agents, fetch: mock.fetch }
})
afterEach(() => mock.close())

/** A runner by its id, or a job by `jobs/` and its id, as the web app sees it. */
const read = async (path) => (await mock.fetch(`http://opik.test/api/v1/private/local-runners/${path}`)).json()

test('a job comes back with its result', async () => {
  const { id } = await mock.given.job({ runner, agent: 'shout', inputs: { text: 'hello' } })
  assert.deepEqual(await takeTurn(options), { cancelled: [], job: id })
  const { status, result } = await read(`jobs/${id}`)
  assert.deepEqual({ status, result }, { status: 'completed', result: 'HELLO' })
})

test('an agent that throws fails its job', async () => {
  const { id } = await mock.given.job({ runner, agent: 'broken' })
  await takeTurn(options)
  assert.equal((await read(`jobs/${id}`)).error, 'Error: no idea')
})

test('a heartbeat tells of a job that was cancelled', async () => {
  const { id } = await mock.given.job({ runner, status: 'running' })
  await mock.fetch(`http://opik.test/api/v1/private/local-runners/jobs/${id}/cancel`, { method: 'POST' })
  assert.deepEqual(await takeTurn(options), { cancelled: [id] })
})

test('a backend that is down for a while is no reason to end', async () => {
  mock.faults.inject({ operation: 'heartbeat', status: 503, times: 1 })
  assert.deepEqual(await takeTurn(options), { isDown: true })
  assert.deepEqual(await takeTurn(options), { cancelled: [] })
})

test('a runner that was evicted ends', async () => {
  await mock.given.evict(runner)
  assert.deepEqual(await takeTurn(options), { isGone: true })
})

test("Node's fake timers move the worker alone, and the mock's clock the runner's time", async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const worker = startWorker(options)
  const beaten = new Promise((resolve) => {
    mock.on('request', ({ operation }) => operation === 'heartbeat' && resolve())
  })
  t.mock.timers.tick(5000)
  await beaten

  await mock.clock.advance({ seconds: 16 })
  assert.equal((await read(runner.id)).status, 'disconnected')
  worker.stop()
})
