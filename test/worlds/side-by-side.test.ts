// Worlds side by side on one server: each with its own state, time, faults, journal and admin API, found by path or header.
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRunnerMock, readPairingLink, signActivation, type RunnerMockOptions } from '../../src/index.js'
import { serve, type ServeOptions, type WorldsOptions } from '../../src/mocks/adapters/node.js'
import { linkOf } from '../../src/mocks/given/activate-session.js'
import { raw } from '../admin/site.js'
import { eventually } from '../sdk/eventually.js'

const PROJECT = '0190b8d6-c000-7002-95f4-0016f094287a'

async function open(
  { scenario = 'empty', ...worlds }: Partial<WorldsOptions> & Pick<RunnerMockOptions, 'scenario'> = {},
  options: ServeOptions = {},
) {
  const create = () => createRunnerMock({ scenario, now: '2026-07-01T12:00:00Z', frozen: true, seed: 3 })
  const made: [string, string][] = []
  const server = await serve(create(), {
    port: 0,
    ...options,
    worlds: { create: (...named) => (made.push(named), create()), ...worlds },
  })
  onTestFinished(() => server.close())
  const origin = `http://127.0.0.1:${server.port}`
  const ask = async (path: string, world?: string, init: RequestInit = {}) => {
    const headers = { 'content-type': 'application/json', ...(world === undefined ? {} : { 'x-mock-world': world }) }
    const response = await fetch(origin + path, { ...init, headers })
    const text = await response.text()
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> & { worlds: { name: string }[] }
    return { status: response.status, body, location: response.headers.get('location') ?? '' }
  }
  const post = (path: string, body: object, world?: string) =>
    ask(path, world, { method: 'POST', body: JSON.stringify(body) })
  const projects = async (path: string, world?: string) =>
    (await ask(`${path}/v1/private/projects`, world)).body['total']
  const names = async () => (await ask('/__admin/worlds')).body.worlds.map(({ name }) => name)
  return { server, origin, ask, post, projects, names, made }
}

