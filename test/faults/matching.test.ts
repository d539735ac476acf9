// Whom a fault meets, how long it lasts, and how several of them share a request.
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/generated/kit-schema.js'
import { stageOver, type World } from '../mocks/harness.js'
import { heldUp } from './stages.js'

const PING = '/is-alive/ping'
const RUNNERS = '/v1/private/local-runners'

const { open } = stageOver('fetch')

async function statusOf({ send }: World, method: string, path: string): Promise<number> {
  return (await send(method, path)).status
}

describe('matchers', () => {
  const PROJECTS = '/v1/private/projects'

  it.each<[string, Partial<Fault>, met: string[], spared: string[]]>([
    ['every request, unknown paths included', {}, [PING, '/v1/private/elsewhere'], []],
    ['one operation, or each of several', { operation: ['isAlive', 'findProjects'] }, [PING, PROJECTS], [RUNNERS]],
    ['a method', { method: ['GET', 'PATCH'] }, [PING], [`DELETE ${RUNNERS}/01900000-0000-7000-8000-00000000dead`]],
    ['what all of them fit', { operation: 'isAlive', method: 'POST' }, [], [PING]],
    ['a path', { path: '/is-alive/ping' }, [PING], [RUNNERS]],
    ['a segment', { path: '/is-alive/*' }, [PING], [RUNNERS]],
    ['segments', { path: `${RUNNERS}/**` }, [`${RUNNERS}/x/jobs`, `${RUNNERS}/jobs`], [PING, RUNNERS]],
    ['an id', { path: `${RUNNERS}/*/jobs` }, [`${RUNNERS}/x/jobs`, `${RUNNERS}/x/jobs/`], [`${RUNNERS}/x/y/jobs`]],
    ['a template', { path: `${RUNNERS}/{runnerId}` }, [`${RUNNERS}/x`], [`${RUNNERS}/x/jobs`]],
    ['a dot as a dot', { path: '/v1.private/*' }, [], [PROJECTS]],
  ])('meet %s', async (_what, matchers, met, spared) => {
    const stage = await open()
    stage.mock.faults.inject({ ...matchers, status: 599 })
    const answer = (request: string): Promise<number> => {
      const [path = '', method = 'GET'] = request.split(' ').toReversed()
      return statusOf(stage, method, path)
    }
    for (const each of met) expect(await answer(each)).toBe(599)
    for (const each of spared) expect(await answer(each)).not.toBe(599)
  })

  it('take no time over a pattern that fits in very many ways', async () => {
    const stage = await open()
    for (const wildcard of ['*', '**'])
      stage.mock.faults.inject({ path: `/v1/private/${`${wildcard}a`.repeat(90)}`, status: 599 })
    expect(await statusOf(stage, 'GET', `/v1/private/${'a'.repeat(4000)}b`)).toBe(404)
    expect(await statusOf(stage, 'GET', `/v1/private/${'a'.repeat(4000)}`)).toBe(599)
  })

  it('meet the requests about a runner and its jobs, by its owner', async () => {
    const stage = await open()
    const [first, second] = [
      await stage.mock.given.connectedRunner({ agents: ['echo'] }),
      await stage.mock.given.connectedRunner({ agents: ['echo'], as: { apiKey: 'other' } }),
    ]
    const job = await stage.mock.given.job({ runner: first })
    stage.mock.faults.inject({ runner: first.id, status: 500 })
    expect(await statusOf(stage, 'GET', `${RUNNERS}/${first.id}`)).toBe(500)
    expect(await statusOf(stage, 'GET', `${RUNNERS}/jobs/${job.id}`)).toBe(500)
    const asOther = { headers: second.headers }
    expect((await stage.send('GET', `${RUNNERS}/${second.id}`, asOther)).status).toBe(200)
    expect((await stage.send('GET', `${RUNNERS}/${first.id}`, asOther)).status).toBe(404)
  })
})

describe('life', () => {
  it('ends after the given number of strikes', async () => {
    const stage = await open()
    stage.mock.faults.inject({ status: 500, times: 2 })
    const statuses = [1, 2, 3].map(() => statusOf(stage, 'GET', PING))
    expect(await Promise.all(statuses)).toEqual([500, 500, 200])
    expect(stage.mock.faults.list()).toEqual([])
  })

  it('lasts until it is cleared, alone, by its preset or with all others', async () => {
    const stage = await open()
    const { faults } = stage.mock
    faults.inject({ id: 'mine', status: 500 })
    faults.inject({ status: 501 })
    faults.preset('flaky-network')
    expect(faults.clear('flaky-network')).toBe(4)
    expect(faults.list().map(({ id }) => id)).toEqual(['mine', 'fault-1'])
    expect(await statusOf(stage, 'GET', PING)).toBe(500)
    expect(faults.clear('mine')).toBe(1)
    expect(await statusOf(stage, 'GET', PING)).toBe(501)
    expect([faults.clear('mine'), faults.clear(), faults.clear()]).toEqual([0, 1, 0])
    expect(await statusOf(stage, 'GET', PING)).toBe(200)
  })

  async function strikes(seed: number): Promise<boolean[]> {
    const stage = await open({ seed })
    stage.mock.faults.inject({ status: 500, probability: 0.5 })
    return Promise.all(Array.from({ length: 64 }, async () => (await statusOf(stage, 'GET', PING)) === 500))
  }

  it('strikes with a probability that the seed decides', async () => {
    const [first, again, other] = [await strikes(7), await strikes(7), await strikes(8)]
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
    const share = first.filter(Boolean).length / first.length
    expect(share).toBeGreaterThan(0.25)
    expect(share).toBeLessThan(0.75)
  })

  it('leaves ids and keys of the mock as they are without faults', async () => {
    const createdId = async (withFault: boolean): Promise<string> => {
      const { mock, send } = await open({ seed: 3 })
      if (withFault) mock.faults.inject({ operation: 'isAlive', status: 500, probability: 0.5 })
      for (let count = 0; count < 5; count++) await send('GET', PING)
      return (await mock.given.connectedRunner()).id
    }
    expect(await createdId(true)).toBe(await createdId(false))
  })
})

