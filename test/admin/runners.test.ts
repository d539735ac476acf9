// What the admin API does to the world: the life of a runner, sessions that are activated, things that are added, and requests to
// the public API in a user's name.
import { describe, expect, it } from 'vitest'
import { connectAgent } from '../../src/mocks/agents/connect-agent.js'
import { readPairingLink } from '../../src/index.js'
import { openSite, type Site } from './site.js'

const RUNNERS = '/api/v1/private/local-runners'

async function demo(options = {}) {
  const site = await openSite({ scenario: 'demo', ...options })
  const [runner] = site.mock.agents.alive()
  return { ...site, id: runner!.runner.id }
}

const stateOf = async ({ call }: Pick<Site, 'call'>, id: string) => {
  const { status, body } = await call('GET', `/runners/${id}`)
  return status === 200 ? [Reflect.get(Object(body), 'status'), Reflect.get(Object(body), 'is_simulated')] : status
}

it('POST /runners/:id/lapse makes a runner disconnected, until its next heartbeat', async () => {
  const site = await demo()
  expect((await site.call('POST', `/runners/${site.id}/lapse`)).status).toBe(204)
  expect(await stateOf(site, site.id)).toEqual(['disconnected', true])
  await site.mock.clock.advance({ seconds: 6 })
  expect(await stateOf(site, site.id)).toEqual(['connected', true])
})

describe('POST /runners/:id/crash', () => {
  it('ends the process, whose heartbeat lapses in its time', async () => {
    const site = await demo()
    expect((await site.call('POST', `/runners/${site.id}/crash`)).status).toBe(204)
    expect(await stateOf(site, site.id)).toEqual(['connected', false])
    await site.mock.clock.advance({ seconds: 16 })
    expect(await stateOf(site, site.id)).toEqual(['disconnected', false])
  })

  it('is not for a runner whose process is elsewhere', async () => {
    const { call, mock } = await openSite()
    const { id } = await mock.given.connectedRunner()
    expect((await call('POST', `/runners/${id}/crash`)).status).toBe(409)
  })
})

describe('POST /runners/:id/revive', () => {
  it('lets a crashed endpoint runner take jobs again', async () => {
    const site = await demo()
    const { call, mock, id } = site
    await call('POST', `/runners/${id}/crash`)
    await mock.clock.advance({ seconds: 60 })
    expect((await call('POST', `/runners/${id}/revive`)).status).toBe(204)
    expect(await stateOf(site, id)).toEqual(['connected', true])
    const project = mock.agents.alive()[0]!.runner.projectId
    const asked = { project_id: project, agent_name: 'echo', inputs: { message: 'back' } }
    const made = await site.send('POST', '/local-runners/jobs', asked)
    expect(made.status).toBe(201)
    await mock.clock.advance({ seconds: 2 })
    const job = await mock.fetch(new URL(made.headers.get('location')!).pathname)
    expect(await job.json()).toMatchObject({ status: 'completed', result: { echo: { message: 'back' } } })
    expect((await call('POST', `/runners/${id}/revive`)).status).toBe(204)
    expect(mock.agents.alive()).toHaveLength(1)
  })

  it('lets a crashed connect runner answer commands again, from the same files', async () => {
    const { call, mock } = await openSite()
    const runner = await mock.given.connectedRunner({ type: 'connect' })
    await mock.agents.start(runner, connectAgent({ files: { 'a.txt': 'kept' } }))
    await call('POST', `/runners/${runner.id}/crash`)
    await call('POST', `/runners/${runner.id}/revive`)
    const { command_id: id } = await mock.given.command({ runner, type: 'ReadFile', args: { path: 'a.txt' } })
    await mock.clock.advance({ seconds: 2 })
    const command = await mock.fetch(`${RUNNERS}/${runner.id}/bridge/commands/${id}`)
    expect(await command.json()).toMatchObject({ status: 'completed', result: { total_lines: 1 } })
  })

  it('sends one heartbeat for a runner of somebody else', async () => {
    const site = await openSite()
    const { id } = await site.mock.given.disconnectedRunner({ as: { apiKey: 'ada' } })
    expect((await site.call('POST', `/runners/${id}/revive`)).status).toBe(204)
    expect(await stateOf(site, id)).toEqual(['connected', false])
    await site.call('POST', `/runners/${id}/lapse`)
    site.mock.faults.inject({ operation: 'heartbeat', status: 503 })
    expect((await site.call('POST', `/runners/${id}/revive`)).status).toBe(409)
    expect(await stateOf(site, id)).toEqual(['disconnected', false])
  })
})

