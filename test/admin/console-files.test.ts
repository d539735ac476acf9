// The console's files as the server hands them out: what they are allowed, and to whom they go.
import { describe, expect, it } from 'vitest'
import { openSite, raw } from './site.js'

describe('GET /ui', () => {
  it('is a page that may load its own script and style and nothing else', async () => {
    const { consoleUrl } = await openSite()
    const response = await fetch(consoleUrl)
    const page = await response.text()
    expect(response.status).toBe(200)
    const policy = response.headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
    expect(page).not.toMatch(/<script>|<style|style=|onload=|https?:/)
  })

  it.each([
    ['console.js', 'text/javascript'],
    ['console.css', 'text/css'],
    ['icon.svg', 'image/svg+xml'],
  ])('comes with %s', async (name, type) => {
    const { consoleUrl } = await openSite()
    const response = await fetch(`${consoleUrl}/${name}`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toContain(type)
    await response.text()
  })

  it.each(['LICENSES.txt', '..%2fcli%2fmain.js', 'constructor', 'index.htm'])('knows no %s', async (name) => {
    const { consoleUrl } = await openSite()
    const response = await fetch(`${consoleUrl}/${name}`)
    expect(response.status).toBe(404)
    await response.text()
  })

  it('goes to browsers without the token, which holds for nothing else', async () => {
    const { port } = await openSite({}, { adminToken: 'secret' })
    const host = { host: 'mock.example:80' }
    expect((await raw(port, '/__admin/ui', host)).status).toBe(200)
    expect((await raw(port, '/__admin/world', host)).status).toBe(403)
    expect((await raw(port, '/__admin/ui/../world', host)).status).toBe(404)
  })
})
