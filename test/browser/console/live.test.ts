// The console follows the server: through broken connections, restarts and other tabs, and never asks in vain.
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { serve } from '../../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { openConsole, post } from './open-console.js'

describe('a live console', () => {
  it('asks for nothing while nothing happens', async () => {
    const { page } = await openConsole({ mock: { now: '2026-07-01T12:00:00Z', frozen: true } })
    await page.getByText('No runner is paired.').waitFor()
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1500)))
    expect(asked).toEqual([])
  })

  it('shows what others do in every open tab', async () => {
    const { page, visitor, server, mock } = await openConsole()
    const other = await visitor.open(server.consoleUrl)
    await mock.given.connectedRunner({ name: 'from-elsewhere' })
    for (const tab of [page, other]) await tab.getByRole('option', { name: /from-elsewhere/ }).waitFor()
  })

  it('shows and steers the world that its address names', async () => {
    const create = (): RunnerMock => createRunnerMock({ frozen: true })
    const { page, visitor, server, mock } = await openConsole({ serving: { worlds: { create } } })
    await mock.given.connectedRunner({ name: 'of-the-first' })
    const origin = new URL(server.consoleUrl).origin
    const other = await visitor.open(`${origin}/w/test-1/__admin/ui`)
    await other.getByText('No runner is paired.').waitFor()
    const asked: string[] = []
    other.on('request', (request) => {
      if (request.resourceType() === 'fetch') asked.push(new URL(request.url()).pathname)
    })
    await other.getByRole('button', { name: 'Pair' }).click()
    const dialog = other.getByRole('dialog')
    await dialog.getByLabel('Name').fill('of-test-1')
    const command = await dialog.getByRole('region', { name: 'curl command' }).textContent()
    expect(command).toContain(`${origin}/w/test-1/api/v1/private/pairing/sessions`)
    await dialog.getByRole('button', { name: 'Pair', exact: true }).click()
    await other.getByRole('option', { name: /of-test-1/ }).waitFor()
    await page.getByRole('option', { name: /of-the-first/ }).waitFor()
    expect(asked).not.toEqual([])
    expect(asked.filter((path) => !path.startsWith('/w/test-1/'))).toEqual([])
    const shown = (tab: Page): Promise<number> =>
      tab.getByRole('listbox', { name: 'Runners' }).getByRole('option').count()
    expect([await shown(page), await shown(other)]).toEqual([1, 1])
  })

  it('shows what came last, however slow the answers are, and asks no more than is needed', async () => {
    const { page, server, mock } = await openConsole({ mock: { now: '2026-07-01T12:00:00Z', frozen: true } })
    const runner = await mock.given.connectedRunner({ name: 'slowly-told' })
    const { id } = runner
    await page.getByRole('option', { name: /slowly-told/ }).click()
    let asked = 0
    let release = (): void => undefined
    const released = new Promise<void>((resolve) => (release = resolve))
    await page.route('**/__admin/world', async (route) => {
      asked++
      const response = await route.fetch()
      await released
      await route.fulfill({ response })
    })
    await mock.given.lapse(runner)
    await expect.poll(() => asked).toBe(1)
    for (let beats = 0; beats < 3; beats++)
      expect((await post(server, `/local-runners/${id}/heartbeats`, {})).status).toBe(200)
    release()
    const head = page.getByRole('region', { name: 'Runner', exact: true })
    await expect.poll(() => asked).toBe(2)
    await head.getByText('connected', { exact: true }).waitFor()
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1500)))
    expect([asked, await head.getByText('connected', { exact: true }).count()]).toEqual([2, 1])
  })

  it('shows faults and settings that others change', async () => {
    const { page, server, mock } = await openConsole({ hash: '#/controls' })
    const faults = page.getByRole('list', { name: 'Faults under way' })
    const ttl = page.getByLabel('heartbeat ttl')
    const edited = page.getByLabel('job timeout')
    await edited.fill('77')
    mock.faults.inject({ id: 'from-elsewhere', operation: 'isAlive', status: 503, times: 2 })
    await faults.getByText('from-elsewhere · struck 0 times').waitFor()
    await page.getByRole('link', { name: '1 fault' }).waitFor()
    await fetch(`${server.url}/is-alive/ping`)
    await faults.getByText('from-elsewhere · struck 1 time').waitFor()
    await fetch(`${server.url}/is-alive/ping`)
    await page.getByText('No active faults').waitFor()
    await page.getByRole('button', { name: 'Inject rate-limited' }).waitFor()
    mock.faults.preset('rate-limited')
    await page.getByRole('button', { name: 'Clear rate-limited', exact: true }).waitFor()
    mock.faults.clear()
    await page.getByText('No active faults').waitFor()
    mock.changeSettings({ heartbeat_ttl_seconds: 5 })
    await page.getByRole('button', { name: 'Defaults' }).waitFor()
    expect(await ttl.inputValue()).toBe('5')
    // What is being typed here stays.
    expect(await edited.inputValue()).toBe('77')
  })

  it('comes back after a restart of the server, with what is there then', async () => {
    const { page, visitor, server } = await openConsole({
      prepare: async (made) => void (await made.given.connectedRunner({ name: 'before' })),
    })
    visitor.tolerateProblem(/ERR_/)
    await page.getByRole('option', { name: /before/ }).waitFor()
    await server.close()
    await page.getByRole('status').getByText('Reconnecting').waitFor({ state: 'attached' })
    expect(await page.getByRole('option', { name: /before/ }).count()).toBe(1)
    const next = createRunnerMock()
    await next.given.connectedRunner({ name: 'after' })
    const again = await serve(next, { port: server.port })
    try {
      await page.getByRole('option', { name: /after/ }).waitFor()
      expect(await page.getByRole('option', { name: /before/ }).count()).toBe(0)
      await next.given.connectedRunner({ name: 'later', type: 'connect' })
      await page.getByRole('option', { name: /later/ }).waitFor()
    } finally {
      await again.close()
    }
  })

  it('shows a trace and its spans grow while their job is at work', async () => {
    const { page, mock, server } = await openConsole({
      mock: { scenario: 'demo', now: '2026-07-01T12:00:00Z', frozen: true },
      hash: '#/traces',
    })
    const [demo] = mock.agents.alive()
    const job = { project_id: demo!.runner.projectId, agent_name: 'research', inputs: { question: 'Why?' } }
    await post(server, '/local-runners/jobs', job)
    await mock.clock.advance({ seconds: 1 })
    await page
      .getByRole('listbox', { name: 'Traces' })
      .getByRole('option', { name: /running.*research/ })
      .click()
    const pane = page.getByRole('region', { name: 'Trace', exact: true })
    const spans = pane.getByRole('listbox', { name: 'Spans' })
    await spans.focus()
    const seen = new Set<string>()
    for (let second = 0; second < 22; second++) {
      await mock.clock.advance({ seconds: 1 })
      const { spans: kept, isOver } = mock.inspect(({ collections }) => {
        const all = Object.values(collections.spans.save()).flat()
        return { spans: all.length, isOver: all.every((span) => span['end_time'] !== undefined) }
      })
      // The trace itself stands above its spans.
      await expect.poll(() => spans.getByRole('option').count()).toBe(kept + 1)
      seen.add(
        (await spans.getByRole('option').allTextContents()).map((text) => text.replace(/[\d.]+ m?s$/, '')).join(),
      )
      if (isOver) break
    }
    expect(seen.size).toBeGreaterThanOrEqual(5)
    await pane.getByText('completed').waitFor()
    // Nobody who reads is thrown out of the list by what comes.
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Spans')
    await page.keyboard.press('End')
    await pane.getByRole('heading', { name: 'review' }).waitFor()
    await pane.getByRole('region', { name: 'output' }).getByText('Found in 3 sources.').waitFor()
    await pane.getByRole('link', { name: 'Job that produced this trace' }).click()
    await page.getByRole('region', { name: 'Job', exact: true }).getByRole('tab', { name: 'Trace' }).click()
    await page.getByRole('listbox', { name: 'Spans' }).getByText('review').waitFor()
  })

  it('forgets the requests of the world before a reset, as the journal does', async () => {
    const { page, mock, server } = await openConsole({ hash: '#/requests' })
    await fetch(`${server.url}/v1/private/projects`)
    const old = page.getByRole('listbox').getByText('findProjects')
    await old.waitFor()
    await Promise.all([mock.reset(), mock.reset()])
    await old.waitFor({ state: 'detached' })
    await fetch(`${server.url}/v1/private/projects`)
    await old.waitFor()
  })

  it('streams logs in as they come', async () => {
    const { page, mock, server } = await openConsole()
    const runner = await mock.given.connectedRunner({ agents: ['echo'] })
    const job = await mock.given.job({ runner, status: 'running' })
    await page.getByRole('listbox', { name: 'Jobs' }).getByRole('option').click()
    await page.getByRole('tab', { name: 'Logs' }).click()
    for (let line = 1; line <= 3; line++) {
      await post(server, `/local-runners/jobs/${job.id}/logs`, [{ stream: 'stdout', text: `line ${line}` }])
      await page.getByRole('log').getByText(`line ${line}`).waitFor()
    }
    await page.getByRole('tab', { name: 'Logs 3' }).waitFor()
  })

  it('asks for the token, keeps it in the tab and never shows it', async () => {
    const { page, visitor, mock } = await openConsole({ serving: { adminToken: 'a-secret-token' } })
    visitor.expectProblem(403)
    await page.getByLabel('Token').fill('wrong')
    await page.getByRole('button', { name: 'Open the console' }).click()
    await page.getByLabel('Token').fill('a-secret-token')
    await page.getByRole('button', { name: 'Open the console' }).click()
    await mock.given.connectedRunner({ name: 'guarded' })
    await page.getByRole('option', { name: /guarded/ }).waitFor()
    await page.getByRole('button', { name: 'Advance 15 s' }).click()
    await page.getByRole('button', { name: 'All that was done' }).click()
    const shown = await page.getByRole('dialog').textContent()
    expect(shown).toContain('x-admin-token: $TOKEN')
    expect(shown).not.toContain('a-secret-token')
    await page.reload()
    await page.getByRole('option', { name: /guarded/ }).waitFor()
  })
})

