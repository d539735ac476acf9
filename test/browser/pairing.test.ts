// Pairing in a page: from the link that a daemon prints to a runner that answers, with WebCrypto and no help.
import { it } from 'vitest'
import { openSiteForTest } from './harness/site.js'
import { visit } from './harness/visitor.js'

it.each(['msw', 'msw-3'] as const)(
  'a pairing link with %s pairs a connect runner, and both sides derive the same key',
  async (msw) => {
    const { origin } = await openSiteForTest({ pages: { '/daemon': 'daemon.ts', '/pair': 'pair.ts' }, msw })
    const page = await (await visit()).open(`${origin}/daemon?type=connect`)
    await page.getByRole('link', { name: 'pair' }).click()
    await page.getByText('Zoë’s laptop wants to pair as connect').waitFor()
    for (const [press, sees] of [
      ['pair', 'paired'],
      ['read a file', 'completed: hello, genuine'],
    ] as const) {
      await page.getByRole('button', { name: press, exact: true }).click()
      await page.getByText(sees, { exact: true }).waitFor()
    }
  },
)
