// The console looks as it did: pictures of it are compared loosely, as a grid of mean colours, so that other fonts and a
// shifted line pass and a lost column, style or theme does not. KIT_UPDATE_LOOKS=1 takes the pictures anew.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openConsole } from './open-console.js'

/** Mean difference of two pictures' cells, from 0 to 1, that still counts as the same look. */
const TOLERANCE = 0.014

/** How far two pictures are apart; 1 when their sizes differ. Compared in a page, which can read pictures. */
async function differenceOf(page: Page, one: Buffer, other: Buffer): Promise<number> {
  const urls = [one, other].map((png) => `data:image/png;base64,${png.toString('base64')}`)
  return page.evaluate(async (pictures) => {
    const cells = await Promise.all(
      pictures.map(async (url) => {
        const image = new Image()
        image.src = url
        await image.decode()
        const canvas = document.createElement('canvas')
        const pen = canvas.getContext('2d')
        canvas.width = 40
        canvas.height = 25
        if (pen === null) throw new Error('no canvas')
        pen.imageSmoothingQuality = 'high'
        pen.drawImage(image, 0, 0, 40, 25)
        return { size: `${image.width} ${image.height}`, data: [...pen.getImageData(0, 0, 40, 25).data] }
      }),
    )
    const [a, b] = cells
    if (a === undefined || b === undefined || a.size !== b.size) return 1
    return a.data.reduce((sum, value, place) => sum + Math.abs(value - (b.data[place] ?? 0)), 0) / a.data.length / 255
  }, urls)
}

describe.each(['light', 'dark'] as const)('the look, %s', (colorScheme) => {
  it.each([
    ['world', ''],
    ['controls', '#/controls'],
  ])('of %s is what it was', async (name, hash) => {
    const { page } = await openConsole({
      mock: { now: '2026-07-01T12:00:00Z', frozen: true },
      context: { colorScheme, viewport: { width: 1200, height: 750 }, reducedMotion: 'reduce' },
      hash,
      prepare: async (mock) => {
        const runner = await mock.given.connectedRunner({ name: 'laptop', agents: ['echo'] })
        for (const status of ['completed', 'failed', 'running'] as const) await mock.given.job({ runner, status })
      },
    })
    if (name === 'world') {
      await page.getByRole('listbox', { name: 'Jobs' }).getByText('completed').click()
      await page.getByRole('img', { name: /reportJobResult to completed/ }).waitFor()
    } else {
      await page.getByRole('button', { name: 'Inject lossy-polls' }).waitFor()
    }
    const picture = await page.screenshot()
    const file = fileURLToPath(new URL(`looks/${name}-${colorScheme}.png`, import.meta.url))
    if (process.env['KIT_UPDATE_LOOKS'] !== undefined) writeFileSync(file, picture)
    expect(await differenceOf(page, picture, readFileSync(file))).toBeLessThan(TOLERANCE)
    await page.evaluate(() => document.documentElement.style.setProperty('--font', 'DejaVu Sans, sans-serif'))
    expect(await differenceOf(page, picture, await page.screenshot())).toBeLessThan(TOLERANCE)
    // The yardstick notices a column that is lost, and tells themes apart.
    await page.evaluate(() => document.querySelector('main .column, main .controls-column')?.remove())
    expect(await differenceOf(page, picture, await page.screenshot())).toBeGreaterThan(TOLERANCE)
    await page.emulateMedia({ colorScheme: colorScheme === 'light' ? 'dark' : 'light' })
    expect(await differenceOf(page, picture, await page.screenshot())).toBeGreaterThan(TOLERANCE * 10)
  })
})
