// Cases of how a runner comes to be: sessions, proofs, slots.
import { describe, expect, it } from 'vitest'
import {
  activation,
  base64,
  createJob,
  defaultProject,
  KEY,
  newProject,
  openSession,
  pair,
  proofOf,
  takeJob,
} from '../given.js'
import { NOBODY, START, type Stage } from '../harness.js'

export function pairingCases(stage: Stage): void {
  describe('createPairingSession', () => sessionCases(stage))
  describe('activatePairingSession', () => activationCases(stage))
  describe('a limit on pairing', () => limitCases(stage))
  describe('the slot of a runner', () => slotCases(stage))
}

function sessionCases({ open }: Stage): void {
  it('reserves a runner that nobody sees before the activation', async () => {
    const { api } = await open()
    const { sessionId, runnerId, projectId } = await openSession(api)
    expect(sessionId).not.toBe(runnerId)
    const path = { runnerId }
    expect(await api.status('getRunner', { path })).toBe(404)
    expect(await api.status('heartbeat', { path })).toBe(410)
    expect(await api.status('nextJob', { path })).toBe(404)
    expect(await api.status('disconnectRunner', { path })).toBe(204)
    expect((await api.expect(200, 'listRunners', { query: { project_id: projectId } })).body.total).toBe(0)
    await api.expect(201, 'activatePairingSession', activation(sessionId, 'laptop'))
    expect(await api.status('getRunner', { path })).toBe(200)
  })

  it('takes the key padded and unpadded', async () => {
    const { api } = await open()
    const project_id = await defaultProject(api)
    for (const activation_key of [base64(KEY), base64(KEY).replace('=', '')]) {
      expect(await api.status('createPairingSession', { body: { project_id, activation_key, type: 'connect' } })).toBe(
        201,
      )
    }
  })

  const keys: [string, string, number][] = [
    ['one character short', base64(KEY).slice(0, 42), 422],
    ['one character long', `${base64(KEY)}=`, 422],
    ['empty', '', 422],
    ['43 blanks', ' '.repeat(43), 422],
    ['33 bytes', base64(new Uint8Array(33)), 400],
    ['31 bytes', base64(new Uint8Array(31)), 400],
    ['of the URL-safe alphabet', base64(new Uint8Array(32).fill(0xff)).replaceAll('/', '_'), 400],
    ['no base64', '*'.repeat(43), 400],
  ]

  it.each(keys)('answers a key that is %s (%s) with %i', async (_what, activation_key, status) => {
    const { api } = await open()
    const body = { project_id: await defaultProject(api), activation_key, type: 'connect' as const }
    expect(await api.status('createPairingSession', { body })).toBe(status)
  })

  it('judges the key before the project', async () => {
    const { api } = await open()
    const body = { project_id: NOBODY, activation_key: '*'.repeat(44), type: 'connect' as const }
    expect(await api.status('createPairingSession', { body })).toBe(400)
    expect(await api.status('createPairingSession', { body: { ...body, activation_key: base64(KEY) } })).toBe(404)
  })

  it.each([
    [{ type: undefined }, 422],
    [{ type: 'CONNECT' }, 400],
    [{ type: 'bridge' }, 400],
    [{ project_id: undefined }, 422],
    [{ project_id: 'x' }, 400],
    [{ activation_key: undefined }, 422],
    [{ activation_key: 7 }, 400],
    [{ ttl_seconds: 59 }, 422],
    [{ ttl_seconds: 601 }, 422],
    [{ ttl_seconds: 0 }, 422],
    [{ ttl_seconds: '300' }, 400],
    [{ ttl_seconds: 1.5 }, 400],
    [{ ttl_seconds: 60 }, 201],
    [{ ttl_seconds: 600 }, 201],
    [{ ttl_seconds: null }, 201],
  ])('answers %o with %i', async (change, status) => {
    const { api } = await open()
    const json = { project_id: await defaultProject(api), activation_key: base64(KEY), type: 'endpoint', ...change }
    expect(await api.status('createPairingSession', { json })).toBe(status)
  })

  it.each([
    [undefined, 300],
    [60, 60],
    [600, 600],
  ])('lets a session of ttl %s live for %i seconds', async (ttlSeconds, seconds) => {
    const { api, clock } = await open()
    const late = await openSession(api, ttlSeconds === undefined ? {} : { ttlSeconds })
    const used = await openSession(api, ttlSeconds === undefined ? {} : { ttlSeconds })
    await clock.advance({ seconds: seconds - 0.001 })
    expect(await api.status('activatePairingSession', activation(used.sessionId, 'in time'))).toBe(201)
    await clock.advance({ milliseconds: 1 })
    expect(await api.status('activatePairingSession', activation(late.sessionId, 'too late'))).toBe(404)
    expect(await api.status('activatePairingSession', activation(used.sessionId, 'in time'))).toBe(404)
    expect(await api.status('getRunner', { path: { runnerId: used.runnerId } })).toBe(200)
  })
}

