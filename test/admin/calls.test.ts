// The admin API's calls one by one: what they do, and that bad input changes nothing.
import { describe, expect, it, vi } from 'vitest'
import { openSite } from './site.js'

const NOW = '2026-07-01T12:00:30.000Z'

it('GET /health answers that the server is ready', async () => {
  const { call } = await openSite()
  expect(await call('GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok' } })
})

describe('unknown calls', () => {
  it.each([
    ['GET', '/nothing', 404],
    ['GET', '', 404],
    ['GET', '/constructor', 404],
    ['GET', '/faults/x/y', 404],
    ['GET', '/health?verbose=1', 400],
    ['POST', '/health', 405],
    ['OPTIONS', '/state', 405],
    ['HEAD', '/health', 405],
  ])('%s %s is %i', async (method, path, status) => {
    const { call } = await openSite()
    expect((await call(method, path)).status).toBe(status)
  })

  it('with a body that is no JSON are 400', async () => {
    const { call } = await openSite()
    expect((await call('POST', '/faults', '{"status": 500')).status).toBe(400)
  })
})

describe('the clock', () => {
  it('advances, is set, frozen and released', async () => {
    const { call, mock } = await openSite()
    expect(await call('GET', '/clock')).toMatchObject({ status: 200, body: { now: NOW, frozen: true } })
    expect((await call('POST', '/clock/advance', { seconds: 90.5 })).body).toMatchObject({
      now: '2026-07-01T12:02:00.500Z',
    })
    expect((await call('POST', '/clock/set', { now: '2026-07-02T00:00:00+02:00' })).body).toMatchObject({
      now: '2026-07-01T22:00:00.000Z',
    })
    expect((await call('POST', '/clock/set', { now: NOW })).body).toMatchObject({ now: NOW })
    expect((await call('POST', '/clock/resume')).body).toMatchObject({ frozen: false })
    expect((await call('POST', '/clock/freeze')).body).toMatchObject({ frozen: true })
    expect(mock.clock.isFrozen).toBe(true)
  })

  it('runs at another speed, which clients are told, and tells what is due next', async () => {
    const { call, mock } = await openSite()
    const speeds: unknown[] = []
    mock.on('clock', ({ action, speed }) => speeds.push([action, speed]))
    await mock.given.connectedRunner()
    expect((await call('POST', '/clock/scale', { speed: 60 })).body).toMatchObject({ now: NOW, speed: 60 })
    expect((await call('GET', '/world')).body).toMatchObject({ clock: { speed: 60 } })
    const next_due = new Date(mock.clock.nextDue()).toISOString()
    expect((await call('GET', '/clock')).body).toMatchObject({ next_due })
    expect(speeds).toEqual([['scale', 60]])
  })

  it('fires what falls due before it answers', async () => {
    const { call, mock } = await openSite()
    const runner = await mock.given.connectedRunner()
    const heard: string[] = []
    mock.on('runner.disconnected', ({ resource }) => heard.push(resource.id))
    await call('POST', '/clock/advance', { seconds: 16 })
    expect(heard).toEqual([runner.id])
  })

  it('stands still where a time is none', async () => {
    const { call, mock } = await openSite()
    expect((await call('POST', '/clock/advance', { seconds: 1e12 })).status).toBe(422)
    for (const day of ['tomorrow', '2026-07-02', '2026-07-02T00:00:00']) {
      expect([day, (await call('POST', '/clock/set', { now: day })).status]).toEqual([day, 422])
    }
    for (const start of ['2026-13', '1969-07', '9999-07']) {
      expect((await call('POST', '/clock/set', { now: `${start}-02T00:00:00Z` })).status).toBe(422)
    }
    expect(mock.clock.iso()).toBe(NOW)
  })
})

it('the settings are read and changed', async () => {
  const { call } = await openSite()
  const changed = await call('PATCH', '/settings', { heartbeat_ttl_seconds: 5 })
  expect(changed).toMatchObject({ status: 200, body: { heartbeat_ttl_seconds: 5, reaper_interval_seconds: 60 } })
  expect((await call('GET', '/settings')).body).toEqual(changed.body)
})

