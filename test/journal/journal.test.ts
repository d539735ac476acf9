// What the journal keeps of a request, what it must never show, and how it stays small.
import { describe, expect, it } from 'vitest'
import type { JournalEntry } from '../../src/mocks/engine/journal-entry.js'
import type { RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { openMock } from '../faults/stages.js'

const SECRET = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTAwMDA='

function send(mock: RunnerMock, method: string, url: string, body?: unknown, headers: Record<string, string> = {}) {
  return mock.handle({
    method,
    url,
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body === undefined ? body : JSON.stringify(body),
  })
}

describe('entries', () => {
  it('hold operation, status, time, duration, what decided, and both bodies', async () => {
    const mock = openMock()
    await send(mock, 'POST', '/v1/private/projects?source=test', { name: 'mine' })
    await mock.clock.advance({ seconds: 1 })
    await send(mock, 'PUT', '/v1/private/projects')
    await send(mock, 'GET', '/v1/private/project')
    const [created, refused, unknown] = mock.journal.entries()
    expect(created).toMatchObject({
      ...{ id: 1, at: '2026-07-01T12:00:30.000Z', method: 'POST', path: '/v1/private/projects', query: 'source=test' },
      ...{ operation: 'createProject', status: 201, matched_rule: 'POST /v1/private/projects' },
      request: { headers: { 'content-type': 'application/json' }, body: { name: 'mine' } },
    })
    expect(refused).not.toHaveProperty('query')
    expect(refused?.request).not.toHaveProperty('body')
    expect(created?.duration_ms).toBeGreaterThanOrEqual(0)
    expect(created?.response.headers['location']).toContain('/v1/private/projects/')
    expect(refused).toMatchObject({ at: '2026-07-01T12:00:31.000Z', status: 405, matched_rule: undefined })
    expect(unknown).toMatchObject({ operation: undefined, status: 404, response: { body: { code: 404 } } })
  })

  it('are what clients did; what was given is marked, and shown to whoever asks for it', async () => {
    const mock = openMock()
    const { projectId } = await mock.given.connectedRunner()
    await send(mock, 'GET', `/v1/private/local-runners?project_id=${projectId}`)
    expect(mock.journal.entries().map(({ operation, given }) => [operation, given])).toEqual([
      ['listRunners', undefined],
    ])
    mock.journal.expect('createPairingSession').not.toHaveBeenCalled()
    const all = mock.journal.entries({ given: true })
    expect(all.find(({ operation }) => operation === 'createPairingSession')).toMatchObject({
      given: true,
      status: 201,
    })
    expect(all.at(-1)).not.toHaveProperty('given')
  })

  it('hold no call that a reset has ended', async () => {
    const mock = openMock({ scenario: 'demo' })
    await mock.ready
    const poll = send(mock, 'POST', `/v1/private/local-runners/${mock.snapshot().world.runners[0]?.id}/jobs/next`)
    await mock.reset({ scenario: 'empty' })
    expect(await poll).toMatchObject({ status: 200 })
    expect(mock.journal.entries()).toEqual([])
  })

  it('are filtered by operation, status and time', async () => {
    const mock = openMock()
    await send(mock, 'GET', '/is-alive/ping')
    await mock.clock.advance({ minutes: 1 })
    await send(mock, 'GET', '/is-alive/ping')
    await send(mock, 'GET', '/v1/private/local-runners')
    const ids = (filter: Parameters<typeof mock.journal.entries>[0]) => mock.journal.entries(filter).map(({ id }) => id)
    expect(ids({ operation: 'isAlive' })).toEqual([1, 2])
    expect(ids({ status: 400 })).toEqual([3])
    expect(ids({ since: '2026-07-01T12:01:30Z' })).toEqual([2, 3])
    expect(ids({ since: '2026-07-01T12:01:31Z' })).toEqual([])
    expect(ids({ operation: 'isAlive', status: 400 })).toEqual([])
  })

  it('are the latest ones, oldest first', async () => {
    const mock = openMock({ journalSize: 3 })
    for (let count = 0; count < 5; count++) await send(mock, 'GET', '/is-alive/ping')
    expect(mock.journal.entries().map(({ id }) => id)).toEqual([3, 4, 5])
    mock.journal.clear()
    expect(mock.journal.entries()).toEqual([])
    await send(mock, 'GET', '/is-alive/ping')
    expect(mock.journal.entries().map(({ id }) => id)).toEqual([6])
  })

  it('say how long a body is that is no JSON, or too long to keep', async () => {
    const mock = openMock()
    await send(mock, 'POST', '/v1/private/projects', '{"name": 5')
    await send(mock, 'POST', '/v1/private/projects', { name: 'x'.repeat(70_000) })
    const [broken, long] = mock.journal.entries().map(({ request }) => String(request.body))
    expect(broken).toContain('10')
    expect(long).toContain('70011')
  })

  it('can be none', async () => {
    const mock = openMock({ journalSize: 0 })
    for (const times of [1, 2]) {
      await send(mock, 'GET', '/is-alive/ping')
      expect(mock.journal.tally()).toEqual([{ operation: 'isAlive', status: 200, count: times }])
    }
    expect(mock.journal.entries()).toEqual([])
  })
})

it('tally counts by operation and status what came, however little the journal holds', async () => {
  const mock = openMock({ journalSize: 1 })
  for (const url of ['/is-alive/ping', '/v1/private/local-runners', '/nowhere', '/is-alive/ping', '/no/where']) {
    await send(mock, 'GET', url)
  }
  expect(mock.journal.tally()).toEqual([
    { operation: 'isAlive', status: 200, count: 2 },
    { operation: 'listRunners', status: 400, count: 1 },
    { operation: undefined, status: 404, count: 2 },
  ])
})

describe('secrets', () => {
  const attempts: [string, (mock: RunnerMock) => unknown][] = [
    ['an API key', (mock) => send(mock, 'GET', '/is-alive/ping', undefined, { authorization: SECRET })],
    ['a cookie', (mock) => send(mock, 'GET', '/is-alive/ping', undefined, { cookie: `session=${SECRET}` })],
    ['an admin token', (mock) => send(mock, 'GET', '/is-alive/ping', undefined, { 'x-admin-token': SECRET })],
    [
      'an activation key',
      (mock) => send(mock, 'POST', '/v1/private/pairing/sessions', { activation_key: SECRET, type: 'connect' }),
    ],
    ['a signature', (mock) => send(mock, 'POST', '/v1/private/pairing/sessions/x/activate', { hmac: SECRET })],
    [
      'a signature deep in a body',
      (mock) => send(mock, 'POST', '/v1/private/projects', { name: 'x', list: [{ args: { _hmac: SECRET } }] }),
    ],
    ['a key of another spelling', (mock) => send(mock, 'POST', '/v1/private/projects', { Activation_Key: SECRET })],
    ['an escaped key', (mock) => send(mock, 'POST', '/v1/private/projects', `{"\\u0068mac": "${SECRET}"}`)],
    ['a body that is no JSON', (mock) => send(mock, 'POST', '/v1/private/projects', `{"hmac": "${SECRET}"`)],
    ['JSON that breaks off within it', (mock) => send(mock, 'POST', '/v1/private/projects', `{"hmac": "${SECRET}`)],
    ['JSON that breaks right behind it', (mock) => send(mock, 'POST', '/v1/private/projects', `"${SECRET}"x`)],
    ['a query', (mock) => send(mock, 'GET', `/v1/private/projects?api_key=${SECRET}&size=5`)],
    ['an encoded name in a query', (mock) => send(mock, 'GET', `/v1/private/projects?%68mac=${SECRET}`)],
  ]

  it.each(attempts)('in %s are shown neither in the journal nor in events', async (_, attempt) => {
    const mock = openMock()
    const seen: unknown[] = []
    mock.on('*', (event) => seen.push(event))
    await attempt(mock)
    expect(mock.journal.entries()).toHaveLength(1)
    expect(JSON.stringify([mock.journal.entries(), seen])).not.toContain(SECRET.slice(0, 12))
  })

  it('of a pairing leave no trace', async () => {
    const mock = openMock()
    const seen: unknown[] = []
    mock.on('*', (event) => seen.push(event))
    const runner = await mock.given.connectedRunner({ as: { apiKey: SECRET } })
    const key = Buffer.from(runner.activationKey).toString('base64')
    expect(JSON.stringify([mock.journal.entries(), seen])).not.toContain(key.slice(0, 12))
    expect(JSON.stringify([mock.journal.entries(), seen])).not.toContain(SECRET.slice(0, 12))
  })
})

describe('size', () => {
  const body = JSON.stringify('x'.repeat(60_000))
  const hasBody = ({ request }: JournalEntry): boolean => String(request.body).length > 1000

  it('gives up the bodies of the oldest when all together are too large', async () => {
    const mock = openMock()
    for (let count = 0; count < 300; count++) await mock.handle({ method: 'GET', url: '/is-alive/ping', body })
    const entries = mock.journal.entries()
    const kept = entries.filter(hasBody)
    expect(entries).toHaveLength(300)
    expect(kept.length).toBeGreaterThan(270)
    expect(kept.length).toBeLessThan(290)
    expect(kept).toEqual(entries.slice(-kept.length))
    mock.journal.clear()
    await mock.handle({ method: 'GET', url: '/is-alive/ping', body })
    expect(mock.journal.entries().filter(hasBody)).toHaveLength(1)
  })

  it('counts the bodies of the entries that it holds, not of those that it has overwritten', async () => {
    const mock = openMock({ journalSize: 3 })
    for (let count = 0; count < 300; count++) await mock.handle({ method: 'GET', url: '/is-alive/ping', body })
    expect(mock.journal.entries().filter(hasBody)).toHaveLength(3)
  })
})
