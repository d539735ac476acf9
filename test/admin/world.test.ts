// The admin API's views of the world, and how they fit together with the stream of events.
import { describe, expect, it } from 'vitest'
import type { CommandDetail, JobDetail, RunnerDetail, WorldView } from '../../src/generated/kit-schema.js'
import { openSite } from './site.js'

describe('GET /world', () => {
  it('lists projects, runners, jobs and commands without what details are for', async () => {
    const { call, mock } = await openSite()
    const runner = await mock.given.connectedRunner({ name: 'one', agents: ['echo'] })
    const bridge = await mock.given.connectedRunner({ name: 'two', type: 'connect' })
    const job = await mock.given.job({ runner, status: 'completed' })
    const command = await mock.given.command({ runner: bridge, status: 'picked_up' })
    const { status, body } = await call('GET', '/world')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      api_path: '/api',
      clock: { now: '2026-07-01T12:00:30.000Z', frozen: true },
      settings: { heartbeat_ttl_seconds: 15 },
      projects: [{ name: 'Default Project', workspace: 'default' }],
      runners: [
        { id: runner.id, name: 'one', type: 'endpoint', status: 'connected', user: 'admin', agents: ['echo'] },
        { id: bridge.id, name: 'two', type: 'connect', capabilities: ['bridge'] },
      ],
      jobs: [{ id: job.id, runner_id: runner.id, status: 'completed' }],
      commands: [{ id: command.command_id, runner_id: bridge.id, status: 'picked_up' }],
    })
    expect(JSON.stringify(body)).not.toMatch(/inputs|args|result/)
  })

  it('keeps the keys of sessions to itself', async () => {
    const { call, mock } = await openSite()
    const session = await mock.given.session()
    const { body } = await call('GET', '/world')
    expect(body).toMatchObject({ sessions: [{ id: session.id, is_activated: false }] })
    expect(JSON.stringify(body)).not.toContain('activation')
  })

  it('names the place from which the stream goes on', async () => {
    const { call, mock, adminUrl } = await openSite()
    await mock.given.connectedRunner({ name: 'before' })
    const { cursor } = (await call('GET', '/world')).body as WorldView
    const runner = await mock.given.connectedRunner({ name: 'after', type: 'connect' })
    const controller = new AbortController()
    const headers = { 'last-event-id': cursor }
    const response = await fetch(`${adminUrl}/events?type=runner.*`, { headers, signal: controller.signal })
    const { value } = await response.body!.pipeThrough(new TextDecoderStream()).getReader().read()
    controller.abort()
    const named = [...String(value).matchAll(/"name":"(\w+)"/g)].map(([, name]) => name)
    expect(named).toEqual(['after'])
    expect(value).toContain(runner.id)
  })
})

it('GET /runners/{id} shows agents, checklist and who waits, for a lapsed runner too', async () => {
  const { call, mock, send } = await openSite()
  const runner = await mock.given.connectedRunner({ agents: { echo: { name: 'echo', timeout: 5 } } })
  await send('PATCH', `/local-runners/${runner.id}/checklist`, { python: { ok: true } })
  await mock.clock.advance({ seconds: 20 })
  const detail = (await call('GET', `/runners/${runner.id.toUpperCase()}`)).body as RunnerDetail
  expect(detail).toMatchObject({
    status: 'disconnected',
    registered: [{ name: 'echo', timeout: 5 }],
    checklist: { python: { ok: true } },
    announces: [],
    polls: { jobs: 0, commands: 0 },
  })
})

it('GET /jobs/{id} shows the job with its owner and its log from an entry on', async () => {
  const { call, mock } = await openSite()
  const runner = await mock.given.connectedRunner()
  const logs = ['one', 'two', 'three'].map((text) => ({ stream: 'stdout', text }))
  const job = await mock.given.job({ runner, status: 'running', logs })
  const whole = (await call('GET', `/jobs/${job.id.toUpperCase()}`)).body as JobDetail
  expect(whole).toMatchObject({ job: { id: job.id, status: 'running' }, workspace: 'default', user: 'admin', logs })
  const rest = (await call('GET', `/jobs/${job.id}?logs_from=2`)).body as JobDetail
  expect(rest).toMatchObject({ logs_from: 2, logs: [{ text: 'three' }] })
  expect((await call('GET', '/jobs/x?logs_from=-1')).status).toBe(400)
})

it('GET /commands/{id} blacks signatures out', async () => {
  const { call, mock } = await openSite()
  const runner = await mock.given.connectedRunner({ type: 'connect' })
  const command = await mock.given.command({ runner, args: { path: 'a.txt', _hmac: 'c2lnbmF0dXJl' } })
  const path = `/commands/${command.command_id.toUpperCase()}`
  const { command: shown } = (await call('GET', path)).body as CommandDetail
  expect(shown.args).toEqual({ path: 'a.txt', _hmac: '[redacted]' })
})

it.each(['/runners/x', '/jobs/x', '/commands/x', '/requests/x'])(
  'details of what is not there %s is 404',
  async (path) => {
    const { call } = await openSite()
    expect((await call('GET', path)).status).toBe(404)
  },
)
