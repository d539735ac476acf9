// What axe-core thinks of every page, dialog and column, light and dark, wide and narrow.
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { findingsOf } from './axe.js'
import { openConsole, type OpenConsole } from './open-console.js'

/** A world with one of everything to show. */
async function openFull(
  colorScheme: 'light' | 'dark',
  viewport: { width: number; height: number },
): Promise<OpenConsole> {
  return openConsole({
    mock: { now: '2026-07-01T12:00:00Z', frozen: true },
    context: { colorScheme, viewport, reducedMotion: 'reduce' },
    prepare: async (mock, { url }) => {
      const agents = { echo: { name: 'echo', description: 'Echoes.', params: [{ name: 'text', type: 'string' }] } }
      const runner = await mock.given.connectedRunner({ name: 'laptop', agents })
      const bridge = await mock.given.connectedRunner({ name: 'bridge', type: 'connect' })
      for (const status of ['completed', 'failed', 'cancelled', 'running', 'pending'] as const) {
        await mock.given.job({ runner, status })
      }
      for (const status of ['completed', 'failed', 'timed_out', 'picked_up', 'pending'] as const) {
        await mock.given.command({ runner: bridge, status })
      }
      await mock.given.session({ type: 'connect' })
      mock.faults.inject({ operation: 'getJob', status: 503, times: 1 })
      await fetch(`${url}/v1/private/local-runner/jobs`)
    },
  })
}

const wide = { width: 1440, height: 900 }
const narrow = { width: 720, height: 900 }

describe.each([
  ['light', 'wide', wide],
  ['dark', 'wide', wide],
  ['light', 'narrow', narrow],
  ['dark', 'narrow', narrow],
] as const)('axe, %s and %s', (theme, _width, viewport) => {
  it('finds nothing serious', async () => {
    const { page } = await openFull(theme, viewport)
    const found: Record<string, string[]> = {}
    const look = async (name: string): Promise<void> => {
      const findings = await findingsOf(page)
      if (findings.length > 0) found[name] = findings
    }
    await look('world')
    for (const [name, hash, heading] of await hashesOf(page)) {
      await page.evaluate((next) => (location.hash = next), hash)
      await page.getByRole('heading', { name: heading }).first().waitFor({ state: 'attached' })
      await look(name)
    }
    for (const key of ['p', '?']) {
      await page.locator('main').focus()
      await page.keyboard.press(key)
      await page.getByRole('dialog').waitFor()
      await look(`dialog of ${key}`)
      await page.keyboard.press('Escape')
    }
    expect(found).toEqual({})
  }, 120_000)
})

describe('axe', () => {
  it('would notice what is wrong', async () => {
    const { page } = await openConsole()
    await page.evaluate(() => {
      const button = document.createElement('button')
      const pale = document.createElement('p')
      pale.textContent = 'pale'
      pale.style.color = '#ddd'
      document.querySelector('main')?.append(button, pale)
    })
    const ids = (await findingsOf(page)).map((finding) => finding.split(':')[0])
    expect(ids).toEqual(expect.arrayContaining(['button-name', 'color-contrast']))
  })
})

/** Name, address and a heading that is there when the page is. */
async function hashesOf(page: Page): Promise<[string, string, string][]> {
  const { runners, jobs, commands } = await page.evaluate(
    async () =>
      (await (await fetch('/__admin/world')).json()) as Record<'runners' | 'jobs' | 'commands', { id: string }[]>,
  )
  const [endpoint, connect] = runners
  return [
    ['runner', `#/world/runner/${endpoint!.id}`, 'laptop'],
    ['job', `#/world/runner/${endpoint!.id}/job/${jobs[0]!.id}`, 'Inputs'],
    ['command', `#/world/runner/${connect!.id}/command/${commands[0]!.id}`, 'Arguments'],
    ['timeline', '#/timeline', 'timeline'],
    ['requests', '#/requests/request/1', 'Response'],
    ['coverage', '#/coverage', 'Operations'],
    ['controls', '#/controls', 'Settings'],
  ]
}
