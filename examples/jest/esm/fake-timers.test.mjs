// Jest's fake timers beside the mock's clock: neither stops the other, and each is moved by its own call.
import { jest } from '@jest/globals'
import { createRunnerMock } from 'opik-runner-kit'

beforeEach(() => jest.useFakeTimers())
afterEach(() => jest.useRealTimers())

const nextJob = ({ id }) => ({ method: 'POST', url: `/v1/private/local-runners/${id}/jobs/next` })

test('a poll ends by itself, in real time', async () => {
  const mock = createRunnerMock({ settings: { next_job_poll_timeout_seconds: 0.02 } })
  const runner = await mock.given.connectedRunner()
  expect(await mock.handle(nextJob(runner))).toMatchObject({ status: 200, body: 'null' })
  await mock.close()
})

test('advance moves the mock alone, and Jest the rest alone', async () => {
  const mock = createRunnerMock({ frozen: true })
  const runner = await mock.given.connectedRunner()
  const lapsed = jest.fn()
  mock.on('runner.disconnected', lapsed)
  const tick = jest.fn()
  setTimeout(tick, 60_000)

  await mock.clock.advance({ minutes: 1 })
  expect([lapsed.mock.calls.length, tick.mock.calls.length]).toEqual([1, 0])

  await mock.handle({ method: 'POST', url: `/v1/private/local-runners/${runner.id}/heartbeats` })
  await jest.advanceTimersByTimeAsync(60_000)
  expect([lapsed.mock.calls.length, tick.mock.calls.length]).toEqual([1, 1])
  await mock.close()
})
