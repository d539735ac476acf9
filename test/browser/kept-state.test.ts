// What `keep: 'session'` brings over a reload, and what it survives: whatever else may stand in sessionStorage. Several tabs of
// one browser share a service worker, and nothing else.
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { agentsPage, agentsSiteForTests } from './harness/site.js'
import { visit, type Visitor } from './harness/visitor.js'

const KEY = 'opik-runner-kit'
const site = agentsSiteForTests()

/** Counts the warnings on the console of a visitor's pages. */
function countWarnings({ context }: Visitor): () => number {
  let count = 0
  context.on('console', (message) => void (message.type() === 'warning' && count++))
  return () => count
}

const isRestored = (page: Page) => page.evaluate(async () => (await globalThis.started).isRestored)
const isAlive = (page: Page) => page.getByText('demo-laptop: connected').waitFor()
const kept = (page: Page) => page.evaluate((key) => sessionStorage.getItem(key) ?? '', KEY)

describe('kept state', () => {
  it('holds clock and ids, so that a reload makes no difference', async () => {
    const visitor = await visit()
    const options = { scenario: 'empty', now: '2026-07-01T12:00:00Z', frozen: true, keep: 'session' } as const
    const begin = async () => {
      const { mock } = await globalThis.started
      await mock.given.connectedRunner({ name: 'first' })
      await mock.clock.advance({ seconds: 5 })
    }
    const goOn = async () => {
      const { mock } = await globalThis.started
      const { id } = await mock.given.connectedRunner({ name: 'second' })
      return { id, at: mock.clock.iso(), isFrozen: mock.clock.isFrozen, state: mock.snapshot() }
    }
    const [straight, reloaded] = [
      await visitor.open(`${agentsPage(site, options)}&once`),
      await visitor.open(`${agentsPage(site, options)}&once`),
    ]
    for (const page of [straight, reloaded]) await page.evaluate(begin)
    await reloaded.reload()
    const [one, two] = [await straight.evaluate(goOn), await reloaded.evaluate(goOn)]
    expect(two).toEqual(one)
    expect(two).toMatchObject({ at: '2026-07-01T12:00:05.000Z', isFrozen: true })
  })

  it('lets time go on while the page is away', async () => {
    const page = await (await visit()).open(agentsPage(site, { keep: 'session' }))
    await isAlive(page)
    const yesterday = Date.now() - 86_400_000
    const now = await page.evaluate(async () => (await globalThis.started).mock.clock.now())
    // As a tab that the browser brings back a day later. Hiding is what saves; after it nothing may save again.
    await page.evaluate(
      ([key, savedAt]) => {
        const state = sessionStorage.getItem(key) ?? ''
        addEventListener('pagehide', () =>
          sessionStorage.setItem(key, state.replace(/"saved_at":\d+/, `"saved_at":${savedAt}`)),
        )
      },
      [KEY, yesterday] as const,
    )
    await page.reload()
    await isAlive(page)
    const later = await page.evaluate(async () => (await globalThis.started).mock.clock.now())
    expect(later - now).toBeGreaterThan(86_000_000)
  })

  it('belongs to the options that it was made with', async () => {
    const visitor = await visit()
    const warnings = countWarnings(visitor)
    const page = await visitor.open(agentsPage(site, { keep: 'session' }))
    await isAlive(page)
    await page.goto(agentsPage(site, { keep: 'session', seed: 2 }))
    expect(await isRestored(page)).toBe(false)
    expect(warnings()).toBe(1)
  })

  it('is not there unless asked for', async () => {
    const page = await (await visit()).open(agentsPage(site))
    await isAlive(page)
    await page.reload()
    expect([await isRestored(page), await kept(page)]).toEqual([false, ''])
  })

  it('does not hold the keys of users', async () => {
    const visitor = await visit()
    // The page asks with no key.
    visitor.tolerateProblem(403)
    visitor.tolerateProblem(/^uncaught: Error: 403 for/)
    const auth = { 'secret-key': { user: 'ann', workspaces: ['default'] } }
    const page = await visitor.open(agentsPage(site, { scenario: 'empty', keep: 'session', auth }))
    expect(await isRestored(page)).toBe(false)
    const text = await kept(page)
    expect(text).toContain('"madeWith"')
    expect(text).not.toContain('secret-key')
  })
})

