// What the journal keeps of a request, what it must never show, how it stays small, and the recording that it makes.
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { JournalEntry } from '../../src/mocks/engine/journal.js'
import type { RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { judge, readRecording } from '../../src/contracts/watch/judge-recording.js'
import { serve } from '../../src/mocks/adapters/node.js'
import type { ApiRequest } from '../../src/mocks/base/exchange.js'
import type { GivenRunner } from '../../src/mocks/given/given-runner.js'
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

const API = '/v1/private/local-runners'

function sendWith(mock: RunnerMock, method: string, url: string, body?: unknown, more: Partial<ApiRequest> = {}) {
  const text = body === undefined ? {} : { body: JSON.stringify(body) }
  return mock.handle({ method, url, headers: { 'content-type': 'application/json' }, ...text, ...more })
}

async function work(mock: RunnerMock): Promise<{ runner: string; project: string; job: string }> {
  const { id: runner, projectId: project } = await mock.given.connectedRunner({ agents: ['echo'] })
  const poll = sendWith(mock, 'POST', `${API}/${runner}/jobs/next`)
  await sendWith(mock, 'POST', `${API}/jobs`, { agent_name: 'echo', project_id: project, inputs: { text: 'Hi' } })
  const { id: job } = JSON.parse((await poll).body) as { id: string }
  await mock.clock.advance({ seconds: 3 })
  await sendWith(mock, 'POST', `${API}/jobs/${job}/results`, { status: 'completed', result: { text: 'Hi' } })
  return { runner, project, job }
}

describe('mock.journal.recording', () => {
  it('holds what was asked and given, overlapping as it did, at the times of the clock', async () => {
    const mock = openMock()
    const { runner, job } = await work(mock)
    await sendWith(mock, 'GET', `${API}/jobs/${job}`)
    const recording = await mock.journal.recording()
    const { exchanges } = recording
    const { verdicts, counts } = judge(recording, { startsEmpty: true })
    expect(verdicts).toEqual([])
    expect(counts.judged).toBeGreaterThan(3)
    expect(exchanges.map(({ id }) => id)).toEqual(exchanges.map((_, at) => at + 1))
    const poll = exchanges.find(({ path }) => path === `${API}/${runner}/jobs/next`)
    const created = exchanges.find(({ method, path }) => method === 'POST' && path === `${API}/jobs`)
    const read = exchanges.at(-1)
    expect(poll?.at_start_ns).toBeLessThan(created?.at_start_ns ?? 0)
    expect(poll?.at_end_ns).toBeGreaterThan(created?.at_start_ns ?? 0)
    expect((read?.at_start_ns ?? 0) - (created?.at_end_ns ?? 0)).toBeGreaterThanOrEqual(2.9e9)
    expect(read).toMatchObject({ status: 200, response: { body: expect.stringContaining('completed') as string } })
  })

  it('counts an answer that got lost as none, and shows no key', async () => {
    const mock = openMock()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    const project_id = runner.projectId
    await sendWith(mock, 'POST', `${API}/jobs`, { agent_name: 'echo', project_id, inputs: {} })
    const reply = await sendWith(mock, 'POST', `${API}/${runner.id}/jobs/next`)
    reply.delivery?.failed()
    await sendWith(mock, 'POST', `${API}/${runner.id}/jobs/next`)
    const key = Buffer.alloc(32, 7).toString('base64')
    const body = gzipSync(JSON.stringify({ project_id, activation_key: key, type: 'connect' }))
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip', authorization: 'secret' }
    await sendWith(mock, 'POST', '/v1/private/pairing/sessions', undefined, { body, headers })
    const recording = await mock.journal.recording()
    expect(judge(recording, { startsEmpty: true }).verdicts).toEqual([])
    const polls = recording.exchanges.filter(({ path }) => path.endsWith('/jobs/next'))
    expect(polls.map(({ status }) => status)).toEqual([undefined, 200])
    const { request, status } = recording.exchanges.at(-1) ?? {}
    expect([status, JSON.parse(request?.body ?? '')]).toMatchObject([201, { activation_key: `${'A'.repeat(43)}=` }])
    expect(JSON.stringify(recording)).not.toContain('secret')
    expect(JSON.stringify(await mock.journal.recording({ keepKeys: true }))).toContain('base64')
  })

  it('says which answers faults have struck, for which the server is not judged', async () => {
    const mock = openMock()
    const { id } = await mock.given.connectedRunner()
    mock.faults.inject({ id: 'odd', operation: 'getRunner', status: 418 })
    mock.faults.inject({ id: 'lost', operation: 'heartbeat', drop: 'after' })
    await sendWith(mock, 'GET', `${API}/${id}`)
    await sendWith(mock, 'POST', `${API}/${id}/heartbeats`)
    const recording = await mock.journal.recording()
    expect(recording.exchanges.slice(-2)).toMatchObject([
      { status: 418, faults: ['odd'] },
      { aborted: true, faults: ['lost'] },
    ])
    expect(judge(recording).verdicts).toEqual([])
  })

  it('tells answers that carry nothing apart when one of them gets lost', async () => {
    const mock = openMock({ settings: { bridge_poll_timeout_seconds: 1 } })
    const { id } = await mock.given.connectedRunner({ type: 'connect' })
    for (const isLost of [false, true, false]) {
      const poll = sendWith(mock, 'POST', `${API}/${id}/bridge/commands/next`, {})
      await mock.clock.advance({ seconds: 2 })
      const { delivery } = await poll
      if (isLost) delivery?.failed()
    }
    const { exchanges } = await mock.journal.recording()
    expect(exchanges.slice(-3).map(({ status, aborted }) => status ?? aborted)).toEqual([200, true, 200])
  })

  it('leaves open what was too long to keep', async () => {
    const mock = openMock()
    const { runner, project, job } = await work(mock)
    const text = 'x'.repeat(70_000)
    await sendWith(mock, 'POST', `${API}/jobs`, { agent_name: 'echo', project_id: project, inputs: { text } })
    await sendWith(mock, 'POST', `${API}/${runner}/jobs/next`)
    await sendWith(mock, 'GET', `${API}/jobs/${job}`)
    const recording = await mock.journal.recording()
    expect(judge(recording).verdicts).toEqual([])
    expect(recording.exchanges.map(({ aborted = false }) => aborted)).toEqual([true, false])
  })

  it.each<[string, (mock: RunnerMock, runner: GivenRunner) => Promise<unknown>]>([
    ['a job that has ended', (mock, runner) => mock.given.job({ runner, status: 'completed' })],
    ['a job of yesterday', (mock, runner) => mock.given.job({ runner, ago_ms: 86_400_000 })],
    ['a command that was picked up', (mock) => mock.given.command({ status: 'picked_up' })],
    ['a runner that has lapsed', (mock, runner) => mock.given.lapse(runner)],
    ['a runner that was evicted', (mock, runner) => mock.given.evict(runner)],
  ])('begins anew behind %s, which no call has brought about', async (_, give) => {
    const mock = openMock()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    await sendWith(mock, 'GET', `${API}/${runner.id}`)
    const before = (await mock.journal.recording()).exchanges.length
    await give(mock, runner)
    await sendWith(mock, 'GET', `${API}/${runner.id}`)
    await sendWith(mock, 'GET', `${API}/${runner.id}/jobs`)
    const recording = await mock.journal.recording()
    expect(recording.exchanges.length).toBeLessThan(before)
    expect(judge(recording).verdicts).toEqual([])
  })

  it('begins with the world that is there', async () => {
    const mock = openMock()
    await work(mock)
    const saved = mock.snapshot()
    expect((await mock.journal.recording()).exchanges.length).toBeGreaterThan(3)
    mock.restore(saved)
    await sendWith(mock, 'GET', '/v1/private/projects')
    const { exchanges } = await mock.journal.recording()
    expect(exchanges.map(({ path }) => path)).toEqual(['/v1/private/projects'])
    mock.journal.clear()
    expect((await mock.journal.recording()).exchanges).toEqual([])
  })
})

it.each([
  ['recording', 'ndjson'],
  ['har', 'application/json'],
])('GET /__admin/requests is a file for watch as %s', async (format, type) => {
  const mock = openMock()
  const server = await serve(mock, { port: 0 })
  await work(mock)
  const answer = await fetch(`${server.adminUrl}/requests?format=${format}`)
  expect(answer.headers.get('content-type')).toContain(type)
  const recording = await readRecording(await answer.text())
  await server.close()
  expect(recording.exchanges.length).toBeGreaterThan(3)
  expect(judge(recording, { startsEmpty: true }).verdicts).toEqual([])
})