describe('the state', () => {
  it('is saved, restored and reset', async () => {
    const { call, mock } = await openSite()
    const runner = await mock.given.connectedRunner()
    const snapshot = (await call('GET', '/state')).body
    await mock.clock.advance({ days: 2 })
    expect((await call('GET', '/state')).body).not.toEqual(snapshot)
    expect((await call('PUT', '/state', snapshot)).status).toBe(204)
    expect((await call('GET', '/state')).body).toEqual(snapshot)
    expect((await call('POST', '/reset')).status).toBe(204)
    expect(JSON.stringify((await call('GET', '/state')).body)).not.toContain(runner.id)
    expect((await call('GET', '/clock')).body).toMatchObject({ now: NOW })
  })

  it('is restored when it is larger than any body that the API takes', async () => {
    const { call, mock } = await openSite()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    const inputs = 'x'.repeat(1_000_000)
    for (let count = 0; count < 18; count++) await mock.given.job({ runner, inputs, status: 'running' })
    const { body } = await call('GET', '/state')
    expect((await call('POST', '/reset')).status).toBe(204)
    expect((await call('PUT', '/state', body)).status).toBe(204)
    expect(mock.snapshot().world.jobs).toHaveLength(18)
  })

  it('refuses a snapshot whose keys are none', async () => {
    const { call, mock } = await openSite()
    await mock.given.session()
    const { body } = await call('GET', '/state')
    const text = JSON.stringify(body)
    for (const key of ['', '?', 'c2hvcnQ=']) {
      const broken = text.replace(/"activationKey":"[^"]+"/, `"activationKey":"${key}"`)
      expect((await call('PUT', '/state', JSON.parse(broken) as object)).status).toBe(422)
    }
    expect((await call('PUT', '/state', body)).status).toBe(204)
  })

  it.each<[string, (text: string) => string]>([
    ['a time beyond the calendar', (text) => text.replace(/"now":\d+/, '"now":1e18')],
    ['a time before all others', (text) => text.replace(/"now":\d+/, '"now":-1e18')],
    ['a heartbeat that no clock shows', (text) => text.replace(/"lastHeartbeat":\d+/, '"lastHeartbeat":1e18')],
    ['a job of no runner', (text) => text.replaceAll(/"runner_id":"[^"]+"/g, '"runner_id":"nobody"')],
    ['a runner twice', (text) => text.replace(/"runners":\[(.+)\],"jobs"/, '"runners":[$1,$1],"jobs"')],
  ])('refuses %s and stays as it is', async (_, spoil) => {
    const { call, mock } = await openSite()
    await mock.given.job({ runner: await mock.given.connectedRunner({ agents: ['echo'] }) })
    const before = (await call('GET', '/state')).body
    const broken = spoil(JSON.stringify(before))
    expect(broken).not.toBe(JSON.stringify(before))
    expect((await call('PUT', '/state', broken)).status).toBe(422)
    expect((await call('GET', '/state')).body).toEqual(before)
  })
})

describe('the requests', () => {
  it('are listed, filtered and forgotten', async () => {
    const { call, url } = await openSite()
    await fetch(`${url}/is-alive/ping`)
    await fetch(`${url}/v1/private/local-runners`)
    const listed = async (query: string) =>
      ((await call('GET', `/requests${query}`)).body as { requests: { id: number }[] }).requests.map(({ id }) => id)
    expect(await listed('')).toEqual([1, 2])
    expect(await listed('?operation=isAlive')).toEqual([1])
    expect(await listed('?status=400')).toEqual([2])
    expect(await listed('?since=2026-07-01T12:00:31Z')).toEqual([])
    expect((await call('DELETE', '/requests')).status).toBe(204)
    expect(await listed('')).toEqual([])
  })

  it.each(['operation=isalive', 'status=4xx', 'since=yesterday', 'operatoin=isAlive'])('refuse %s', async (query) => {
    const { call } = await openSite()
    expect((await call('GET', `/requests?${query}`)).status).toBe(400)
  })
})

describe('the faults', () => {
  it('are injected, listed and cleared', async () => {
    const { call, url } = await openSite()
    const ping = async () => (await fetch(`${url}/is-alive/ping`)).status
    const injected = await call('POST', '/faults', [{ id: 'mine', status: 503 }, { preset: 'eviction-storm' }])
    expect(injected).toMatchObject({ status: 201, body: { faults: [{ id: 'mine' }, { id: 'eviction-storm-1' }] } })
    expect(await ping()).toBe(503)
    expect((await call('GET', '/faults')).body).toMatchObject({ faults: [{ applied: 1 }, { applied: 0 }] })
    expect((await call('GET', '/faults/mine')).body).toMatchObject({ id: 'mine', applied: 1 })
    expect((await call('DELETE', '/faults/mine')).status).toBe(204)
    expect((await call('DELETE', '/faults/mine')).status).toBe(404)
    expect((await call('GET', '/faults/mine')).status).toBe(404)
    expect(await ping()).toBe(200)
    expect((await call('DELETE', '/faults')).status).toBe(204)
    expect((await call('GET', '/faults')).body).toEqual({ faults: [] })
  })

  it.each([undefined, { status: 200 }, [{ status: 503 }, { drop: 'now' }], [{ status: 503 }, { preset: 'storm' }]])(
    'refuse %j as a whole',
    async (body) => {
      const { call } = await openSite()
      expect((await call('POST', '/faults', body)).status).toBe(422)
      expect((await call('GET', '/faults')).body).toEqual({ faults: [] })
    },
  )

  it('are offered as presets with what they reproduce', async () => {
    const { call } = await openSite()
    const { presets } = (await call('GET', '/faults/presets')).body as { presets: { name: string }[] }
    expect(presets.map(({ name }) => name)).toContain('lossy-polls')
  })
})

it('an advance that nobody waits for any more ends before its time', async () => {
  const { mock, adminUrl } = await openSite({ settings: { reaper_interval_seconds: 30 } })
  const start = mock.clock.now()
  const leaving = new AbortController()
  const asking = { method: 'POST', body: '{"seconds":315576000}', signal: leaving.signal }
  const asked = fetch(`${adminUrl}/clock/advance`, asking)
  await vi.waitUntil(() => mock.clock.now() > start, { timeout: 300_000 })
  leaving.abort()
  await expect(asked).rejects.toThrow()
  // Moves come one after the other: this one begins when the other has ended.
  await mock.clock.advance({ seconds: 0 })
  await mock.clock.advance({ seconds: 0 })
  const reached = mock.clock.now()
  expect(reached - start).toBeLessThan(315_576_000_000)
  await mock.clock.advance({ seconds: 0 })
  expect(mock.clock.now()).toBe(reached)
})
