// How a mock comes to its profile and keeps it: options, settings, scenarios, snapshots, resets, the admin API; and what
// version 2.0.1 lacks.
import { describe, expect, it, onTestFinished } from 'vitest'
import { serve } from '../../src/mocks/adapters/node.js'
import type { RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { isSnapshot } from '../../src/mocks/mock/snapshot-links.js'
import { openMock as open } from '../faults/stages.js'

/** The status that tells the profiles apart: of a quirk for `opik`, of everything for `opik@2.0.1`. */
async function behaviour(mock: RunnerMock): Promise<string> {
  const query = 'project_id=0190babc-62a0-71d2-832a-0feffa4676eb&status=CONNECTED'
  const { status } = await mock.handle({ method: 'GET', url: `/v1/private/local-runners?${query}` })
  return { 200: 'opik', 400: 'spec', 501: 'opik@2.0.1' }[status] ?? String(status)
}

describe('a profile', () => {
  it.each(['spec', 'opik', 'opik@2.0.1'] as const)('is in force for the first request: %s', async (profile) => {
    const mock = open({ profile })
    expect(mock.profile).toBe(profile)
    expect(await behaviour(mock)).toBe(profile)
  })

  it('is spec when none is named', async () => {
    expect(await behaviour(open())).toBe('spec')
  })

  it('changes with the settings, and holds for the next request', async () => {
    const mock = open()
    const heard: unknown[] = []
    mock.on('settings', ({ profile }) => heard.push(profile))
    expect(mock.changeSettings({ profile: 'opik', job_timeout_seconds: 7 })).toEqual([])
    expect(await behaviour(mock)).toBe('opik')
    mock.changeSettings({ profile: 'opik@2.0.1' })
    mock.changeSettings({ profile: 'spec' })
    expect(await behaviour(mock)).toBe('spec')
    expect(mock.settings.job_timeout_seconds).toBe(7)
    expect(heard).toEqual(['opik', 'opik@2.0.1', 'spec'])
  })

  it('that does not exist changes nothing, nor do settings beside it', async () => {
    const mock = open()
    const problems = mock.changeSettings({ profile: 'opik@9', job_timeout_seconds: 7 })
    expect(problems.map(({ name }) => name)).toEqual(['profile'])
    expect(mock.settings.job_timeout_seconds).toBe(1800)
    expect(mock.changeSettings({ runners_enabled: 1 }).map(({ name }) => name)).toEqual(['runners_enabled'])
  })

  it('is part of a snapshot', async () => {
    const saved = open({ profile: 'opik' })
    await saved.ready
    const snapshot: unknown = JSON.parse(JSON.stringify(saved.snapshot()))
    if (!isSnapshot(snapshot)) throw new Error('not a snapshot')
    expect(await behaviour(open({ snapshot }))).toBe('opik')
    const other = open({ profile: 'opik@2.0.1' })
    other.restore(snapshot)
    expect(await behaviour(other)).toBe('opik')
  })

  it('goes back to the first one with a reset', async () => {
    const mock = open({ profile: 'opik', settings: { runners_enabled: true } })
    mock.changeSettings({ profile: 'opik@2.0.1', runners_enabled: false })
    expect(await behaviour(mock)).toBe('opik@2.0.1')
    await mock.reset()
    expect(await behaviour(mock)).toBe('opik')
    expect(mock.settings.runners_enabled).toBe(true)
  })

  it('comes from a scenario, unless the mock was made with one', async () => {
    const scenario = { profile: 'opik' } as const
    expect(await behaviour(open({ scenario }))).toBe('opik')
    expect(await behaviour(open({ scenario, profile: 'spec' }))).toBe('spec')
    const mock = open()
    await mock.reset({ scenario })
    expect(await behaviour(mock)).toBe('opik')
  })

  it('is shown and changed over the admin API', async () => {
    const mock = open({ profile: 'opik' })
    const server = await serve(mock, { port: 0 })
    onTestFinished(() => server.close())
    const ask = async (path: string, init?: RequestInit): Promise<unknown> => {
      const headers = { 'content-type': 'application/json' }
      return (await fetch(`${server.adminUrl}${path}`, { headers, ...init })).json()
    }
    expect(await ask('/settings')).toMatchObject({ profile: 'opik', job_timeout_seconds: 1800 })
    const body = JSON.stringify({ profile: 'spec' })
    expect(await ask('/settings', { method: 'PATCH', body })).toMatchObject({ profile: 'spec' })
    expect(await ask('/world')).toMatchObject({ profile: 'spec' })
    expect(await behaviour(mock)).toBe('spec')
  })
})

it.each(['opik@2.0', 'opik@2.0.1'] as const)(
  'an older version knows neither presence nor prompt masks: %s',
  async (profile) => {
    const mock = open({ profile, settings: { runners_enabled: true } })
    await mock.ready
    const runner = await mock.given.connectedRunner()
    const ask = (method: string, path: string, body: unknown) =>
      mock.handle({
        ...{ method, url: `/v1/private/local-runners${path}`, body: JSON.stringify(body) },
        headers: { 'content-type': 'application/json' },
      })
    const params = [{ name: 'a', type: 'string', presence: 'sometimes' }]
    expect((await ask('PUT', `/${runner.id}/agents`, { echo: { params } })).status).toBe(204)
    const job = { agent_name: 'echo', project_id: runner.projectId, prompt_masks: 'none' }
    const { headers } = await ask('POST', '/jobs', job)
    const { body } = await mock.handle({ method: 'GET', url: new URL(headers['location'] ?? '').pathname.slice(4) })
    expect(JSON.parse(body)).not.toHaveProperty('prompt_masks')
    const shown = await mock.handle({ method: 'GET', url: `/v1/private/local-runners/${runner.id}` })
    expect(shown.body).toContain('"params"')
    expect(shown.body).not.toContain('presence')
  },
)

it('opik@2.0.1 answers what is no runner and no pairing as ever', async () => {
  const mock = open({ profile: 'opik@2.0.1' })
  expect((await mock.handle({ method: 'GET', url: '/v1/private/projects' })).status).toBe(200)
  expect((await mock.handle({ method: 'POST', url: '/v1/private/pairing/sessions' })).status).toBe(501)
})
