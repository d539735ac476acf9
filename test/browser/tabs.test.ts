// Several tabs of one browser share a service worker, and nothing else.
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { agentsPage, agentsSiteForTests } from './harness/site.js'
import { visit } from './harness/visitor.js'

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
