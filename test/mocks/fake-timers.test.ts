// The mock beside the fake timers of a test runner: they neither stop its time nor are moved by it.
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { Api } from './api.js'
import { createJob, pair } from './given.js'
import { sendDirectly } from './harness.js'

function open(mock: RunnerMock): Api {
  onTestFinished(() => mock.close())
  return new Api(sendDirectly(mock))
}

afterEach(() => {
  vi.useRealTimers()
})

describe('under vi.useFakeTimers', () => {
  it('a poll still ends by itself, in real time', async () => {
    vi.useFakeTimers()
    const api = open(createRunnerMock({ settings: { next_job_poll_timeout_seconds: 0.02 } }))
    const { id: runnerId } = await pair(api)
    expect((await api.expect(200, 'nextJob', { path: { runnerId } })).body).toBeNull()
  })

  it('the clock reads real time, and a new mock starts there', () => {
    const before = Date.now()
    vi.useFakeTimers({ now: new Date('2001-01-01T00:00:00Z') })
    const mock = createRunnerMock()
    open(mock)
    expect(Date.now()).toBe(Date.parse('2001-01-01T00:00:00Z'))
    expect(mock.clock.now()).toBeGreaterThanOrEqual(before)
    expect(mock.clock.iso()).not.toMatch(/^2001/)
  })

  it('advance moves the time of the mock alone', async () => {
    vi.useFakeTimers()
    const mock = createRunnerMock({ frozen: true })
    const api = open(mock)
    const runner = await pair(api)
    const fired = vi.fn()
    setTimeout(fired, 1000)
    await mock.clock.advance({ minutes: 1 })
    const path = { runnerId: runner.id }
    expect((await api.expect(200, 'getRunner', { path })).body.status).toBe('disconnected')
    expect(fired).not.toHaveBeenCalled()
    await api.expect(200, 'heartbeat', { path })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(fired).toHaveBeenCalledOnce()
    expect((await api.expect(200, 'getRunner', { path })).body.status).toBe('connected')
    await createJob(api, runner)
  })
})

describe('loaded while timers are fakes', () => {
  async function load(): Promise<typeof createRunnerMock> {
    vi.useFakeTimers({ now: new Date('2001-01-01T00:00:00Z') })
    vi.resetModules()
    const mocks = await import('../../src/mocks/mock/runner-mock.js')
    return mocks.createRunnerMock
  }

  it('the mock follows them', async () => {
    const mock = (await load())()
    const runner = await mock.given.connectedRunner()
    const poll = mock.handle({ method: 'POST', url: `/v1/private/local-runners/${runner.id}/jobs/next` })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await poll).toMatchObject({ status: 200, body: 'null' })
    expect(mock.clock.iso()).toBe('2001-01-01T00:00:10.000Z')
    await mock.close()
  })

  it('a frozen mock moves by advance, its agents too', async () => {
    const mock = (await load())({ frozen: true, scenario: 'demo' })
    await mock.clock.advance({ minutes: 1 })
    const [runner] = mock.snapshot().world.runners
    expect(runner?.lastHeartbeat).toBe(Date.parse('2001-01-01T00:01:00Z'))
    await mock.close()
  })

  it('says so where nothing but fakes makes turns of the loop', async () => {
    vi.stubGlobal('MessageChannel', undefined)
    const mock = (await load())({ now: '2026-01-01T00:00:00Z', frozen: true })
    await expect(mock.clock.advance({ hours: 1 })).rejects.toMatchObject({ code: 'clock/fake-timers' })
    expect(mock.clock.iso()).toBe('2026-01-01T00:00:00.000Z')
  })
})