it('POST /runners/:id/evict makes a runner be gone, and its process end with the next heartbeat', async () => {
  const site = await demo()
  expect((await site.call('POST', `/runners/${site.id}/evict`)).status).toBe(204)
  expect(await stateOf(site, site.id)).toBe(404)
  await site.mock.clock.advance({ seconds: 6 })
  expect(site.mock.agents.alive()).toEqual([])
  for (const what of ['lapse', 'crash', 'revive', 'evict']) {
    expect((await site.call('POST', `/runners/${site.id}/${what}`)).status).toBe(404)
  }
})

const table = { 'key-ada': { user: 'ada', workspaces: ['team'] } }

describe('/as/{workspace}/{user}', () => {
  it.each([
    ['with keys', { auth: table }, { workspace: 'team', apiKey: 'key-ada' }, 'ada'],
    ['with anybody', {}, { workspace: 'team' }, 'admin'],
  ])('does what that user may do, without a key, %s', async (_title, options, as, user) => {
    const { call, mock } = await openSite(options)
    const runner = await mock.given.connectedRunner({ name: 'mine', agents: ['echo'], as })
    const path = `/as/team/${user}/v1/private/local-runners`
    expect((await call('GET', `${path}/${runner.id}`)).body).toMatchObject({ id: runner.id, name: 'mine' })
    const created = await call('POST', `${path}/jobs`, { project_id: runner.projectId, agent_name: 'echo' })
    expect(created.status).toBe(201)
    const location = created.headers.get('location') ?? ''
    expect(location).toMatch(/\/api\/v1\/private\/local-runners\/jobs\/[0-9a-f-]{36}$/)
    const list = await call('GET', `${path}?project_id=${runner.projectId}&size=1`)
    expect(list.body).toMatchObject({ total: 1, size: 1 })
  })

  it('sees what that user sees and no more', async () => {
    const { call, mock } = await openSite({ auth: table })
    const runner = await mock.given.connectedRunner({ as: { workspace: 'team', apiKey: 'key-ada' } })
    for (const other of ['team/bob', 'others/ada']) {
      expect((await call('GET', `/as/${other}/v1/private/local-runners/${runner.id}`)).status).toBe(404)
    }
  })

  it('is noted in the journal as any request is', async () => {
    const { call, mock } = await openSite()
    await call('GET', '/as/default/admin/is-alive/ping')
    expect(mock.journal.entries().at(-1)).toMatchObject({ path: '/is-alive/ping', status: 200 })
  })

  it.each(['/as/', '/as/team', '/as/team/ada', '/as//ada/v1', '/as/%ff/ada/v1'])('%s is 404', async (path) => {
    const { call } = await openSite()
    expect((await call('GET', path)).status).toBe(404)
  })
})

