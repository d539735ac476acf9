// The timeline answers to pointer and keys: the time in sight, and the way back to the present.
import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openConsole, post } from './open-console.js'

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
