// What counts as a failure of an order, what a test is given, and what it leaves behind.
import { setupServer } from 'msw/node'
import { describe, expect, it } from 'vitest'
import { explore, type ExploreContext } from '../../src/explore/index.js'
import { KitError } from '../../src/kernel/errors.js'
import { handlers } from '../../src/mocks/adapters/msw.js'
import { findingOf } from './finding-of.js'

const PROJECTS = 'http://opik.test/api/v1/private/projects'

const post = (mock: ExploreContext['mock'], path: string, body: object): Promise<Response> =>
  mock.fetch(`http://opik.test/api/v1/private/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

describe('a failure', () => {
  it('is what the test throws, also in the natural order', async () => {
    const found = await findingOf(explore(() => Promise.reject(new Error('no'))))
    expect(found).toMatchObject({ failure: { kind: 'test', message: 'no' }, departures: [] })
  })

  it('is an error that nothing handles, wherever a client leaves it', async () => {
    const inPromise = explore(() => void Promise.reject(new Error('left alone')))
    expect((await findingOf(inPromise)).failure).toMatchObject({ kind: 'error', message: 'left alone' })
    const inTimer = explore(async ({ sleep }) => {
      setTimeout(() => {
        throw new Error('too late')
      }, 1000)
      await sleep({ seconds: 2 })
    })
    expect((await findingOf(inTimer)).failure).toMatchObject({ kind: 'error', message: 'too late' })
  })

  it('is a rule that a client breaks, unless it is not asked for', async () => {
    const spins = async ({ mock }: ExploreContext): Promise<void> => {
      const runner = await mock.given.connectedRunner()
      for (let beats = 0; beats < 20; beats++) await post(mock, `local-runners/${runner.id}/heartbeats`, {})
    }
    const { failure } = await findingOf(explore(spins, { orders: 1 }))
    expect(failure.kind).toBe('rule')
    await explore(spins, { orders: 1, rules: 'server' })
  })

  it('is an end that differs from that of the natural order', async () => {
    const last = async ({ mock, run, settled }: ExploreContext): Promise<string> => {
      let name = ''
      const show = async (text: string): Promise<void> => {
        await mock.fetch(`${PROJECTS}?name=${text}`)
        name = text
      }
      await Promise.all([run('a', () => show('a')), run('b', () => show('b'))])
      await settled()
      return name
    }
    const found = await findingOf(explore(last, { sameEnd: ({ result }) => result }))
    expect(found.failure.kind).toBe('end')
    expect(found.departures).toHaveLength(1)
    expect(found.story.length).toBeGreaterThan(4)
    expect(found.svg).toContain('<svg')
  })

  it('is a wait for what never comes', async () => {
    const { failure } = await findingOf(explore(() => new Promise(() => undefined)))
    expect(failure.kind).toBe('stuck')
  })

  it('is a client that never comes to rest', async () => {
    const forever = async ({ mock }: ExploreContext): Promise<void> => {
      for (;;) await mock.fetch(PROJECTS)
    }
    expect((await findingOf(explore(forever))).failure.kind).toBe('endless')
  })
})

describe('explore', () => {
  it('breaks connections where that is asked for', async () => {
    const create = async ({ mock }: ExploreContext): Promise<void> => {
      await post(mock, 'projects', { name: 'one' })
    }
    expect((await explore(create)).isComplete).toBe(true)
    const { failure, departures } = await findingOf(explore(create, { drops: true }))
    expect(failure.kind).toBe('test')
    expect(departures).toHaveLength(1)
  })

  it("puts timers and dates on the mock's clock, and leaves them as they were", async () => {
    const globals = (): unknown[] => [setTimeout, setInterval, clearTimeout, Date, Reflect.get(AbortSignal, 'timeout')]
    const before = globals()
    const started = performance.now()
    await explore(
      async ({ mock, sleep }) => {
        let ticks = 0
        const timer = setInterval(() => ticks++, 60_000)
        const signal = AbortSignal.timeout(90_000)
        await new Promise((resolve) => setTimeout(resolve, 630_000))
        clearInterval(timer)
        await sleep({ minutes: 9.5 })
        expect(ticks).toBe(10)
        expect(signal.aborted).toBe(true)
        expect(Date.now()).toBe(mock.clock.now())
        expect(new Date().toISOString()).toBe('2026-01-01T00:20:00.000Z')
        expect(new Date(0)).toBeInstanceOf(Date)
      },
      { orders: 1 },
    )
    expect(performance.now() - started).toBeLessThan(60_000)
    expect(globals()).toEqual(before)
  })

  it('holds answers that come through MSW', async () => {
    const found = await findingOf(
      explore(async ({ mock, run, settled }) => {
        const server = setupServer(...handlers(mock))
        server.listen({ onUnhandledRequest: 'error' })
        const seen: string[] = []
        const ask = async (name: string): Promise<void> => {
          await fetch(`${PROJECTS}?name=${name}`)
          seen.push(name)
        }
        try {
          await run('asks for a', () => void ask('a'))
          await run('asks for b', () => void ask('b'))
          await settled()
          expect(seen).toEqual(['a', 'b'])
        } finally {
          server.close()
        }
      }),
    )
    expect(found).toMatchObject({ failure: { kind: 'test' }, isRepeatable: true })
    expect(found.departures).toEqual([{ pick: 'step asks for b', over: 'answer findProjects' }])
  })

  it('refuses to run inside another, and says when a replay is not reached', async () => {
    const inner = explore(() => explore(() => undefined).then(() => undefined))
    expect((await findingOf(inner)).failure.cause).toMatchObject({ code: 'explore/nested' })
    const gone = explore(() => undefined, { replay: [{ pick: 'answer a', over: 'answer b' }] })
    await expect(gone).rejects.toThrow(KitError)
    await expect(gone).rejects.toMatchObject({ code: 'explore/replay' })
  })

  it('stops after so many seconds', async () => {
    const many = async ({ mock }: ExploreContext): Promise<void> => {
      await Promise.all(Array.from({ length: 6 }, (_, at) => post(mock, 'projects', { name: `p${at}` })))
    }
    const { orders, isComplete } = await explore(many, { seconds: 0.001 })
    expect({ orders, isComplete }).toEqual({ orders: 1, isComplete: false })
  })
})
