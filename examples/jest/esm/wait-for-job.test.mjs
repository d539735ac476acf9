import { jest } from '@jest/globals'
import { setupServer } from 'msw/node'
import { createRunnerMock } from 'opik-runner-kit'
import { handlers } from 'opik-runner-kit/msw'
import { waitForJob } from './wait-for-job.mjs'

const url = 'http://opik.test/api'
const mock = createRunnerMock({ now: '2026-01-01T00:00:00Z', frozen: true })
const server = setupServer(...handlers(mock))

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
// The client's time; the mock has a clock of its own.
beforeEach(() => jest.useFakeTimers())
afterEach(async () => {
  jest.useRealTimers()
  await mock.reset()
})
afterAll(async () => {
  server.close()
  await mock.close()
})

/** Resolves when the client has looked at the job so many times. */
const looks = (count) =>
  new Promise((resolve) => {
    const stop = mock.on('request', () => {
      if (mock.journal.entries({ operation: 'getJob' }).length < count) return
      stop()
      resolve()
    })
  })

test('a job that nobody finishes fails after half an hour', async () => {
  const job = await mock.given.job({ status: 'running' })
  mock.journal.clear()
  const seen = looks(1)
  const answer = waitForJob(url, job.id)
  await seen
  await mock.clock.advance({ minutes: 31 }) // the server's time: its reaper fails the job
  await jest.advanceTimersByTimeAsync(2000) // the client's time: it looks again
  expect(await answer).toMatchObject({ status: 'failed' })
  mock.journal.expect('getJob').toHaveBeenCalledTimes(2)
})

test('a job of a runner that has left cannot be read', async () => {
  const runner = await mock.given.connectedRunner()
  const job = await mock.given.job({ runner })
  await fetch(`${url}/v1/private/local-runners/${runner.id}`, { method: 'DELETE', headers: runner.headers })
  await expect(waitForJob(url, job.id)).rejects.toThrow('404')
})