describe('a world of its own', () => {
  it('is found by path and by header alike, and has its own state', async () => {
    const { post, projects, names, made, origin } = await open()
    const { location } = await post('/w/one/api/v1/private/projects', { name: 'Bots' })
    expect(location).toContain(`${origin}/w/one/api/v1/private/projects/`)
    expect((await fetch(location)).status).toBe(200)
    expect(await projects('/w/one/api')).toBe(2)
    expect(await projects('/w/one')).toBe(2)
    expect(await projects('/api', 'one')).toBe(2)
    expect(await projects('/api', 'two')).toBe(1)
    expect(await projects('/api')).toBe(1)
    expect(await names()).toEqual(['one', 'two'])
    expect(made).toEqual([
      ['one', `${origin}/w/one/api`],
      ['two', `${origin}/w/two/api`],
    ])
  })

  it('has its own time, faults, journal and scenario', async () => {
    const { ask, post } = await open()
    await post('/w/a/__admin/clock/advance', { seconds: 3600 })
    await post('/__admin/faults', { operation: 'isAlive', status: 503 }, 'a')
    await post('/w/b/__admin/reset', { scenario: 'demo' })
    const seen = async (world: string) => {
      const { status } = await ask('/api/is-alive/ping', world)
      const clock = (await ask(`/w/${world}/__admin/clock`)).body['now']
      const requests = (await ask(`/w/${world}/__admin/requests`)).body['requests'] as { path: string }[]
      const runners = (await ask(`/api/v1/private/local-runners?project_id=${PROJECT}`, world)).body['total']
      return { status, clock, requests: requests.filter(({ path }) => path.endsWith('/ping')).length, runners }
    }
    const before = { requests: 1 }
    expect(await seen('a')).toEqual({ ...before, status: 503, clock: '2026-07-01T13:00:00.000Z', runners: 0 })
    expect(await seen('b')).toEqual({ ...before, status: 200, clock: '2026-07-01T12:00:00.000Z', runners: 1 })
  })

  it('is made once, however many ask for it at the same time', async () => {
    const { projects, made } = await open({ scenario: 'demo' })
    expect(await Promise.all(Array.from({ length: 10 }, () => projects('/w/many/api')))).toEqual(Array(10).fill(1))
    expect(made).toHaveLength(1)
  })

  it('is dropped on demand, and when nobody has asked for it for a while; then it begins anew', async () => {
    const kept = await open()
    await kept.post('/w/long/api/v1/private/projects', { name: 'Bots' })
    const drop = () => kept.ask('/__admin/worlds/long', 'long', { method: 'DELETE' })
    expect((await drop()).status).toBe(204)
    expect(await kept.names()).toEqual([])
    expect(await kept.projects('/w/long/api')).toBe(1)
    expect((await kept.ask('/__admin/worlds/none', undefined, { method: 'DELETE' })).status).toBe(404)

    const { post, projects, names } = await open({ idleSeconds: 0.05 })
    await post('/w/short/api/v1/private/projects', { name: 'Bots' })
    await eventually('the end of the world', async () => ((await names()).length === 0 ? true : undefined))
    expect(await projects('/w/short/api')).toBe(1)
  })

  it('makes room for another one unless all are in use', async () => {
    const { origin, ask, projects, names } = await open({ most: 2 })
    for (const world of ['a', 'b', 'a', 'c']) await projects(`/w/${world}/api`)
    expect(await names()).toEqual(['a', 'c'])
    const leave = new AbortController()
    const streams = ['a', 'c'].map((world) => fetch(`${origin}/w/${world}/__admin/events`, { signal: leave.signal }))
    await Promise.all(streams)
    const next = async () => (await ask('/w/d/api/v1/private/projects')).status
    expect(await next()).toBe(429)
    leave.abort()
    await eventually('room', async () => ((await next()) === 200 ? true : undefined))
  })

  it('says what is wrong with it, and tries again', async () => {
    let isBroken = true
    const create = () => createRunnerMock({ scenario: isBroken ? { runners: [{ name: '' }] } : 'empty' })
    const { ask } = await open({ create })
    const answer = await ask('/w/x/api/v1/private/projects')
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([400, expect.stringContaining('runners[0].name')])
    isBroken = false
    expect((await ask('/w/x/api/v1/private/projects')).status).toBe(200)
  })

  it('that was dropped before it turned out to be wrong takes no other of its name with it', async () => {
    let fail = (): void => undefined
    const broken = new Promise<never>((_, reject) => (fail = () => reject(new Error('late'))))
    const mocks = [() => broken, () => createRunnerMock()]
    const { ask, names } = await open({ create: () => mocks.shift()?.() ?? createRunnerMock() })
    const first = ask('/w/x/api/is-alive/ping')
    await eventually('the world', async () => ((await names()).length === 1 ? true : undefined))
    const dropped = ask('/__admin/worlds/x', undefined, { method: 'DELETE' })
    await eventually('its end', async () => ((await names()).length === 0 ? true : undefined))
    expect((await ask('/w/x/api/is-alive/ping')).status).toBe(200)
    fail()
    expect([(await first).status, (await dropped).status, await names()]).toEqual([400, 204, ['x']])
  })

  it.each(['/w//api/v1/private/projects', '/w/..a/api', '/w/%20/api', `/w/${'x'.repeat(65)}/api`, '/w/a%2Fb/api'])(
    'has no such name as in %s',
    async (path) => {
      const { ask, names } = await open()
      expect((await ask(path)).status).toBe(400)
      expect(await names()).toEqual([])
    },
  )

  it('is named once, and not by a server that has one world', async () => {
    const { ask } = await open()
    expect((await ask('/w/a/api/v1/private/projects', 'b')).status).toBe(400)
    expect((await ask('/w/a/api/v1/private/projects', 'a')).status).toBe(200)
    const alone = await serve(createRunnerMock(), { port: 0 })
    onTestFinished(() => alone.close())
    const headers = { 'x-mock-world': 'a' }
    expect((await fetch(`${alone.url}/v1/private/projects`, { headers })).status).toBe(400)
  })

  it('is guarded as the first one is, and a stranger makes none', async () => {
    const { server, names } = await open()
    const { port } = server
    expect((await raw(port, '/w/a/__admin/world', { host: 'evil.example' })).status).toBe(403)
    expect((await raw(port, '/__admin/world', { host: 'evil.example', 'x-mock-world': 'a' })).status).toBe(403)
    const origin = { host: `127.0.0.1:${port}`, origin: 'https://evil.example' }
    expect((await raw(port, '/w/a/__admin/world', origin)).status).toBe(403)
    expect(await names()).toEqual([])
    const guarded = await open({}, { adminToken: 'secret' })
    const host = { host: `127.0.0.1:${guarded.server.port}` }
    expect((await raw(guarded.server.port, '/w/a/__admin/world', host)).status).toBe(403)
    expect((await raw(guarded.server.port, '/w/a/__admin/world', { ...host, 'x-admin-token': 'secret' })).status).toBe(
      200,
    )
  })

  it('lets pages of other origins ask whether they may name it', async () => {
    const { origin, names } = await open()
    const headers = {
      ...{ origin: 'http://localhost:5174', 'access-control-request-method': 'POST' },
      'access-control-request-headers': 'x-mock-world',
    }
    const answer = await fetch(`${origin}/api/v1/private/projects`, { method: 'OPTIONS', headers })
    expect([answer.status, answer.headers.get('access-control-allow-headers')]).toEqual([204, 'x-mock-world'])
    const inPath = await fetch(`${origin}/w/a/api/v1/private/projects`, { method: 'OPTIONS', headers })
    expect(inPath.headers.get('access-control-allow-origin')).toBe(headers.origin)
    expect(await names()).toEqual([])
  })
})

