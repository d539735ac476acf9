import type { AddressInfo } from 'node:net'
import { setupServer } from 'msw/node'
import { createRunnerMock } from 'opik-runner-kit'
import { handlers } from 'opik-runner-kit/msw'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createOpik } from '../src/opik.js'
import { createService } from '../src/service.js'

// The backend: its time stands still and moves by `mock.clock.advance` alone.
const mock = createRunnerMock({ now: '2026-01-01T00:00:00Z', frozen: true })
const server = setupServer(...handlers(mock, { baseUrl: 'http://opik.test/api' }))

// What is tested, as it runs in production, apart from its haste.
const opik = createOpik({ url: 'http://opik.test/api', apiKey: 'key-of-alice', workspace: 'acme' })
const service = createService({ opik, project: 'Default Project', pollMs: 5 })
let url: string

beforeAll(async () => {
  // MSW lets calls of the service itself pass, and any call to a real Opik fails the test.
  server.listen({
    onUnhandledRequest: (request, print) => {
      if (!request.url.startsWith(url)) print.error()
    },
  })
  await new Promise<void>((ready) => service.listen(0, '127.0.0.1', ready))
  url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
})
afterEach(() => mock.reset())
afterAll(async () => {
  service.close()
  server.close()
  await mock.close()
})

/** The runner that Alice has on her machine. */
const startRunner = async () => {
  const as = { apiKey: 'key-of-alice', workspace: 'acme' }
  const runner = await mock.given.connectedRunner({ as })
  return mock.agents.start(runner, { agents: ['write-report'] })
}

const askFor = async (body: object, signal?: AbortSignal) => {
  const response = await fetch(`${url}/reports`, { method: 'POST', body: JSON.stringify(body), signal: signal ?? null })
  return { status: response.status, body: await response.json() }
}

/** Resolves when the mock says that something has happened. */
const happens = (event: Parameters<typeof mock.on>[0]) =>
  new Promise<void>((resolve) => {
    const stop = mock.on(event, () => (stop(), resolve()))
  })

describe('POST /reports', () => {
  it('answers with what the agent wrote', async () => {
    mock.agents.register('write-report', { result: { title: 'About {{inputs.topic}}' } })
    await startRunner()
    expect(await askFor({ topic: 'tea' })).toEqual({ status: 200, body: { report: { title: 'About tea' } } })
  })

  it('passes on why the agent failed', async () => {
    mock.agents.register('write-report', { error: 'ValueError: no such topic' })
    await startRunner()
    expect(await askFor({ topic: 'tea' })).toEqual({ status: 502, body: { error: 'ValueError: no such topic' } })
  })

  it('waits as long as the job may take, and no longer', async () => {
    mock.agents.register('write-report', { never_answers: true })
    await startRunner()
    const running = happens('job.running')
    const answer = askFor({ topic: 'tea' })
    await running
    await mock.clock.advance({ hours: 1 })
    expect((await answer).status).toBe(502)
  })

  it('cancels the job when the caller hangs up', async () => {
    mock.agents.register('write-report', { latency_ms: 60_000 })
    await startRunner()
    const caller = new AbortController()
    const running = happens('job.running')
    const answer = askFor({ topic: 'tea' }, caller.signal)
    await running
    const cancelled = happens('job.cancelled')
    caller.abort()
    await expect(answer).rejects.toThrow()
    await cancelled
  })

  it('says that nobody is there when no runner is connected, and when its heartbeat has lapsed', async () => {
    expect(await askFor({ topic: 'tea' })).toEqual({ status: 503, body: { error: 'no-runner' } })
    const runner = await startRunner()
    await runner.stop()
    await mock.clock.advance({ seconds: 16 })
    expect(await askFor({ topic: 'tea' })).toEqual({ status: 503, body: { error: 'no-runner' } })
  })

  it('survives a bad moment of Opik while it waits', async () => {
    mock.agents.register('write-report', { result: 'done' })
    await startRunner()
    mock.faults.inject({ operation: 'getJob', status: 503, times: 3 })
    expect((await askFor({ topic: 'tea' })).status).toBe(200)
    mock.journal.expect('getJob').toHaveBeenCalledTimes(4)
  })

  it('identifies itself to Opik', async () => {
    await askFor({ topic: 'tea' })
    const [call] = mock.journal.entries({ operation: 'retrieveProject' })
    expect(call?.request.headers).toMatchObject({ 'comet-workspace': 'acme' })
  })

  it('asks Opik nothing without a topic', async () => {
    expect((await askFor({})).status).toBe(422)
    expect(mock.journal.entries()).toEqual([])
  })
})
