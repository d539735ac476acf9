// What can stand in the way of a mock in a page, and what then is said or done.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { KitError, RunnerMock } from '../../src/index.js'
import { agentsPage, agentsSiteForTests, openSiteForTest, STRICT_CSP } from './harness/site.js'
import { visit } from './harness/visitor.js'

declare global {
  /** How many of the mocks that a test has stopped are still in memory. */
  var countMocks: () => number
}

describe.each(['msw', 'msw-3'] as const)('startRunnerMock with %s', (msw) => {
  const site = agentsSiteForTests(msw)

  it.each(['/nowhere.js', '/bare'])('says so when there is no worker script at %s', async (url) => {
    const visitor = await visit()
    visitor.tolerateProblem(/404|MIME type/)
    const page = await visitor.open(`${site.origin}/bare`)
    const trouble = await page.evaluate(async (at) => {
      const error: unknown = await globalThis.start({ serviceWorker: { url: at } }).catch((reason: unknown) => reason)
      const { code, value } = error as KitError
      return { code, value }
    }, url)
    expect(trouble).toMatchObject({ code: 'browser/worker-script', value: expect.stringContaining(url) as string })
  })

  it('keeps its state over a reload past all caches', async () => {
    const page = await (await visit()).open(agentsPage(site, { keep: 'session' }))
    await page.getByRole('button', { name: 'run echo' }).click()
    await page.getByText('echo: completed').waitFor()
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('Page.reload', { ignoreCache: true })
    await page.waitForEvent('load')
    await page.getByText('echo: completed').waitFor()
    await page.getByText('demo-laptop: connected').waitFor()
  })

  it('breaks connections when a fault says so', async () => {
    const visitor = await visit()
    visitor.tolerateProblem(/ERR_FAILED/)
    const page = await visitor.open(`${site.origin}/bare`)
    const seen = await page.evaluate(async () => {
      const { mock } = await globalThis.start({ quiet: true })
      const ask = () => fetch('/api/v1/private/projects').then((response) => response.text())
      const name = (error: unknown) => (error as Error).name
      mock.faults.inject({ operation: 'findProjects', drop: 'before', once: true })
      const dropped = await ask().catch(name)
      mock.faults.inject({ operation: 'findProjects', body: 'truncated', once: true })
      return [dropped, await ask().catch(name), (await ask()).length > 100]
    })
    expect(seen).toEqual(['TypeError', 'TypeError', true])
  })

  it('answers requests to another origin, which need not exist', async () => {
    const csp = `${STRICT_CSP}; connect-src 'self' https://opik.test`
    const { origin } = await openSiteForTest({ pages: { '/bare': 'bare.ts' }, csp, msw })
    const page = await (await visit()).open(`${origin}/bare`)
    const status = await page.evaluate(async () => {
      await globalThis.start({ quiet: true, baseUrl: 'https://opik.test/api' })
      return (await fetch('https://opik.test/api/v1/private/projects', { headers: { Authorization: 'key' } })).status
    })
    expect(status).toBe(200)
  })

  it('works where a page must trust its scripts, once it has a policy', async () => {
    const csp = `${STRICT_CSP}; require-trusted-types-for 'script'`
    const policy = /`(trustedTypes\.createPolicy\(.*?\))`/.exec(readFileSync('docs/browser.md', 'utf8'))?.[1] ?? ''
    const imports = `import { startRunnerMock } from 'opik-runner-kit/browser'`
    const pages = { '/trusting': { code: `${imports}\n${policy}\nglobalThis.start = startRunnerMock` } }
    const { origin } = await openSiteForTest({ pages, csp, msw })
    const page = await (await visit()).open(`${origin}/trusting`)
    await page.waitForFunction(() => 'start' in globalThis)
    const status = await page.evaluate(async () => {
      await globalThis.start({ quiet: true })
      return (await fetch('/api/is-alive/ping')).status
    })
    expect(status).toBe(200)
  })

  it('lets go of what it has stopped', async () => {
    const page = await (await visit()).open(`${site.origin}/bare`)
    await page.evaluate(async () => {
      const mocks: WeakRef<RunnerMock>[] = []
      for (let n = 0; n < 5; n++) {
        const started = await globalThis.start({ scenario: 'demo', keep: 'session', quiet: true })
        await fetch('/api/v1/private/projects')
        mocks.push(new WeakRef(started.mock))
        await started.stop()
      }
      globalThis.countMocks = () => mocks.filter((mock) => mock.deref() !== undefined).length
    })
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('HeapProfiler.collectGarbage')
    // MSW holds the latest handlers until there are others.
    expect(await page.evaluate(() => globalThis.countMocks())).toBeLessThanOrEqual(1)
  })

  it('refuses a page that is neither on localhost nor on https', async () => {
    const { context } = await visit()
    await context.route('http://opik.test/**', async (route) => {
      await route.fulfill({
        response: await route.fetch({ url: route.request().url().replace('http://opik.test', site.origin) }),
      })
    })
    const page = await context.newPage()
    await page.goto('http://opik.test/bare')
    const trouble = await page.evaluate(() => globalThis.start().catch((error: unknown) => (error as KitError).code))
    expect(trouble).toBe('browser/no-service-worker')
  })
})
