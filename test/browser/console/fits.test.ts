// Every page fits its window: columns scroll, the page does not, and what is said first is in sight.
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openConsole } from './open-console.js'

/** How far the page reaches beyond its window, to the right and below. */
const excessOf = (page: Page) =>
  page.evaluate(() => {
    const { scrollWidth, scrollHeight } = document.documentElement
    return [scrollWidth - innerWidth, scrollHeight - innerHeight]
  })

const long = 'a-runner-with-a-name-that-is-longer-than-any-column-of-this-console-is-wide-on-half-a-laptop'

describe.each([
  [1440, 900],
  [1280, 720],
  [720, 900],
])('at %i by %i', (width, height) => {
  it('no page is wider or longer than the window', async () => {
    const ids: Record<string, string> = {}
    const { page } = await openConsole({
      mock: { now: '2026-07-01T12:00:00Z', frozen: true },
      context: { viewport: { width, height }, reducedMotion: 'reduce' },
      prepare: async (mock, { url }) => {
        const runner = await mock.given.connectedRunner({ name: long, agents: [long] })
        const bridge = await mock.given.connectedRunner({ name: 'bridge', type: 'connect' })
        ids['runner'] = runner.id
        ids['job'] = (await mock.given.job({ runner, status: 'failed' })).id
        ids['bridge'] = bridge.id
        ids['command'] = (await mock.given.command({ runner: bridge, status: 'completed' })).command_id
        await fetch(`${url}/v1/private/local-runner/jobs/${long.repeat(3)}`)
        for (let count = 0; count < 9; count++) await mock.given.session()
        mock.faults.preset('flaky-network')
      },
    })
    const { runner, job, bridge, command } = ids
    const hashes = {
      world: '#/world',
      runner: `#/world/runner/${runner}`,
      job: `#/world/runner/${runner}/job/${job}`,
      command: `#/world/runner/${bridge}/command/${command}`,
      timeline: '#/timeline',
      requests: '#/requests',
      coverage: '#/coverage',
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
  timeline: '.legend',
  requests: '.request-row',
  coverage: '.operations',
  controls: '.settings',
}

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
