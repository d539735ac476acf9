// On a telephone every text can be read to its end, and what is said first is in sight; see also accessible.test.ts.
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openConsole, post } from './open-console.js'

/** What is there once a page has been drawn. */
const landmarks: Readonly<Record<string, string>> = {
  traces: '.virtual-list .trace-row',
  timeline: '.legend',
  requests: '.row .request-row',
  coverage: '.operations',
  orders: '.orders',
  controls: '.settings',
}

/** What cannot be read to its end: texts that are cut, and those that reach out of the window. */
const lostTexts = (page: Page) =>
  page.evaluate(() => {
    const lost: string[] = []
    for (const element of document.querySelectorAll<HTMLElement>('body *')) {
      const hasText = [...element.childNodes].some((node) => node instanceof Text && node.data.trim() !== '')
      // What is for readers of the screen is a pixel wide.
      // On the chart a name is cut at the end of its bar; the note beside the pointer has it whole.
      const isElsewhere = element.closest('option, noscript, svg, .chart, .visually-hidden') !== null
      if (!hasText || element.clientWidth === 1 || isElsewhere) continue
      const text = document.createRange()
      text.selectNodeContents(element)
      const { left, right, width } = text.getBoundingClientRect()
      const { overflowX, visibility } = getComputedStyle(element)
      if (width === 0 || visibility === 'hidden') continue
      const isCut = overflowX !== 'visible' && overflowX !== 'auto' && element.scrollWidth > element.clientWidth + 1
      if (isCut || left < -0.5 || right > innerWidth + 0.5) lost.push(`${element.className}: ${element.innerText}`)
    }
    return lost
  })

describe('on a telephone', () => {
  it('no text of the demo at work is cut', async () => {
    const { page } = await openConsole({
      mock: { scenario: 'demo', now: '2026-07-01T12:00:00Z', frozen: true },
      context: { viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' },
      prepare: async (mock, server) => {
        const [demo] = mock.agents.alive()
        const job = { project_id: demo!.runner.projectId, agent_name: 'research', inputs: { question: 'Why?' } }
        await post(server, '/local-runners/jobs', job)
        await mock.given.project({ name: 'Checkout assistant' })
        await mock.given.command({ status: 'completed' })
        await mock.given.session()
        await mock.clock.advance({ seconds: 12 })
      },
    })
    const found: Record<string, string[]> = {}
    const look = async (name: string): Promise<void> => {
      const lost = await lostTexts(page)
      if (lost.length > 0) found[name] = lost
    }
    const names = ['Traces', 'Timeline', 'Requests', 'Coverage', 'Orders', 'Controls', 'World']
    for (const name of names) {
      await page.getByRole('link', { name, exact: true }).click()
      await page
        .locator(landmarks[name.toLowerCase()] ?? '.runner-row')
        .first()
        .waitFor()
      await look(name)
    }
    await page.getByRole('option', { name: /demo-laptop/ }).click()
    await page.getByRole('listbox', { name: 'Jobs' }).waitFor()
    await look('runner')
    // Keys are for what is open, until it is closed.
    const opened = page.getByRole('dialog').or(page.getByRole('menu'))
    for (const button of ['New job', 'Life', 'As the runner']) {
      await page.getByRole('button', { name: button }).click()
      await opened.waitFor()
      await look(button)
      await page.keyboard.press('Escape')
      await opened.waitFor({ state: 'hidden' })
    }
    await page.getByRole('listbox', { name: 'Jobs' }).getByRole('option').first().click()
    const tabs = ['Overview', 'Logs', 'Trace', 'Exchanges']
    for (const tab of tabs) {
      await page.getByRole('tab', { name: tab }).click()
      await page.locator('.state-path, .line, .work-bar, .exchanges a').first().waitFor()
      await look(tab)
    }
    for (const key of ['p', '?']) {
      await page.keyboard.press(key)
      await opened.waitFor()
      await look(`dialog of ${key}`)
      await page.keyboard.press('Escape')
      await opened.waitFor({ state: 'hidden' })
    }
    expect(found).toEqual({})
    // The yardstick notices a text that is cut.
    await page.evaluate(() => document.querySelector<HTMLElement>('.detail h2')?.style.setProperty('max-width', '20px'))
    expect(await lostTexts(page)).toHaveLength(1)
  })
})

describe('a failed job', () => {
  it('shows why without scrolling, and leads to its runner', async () => {
    const { page } = await openConsole({
      context: { viewport: { width: 1280, height: 720 } },
      prepare: async (mock) => {
        const runner = await mock.given.connectedRunner({ name: 'laptop', agents: ['echo'] })
        await mock.given.job({ runner, status: 'failed' })
      },
    })
    await page.getByRole('listbox', { name: 'Jobs' }).getByRole('option').click()
    const job = page.getByRole('region', { name: 'Job', exact: true })
    const error = await job.locator('.error-text').boundingBox()
    expect(error === null ? Infinity : error.y + error.height).toBeLessThan(720)
    await job.getByRole('link', { name: 'laptop' }).click()
    await page.getByRole('heading', { name: 'laptop' }).waitFor()
    await job.waitFor()
  })
})
