// Pairing in a page: from the link that a daemon prints to a runner that answers, with WebCrypto and no help.
import { afterAll, beforeAll, describe, it } from 'vitest'
import { openSite, type Site } from './harness/site.js'
import { visit, type Visitor } from './harness/visitor.js'

describe.each(['msw', 'msw-3'] as const)('a pairing link with %s', (msw) => {
  let site: Site
  beforeAll(async () => {
    site = await openSite({ pages: { '/daemon': 'daemon.ts', '/pair': 'pair.ts' }, msw })
  })
  afterAll(() => site.close())

  async function followLink(visitor: Visitor, type: string) {
    const page = await visitor.open(`${site.origin}/daemon?type=${type}`)
    await page.getByRole('link', { name: 'pair' }).click()
    await page.getByText(`Zoë’s laptop wants to pair as ${type}`).waitFor()
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
    const sees = (text: string) => page.getByText(text, { exact: true }).waitFor()
    return { press, sees }
  }

  it('pairs a connect runner, and both sides derive the same key', async () => {
    const { press, sees } = await followLink(await visit(), 'connect')
    await press('pair')
    await sees('paired')
    await press('read a file')
    await sees('completed: hello, genuine')
  })
})
