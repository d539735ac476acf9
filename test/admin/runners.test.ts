// The life of a runner, steered over the admin API.
import { describe, expect, it } from 'vitest'
import { connectAgent } from '../../src/mocks/agents/connect-agent.js'
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