describe('several faults', () => {
  it('add their delays, and the first that decides does so', async () => {
    const { mock, send } = await open()
    mock.faults.inject({ delay: { ms: 100 } })
    mock.faults.inject({ id: 'first', delay: { ms: 200 }, status: 500 })
    mock.faults.inject({ status: 501 })
    mock.faults.inject({ delay: { ms: 400 } })
    const before = mock.clock.now()
    let answeredAt = 0
    const answer = send('GET', PING).finally(() => (answeredAt = mock.clock.now()))
    await heldUp(mock)
    await mock.clock.advance({ seconds: 5 })
    expect((await answer).status).toBe(500)
    expect(answeredAt - before).toBe(300)
    const [entry] = mock.journal.entries({ operation: 'isAlive' })
    expect(entry).toMatchObject({ matched_rule: 'fault first', faults: ['fault-1', 'first'] })
  })

  it('draw delays of a range from within it', async () => {
    const { mock, send } = await open()
    const delays: number[] = []
    mock.on('fault', ({ delay_ms = -1 }) => delays.push(delay_ms))
    mock.faults.inject({ delay: { from: 50, to: 90 } })
    const answers = Array.from({ length: 20 }, () => send('GET', PING))
    await heldUp(mock, 20)
    await mock.clock.advance({ seconds: 1 })
    await Promise.all(answers)
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(50)
    expect(Math.max(...delays)).toBeLessThanOrEqual(90)
    expect(new Set(delays).size).toBeGreaterThan(5)
  })

  it('let a request that is cleared of its delay go on at once', async () => {
    const { mock, send } = await open()
    mock.faults.inject({ delay: { ms: 60_000 }, status: 500 })
    const answer = send('GET', PING)
    await heldUp(mock)
    mock.faults.clear()
    expect((await answer).status).toBe(200)
  })
})

describe('the mock around faults', () => {
  it('sets up scenario and given state undisturbed', async () => {
    const { mock, send } = await open({ scenario: 'demo', faults: { status: 500 } })
    await mock.ready
    expect((await send('GET', PING)).status).toBe(500)
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    expect((await mock.given.job({ runner, status: 'running' })).status).toBe('running')
  })

  it('returns to the initial faults on reset, and drops what is held up', async () => {
    const { mock, send } = await open({ faults: [{ id: 'initial', operation: 'findProjects', status: 500 }] })
    mock.faults.inject({ operation: 'isAlive', hang: true })
    mock.faults.clear('initial')
    const hung = send('GET', PING)
    await heldUp(mock)
    await Promise.all([mock.reset(), expect(hung).rejects.toBeInstanceOf(TypeError)])
    expect(mock.faults.list().map(({ id }) => id)).toEqual(['initial'])
  })

  it('keeps faults over a restore, and drops what is held up', async () => {
    const { mock, send } = await open()
    const snapshot = mock.snapshot()
    mock.faults.inject({ operation: 'isAlive', delay: { ms: 1000 } })
    const late = send('GET', PING)
    await heldUp(mock)
    mock.restore(snapshot)
    await expect(late).rejects.toBeInstanceOf(TypeError)
    expect(mock.faults.list()).toHaveLength(1)
  })

  it('throws the same dice after each restore', async () => {
    const { mock, send } = await open()
    mock.faults.inject({ status: 500, probability: 0.5 })
    const snapshot = mock.snapshot()
    const play = async (): Promise<number[]> => {
      mock.restore(snapshot)
      return Promise.all(Array.from({ length: 20 }, async () => (await send('GET', PING)).status))
    }
    expect(await play()).toEqual(await play())
  })

  it('drops what is held up when it closes', async () => {
    const { mock, send } = await open()
    mock.faults.inject({ hang: true })
    const hung = send('GET', PING)
    await heldUp(mock)
    await Promise.all([mock.close(), expect(hung).rejects.toBeInstanceOf(TypeError)])
  })

  it('tells of each strike as an event', async () => {
    const { mock, send } = await open()
    const runner = await mock.given.connectedRunner()
    const heard: unknown[] = []
    mock.on('fault', ({ fault, effect, operation, runner_id }) => heard.push([fault, effect, operation, runner_id]))
    mock.faults.inject({ id: 'gone', operation: 'getRunner', drop: 'after' })
    await expect(send('GET', `${RUNNERS}/${runner.id}`)).rejects.toThrow()
    expect(heard).toEqual([['gone', 'drop', 'getRunner', runner.id]])
    expect(mock.journal.entries().at(-1)).toMatchObject({ status: 0, matched_rule: 'fault gone', faults: ['gone'] })
  })
})
