// Everything within reach of the keyboard alone.
import { buffer } from 'node:stream/consumers'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { readRecording } from '../../../src/contracts/watch/judge-recording.js'
import { openConsole } from './open-console.js'

const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement
    const label =
      element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? element.labels?.[0] : null
    return (element?.getAttribute('aria-label') ?? (label ?? element)?.textContent ?? '').trim()
  })

/** Presses Tab until something has the focus. */
async function tabTo(page: Page, label: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if ((await focused(page)) === label) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab never reaches ${label}.`)
}

describe('the keyboard', () => {
  it('moves time once for a key that is held down, and says so until time has moved', async () => {
    const { page, mock } = await openConsole({ mock: { now: '2026-07-01T12:00:00Z', frozen: true } })
    let letGo: () => void = () => undefined
    const held = new Promise<void>((resolve) => (letGo = resolve))
    await page.route('**/clock/advance', async (route) => {
      await held
      await route.continue()
    })
    await page.locator('main').focus()
    await page.keyboard.down(';')
    await page.keyboard.down(';')
    await page.keyboard.up(';')
    const clock = page.getByRole('group', { name: 'Virtual time' })
    await clock.and(page.locator('[aria-busy="true"]')).waitFor()
    letGo()
    await clock.and(page.locator('[aria-busy="false"]')).waitFor()
    expect(mock.clock.iso()).toBe('2026-07-02T12:00:00.000Z')
  })

  it('creates a job and walks through lists, columns and pages', async () => {
    const { page } = await openConsole({
      mock: { scenario: 'demo' },
      prepare: async (mock) => void (await mock.given.connectedRunner({ name: 'bridge', type: 'connect' })),
    })
    await page.keyboard.press('Tab')
    expect(await focused(page)).toBe('Skip to content')
    await page.keyboard.press('Enter')
    await tabTo(page, 'Runners')
    await page.keyboard.press('ArrowDown')
    await page.getByRole('heading', { name: 'bridge' }).waitFor()
    await page.keyboard.press('End')
    await page.getByRole('heading', { name: 'demo-laptop' }).waitFor()
    const list = page.getByRole('listbox', { name: 'Runners' })
    const active = await list.getAttribute('aria-activedescendant')
    expect(await page.locator(`[id="${active}"]`).getAttribute('aria-selected')).toBe('true')

    for (const message of ['one', 'two']) {
      await page.keyboard.press('n')
      await page.getByRole('dialog').waitFor()
      await tabTo(page, 'message')
      await page.keyboard.type(message)
      await page.keyboard.press('Enter')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
    const job = page.getByRole('region', { name: 'Job', exact: true })
    await job.getByText('"two"').first().waitFor()
    await page.getByRole('listbox', { name: 'Jobs' }).focus()
    await page.keyboard.press('ArrowDown')
    await job.getByText('"one"').first().waitFor()
    await job.getByRole('tab', { name: 'Overview' }).focus()
    await page.keyboard.press('ArrowRight')
    await job.getByRole('log').waitFor()
    await page.keyboard.press('Escape')
    await job.waitFor({ state: 'detached' })

    await page.keyboard.press('g')
    await page.keyboard.press('r')
    await page.getByRole('tab', { name: /Journal/ }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('createJob')
    await page.getByRole('listbox', { name: 'Requests' }).getByText('createJob').first().waitFor()
    await page.locator('main').focus()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  it('saves the requests as a recording, with the token of the admin API, on a telephone, too', async () => {
    const { page, mock, visitor } = await openConsole({
      mock: { scenario: 'demo' },
      serving: { adminToken: 'let-me-in' },
      context: { viewport: { width: 390, height: 844 } },
      hash: '#/requests',
    })
    visitor.expectProblem(403)
    await page.getByLabel('Token').fill('let-me-in')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Save a recording' }).waitFor()
    await mock.fetch('http://localhost/api/v1/private/projects')
    await tabTo(page, 'Save a recording')
    const [saved] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')])
    const { header, exchanges } = await readRecording(await buffer(await saved.createReadStream()))
    expect(header.settings).toMatchObject({ heartbeat_ttl_seconds: 15 })
    expect(exchanges.some(({ path }) => path.endsWith('/projects'))).toBe(true)
    await page.getByRole('status').getByText('Save a recording').waitFor()
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(width).toBeLessThanOrEqual(390)
  })

  it('opens, walks and leaves a menu, and gives the focus back', async () => {
    const { page } = await openConsole({ mock: { scenario: 'demo' } })
    await page.getByRole('option', { name: /demo-laptop/ }).click()
    await page.getByRole('button', { name: 'As the runner' }).focus()
    await page.keyboard.press('Enter')
    expect(await focused(page)).toBe('Send a heartbeat')
    await page.keyboard.press('ArrowUp')
    expect(await focused(page)).toBe('Disconnect…')
    await page.keyboard.press('Escape')
    await expect.poll(() => focused(page)).toBe('As the runner')
  })

  it('moves time with single keys, but not out of a field', async () => {
    const { page, mock } = await openConsole({ mock: { now: '2026-07-01T12:00:00Z', frozen: true } })
    await page.getByLabel('Search runners').focus()
    await page.keyboard.type('.')
    await page.getByRole('listbox').or(page.getByText('No runner')).first().waitFor()
    expect(mock.clock.iso()).toBe('2026-07-01T12:00:00.000Z')
    await page.locator('main').focus()
    await page.keyboard.press('.')
    await page.getByText('Advance 15 s').last().waitFor()
    await page.getByText('12:00:15').first().waitFor()
    expect(mock.clock.iso()).toBe('2026-07-01T12:00:15.000Z')
  })
})