describe('long lists', () => {
  it('have the commands of all runners in the order in which they were sent', async () => {
    const { page } = await openConsole({
      mock: { now: '2026-07-01T12:00:00Z', frozen: true },
      prepare: async (mock) => {
        const { id: projectId } = await mock.given.project({ name: 'Other' })
        const one = await mock.given.connectedRunner({ type: 'connect' })
        const two = await mock.given.connectedRunner({ type: 'connect', projectId })
        for (const [runner, type] of [
          [one, 'ReadFile'] as const,
          [two, 'ListFiles'] as const,
          [one, 'Exec'] as const,
        ]) {
          await mock.given.command({ runner, type })
          await mock.clock.advance({ seconds: 1 })
        }
      },
    })
    await page.getByRole('tab', { name: 'Commands 3' }).click()
    const types = page.getByRole('listbox', { name: 'Commands' }).locator('.name')
    await types.first().waitFor()
    expect(await types.allTextContents()).toEqual(['Exec', 'ListFiles', 'ReadFile'])
  })

  it('draw a screenful of thousands, and keep what is looked at in its place', async () => {
    const { page, mock, server } = await openConsole({
      mock: { now: '2026-07-01T12:00:00Z', frozen: true },
      prepare: async (made) => {
        const runner = await made.given.connectedRunner({ agents: ['echo'] })
        made.changeSettings({ max_pending_jobs_per_runner: 5000 })
        for (let count = 0; count < 1500; count++) await made.given.job({ runner })
      },
    })
    const list = page.getByRole('listbox', { name: 'Jobs' })
    await list.getByRole('option').first().waitFor()
    expect(await list.getByRole('option').count()).toBeLessThan(60)
    expect(await list.getByRole('option').first().getAttribute('aria-setsize')).toBe('1500')
    await list.evaluate((box) => (box.scrollTop = 20_000))
    const middle = () => list.getByRole('option').nth(15).getAttribute('id')
    await list.getByRole('option').first().waitFor()
    await page.evaluate(() => new Promise(requestAnimationFrame))
    const before = await middle()
    const [runner] = mock.inspect((world) => [...world.runners.values()])
    await post(server, '/local-runners/jobs', { project_id: runner!.projectId, agent_name: 'echo' })
    await page.getByRole('tab', { name: 'Jobs 1,501' }).waitFor()
    expect(await middle()).toBe(before)
  })
})
