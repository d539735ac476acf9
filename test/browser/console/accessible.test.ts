// What axe-core thinks of every page, dialog and column, light and dark, wide and narrow; that none is wider or longer
// than its window; and that on a telephone every text can be read to its end.
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { RunnerServer } from '../../../src/mocks/adapters/node.js'
import { findingsOf, openConsole, post, type OpenConsole } from './open-console.js'

const long = 'a-runner-with-a-name-that-is-longer-than-any-column-of-this-console-is-wide-on-half-a-laptop'
const TRACE = '019f1d03-9978-7009-bc8b-3fd768ebd414'

/** A trace with a span of each kind, one failed and one under way. */
async function writeTrace(server: RunnerServer, name: string): Promise<void> {
  const at = (second: number): string => `2026-07-01T11:59:${String(second).padStart(2, '0')}Z`
  await post(server, '/traces', { id: TRACE, name, start_time: at(0), input: { ticket: 7 }, thread_id: 'a' })
  const kinds = ['general', 'llm', 'tool', 'guardrail'] as const
  const spans = kinds.map((type, place) => ({
    id: TRACE.replace('ebd41', `ebd5${place}`),
    trace_id: TRACE,
    ...{ type, name: `a ${type} span`, start_time: at(place * 5) },
    ...(type === 'tool' ? { error_info: { exception_type: 'Lost', traceback: 'at sea' } } : {}),
    ...(type === 'guardrail' ? {} : { end_time: at(place * 5 + 4), output: { done: true } }),
    ...(type === 'llm' ? { model: 'small', provider: 'demo', usage: { total_tokens: 9 } } : {}),
  }))
  await post(server, '/spans/batch', { spans })
}

/** A world with one of everything to show. */
async function openFull(
  colorScheme: 'light' | 'dark',
  viewport: { width: number; height: number },
  name: string,
): Promise<OpenConsole> {
  return openConsole({
    mock: { now: '2026-07-01T12:00:00Z', frozen: true },
    context: { colorScheme, viewport, reducedMotion: 'reduce' },
    prepare: async (mock, server) => {
      const echo = { name: 'echo', description: 'Echoes.', params: [{ name: 'text', type: 'string' }] }
      const agents = { echo, [name]: { ...echo, name } }
      const runner = await mock.given.connectedRunner({ name, agents })
      const bridge = await mock.given.connectedRunner({ name: 'bridge', type: 'connect' })
      for (const status of ['completed', 'failed', 'cancelled', 'running', 'pending'] as const) {
        const { id } = await mock.given.job({ runner, status, ...(status === 'completed' ? { traceId: TRACE } : {}) })
        await post(server, `/local-runners/jobs/${id}/logs`, [
          { stream: 'stdout', text: 'One line, which is not short at all.' },
        ])
      }
      for (const status of ['completed', 'failed', 'timed_out', 'picked_up', 'pending'] as const) {
        await mock.given.command({ runner: bridge, status })
      }
      for (let count = 0; count < 9; count++) await mock.given.session({ type: 'connect' })
      await mock.given.project({ name })
      await writeTrace(server, name)
      mock.faults.inject({ operation: 'getJob', status: 503, times: 1 })
      await fetch(`${server.url}/v1/private/local-runner/jobs/${name.repeat(3)}`)
    },
  })
}

/** What lies over the world when a button or a key is pressed, by the name of the test's reader. */
const overlays: readonly { at: 'world' | 'endpoint' | 'connect' | 'job' | 'command' | 'controls'; press: string }[] = [
  { at: 'world', press: 'Pair' },
  { at: 'endpoint', press: 'New job' },
  { at: 'endpoint', press: 'Life' },
  { at: 'endpoint', press: 'Life > Evict…' },
  { at: 'endpoint', press: 'As the runner > Register agents…' },
  { at: 'endpoint', press: 'As the runner > Disconnect…' },
  { at: 'connect', press: 'New command' },
  { at: 'job', press: 'Report result…' },
  { at: 'command', press: 'Report result…' },
  { at: 'controls', press: 'New fault' },
  { at: 'controls', press: 'History' },
]