describe('the pairing page', () => {
  it('finds the world of a link by its url', async () => {
    const { origin, ask, post } = await open()
    const activation_key = Buffer.alloc(32, 7)
    const opened = await post('/w/daemon/api/v1/private/pairing/sessions', {
      ...{ project_id: PROJECT, activation_key: activation_key.toString('base64'), type: 'endpoint' },
    })
    const { session_id, runner_id } = opened.body as unknown as { session_id: string; runner_id: string }
    const session = { id: session_id, workspace: 'default', projectId: PROJECT, activationKey: activation_key }
    const world = createRunnerMock()
    const link = world.inspect((state) => linkOf({ ...session, type: 'endpoint' }, state, `${origin}/w/daemon/api`))
    await world.close()
    const url = new URL(link)
    expect(url.origin).toBe(origin)
    const page = await (await fetch(origin + url.pathname + url.search)).text()
    const [, apiPath = ''] = /name="api-path" content="([^"]*)"/.exec(page) ?? []
    expect(apiPath).toBe('/w/daemon/api')

    const runner_name = readPairingLink(link)?.runnerName ?? ''
    const hmac = await signActivation(activation_key, session_id, runner_name)
    const path = `/v1/private/pairing/sessions/${session_id}/activate`
    expect((await post(`/api${path}`, { runner_name, hmac })).status).toBe(404)
    expect((await post(apiPath + path, { runner_name, hmac })).status).toBe(201)
    expect((await ask(`/w/daemon/api/v1/private/local-runners/${runner_id}`)).status).toBe(200)
  })

  it('is for the first world where the link names none, or what is none', async () => {
    const { origin } = await open()
    for (const url of ['', `${origin}/`, `${origin}/w//`, `${origin}/w/%22%3E/`, 'http://']) {
      const page = await (await fetch(`${origin}/opik/pair/v1?url=${encodeURIComponent(url)}`)).text()
      expect(page).toContain('content="/api"')
    }
  })
})
