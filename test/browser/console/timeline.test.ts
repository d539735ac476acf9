// The timeline answers to pointer and keys. What a canvas shows cannot be read, so the test reads what it tells of itself:
// the note beside the pointer, the chosen span, and whether there is a way back to the present.
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { openConsole, post } from './open-console.js'

/** As the chart is laid out: width of the names, height of the times, and the middle of a lane's first row of work. */
const GUTTER = 170
const HEAD = 34
const FIRST_ROW = HEAD + 31
/** The line of life, on which faults lie. */
const LIFE = HEAD + 13
/** What is free to the right of the present, as a share of the time in sight. */
const AHEAD = 0.04

const SPAN = 30

interface Chart {
  page: Page
  jobId: string
  /** Moves the pointer to a moment so many seconds ago, as long as 30 s are in sight and the present is. */
  pointAt: (secondsAgo: number, y?: number) => Promise<{ x: number; y: number }>
}

/** A runner whose job has waited for 20 s, and a heartbeat that a fault struck 10 s ago; time stands still. */
async function openChart(): Promise<Chart> {
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
  await chart.waitFor()
  await page.getByLabel('Fold jumps of the clock').uncheck()
  await page.getByRole('button', { name: '30 s' }).click()
  const box = await chart.boundingBox()
  if (box === null) throw new Error('The chart is not in sight.')
  return {
    page,
    jobId,
    async pointAt(secondsAgo, y = FIRST_ROW) {
      const share = 1 - AHEAD - secondsAgo / SPAN
      const place = { x: box.x + GUTTER + share * (box.width - GUTTER), y: box.y + y }
      await page.mouse.move(place.x, place.y)
      return place
    },
  }
}

const note = (page: Page) => page.locator('.tip')

/** Whether the chart is at the present; the button back to it says so. */
const seen = (page: Page, what: 'present' | 'past') =>
  page.getByRole('button', { name: 'Now', exact: true, disabled: what === 'present' }).waitFor()

/** Whether the time in sight is one of those that have a button. */
const inSight = (page: Page, what: '30 s' | 'other') =>
  what === '30 s'
    ? page.getByRole('button', { name: what, exact: true, pressed: true }).waitFor()
    : page.locator('.segments [aria-pressed="true"]').waitFor({ state: 'detached' })

describe('the timeline', () => {
  it('tells what the pointer is on: a job, a fault, or nothing', async () => {
    const { page, pointAt } = await openChart()
    await pointAt(10)
    await note(page).getByText('echo').waitFor()
    expect(await note(page).textContent()).toMatch(/pending.*waited 20 s.*laptop/)
    await pointAt(10, LIFE)
    await note(page).getByText('bump').waitFor()
    expect(await note(page).textContent()).toMatch(/status.*12:00:10\.000/)
    await pointAt(25)
    await note(page).waitFor({ state: 'detached' })
  })

  it('opens the job that is clicked', async () => {
    const { page, pointAt, jobId } = await openChart()
    const { x, y } = await pointAt(10)
    await page.mouse.click(x, y)
    await page.getByRole('region', { name: 'Job', exact: true }).getByText(jobId).waitFor()
  })

  it('follows a pointer that pulls it, also when it is let go outside, and finds back', async () => {
    const { page, pointAt } = await openChart()
    await seen(page, 'present')
    const { x, y } = await pointAt(10)
    await page.mouse.down()
    await page.mouse.move(x + 200, y, { steps: 4 })
    await page.mouse.move(x + 200, 10)
    await page.mouse.up()
    await seen(page, 'past')
    // The pull was no click, and the pointer pulls no longer.
    expect(new URL(page.url()).hash).toBe('#/timeline')
    // The job begins 200 pixels farther to the right now.
    await pointAt(19.5)
    await note(page).waitFor({ state: 'detached' })
    await page.mouse.move(x + 200, y)
    await note(page).getByText('echo').waitFor()
    await page.getByRole('button', { name: 'Now', exact: true }).click()
    await seen(page, 'present')
    // A note goes when the chart moves under the pointer, and comes with the pointer's next move.
    const isNoted = async () => {
      await pointAt(19.4)
      await pointAt(19.5)
      return note(page).getByText('echo').isVisible()
    }
    await expect.poll(isNoted).toBe(true)
  })

  it('zooms with Ctrl and the wheel, around the pointer', async () => {
    const { page, pointAt } = await openChart()
    const { x, y } = await pointAt(10, LIFE)
    await note(page).getByText('bump').waitFor()
    await page.keyboard.down('Control')
    await page.mouse.wheel(0, -300)
    await page.keyboard.up('Control')
    await inSight(page, 'other')
    await page.mouse.move(x, y + 60)
    await note(page).waitFor({ state: 'detached' })
    await page.mouse.move(x, y)
    await note(page).getByText('bump').waitFor()
  })

  it('moves and zooms with keys', async () => {
    const { page } = await openChart()
    await page.getByRole('img', { name: /over time/ }).focus()
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