describe('kept state that cannot be used', () => {
  it('costs one warning and leaves a world that is new', async () => {
    const visitor = await visit()
    const warnings = countWarnings(visitor)
    const page = await visitor.open(agentsPage(site, { keep: 'session' }))
    await isAlive(page)
    await page.goto(`${site.origin}/favicon.ico`)
    const good = await kept(page)
    const broken = [
      'no JSON',
      'null',
      '{"theme":"dark"}',
      good.slice(0, -100),
      good.replace('"version":1', '"version":99'),
      good.replace('"wire":{', '"wire":{"type":"toaster","was":{').replace(/(?<="was":\{[^}]*\})/, '}'),
      good.replace(/"bridgeKey":"[^"]*"/, '"bridgeKey":"?"'),
    ]
    let expected = 0
    for (const text of broken) {
      expect(text).not.toBe(good)
      await page.goto(`${site.origin}/favicon.ico`)
      await page.evaluate(([key, value]) => sessionStorage.setItem(key, value), [KEY, text] as const)
      await page.goto(agentsPage(site, { keep: 'session' }))
      await isAlive(page)
      expected++
      expect([await isRestored(page), warnings()]).toEqual([false, expected])
    }
    await page.reload()
    expect([await isRestored(page), warnings()]).toEqual([true, expected])
  })

  it('costs one warning when there is no room for it', async () => {
    const visitor = await visit()
    const warnings = countWarnings(visitor)
    const page = await visitor.open(`${site.origin}/favicon.ico`)
    await page.evaluate(() => {
      for (let size = 8_000_000, filler = 0; size > 1; filler++) {
        try {
          sessionStorage.setItem(`filler-${filler}`, 'x'.repeat(size))
        } catch {
          size = Math.floor(size / 2)
        }
      }
    })
    await page.goto(agentsPage(site, { keep: 'session' }))
    await isAlive(page)
    await page.getByRole('button', { name: 'run echo' }).click()
    await page.getByText('echo: completed').waitFor()
    expect([warnings(), await kept(page)]).toEqual([1, ''])
    await page.reload()
    await isAlive(page)
    expect([await isRestored(page), warnings()]).toEqual([false, 2])
  })

  it('costs one warning where the browser grants no storage', async () => {
    const visitor = await visit()
    const warnings = countWarnings(visitor)
    await visitor.context.addInitScript(() => {
      Object.defineProperty(globalThis, 'sessionStorage', {
        get() {
          throw new DOMException('denied', 'SecurityError')
        },
      })
    })
    const page = await visitor.open(agentsPage(site, { keep: 'session' }))
    await isAlive(page)
    expect(warnings()).toBe(1)
  })
})

describe.each(['msw', 'msw-3'] as const)('two tabs with %s', (msw) => {
  const site = agentsSiteForTests(msw)

  it('have worlds of their own', async () => {
    const visitor = await visit()
    const [one, two] = [
      await visitor.open(agentsPage(site, { keep: 'session' })),
      await visitor.open(agentsPage(site, { keep: 'session' })),
    ]
    await run(one, 'echo')
    await run(two, 'always-fails')
    await one.getByText('echo: completed').waitFor()
    await two.getByText('always-fails: failed').waitFor()

    for (const tab of [one, two]) await tab.reload()
    await one.getByText('echo: completed').waitFor()
    await two.getByText('always-fails: failed').waitFor()
    expect(await one.getByText('always-fails: failed').count()).toBe(0)
    expect(await two.getByText('echo: completed').count()).toBe(0)
  })

  it('have times of their own', async () => {
    const visitor = await visit()
    const settings = { scenario: 'empty', frozen: true } as const
    const [one, two] = [await visitor.open(agentsPage(site, settings)), await visitor.open(agentsPage(site, settings))]
    for (const tab of [one, two]) {
      await started(tab)
      await tab.evaluate(async () => (await globalThis.started).mock.given.connectedRunner({ name: 'lonely' }))
    }
    await one.evaluate(async () => (await globalThis.started).mock.clock.advance({ minutes: 1 }))
    await one.getByText('lonely: disconnected').waitFor()
    await two.getByText('lonely: connected').waitFor()
  })

  it('do not miss a tab that was closed or has stopped its mock', async () => {
    const visitor = await visit()
    visitor.expectProblem(404)
    const [one, two, three] = [
      await visitor.open(agentsPage(site)),
      await visitor.open(agentsPage(site)),
      await visitor.open(agentsPage(site)),
    ]
    for (const tab of [one, two, three]) await tab.getByText('demo-laptop: connected').waitFor()
    await one.close()
    const status = async () => (await fetch('/api/is-alive/ping')).status
    await two.evaluate(async () => (await globalThis.started).stop())
    expect(await two.evaluate(status)).toBe(404)
    await run(three, 'echo')
    await three.getByText('echo: completed').waitFor()
  })

  it('leave a tab without a mock alone', async () => {
    const visitor = await visit()
    await visitor.open(agentsPage(site))
    visitor.expectProblem(404)
    const plain = await visitor.open(`${site.origin}/favicon.ico`)
    expect(await plain.evaluate(async () => (await fetch('/api/is-alive/ping')).status)).toBe(404)
  })

  it('go on when the browser has ended the service worker', async () => {
    const visitor = await visit()
    visitor.tolerateProblem(404)
    const [one, two] = [await visitor.open(`${agentsPage(site)}&once`), await visitor.open(`${agentsPage(site)}&once`)]
    for (const tab of [one, two]) await tab.getByText('demo-laptop: connected').waitFor()
    const devtools = await visitor.context.newCDPSession(one)
    await devtools.send('ServiceWorker.enable')
    await devtools.send('ServiceWorker.stopAllWorkers')
    const statuses = () =>
      Promise.all([one, two].map((tab) => tab.evaluate(async () => (await fetch('/api/is-alive/ping')).status)))
    await expect.poll(statuses).toEqual([200, 200])
    await run(two, 'echo')
    await two.getByText('echo: ').waitFor()
    const jobs = () => one.evaluate(async () => (await globalThis.started).mock.snapshot().world.jobs.length)
    expect(await jobs()).toBe(0)
  })
})

/** Waits for the mock of a tab that shows nothing by which one could tell. */
async function started(tab: Page): Promise<void> {
  await tab.waitForFunction(async () => 'started' in globalThis && Boolean(await globalThis.started))
}

async function run(tab: Page, agent: string): Promise<void> {
  await tab.getByRole('button', { name: `run ${agent}` }).click()
}
