// What the journal holds is a recording, too, in which `judge` finds nothing wrong and no key is; what was not kept of it is
// left open.
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { judge, readRecording } from '../../src/contracts/watch/judge-recording.js'
import { serve } from '../../src/mocks/adapters/node.js'
import type { ApiRequest } from '../../src/mocks/base/exchange.js'
import type { GivenRunner } from '../../src/mocks/given/given-runner.js'
import type { RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { openMock } from '../faults/stages.js'

const API = '/v1/private/local-runners'

function send(mock: RunnerMock, method: string, url: string, body?: unknown, more: Partial<ApiRequest> = {}) {
  const text = body === undefined ? {} : { body: JSON.stringify(body) }
  return mock.handle({ method, url, headers: { 'content-type': 'application/json' }, ...text, ...more })
}

async function work(mock: RunnerMock): Promise<{ runner: string; project: string; job: string }> {
  const { id: runner, projectId: project } = await mock.given.connectedRunner({ agents: ['echo'] })
  const poll = send(mock, 'POST', `${API}/${runner}/jobs/next`)
  await send(mock, 'POST', `${API}/jobs`, { agent_name: 'echo', project_id: project, inputs: { text: 'Hi' } })
  const { id: job } = JSON.parse((await poll).body) as { id: string }
  await mock.clock.advance({ seconds: 3 })
  await send(mock, 'POST', `${API}/jobs/${job}/results`, { status: 'completed', result: { text: 'Hi' } })
  return { runner, project, job }
}

describe('mock.journal.recording', () => {
  it('holds what was asked and given, overlapping as it did, at the times of the clock', async () => {
    const mock = openMock()
    const { runner, job } = await work(mock)
    await send(mock, 'GET', `${API}/jobs/${job}`)
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
    await send(mock, 'POST', `${API}/jobs`, { agent_name: 'echo', project_id, inputs: {} })
    const reply = await send(mock, 'POST', `${API}/${runner.id}/jobs/next`)
    reply.delivery?.failed()
    await send(mock, 'POST', `${API}/${runner.id}/jobs/next`)
    const key = Buffer.alloc(32, 7).toString('base64')
    const body = gzipSync(JSON.stringify({ project_id, activation_key: key, type: 'connect' }))
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip', authorization: 'secret' }
    await send(mock, 'POST', '/v1/private/pairing/sessions', undefined, { body, headers })
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
    await send(mock, 'GET', `${API}/${id}`)
    await send(mock, 'POST', `${API}/${id}/heartbeats`)
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
      const poll = send(mock, 'POST', `${API}/${id}/bridge/commands/next`, {})
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
    await send(mock, 'POST', `${API}/jobs`, { agent_name: 'echo', project_id: project, inputs: { text } })
    await send(mock, 'POST', `${API}/${runner}/jobs/next`)
    await send(mock, 'GET', `${API}/jobs/${job}`)
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
    await send(mock, 'GET', `${API}/${runner.id}`)
    const before = (await mock.journal.recording()).exchanges.length
    await give(mock, runner)
    await send(mock, 'GET', `${API}/${runner.id}`)
    await send(mock, 'GET', `${API}/${runner.id}/jobs`)
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
    await send(mock, 'GET', '/v1/private/projects')
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