/** What cannot be read to its end: texts that are cut, and those that reach out of the window. */
const lostTexts = (page: Page) =>
  page.evaluate(() => {
    const lost: string[] = []
    for (const element of document.querySelectorAll<HTMLElement>('body *')) {
      const hasText = [...element.childNodes].some((node) => node instanceof Text && node.data.trim() !== '')
      // What is for readers of the screen is a pixel wide.
      // On the chart a name is cut at the end of its bar; its title has it whole.
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

/** How far the page reaches beyond its window, to the right and below. */
const excessOf = (page: Page) =>
  page.evaluate(() => {
    const { scrollWidth, scrollHeight } = document.documentElement
    return [scrollWidth - innerWidth, scrollHeight - innerHeight]
  })

describe.each([
  ['light', 1280, 720, long],
  ['dark', 1440, 900, long],
  ['light', 390, 844, 'laptop'],
  ['dark', 390, 844, long],
  ['dark', 720, 900, long],
] as const)('%s, %i by %i, with a runner %s', (theme, width, height, runner) => {
  it('fits its window, and axe finds nothing on any page, and in no dialog or menu', async () => {
    const { page } = await openFull(theme, { width, height }, runner)
    const found: Record<string, string[]> = {}
    const look = async (name: string): Promise<void> => {
      const findings = [...(await findingsOf(page)), ...(runner === long ? [] : await lostTexts(page))]
      if (findings.length > 0) found[name] = findings
    }
    const places = await placesOf(page, runner)
    const goTo = async (name: string): Promise<void> => {
      const { hash, heading } = places[name]!
      await page.evaluate((next) => (location.hash = next), hash)
      await page.getByRole('heading', { name: heading }).first().waitFor({ state: 'attached' })
    }
    for (const name of Object.keys(places)) {
      await goTo(name)
      for (const tab of name === 'jobTrace' ? ['Logs', 'Exchanges', 'Trace'] : []) {
        await page.getByRole('tab', { name: tab }).click()
        await page.locator('.line, .exchanges a, .work-bar').first().waitFor()
        await look(`${name}: ${tab}`)
      }
      await look(name)
      expect([name, ...(await excessOf(page))]).toEqual([name, 0, 0])
    }
    for (const { at, press } of overlays) {
      await goTo(at)
      const [button = '', item] = press.split(' > ')
      await page.getByRole('button', { name: button, exact: true }).last().click()
      if (item !== undefined) await page.getByRole('menuitem', { name: item }).click()
      await page.getByRole('dialog').or(page.getByRole('menu')).waitFor()
      await look(`${at}: ${press}`)
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').or(page.getByRole('menu')).waitFor({ state: 'detached' })
    }
    await page.keyboard.press('?')
    await look('keys')
    expect(found).toEqual({})
  }, 240_000)
})

it('the yardsticks notice what is wrong', async () => {
  const { page } = await openConsole()
  expect(await lostTexts(page)).toEqual([])
  await page.evaluate(() => {
    const button = document.createElement('button')
    const pale = document.createElement('p')
    pale.textContent = 'pale'
    pale.style.cssText = 'color: #ddd; width: 9px; overflow: hidden'
    document.querySelector('main')?.append(button, pale)
  })
  expect(await lostTexts(page)).toHaveLength(1)
  const ids = (await findingsOf(page)).map((finding) => finding.split(':')[0])
  expect(ids).toEqual(expect.arrayContaining(['button-name', 'color-contrast']))
})

/** Addresses, each with a heading that is there when the page is. */
async function placesOf(page: Page, name: string): Promise<Record<string, { hash: string; heading: string }>> {
  const { runners, jobs, commands } = await page.evaluate(
    async () =>
      (await (await fetch('/__admin/world')).json()) as Record<'runners' | 'jobs' | 'commands', { id: string }[]>,
  )
  const [endpoint, connect] = runners
  const job = `#/world/runner/${endpoint!.id}/job/${jobs.at(-1)!.id}`
  return {
    world: { hash: '#/world', heading: 'Runners' },
    all: { hash: '#/world/runner/all', heading: 'All runners' },
    endpoint: { hash: `#/world/runner/${endpoint!.id}`, heading: name },
    connect: { hash: `#/world/runner/${connect!.id}`, heading: 'bridge' },
    job: { hash: job, heading: 'echo' },
    command: { hash: `#/world/runner/${connect!.id}/command/${commands.at(-1)!.id}`, heading: 'ReadFile' },
    traces: { hash: '#/traces', heading: 'Traces' },
    trace: { hash: `#/traces/trace/${TRACE}`, heading: name },
    jobTrace: { hash: job.replace(jobs.at(-1)!.id, jobs[0]!.id), heading: 'echo' },
    timeline: { hash: '#/timeline', heading: 'timeline' },
    requests: { hash: '#/requests/request/1', heading: 'Response' },
    coverage: { hash: '#/coverage', heading: 'Operations' },
    orders: { hash: '#/orders', heading: 'No order is open' },
    controls: { hash: '#/controls', heading: 'Settings' },
  }
}

it('a failed job shows why without scrolling, and leads to its runner', async () => {
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