/** No setting limits how often a caller pairs, yet servers may: a fault stands for such a server. */
function limitCases({ open }: Stage): void {
  it('answers 429 to createPairingSession, then goes on', async () => {
    const { api, mock } = await open()
    const body = { project_id: await defaultProject(api), activation_key: base64(KEY), type: 'endpoint' as const }
    mock.faults.inject({ operation: 'createPairingSession', status: 429, times: 1 })
    expect(await api.status('createPairingSession', { body })).toBe(429)
    expect(await api.status('createPairingSession', { body })).toBe(201)
  })

  it('answers 429 to activatePairingSession, then goes on', async () => {
    const { api, mock } = await open()
    const { sessionId } = await openSession(api)
    mock.faults.inject({ operation: 'activatePairingSession', status: 429, times: 1 })
    expect(await api.status('activatePairingSession', activation(sessionId, 'laptop'))).toBe(429)
    expect(await api.status('activatePairingSession', activation(sessionId, 'laptop'))).toBe(201)
  })
}

function activationCases({ open }: Stage): void {
  it('makes the runner connected, with its name, type and time', async () => {
    const { api } = await open()
    for (const type of ['endpoint', 'connect'] as const) {
      const { sessionId, runnerId, projectId } = await openSession(api, { type })
      const { createdId } = await api.expect(201, 'activatePairingSession', activation(sessionId, 'Grüße 🚀'))
      expect(createdId).toBe(runnerId)
      const { body } = await api.expect(200, 'getRunner', { path: { runnerId } })
      const seen = { id: runnerId, name: 'Grüße 🚀', type, status: 'connected', connected_at: START }
      expect(body).toEqual({ ...seen, project_id: projectId, agents: [], capabilities: ['jobs'] })
    }
  })

  it('answers 404 to a session that nobody opened', async () => {
    const { api } = await open()
    expect(await api.status('activatePairingSession', activation(NOBODY, 'laptop'))).toBe(404)
  })

  const wrong: [string, (sessionId: string) => string][] = [
    ['made with another key', (id) => proofOf(id, 'laptop', new Uint8Array(32))],
    ['of another name', (id) => proofOf(id, 'desktop')],
    ['of another session', () => proofOf(NOBODY, 'laptop')],
    ['that is no base64', () => '*'.repeat(44)],
    ['of other length inside', () => 'A'.repeat(44)],
    ['of the URL-safe alphabet', () => '-_'.repeat(22)],
  ]

  it.each(wrong)('answers 403 to a proof %s, and leaves the session usable', async (_what, forge) => {
    const { api } = await open()
    const { sessionId, runnerId } = await openSession(api)
    const forged = { path: { sessionId }, body: { runner_name: 'laptop', hmac: forge(sessionId) } }
    expect(await api.status('activatePairingSession', forged)).toBe(403)
    expect(await api.status('getRunner', { path: { runnerId } })).toBe(404)
    expect(await api.status('activatePairingSession', activation(sessionId, 'laptop'))).toBe(201)
    expect(await api.status('activatePairingSession', forged)).toBe(403)
  })

  it('takes an unpadded proof', async () => {
    const { api } = await open()
    const { sessionId } = await openSession(api)
    const body = { runner_name: 'laptop', hmac: proofOf(sessionId, 'laptop').replace('=', '') }
    expect(await api.status('activatePairingSession', { path: { sessionId }, body })).toBe(201)
  })

  it.each([
    ['hmac', 'A'.repeat(42)],
    ['hmac', 'A'.repeat(45)],
    ['hmac', ''],
    ['hmac', undefined],
    ['runner_name', ''],
    ['runner_name', ' \t'],
    ['runner_name', 'n'.repeat(129)],
    ['runner_name', '🙂'.repeat(65)],
    ['runner_name', undefined],
  ])('answers 422 to %s %j', async (field, value) => {
    const { api } = await open()
    const { sessionId } = await openSession(api)
    const json = { ...activation(sessionId, 'laptop').body, [field]: value }
    expect(await api.status('activatePairingSession', { path: { sessionId }, json })).toBe(422)
  })

  it('takes a name of 128 characters', async () => {
    const { api } = await open()
    const { sessionId } = await openSession(api)
    expect(await api.status('activatePairingSession', activation(sessionId, 'n'.repeat(128)))).toBe(201)
  })

  it('answers 409 to a second activation, and changes nothing', async () => {
    const { api, clock } = await open()
    const { sessionId, runnerId } = await openSession(api)
    await api.expect(201, 'activatePairingSession', activation(sessionId, 'first'))
    const before = await api.expect(200, 'getRunner', { path: { runnerId } })
    await clock.advance({ seconds: 1 })
    expect(await api.status('activatePairingSession', activation(sessionId, 'second'))).toBe(409)
    expect((await api.expect(200, 'getRunner', { path: { runnerId } })).body).toEqual(before.body)
  })

  it('does not undo a disconnect', async () => {
    const { api } = await open()
    const { sessionId, runnerId } = await openSession(api)
    await api.expect(201, 'activatePairingSession', activation(sessionId, 'laptop'))
    await api.expect(204, 'disconnectRunner', { path: { runnerId } })
    expect(await api.status('activatePairingSession', activation(sessionId, 'laptop'))).toBe(409)
    expect(await api.status('getRunner', { path: { runnerId } })).toBe(404)
  })

  it('lets exactly one of concurrent activations win', async () => {
    const { api } = await open()
    const { sessionId, runnerId } = await openSession(api)
    const names = ['a', 'b', 'c', 'd', 'e']
    const statuses = await Promise.all(
      names.map((name) => api.status('activatePairingSession', activation(sessionId, name))),
    )
    expect([...statuses].sort()).toEqual([201, 409, 409, 409, 409])
    const { body } = await api.expect(200, 'getRunner', { path: { runnerId } })
    expect(body.name).toBe(names[statuses.indexOf(201)])
  })
}

