// The HTML report of verify in a real browser: readable light and dark, wide and narrow, with failures that are many and long.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderHtml } from '../contracts/framework/shown-report.js'
import { verify } from '../../src/contracts/run/verify.js'
import { serve, type RunnerServer } from '../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { visit } from './harness/visitor.js'

let server: RunnerServer
let html: string

beforeAll(async () => {
  const mock = createRunnerMock()
  server = await serve(mock, { port: 0 })
  mock.faults.inject({ operation: ['activatePairingSession', 'createJob'], body: 'invalid' })
  const waivers = [
    { id: 'job/minimal', reason: 'An explanation that takes a whole line, and then some more.' },
    { id: 'system/*', reason: 'needless' },
  ]
  const areas = ['system', 'job', 'negative-input', 'lifecycle', 'time']
  html = renderHtml(await verify({ url: server.url }, { areas, waivers, maxWaitSeconds: 1 }))
})
afterAll(() => server.close())

describe.each(['light', 'dark'] as const)('the HTML report, %s', (colorScheme) => {
  it.each([360, 768, 1280])('fits a window of %i pixels, and all its text can be read', async (width) => {
    const visitor = await visit({ colorScheme, viewport: { width, height: 900 } })
    const page = await visitor.open('about:blank')
    await page.setContent(html)
    await page.locator('details').evaluateAll((all) => all.forEach((each) => each.setAttribute('open', '')))
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    expect(await page.locator('details.failure[open]').count()).toBeGreaterThan(20)
    expect(await faintTexts(page)).toEqual([])
  })
})

it('leads from a common finding to a check that shows it', async () => {
  const page = await (await visit()).open('about:blank')
  await page.setContent(html)
  const link = page.locator('.causes a').first()
  const id = await link.textContent()
  expect(await page.locator(`details.failure[id="${id ?? ''}"]`).count()).toBe(1)
})

/** Kinds of text whose contrast with what is behind them is below what people need (WCAG AA for small text). */
function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!
    const luminance = (color: string): number => {
      canvas.clearRect(0, 0, 1, 1)
      canvas.fillStyle = color
      canvas.fillRect(0, 0, 1, 1)
      const [red = 0, green = 0, blue = 0] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => {
        const share = part / 255
        return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const backgroundOf = (element: Element | null): string => {
      if (element === null) return 'white'
      const { backgroundColor } = getComputedStyle(element)
      return backgroundColor === 'rgba(0, 0, 0, 0)' ? backgroundOf(element.parentElement) : backgroundColor
    }
    const contrasts = new Map<string, number>()
    for (const element of document.querySelectorAll('main *:not(svg *):not(svg)')) {
      const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.nodeValue?.trim() !== '')
      if (!hasText) continue
      const colors = [getComputedStyle(element).color, backgroundOf(element)]
      const [lower = 0, higher = 0] = colors.map(luminance).sort((a, b) => a - b)
      contrasts.set(`${element.tagName}.${element.className} ${colors.join(' on ')}`, (higher + 0.05) / (lower + 0.05))
    }
    return [...contrasts].filter(([, contrast]) => contrast < 4.5).map(([kind, contrast]) => `${kind}: ${contrast}`)
  })
}
