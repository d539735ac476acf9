// The whole mock inside a page, with MSW 2 and MSW 3, under a strict Content-Security-Policy; what can stand in its way there,
// and what then is said or done.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { LocalRunnerJob, RunnerMock, KitError } from '../../src/index.js'
import { playgroundPages } from '../../src/mocks/scenarios/playground.js'
import { agentsPage, agentsSiteForTests, openSiteForTest, STRICT_CSP } from './harness/site.js'
import { visit } from './harness/visitor.js'

describe.each(['msw', 'msw-3'] as const)('startRunnerMock with %s', (msw) => {
  const site = agentsSiteForTests(msw)

  it('lets a page list runners, run an agent, see it finish, and still see it after a reload', async () => {
    const visitor = await visit()
    const page = await visitor.open(agentsPage(site, { keep: 'session' }))
    await page.getByText('demo-laptop: connected').waitFor()
    await page.getByRole('button', { name: 'run echo' }).click()
    await page.getByText('echo: completed {"echo":{"message":"hello","steps":2}}').waitFor()

    await page.reload()
    await page.getByText('demo-laptop: connected').waitFor()
    await page.getByText('echo: completed').waitFor()
    await page.getByRole('button', { name: 'run always-fails' }).click()
    await page.getByText('always-fails: failed "TypeError').waitFor()
    expect(await page.evaluate(async () => (await globalThis.started).isRestored)).toBe(true)
  })

  it('answers the first requests of a page in the playground', async () => {
    const page = await (await visit()).open(agentsPage(site, { scenario: 'playground' }))
    const seen = await page.evaluate(async () => {
      await globalThis.started
      const read = async (path: string): Promise<{ content: { id: string; name: string }[] }> => {
        const response = await fetch(`/api/v1/private/${path}`)
        if (response.status !== 200) throw new Error(`${response.status} for ${path}`)
        return (await response.json()) as { content: { id: string; name: string }[] }
      }
      await read('workspaces/versions')
      await read('toggles/')
      const { content } = await read('projects?size=100')
      const idOf = (wanted: string) => content.find(({ name }) => name === wanted)?.id ?? ''
      const runners = await read(`local-runners/?project_id=${idOf('Both runners')}&size=50`)
      const traces = await read(`traces?project_id=${idOf('Many spans')}&size=10`)
      const spans = await read(
        `spans?project_id=${idOf('Many spans')}&trace_id=${traces.content[0]?.id ?? ''}&size=500`,
      )
      return { projects: content.length, runners: runners.content.length, spans: spans.content.length }
    })
    expect(seen).toEqual({ projects: playgroundPages.length + 1, runners: 2, spans: 300 })
  })

  it('goes on with a job that a reload has interrupted', async () => {
    const page = await (await visit()).open(agentsPage(site, { keep: 'session', frozen: true }))
    const advance = async (seconds: number) =>
      page.evaluate(async (by) => (await globalThis.started).mock.clock.advance({ seconds: by }), seconds)
    await page.getByRole('button', { name: 'run slow-report' }).click()
    await page.getByText('slow-report: running').waitFor()
    await advance(1)
    await page.reload()
    await page.getByText('slow-report: running').waitFor()
    await advance(1)
    await page.getByText('slow-report: completed {"steps":2}').waitFor()
  })

  it('moves 25 hours in order, and waits for no timeout of the browser, which holds nested ones back', async () => {
    const page = await (await visit()).open(agentsPage(site, { scenario: 'empty', frozen: true }))
    const { heard, timeouts } = await page.evaluate(async () => {
      const { mock } = await globalThis.started
      await mock.given.connectedRunner()
      const heard: [string, number][] = []
      const start = mock.clock.now()
      mock.on('timer', ({ name }) => heard.push([name, mock.clock.now() - start]))
      let timeouts = 0
      const { setTimeout } = globalThis
      globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
        timeouts++
        return setTimeout(...args)
      }) as typeof setTimeout
      await mock.clock.advance({ hours: 25 })
      return { heard, timeouts }
    })
    expect(heard[0]).toEqual(['heartbeat_ttl', 15_000])
    expect(heard.map(([, at]) => at)).toEqual(heard.map(([, at]) => at).sort((a, b) => a - b))
    expect(heard.at(-1)?.[1]).toBeGreaterThan(86_400_000)
    // The page itself may set some; a clock that waited would need one for each timer.
    expect(heard.length).toBeGreaterThan(1000)
    expect(timeouts).toBeLessThan(10)
  })

  it('holds a long poll until time or a job ends it', async () => {
    const settings = { heartbeat_ttl_seconds: 3600 }
    const page = await (await visit()).open(agentsPage(site, { scenario: 'empty', frozen: true, settings }))
    const [nothing, handedOut, created] = await page.evaluate(async () => {
      const { mock } = await globalThis.started
      const runner = await mock.given.connectedRunner({ agents: ['idle'] })
      const path = `/api/v1/private/local-runners/${runner.id}/jobs/next`
      const poll = async () => (await (await fetch(path, { method: 'POST' })).json()) as LocalRunnerJob | null
      const idle = poll()
      while (mock.journal.entries({ operation: 'nextJob' }).length === 0) await mock.clock.advance({ seconds: 1 })
      const busy = poll()
      const job = await mock.given.job({ runner })
      return [await idle, await busy, job] as const
    })
    expect(nothing).toBeNull()
    expect(handedOut).toMatchObject({ id: created.id, status: 'running' })
  })

  it('warns of requests to the API that nobody answers, and lets them go to the network', async () => {
    const visitor = await visit()
    visitor.expectProblem(404)
    const page = await visitor.open(agentsPage(site, { scenario: 'empty' }))
    const warnings: string[] = []
    page.on('console', (message) => void (message.type() === 'warning' && warnings.push(message.text())))
    const status = await page.evaluate(async () => {
      await globalThis.started
      await fetch('/favicon.ico')
      return (await fetch('/api/v1/private/guardrails')).status
    })
    expect(status).toBe(404)
    expect(warnings).toEqual([expect.stringContaining('/v1/private/guardrails')])
  })

  it('replaces an earlier start in the same page, and takes over what it has kept', async () => {
    const page = await (await visit()).open(`${agentsPage(site, { keep: 'session' })}&once`)
    await page.getByRole('button', { name: 'run echo' }).click()
    await page.getByText(/^echo: /).waitFor()
    const seen = await page.evaluate(async () => {
      const earlier = await globalThis.started
      // At the same time, as effects that run twice do.
      const [one, two] = [globalThis.startAgain(), globalThis.startAgain()]
      await one
      const { mock, isRestored } = await two
      await fetch('/api/v1/private/projects')
      const asked = (each: RunnerMock) => each.journal.entries({ operation: 'findProjects' }).length
      return { isRestored, asked: [asked(earlier.mock), asked(mock)], jobs: mock.snapshot().world.jobs.length }
    })
    expect(seen).toEqual({ isRestored: true, asked: [1, 1], jobs: 1 })
  })

  it('leaves the page to the network after a stop, and can be started again', async () => {
    const visitor = await visit()
    visitor.expectProblem(404)
    const page = await visitor.open(agentsPage(site))
    await page.getByText('demo-laptop: connected').waitFor()
    const statuses = await page.evaluate(async () => {
      const status = async () => (await fetch('/api/is-alive/ping')).status
      const started = await globalThis.started
      await started.stop()
      const stopped = await status()
      globalThis.started = globalThis.startAgain()
      await globalThis.started
      return [stopped, await status()]
    })
    expect(statuses).toEqual([404, 200])
  })

  it('stops even when something that was asked is never answered', async () => {
    const visitor = await visit()
    visitor.expectProblem(404)
    const page = await visitor.open(agentsPage(site, { scenario: 'empty' }))
    const status = await page.evaluate(async () => {
      const started = await globalThis.started
      await new Promise<void>((isAsked) => {
        started.mock.handle = () => {
          isAsked()
          return new Promise(() => undefined)
        }
        void fetch('/api/is-alive/ping').catch(() => undefined)
      })
      await started.stop()
      return (await fetch('/api/is-alive/ping')).status
    })
    expect(status).toBe(404)
  })
})

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
