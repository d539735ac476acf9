// Claims about calls: which hold, which throw, and that a failed one shows what came.
import { describe, expect, it } from 'vitest'
import type { CallExpectation } from '../../src/mocks/engine/journal.js'
import type { RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { findNearMiss } from '../../src/mocks/engine/near-miss.js'
import { openMock } from '../faults/stages.js'
import { callerOf } from '../mocks/harness.js'

async function withCalls(): Promise<RunnerMock> {
  const mock = openMock()
  const create = (body: object) => callerOf(mock)('POST', '/projects', body)
  await create({ name: 'first', nested: { a: 1, b: [1, 2] } })
  await create({ name: 'first' })
  await create({ name: 'last', colours: ['red'], descriptoin: 'misspelt' })
  await mock.handle({ method: 'GET', url: '/is-alive/ping' })
  return mock
}

const claims: [string, (calls: CallExpectation) => void, boolean][] = [
  ['called', (calls) => calls.toHaveBeenCalled(), true],
  ['called three times', (calls) => calls.toHaveBeenCalledTimes(3), true],
  ['called once', (calls) => calls.toHaveBeenCalledTimes(1), false],
  ['called with a part', (calls) => calls.toHaveBeenCalledWith({ nested: { a: 1 } }), true],
  ['called with a list', (calls) => calls.toHaveBeenCalledWith({ nested: { b: [1, 2] } }), true],
  ['called with a part of a list', (calls) => calls.toHaveBeenCalledWith({ nested: { b: [1] } }), false],
  ['called with another list', (calls) => calls.toHaveBeenCalledWith({ nested: { b: [1, 3] } }), false],
  ['called with half of it', (calls) => calls.toHaveBeenCalledWith({ nested: { a: 1, b: [] } }), false],
  ['called with a field that nothing has', (calls) => calls.toHaveBeenCalledWith({ weight: 5 }), false],
  ['called with a field that came by mistake', (calls) => calls.toHaveBeenCalledWith({ colours: ['red'] }), true],
  ['called with a misspelt field that came', (calls) => calls.toHaveBeenCalledWith({ descriptoin: 'misspelt' }), true],
  ['called with no object', (calls) => calls.toHaveBeenCalledWith(null), false],
  ['called with another value', (calls) => calls.toHaveBeenCalledWith({ name: 'second' }), false],
  [
    'called with a matcher',
    (calls) => calls.toHaveBeenCalledWith({ name: expect.stringMatching(/^fir/) as unknown }),
    true,
  ],
  [
    'called with a matcher that fails',
    (calls) => calls.toHaveBeenCalledWith({ name: expect.any(Number) as unknown }),
    false,
  ],
  ['called last with', (calls) => calls.toHaveBeenLastCalledWith({ name: 'last' }), true],
  ['called last with the first', (calls) => calls.toHaveBeenLastCalledWith({ name: 'first' }), false],
  ['answered 409', (calls) => calls.toHaveBeenAnswered(409), true],
  ['answered 500', (calls) => calls.toHaveBeenAnswered(500), false],
]

describe('expect', () => {
  it.each(claims)('judges %s', async (_, claim, holds) => {
    const { journal } = await withCalls()
    const calls = journal.expect('createProject')
    if (holds) {
      expect(() => claim(calls)).not.toThrow()
      expect(() => claim(calls.not)).toThrow(Error)
    } else {
      expect(() => claim(calls)).toThrow(Error)
      expect(() => claim(calls.not)).not.toThrow()
      expect(() => claim(calls.not.not)).toThrow(Error)
    }
  })

  const mistakes: [string, (calls: CallExpectation) => void][] = [
    ['a field that is misspelt', (calls) => calls.toHaveBeenCalledWith({ nmae: 'first' })],
    ['a field of the last call that is misspelt', (calls) => calls.toHaveBeenLastCalledWith({ descripton: '' })],
    ['a number of times that is none', (calls) => calls.toHaveBeenCalledTimes(-1)],
    ['a status that is none', (calls) => calls.toHaveBeenAnswered(4.5)],
  ]

  it.each(mistakes)('refuses %s, whatever is claimed of it', async (_, claim) => {
    const { journal } = await withCalls()
    const calls = journal.expect('createProject')
    for (const claimed of [calls, calls.not]) {
      expect(() => claim(claimed)).toThrow(expect.objectContaining({ code: 'options/invalid' }))
    }
  })

  it('knows what was not called', async () => {
    const { journal } = await withCalls()
    journal.expect('createJob').not.toHaveBeenCalled()
    journal.expect('createJob').toHaveBeenCalledTimes(0)
    expect(() => journal.expect('createJob').toHaveBeenCalled()).toThrow()
    expect(() => journal.expect('createJob').toHaveBeenLastCalledWith({})).toThrow()
  })

  it('prints the calls that did come', async () => {
    const { journal } = await withCalls()
    const message = messageOf(() => journal.expect('createJob').toHaveBeenCalled())
    for (const part of ['createJob', 'createProject', 'isAlive', '"first"', '201', '409', '/is-alive/ping']) {
      expect(message).toContain(part)
    }
    expect(message.split('\n').length).toBeLessThan(10)
  })

  it('stays readable after thousands of calls, and says what the journal has lost', async () => {
    const mock = openMock({ journalSize: 50 })
    for (let count = 0; count < 1234; count++) await mock.handle({ method: 'GET', url: '/is-alive/ping' })
    const message = messageOf(() => mock.journal.expect('createJob').toHaveBeenCalled())
    expect(message.split('\n').length).toBeLessThan(30)
    expect(message).toContain(String(1234 - 50))
  })

  it('starts over when the journal is cleared or the mock reset', async () => {
    const mock = await withCalls()
    mock.journal.clear()
    mock.journal.expect('createProject').not.toHaveBeenCalled()
    await mock.handle({ method: 'GET', url: '/is-alive/ping' })
    await mock.reset()
    mock.journal.expect('isAlive').not.toHaveBeenCalled()
  })
})

describe('expectInOrder', () => {
  it('takes calls in this order, others in between', async () => {
    const { journal } = await withCalls()
    journal.expectInOrder(['createProject', 'isAlive'])
    journal.expectInOrder(['createProject', 'createProject', 'isAlive'])
    journal.expectInOrder([])
  })

  it('refuses another order, one too many and one that never came', async () => {
    const { journal } = await withCalls()
    expect(() => journal.expectInOrder(['isAlive', 'createProject'])).toThrow(Error)
    expect(() => journal.expectInOrder(['isAlive', 'isAlive'])).toThrow(Error)
    expect(() => journal.expectInOrder(['createJob'])).toThrow(Error)
  })
})

function messageOf(claim: () => void): string {
  try {
    claim()
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
  return ''
}

const BASE = '/v1/private/local-runners'

describe('matched_rule', () => {
  it('names machine, trigger, states and facts', async () => {
    const mock = openMock()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    const { id } = await mock.given.job({ runner })
    const ask = callerOf(mock)
    const report = (status: string) => ask('POST', `/local-runners/jobs/${id}/results`, { status })
    const own = `/local-runners/${runner.id}`
    mock.journal.clear()
    await ask('POST', `${own}/jobs/next`)
    await report('running')
    await report('cancelled')
    await report('completed')
    await report('completed')
    await ask('GET', `/local-runners/jobs/${id}`)
    await ask('POST', `${own}/heartbeats`)
    await ask('DELETE', own)
    await ask('POST', `${own}/heartbeats`)
    expect(mock.journal.entries().map((entry) => entry.matched_rule)).toEqual([
      'job nextJob: pending -> running',
      'job reportJobResult: running -> running [status=running]',
      'job reportJobResult: running -> running [status=pending|cancelled]',
      'job reportJobResult: running -> completed [status=completed]',
      'job reportJobResult: completed -> completed',
      'job getJob: completed -> completed',
      'runner heartbeat: connected -> connected',
      'runner disconnectRunner: connected -> none',
      'runner heartbeat: none -> none',
    ])
  })

  it('is that of the answer, however long it has waited and whatever came in between', async () => {
    const mock = openMock()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    const connect = await mock.given.connectedRunner({ type: 'connect' })
    const { id: projectId } = await mock.given.project({ name: 'Elsewhere' })
    const session = await mock.given.session({ type: 'connect', projectId })
    mock.journal.clear()
    const ask = callerOf(mock)
    const polls = [1, 2].map(() => ask('POST', `/local-runners/${runner.id}/jobs/next`))
    const batches = [1, 2].map(() => ask('POST', `/local-runners/${connect.id}/bridge/commands/next`))
    const activation = ask('POST', `/pairing/sessions/${session.id}/activate`, session.activation)
    await ask('POST', '/local-runners/jobs', { agent_name: 'echo', project_id: runner.projectId })
    await ask('POST', `/local-runners/${connect.id}/bridge/commands`, { type: 'ReadFile', args: {} })
    await activation
    await mock.clock.advance({ seconds: 30 })
    await Promise.all([...polls, ...batches])
    const told = mock.journal.entries().map((entry) => `${entry.status} ${entry.matched_rule ?? ''}`)
    expect([...told].sort()).toEqual([
      '200 bridgeCommand nextBridgeCommands: pending -> picked_up',
      '200 job nextJob: pending -> running',
      '200 runner nextBridgeCommands: connected -> connected',
      '200 runner nextJob: connected -> connected',
      '201 bridgeCommand createBridgeCommand: none -> pending',
      '201 job createJob: none -> pending',
      '201 pairingSession activatePairingSession: open -> activated',
    ])
  })

  it('is the way to the operation where no rule was asked', async () => {
    const mock = openMock()
    await mock.handle({ method: 'GET', url: BASE })
    await mock.handle({
      method: 'POST',
      url: `${BASE}/jobs`,
      headers: { 'content-type': 'application/json' },
      body: '{',
    })
    await mock.handle({ method: 'GET', url: '/v1/private/projects' })
    expect(mock.journal.entries().map((entry) => entry.matched_rule)).toEqual([
      `GET ${BASE}`,
      `POST ${BASE}/jobs`,
      'GET /v1/private/projects',
    ])
  })
})

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
