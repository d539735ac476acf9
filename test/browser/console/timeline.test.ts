// The timeline answers to pointer and keys; the page of an order that fails is what `explore` keeps of a planted bug; and the
// console looks as it did: pictures of it are compared loosely, as a grid of mean colours, so that other fonts and a shifted line
// pass and a lost column, style or theme does not. KIT_UPDATE_LOOKS=1 takes the pictures again.
import { writeFileSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { startProgram } from '../../sdk/program.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { openConsole, post, findingsOf } from './open-console.js'

/** A runner whose job has waited for 20 s, and a heartbeat that a fault struck 10 s ago; time stands still. */
async function openChart() {
  let jobId = ''
  const { page } = await openConsole({
    mock: { now: '2026-07-01T12:00:00Z', frozen: true },
    hash: '#/timeline',
    prepare: async (mock, server) => {
      const runner = await mock.given.connectedRunner({ name: 'laptop', agents: ['echo'] })
      const job = await mock.given.job({ runner, status: 'pending' })
      jobId = job.id
      await mock.clock.advance({ seconds: 10 })
      mock.faults.inject({ id: 'bump', operation: 'heartbeat', status: 503, times: 1 })
      await post(server, `/local-runners/${runner.id}/heartbeats`, {})
      await mock.clock.advance({ seconds: 10 })
    },
  })
  const chart = page.getByRole('img', { name: /1 runner over time/ })
  await page.getByLabel('Fold jumps of the clock').uncheck()
  await page.getByRole('button', { name: '30 s' }).click()
  return { page, chart, jobId, job: chart.getByText('echo'), fault: chart.locator('.fault') }
}

/** What the title of the thing under a place of the window says. */
const noteAt = (page: Page, x: number, y: number) =>
  page.evaluate((place) => document.elementFromPoint(...place)?.closest<HTMLElement>('[title]')?.title, [x, y] as const)

/** Whether the chart is at the present; the button back to it says so. */
const seen = (page: Page, what: 'present' | 'past') =>
  page.getByRole('button', { name: 'Now', exact: true, disabled: what === 'present' }).waitFor()

/** Whether the time in sight is one of those that have a button. */
const inSight = (page: Page, what: '30 s' | 'other') =>
  what === '30 s'
    ? page.getByRole('button', { name: what, exact: true, pressed: true }).waitFor()
    : page.locator('.segments [aria-pressed="true"]').waitFor({ state: 'detached' })

async function middleOf(place: Locator): Promise<{ x: number; y: number }> {
  const { x, y, width, height } = (await place.boundingBox())!
  return { x: x + width / 2, y: y + height / 2 }
}

describe('the timeline', () => {
  it('tells what a job and a fault are, and opens the job that is clicked', async () => {
    const { page, chart, jobId, job, fault } = await openChart()
    expect(await chart.locator('.lane-bar').getAttribute('title')).toMatch(/echo pending.*waited 20 s.*laptop/s)
    expect(await fault.getAttribute('title')).toMatch(/bump status.*12:00:10\.000/s)
    await job.click()
    await page.getByRole('region', { name: 'Job', exact: true }).getByText(jobId).waitFor()
  })

  it('follows a pointer that pulls it, also when it is let go outside, and finds back', async () => {
    const { page, job } = await openChart()
    await seen(page, 'present')
    const { x, y } = await middleOf(job)
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 200, y, { steps: 4 })
    await page.mouse.move(x + 200, 10)
    await page.mouse.up()
    await seen(page, 'past')
    // The pull was no click, the job has come along, and the pointer pulls no longer.
    expect(new URL(page.url()).hash).toBe('#/timeline')
    await page.mouse.move(x + 200, y)
    await expect.poll(() => noteAt(page, x + 200, y)).toContain('echo')
    const pulled = await job.boundingBox()
    await page.mouse.move(x, y)
    expect(await job.boundingBox()).toEqual(pulled)
    await page.getByRole('button', { name: 'Now', exact: true }).click()
    await seen(page, 'present')
    await expect.poll(async () => (await job.boundingBox())?.x).toBeLessThan(pulled!.x - 150)
  })

  it('zooms with Ctrl and the wheel, around the pointer', async () => {
    const { page, fault } = await openChart()
    const before = await middleOf(fault)
    await fault.hover()
    await page.keyboard.down('Control')
    await page.mouse.wheel(0, -300)
    await page.keyboard.up('Control')
    await inSight(page, 'other')
    // The pointer stands on a whole pixel, and less than that is magnified as well.
    expect(Math.abs((await middleOf(fault)).x - before.x)).toBeLessThan(5)
  })

  it('moves and zooms with keys', async () => {
    const { page, chart } = await openChart()
    await chart.focus()
    const past = () => seen(page, 'past')
    const present = () => seen(page, 'present')
    const moves = {
      ArrowLeft: past,
      ArrowRight: present,
      '+': () => inSight(page, 'other'),
      '-': () => inSight(page, '30 s'),
    }
    for (const [key, shown] of Object.entries(moves)) {
      await page.keyboard.press(key)
      await shown()
    }
    await page.keyboard.press('ArrowLeft')
    await past()
    await page.keyboard.press('End')
    await present()
    await page.keyboard.press('Home')
    await inSight(page, 'other')
  })
})

const folder = temporaryFolder()

it('tells the story of an order beside its arrows, and refuses other files', async () => {
  const command = ['--', process.execPath, 'examples/explore/search-field.js']
  const reports = ['--reporter', 'json', '--out', folder.at()]
  const { closeInput } = startProgram('dist/cli/main.js', ['explore', '--quiet', '20', ...reports, ...command])
  expect(await closeInput()).toBe(1)
  writeFileSync(folder.at('other.json'), '{"explore_run":1,"failure":{"kind":"test"},"events":[7,{"kind":"nothing"}]}')
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await openConsole({ context: { colorScheme, viewport: { width: 390, height: 844 } } })
    await page.getByRole('link', { name: 'Orders' }).click()
    const open = (name: string): Promise<void> => page.getByLabel('Open a file').setInputFiles(folder.at(name))
    const rows = page.getByRole('region', { name: 'Story' }).getByRole('listitem')
    await open('other.json')
    await page.getByRole('alert').waitFor()
    expect(await rows.count()).toBe(0)
    // What is kept for --replay, and the report.
    for (const name of ['explore-run.json', 'explore.json']) {
      await open(name)
      await page.getByText(`in ${name}`).waitFor()
      expect(await rows.filter({ hasText: 'not yet: ' }).count()).toBeGreaterThan(0)
      const drawn = page.getByRole('img', { name: 'Sequence of the run' }).locator('g')
      expect(await drawn.count()).toBe(await rows.count())
    }
    expect(await page.getByRole('alert').count()).toBe(0)
    expect(await findingsOf(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0)
  }
})

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