describe('POST /pairing/:id/activate', () => {
  it('takes a name, or the link with its name', async () => {
    const { call, mock } = await openSite()
    const { id, runnerId } = await mock.given.session()
    await call('POST', `/pairing/${id}/activate`, { name: 'mine' })
    expect((await call('GET', `/runners/${runnerId}`)).body).toMatchObject({ name: 'mine' })
    const link = await mock.given.pairingLink({ name: 'laptop', type: 'connect' })
    const answer = await call('POST', `/pairing/${readPairingLink(link)!.sessionId}/activate`, { link })
    const connected: unknown = Reflect.get(Object(answer.body), 'runner_id')
    expect((await call('GET', `/runners/${String(connected)}`)).body).toMatchObject({ name: 'laptop' })
  })

  it('refuses what is unknown, expired, of another session or of a wrong form', async () => {
    const { call, mock } = await openSite()
    const { id } = await mock.given.session()
    const over = await mock.given.session({ status: 'expired' })
    const link = await mock.given.pairingLink()
    const send = async (session: string, body?: unknown) =>
      (await call('POST', `/pairing/${session}/activate`, body)).status
    expect(await send('01a21502-bf25-7001-b7a4-8e177685f2d7')).toBe(404)
    expect(await send('nobody')).toBe(404)
    expect(await send(over.id)).toBe(404)
    expect(await send(id, { link })).toBe(422)
    expect(await send(id, { link: 'laptop' })).toBe(422)
    expect(await send(id, { name: ' ' })).toBe(422)
    expect(await send(id, { nam: 'laptop' })).toBe(422)
    expect((await call('GET', `/pairing/${id}/activate`)).status).toBe(405)
  })
})

it('GET /pairing/:id/link tells the link of a session that waits, which activates it', async () => {
  const { call, mock, url } = await openSite()
  const { id, runnerId } = await mock.given.session({ type: 'connect' })
  const { body } = await call('GET', `/pairing/${id}/link`)
  const link = String(Reflect.get(Object(body), 'link'))
  expect(link.startsWith(new URL(url).origin)).toBe(true)
  expect(await mock.pairing.activate(link)).toEqual({ runnerId, isNew: true })
  expect((await call('GET', `/pairing/${id}/link`)).status).toBe(404)
  expect((await call('GET', '/pairing/nobody/link')).status).toBe(404)
})

describe('POST /given/runner', () => {
  it('adds a runner in the state that is asked for', async () => {
    const { call, mock } = await openSite()
    const answer = await call('POST', '/given/runner', { name: 'laptop', type: 'connect', workspace: 'lab' })
    expect(answer).toMatchObject({ status: 201, body: { name: 'laptop', type: 'connect', workspace: 'lab' } })
    const { body } = await call('POST', '/given/runner', { status: 'disconnected', agents: ['echo'] })
    const id = String(Reflect.get(Object(body), 'id'))
    expect(mock.inspect(({ runners }) => runners.statusOf(runners.get(id)!))).toBe('disconnected')
    expect((await call('POST', '/given/runner')).status).toBe(201)
  })

  it('refuses an unknown member and what the API refuses', async () => {
    const { call } = await openSite()
    expect((await call('POST', '/given/runner', { nam: 'laptop' })).status).toBe(422)
    expect((await call('POST', '/given/runner', { project_id: '0190b8d6-c000-7002-95f4-0016f0942870' })).status).toBe(
      422,
    )
  })
})

it('POST /given/job adds a job to a runner, also to one of another workspace', async () => {
  const { call } = await openSite()
  const { body } = await call('POST', '/given/runner', { workspace: 'lab', api_key: 'ann', agents: ['echo'] })
  const runner: unknown = Reflect.get(Object(body), 'id')
  const job = await call('POST', '/given/job', { runner, api_key: 'ann', status: 'failed', error: 'Error: no' })
  expect(job).toMatchObject({ status: 201, body: { runner_id: runner, agent_name: 'echo', error: 'Error: no' } })
  expect((await call('POST', '/given/job', { runner: 'nobody' })).status).toBe(422)
})

it('POST /given/command adds a command to a runner, or with a new one', async () => {
  const { call } = await openSite()
  const { body } = await call('POST', '/given/runner', { type: 'connect' })
  const runner: unknown = Reflect.get(Object(body), 'id')
  const asked = { runner, type: 'Exec', args: { command: 'ls' }, status: 'completed', duration_ms: 7 }
  const command = await call('POST', '/given/command', asked)
  expect(command).toMatchObject({ status: 201, body: { runner_id: runner, type: 'Exec', duration_ms: 7 } })
  expect((await call('POST', '/given/command', { project_id: 'other' })).status).toBe(422)
  expect((await call('POST', '/given/command')).status).toBe(201)
})
