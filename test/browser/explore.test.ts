// The fixture for Playwright: a page whose late answer overwrites a newer one is found, and a page that compares is not.
import { chromium, type Page } from 'playwright-core'
import { expect, inject, it, onTestFinished } from 'vitest'
import { ExploreError } from '../../src/explore/index.js'
import { exploreFixtures, type ExplorePages, type PageContext } from '../../src/explore/playwright.js'

/** A field that searches projects while its user types; `mended` pages ignore answers to what was typed before. */
const searchPage = (mended: boolean): string => `
  <input><p></p>
  <script>
    let asked = 0
    const [field, shown] = [document.querySelector('input'), document.querySelector('p')]
    field.addEventListener('input', async () => {
      const number = ++asked
      const answer = await fetch('http://opik.test/api/v1/private/projects?name=' + field.value)
      const { content } = await answer.json()
      if (${mended} && number !== asked) return
      shown.textContent = content.map(({ name }) => name).join()
    })
    setTimeout(() => (document.title = 'open for 5 s'), 5000)
  </script>`

const searches =
  (mended: boolean) =>
  async ({ page: tab, mock, run, sleep, settled }: PageContext<Page>): Promise<void> => {
    await mock.given.project({ name: 'alpha' })
    await tab.setContent(searchPage(mended))
    await sleep({ seconds: 6 })
    expect(await tab.title()).toBe('open for 5 s')
    await run('types a', () => tab.fill('input', 'a'))
    await run('types al', () => tab.fill('input', 'al'))
    await settled()
  }

async function explorer(attached: string[] = []): Promise<ExplorePages<Page>> {
  const browser = await chromium.connect(inject('chromium'))
  onTestFinished(() => browser.close())
  const test = { timeout: 0, setTimeout: () => undefined, attach: async (name: string) => void attached.push(name) }
  return new Promise((resolve) => {
    void exploreFixtures.explore<Page>({ browser }, async (explore) => resolve(explore), test)
  })
}

const sameEnd = ({ page: tab }: { page: Page }): Promise<string | null> => tab.textContent('p')

it('finds the order in which a page shows what is stale, and attaches it', async () => {
  const attached: string[] = []
  const explore = await explorer(attached)
  const error: unknown = await explore(searches(false), { sameEnd, seconds: 120 }).catch((thrown: unknown) => thrown)
  if (!(error instanceof ExploreError)) throw new Error('nothing was found', { cause: error })
  expect(error.finding.departures.length).toBeGreaterThan(0)
  expect(error.finding.departures.length).toBeLessThanOrEqual(4)
  expect(attached).toEqual(['order.txt', 'order.svg'])
})

it('finds nothing in the mended page', async () => {
  const explore = await explorer()
  expect((await explore(searches(true), { sameEnd, orders: 10, seconds: 120 })).orders).toBeGreaterThan(1)
})
