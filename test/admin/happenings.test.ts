// The admin API's calls on what happened: entries of the journal about something, and events that are kept.
import { describe, expect, it } from 'vitest'
import type { Coverage as CoverageView, History as HistoryView, JournalDetail } from '../../src/generated/kit-schema.js'
import { openSite } from './site.js'

describe('GET /requests', () => {
  it('finds every exchange that names a resource, in path, body or Location', async () => {
    const { call, mock, send } = await openSite()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    mock.journal.clear()
    const created = await send('POST', '/local-runners/jobs', { project_id: runner.projectId, agent_name: 'echo' })
    const id = created.headers.get('location')!.split('/').at(-1)!
    await send('POST', `/local-runners/${runner.id}/jobs/next`)
    await send('GET', `/local-runners/jobs/${id}`)
    await send('GET', `/local-runners/${runner.id}`)
    const { body } = await call('GET', `/requests?about=${id}`)
    const { requests } = body as { requests: JournalDetail[] }
    expect(requests.map(({ operation }) => operation)).toEqual(['createJob', 'nextJob', 'getJob'])
  })

  it('leaves out what was given, unless that is asked for', async () => {
    const { call, mock, url } = await openSite()
    await mock.given.project({ name: 'given' })
    await fetch(`${url}/is-alive/ping`)
    const listed = async (query: string) =>
      ((await call('GET', `/requests${query}`)).body as { requests: JournalDetail[] }).requests
    expect((await listed('')).map(({ operation }) => operation)).toEqual(['isAlive'])
    expect(await listed('?given=false')).toEqual(await listed(''))
    const all = await listed('?given=true')
    expect(all.find(({ operation }) => operation === 'createProject')).toMatchObject({ given: true })
    expect((await call('GET', '/requests?given=yes')).status).toBe(400)
  })
})

it('GET /requests/{id} says what a request resembles that no operation matched', async () => {
  const { call, url } = await openSite()
  await fetch(`${url}/v1/private/local-runner/jobs`, { method: 'POST' })
  const { requests } = (await call('GET', '/requests')).body as { requests: JournalDetail[] }
  const { body } = await call('GET', `/requests/${requests.at(-1)!.id}`)
  expect(body).toMatchObject({ status: 404, near_miss: { operation: 'createJob', method: 'POST' } })
  expect((body as JournalDetail).near_miss?.differences).toHaveLength(1)
  await fetch(`${url}/is-alive/ping`)
  expect((await call('GET', `/requests/${requests.at(-1)!.id + 1}`)).body).not.toHaveProperty('near_miss')
})

describe('GET /history', () => {
  it('lists what is kept, by type, resource and place, oldest first', async () => {
    const { call, mock } = await openSite()
    const { cursor } = (await call('GET', '/history')).body as HistoryView
    const runner = await mock.given.connectedRunner({ name: 'one' })
    const other = await mock.given.connectedRunner({ name: 'two', type: 'connect' })
    await mock.given.job({ runner, status: 'completed' })
    const read = async (query: string) => (await call('GET', `/history?${query}`)).body as HistoryView
    const jobs = await read('type=job.*')
    expect(jobs.events.map(({ type }) => type)).toEqual(['job.pending', 'job.running', 'job.completed'])
    const about = await read(`type=runner.*&about=${other.id}`)
    expect(about.events.map(({ type }) => type)).toEqual(['runner.pairing', 'runner.connected'])
    const latest = await read('limit=1')
    expect(latest.events).toHaveLength(1)
    expect(latest.cursor).not.toBe(cursor)
    expect((await read(`after=${latest.events[0]!.id}`)).events).toEqual([])
  })

  it('keeps the order of events over a reset, which sets time back', async () => {
    const { call, mock } = await openSite({ frozen: true })
    await call('GET', '/world')
    await mock.clock.advance({ days: 1 })
    await mock.given.connectedRunner()
    await mock.reset()
    const { events } = (await call('GET', '/history')).body as HistoryView
    expect(events.at(-1)?.type).toBe('reset')
    expect(events.map(({ id }) => id)).toEqual(events.map(({ id }) => id).toSorted((a, b) => a - b))
  })

  it.each(['type=nothing', 'after=-1', 'limit=x'])('refuses %s', async (query) => {
    const { call } = await openSite()
    expect((await call('GET', `/history?${query}`)).status).toBe(400)
  })
})

it('GET /history of requests knows those from before anybody watched, each once, between what else happened', async () => {
  const { call, mock, send } = await openSite()
  const runner = await mock.given.connectedRunner({ agents: ['echo'] })
  mock.journal.clear()
  const create = () => send('POST', '/local-runners/jobs', { project_id: runner.projectId, agent_name: 'echo' })
  await create()
  await mock.clock.advance({ seconds: 1 })
  await call('GET', '/world')
  await create()
  const { events } = (await call('GET', '/history?type=request,job.*')).body as HistoryView
  expect(events.map(({ type }) => type)).toEqual(['job.pending', 'request', 'job.pending', 'request'])
  const entries = events.flatMap((event) => (event.type === 'request' ? [event.entry] : []))
  expect(new Set(entries).size).toBe(2)
  const later = (await call('GET', `/history?after=1&type=request`)).body as HistoryView
  expect(later.events).toHaveLength(1)
})

describe('GET /coverage', () => {
  it('knows what the scenario did before anybody could ask', async () => {
    const { call } = await openSite({ scenario: 'demo' })
    const coverage = (await call('GET', '/coverage')).body as CoverageView
    expect(coverage.calls).toContainEqual({ operation: 'createPairingSession', status: 201, count: 1 })
    const move = { machine: 'pairingSession', from: 'open', on: 'activatePairingSession', to: 'activated', count: 1 }
    expect(coverage.moves).toContainEqual(move)
  })

  it('counts moves and answers from the start on, over resets', async () => {
    const { call, mock, url } = await openSite()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    await mock.given.job({ runner, status: 'completed' })
    await mock.given.job({ runner, status: 'running' })
    await fetch(`${url}/nowhere`)
    await call('POST', '/reset')
    const coverage = (await call('GET', '/coverage')).body as CoverageView
    expect(coverage.moves).toContainEqual({ machine: 'job', from: 'pending', on: 'nextJob', to: 'running', count: 2 })
    expect(coverage.calls).toContainEqual({ operation: 'createJob', status: 201, count: 2 })
    expect(coverage.calls).toContainEqual({ status: 404, count: 1 })
  })
})
