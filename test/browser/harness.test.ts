// The ground under all tests in the browser: what goes wrong in a page is noticed, and visitors are strangers to each other.
import { describe, expect, it } from 'vitest'
import { openSiteForTest, STRICT_CSP } from './harness/site.js'
import { visit } from './harness/visitor.js'

describe('visit', () => {
  it('notices what goes wrong in a page', async () => {
    const code = `
      console.error('spoken')
      setTimeout(() => { throw new TypeError('thrown') })
      document.head.append(Object.assign(document.createElement('script'), { textContent: 'window.inline = true' }))
      await fetch('/nothing')
      await fetch('http://127.0.0.1:1/refused').catch(() => undefined)
      document.title = 'done'`
    const site = await openSiteForTest({ pages: { '/broken': { code } }, csp: `${STRICT_CSP}; connect-src *` })
    const visitor = await visit()
    for (const pattern of [/spoken/, /uncaught.*thrown/s, /inline script/, 404, /request: .*ERR_/, /console: .*ERR_/]) {
      visitor.expectProblem(pattern)
    }
    const page = await visitor.open(`${site.origin}/broken`)
    await page.waitForFunction(() => document.title === 'done')
    expect(visitor.problems).toEqual([])
  })

  it('gives each visitor a profile of their own', async () => {
    const code = `document.title = (localStorage.visits = Number(localStorage.visits ?? 0) + 1)`
    const { origin } = await openSiteForTest({ pages: { '/count': { code } } })
    const [one, two] = [await visit(), await visit()]
    expect(await (await one.open(`${origin}/count`)).title()).toBe('1')
    expect(await (await one.open(`${origin}/count`)).title()).toBe('2')
    expect(await (await two.open(`${origin}/count`)).title()).toBe('1')
  })
})
