// A request that matches nothing is told which operation it resembles and in what it differs.
import { describe, expect, it } from 'vitest'
import { findNearMiss } from '../../src/mocks/engine/near-miss.js'
import { openMock } from '../faults/stages.js'

const ID = '01900000-0000-7000-8000-000000000001'
const RUNNERS = '/v1/private/local-runners'

const cases: [string, string, string, string[]][] = [
  ['GET', '/v1/private/local-runner', 'listRunners', ["'local-runner'", "'local-runners'"]],
  ['GET', '/v1/private/localrunners', 'listRunners', ["'localrunners'", "'local-runners'"]],
  ['GET', '/private/local-runners', 'listRunners', ["'v1'"]],
  ['GET', '/v1/local-runners', 'listRunners', ["'private'"]],
  ['GET', '/v2/private/local-runners', 'listRunners', ["'v2'", "'v1'"]],
  ['GET', '/V1/Private/Local-Runners', 'listRunners', ["'V1'", "'v1'"]],
  ['GET', '/api/v1/private/local-runners', 'listRunners', ["'api'"]],
  ['GET', '//v1/private/local-runners', 'listRunners', []],
  ['POST', `${RUNNERS}/${ID}/heartbeat`, 'heartbeat', ["'heartbeat'", "'heartbeats'"]],
  ['POST', `${RUNNERS}/${ID}/job/next`, 'nextJob', ["'job'", "'jobs'"]],
  ['POST', `${RUNNERS}/${ID}/next`, 'nextJob', ["'jobs'"]],
  ['POST', `${RUNNERS}/jobs/${ID}/result`, 'reportJobResult', ["'result'", "'results'"]],
  ['GET', `${RUNNERS}/jobs/${ID}/log`, 'getJobLogs', ["'log'", "'logs'"]],
  ['POST', `${RUNNERS}/job`, 'createJob', ["'job'", "'jobs'"]],
  ['POST', `${RUNNERS}/${ID}/bridge/command`, 'createBridgeCommand', ["'command'", "'commands'"]],
  ['POST', `${RUNNERS}/${ID}/commands/next`, 'nextBridgeCommands', ["'bridge'"]],
  ['POST', '/v1/private/pairing/session', 'createPairingSession', ["'session'", "'sessions'"]],
  ['POST', `/v1/private/pairing/sessions/${ID}/activation`, 'activatePairingSession', ["'activation'"]],
  ['GET', '/isalive/ping', 'isAlive', ["'isalive'", "'is-alive'"]],
]

describe('findNearMiss', () => {
  it.each(cases)('%s %s means %s', (method, path, operation, parts) => {
    const near = findNearMiss(method, path)
    expect(near.operation.id).toBe(operation)
    expect(near.differences.length).toBeGreaterThan(0)
    for (const part of parts) expect(near.differences.join('\n')).toContain(part)
  })

  it('tells of the method when that differs too', () => {
    const { operation, differences } = findNearMiss('PUT', `${RUNNERS}/${ID}/heartbeat`)
    expect(operation.id).toBe('heartbeat')
    expect(differences.join('\n')).toContain('PUT')
  })

  it('finds something for anything, quickly', () => {
    for (const path of ['/', '', '/%', '/'.repeat(5000), `/${'x'.repeat(50_000)}`, '/a'.repeat(20_000)]) {
      expect(findNearMiss('GET', path).operation.id).toBeTypeOf('string')
    }
  })
})

describe('an unknown path', () => {
  it('is 404 with the nearest operation and what differs, clipped', async () => {
    const mock = openMock()
    const { status, body } = await mock.handle({ method: 'POST', url: `${RUNNERS}/${ID}/heartbeat` })
    expect(status).toBe(404)
    for (const part of ['heartbeat', `${RUNNERS}/{runnerId}/heartbeats`]) expect(body).toContain(part)
    const long = await mock.handle({ method: 'GET', url: `/${'x'.repeat(100_000)}` })
    expect([long.status, long.body.length < 2000]).toEqual([404, true])
  })

  it('outside of the base is told the base and the whole path', async () => {
    const mock = openMock()
    const ask = async (url: string) =>
      (await mock.handle({ method: 'GET', url, outsideBasePath: { base: '/api' } })).body
    expect(await ask(RUNNERS)).toContain(`/api${RUNNERS}`)
    expect(await ask(`/opik/api${RUNNERS}`)).toContain(`/api${RUNNERS}`)
    expect(await ask('/somewhere')).toContain('/api/')
  })

  it('with the wrong method is 405 with those that work', async () => {
    const { status, headers } = await openMock().handle({ method: 'GET', url: `${RUNNERS}/${ID}/heartbeats` })
    expect([status, headers['allow']]).toEqual([405, 'POST, OPTIONS'])
  })
})