function slotCases({ open }: Stage): void {
  it('goes to the latest activation: the one before is gone, and its heartbeat 410', async () => {
    const { api } = await open()
    const first = await pair(api)
    const jobId = await createJob(api, first)
    await takeJob(api, first)
    const second = await pair(api)
    expect(await api.status('getRunner', { path: { runnerId: first.id } })).toBe(404)
    expect(await api.status('heartbeat', { path: { runnerId: first.id } })).toBe(410)
    expect(await api.status('getJob', { path: { jobId } })).toBe(404)
    expect(await api.status('nextJob', { path: { runnerId: first.id } })).toBe(404)
    const { body } = await api.expect(200, 'listRunners', { query: { project_id: first.projectId } })
    expect(body.content.map(({ id }) => id)).toEqual([second.id])
  })

  it('is taken by the activation, not by the opening of a session', async () => {
    const { api } = await open()
    const first = await pair(api)
    await openSession(api)
    expect(await api.status('getRunner', { path: { runnerId: first.id } })).toBe(200)
  })

  it('is one for each type, project and user', async () => {
    const { api } = await open()
    const bob = api.as({ apiKey: 'bob' })
    const runners = [
      [api, await pair(api)],
      [api, await pair(api, { type: 'connect' })],
      [api, await pair(api, { projectId: await newProject(api, 'Other') })],
      [bob, await pair(bob)],
    ] as const
    for (const [caller, { id }] of runners) {
      expect(await caller.status('heartbeat', { path: { runnerId: id } })).toBe(200)
    }
  })

  it('sends the jobs of the project to whoever holds it', async () => {
    const { api } = await open()
    await pair(api)
    const second = await pair(api)
    const jobId = await createJob(api, second)
    expect((await takeJob(api, second)).id).toBe(jobId)
  })
}
