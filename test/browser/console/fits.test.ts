// Every page fits its window: columns scroll, the page does not, and what is said first is in sight.
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { RunnerServer } from '../../../src/mocks/adapters/node.js'
import { openConsole, post } from './open-console.js'

/** How far the page reaches beyond its window, to the right and below. */
const excessOf = (page: Page) =>
  page.evaluate(() => {
    const { scrollWidth, scrollHeight } = document.documentElement
    return [scrollWidth - innerWidth, scrollHeight - innerHeight]
  })

const long = 'a-runner-with-a-name-that-is-longer-than-any-column-of-this-console-is-wide-on-half-a-laptop'

/** A trace with names that are as long. Gives its id. */
async function writeTrace(server: RunnerServer): Promise<string> {
  const id = '019f1d03-9978-7009-bc8b-3fd768ebd414'
  await post(server, '/traces', { id, name: long, start_time: '2026-07-01T11:59:00Z' })
  await post(server, '/spans', { trace_id: id, name: long, start_time: '2026-07-01T11:59:01Z' })
  return id
}

describe.each([
  [1440, 900],
  [1280, 720],
  [720, 900],
  [390, 844],
])('at %i by %i', (width, height) => {
  it('no page is wider or longer than the window', async () => {
    const ids: Record<string, string> = {}
    const { page } = await openConsole({
      mock: { now: '2026-07-01T12:00:00Z', frozen: true },
      context: { viewport: { width, height }, reducedMotion: 'reduce' },
      prepare: async (mock, server) => {
        const runner = await mock.given.connectedRunner({ name: long, agents: [long] })
        const bridge = await mock.given.connectedRunner({ name: 'bridge', type: 'connect' })
        ids['runner'] = runner.id
        ids['job'] = (await mock.given.job({ runner, status: 'failed' })).id
        ids['bridge'] = bridge.id
        ids['command'] = (await mock.given.command({ runner: bridge, status: 'completed' })).command_id
        await fetch(`${server.url}/v1/private/local-runner/jobs/${long.repeat(3)}`)
        for (let count = 0; count < 9; count++) await mock.given.session()
        await mock.given.project({ name: long })
        ids['trace'] = await writeTrace(server)
        mock.faults.preset('flaky-network')
      },
    })
    const { runner, job, bridge, command, trace } = ids
    const hashes = {
      world: '#/world',
      runner: `#/world/runner/${runner}`,
      job: `#/world/runner/${runner}/job/${job}`,
      command: `#/world/runner/${bridge}/command/${command}`,
      traces: '#/traces',
      trace: `#/traces/trace/${trace}`,
      timeline: '#/timeline',
      requests: '#/requests',
      request: '#/requests/request/2',
      coverage: '#/coverage',
      orders: '#/orders',
      controls: '#/controls',
    }
    const excess: Record<string, number[]> = {}
    for (const [name, hash] of Object.entries(hashes)) {
      await page.evaluate((next) => (location.hash = next), hash)
      await page
        .locator(landmarks[name] ?? 'main')
        .first()
        .waitFor()
      excess[name] = await excessOf(page)
    }
    expect(excess).toEqual(Object.fromEntries(Object.keys(hashes).map((name) => [name, [0, 0]])))
  })
})

/** What is there once a page has been drawn. */
const landmarks: Readonly<Record<string, string>> = {
  job: '.state-path',
  command: '.state-path',
  traces: '.virtual-list .trace-row',
  trace: '.work-bar',
  request: '.exchange-line',
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
      if (!hasText || element.clientWidth === 1 || element.closest('option, noscript, svg, .visually-hidden')) continue
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
