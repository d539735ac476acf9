// Who may use the admin API, tried as a hostile web page, a rebound DNS name and an honest tool would.
import { request as httpRequest } from 'node:http'
import { describe, expect, it } from 'vitest'
import { serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { openSite, raw } from './site.js'

const HEALTH = '/__admin/health'

const words = (list: string): string[] => list.split(/\s+/)

/** Sends the head of a PUT and nothing of its body. */
function announced(port: number, path: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method: 'PUT', headers, setHost: false })
    request.on('response', ({ statusCode }) => {
      resolve(statusCode)
      request.destroy()
    })
    request.on('error', reject).flushHeaders()
  })
}

describe('without a token', () => {
  // test/admin/guard-matrix.test.ts has every combination of plain ones.
  const answered = `localhost LOCALHOST:5173 localhost. localhost.:5173 127.0.0.1:80 127.8.9.10:5173 [::1] [::1]:5173`
  const refused = `evil.example:5173 localhost.evil.example localhost.. evil.localhost 127.0.0.1.evil.example
    127.0.0.1.nip.io:5173 127.evil.example 127.0.0.256 127.1 0.0.0.0:5173 169.254.169.254 [::] [::2]:5173 [fe80::1]
    [::ffff:127.0.0.1] ::1 user@127.0.0.1 evil.example@127.0.0.1 127.0.0.1/evil.example 127.0.0.1#
    127.0.0.1:5173:5173 127.0.0.1:port 127.0.0.1,evil.example`

  it('hosts of this machine are answered, however they are written, and no others', async () => {
    const { port } = await openSite()
    const statusOf = async (host: string): Promise<string> => `${(await raw(port, HEALTH, { host })).status} ${host}`
    for (const host of words(answered)) expect(await statusOf(host)).toBe(`200 ${host}`)
    for (const host of [...words(refused), '127.0.0.1, evil.example', ' ']) {
      expect(await statusOf(host)).toBe(`403 ${host}`)
    }
  })

  const origins = `http://localhost.evil.example http://127.0.0.1.evil.example:5173 http://localhost@evil.example
    http://evil.example/localhost http://evil.example#localhost http://0.0.0.0:5173 file:// chrome-extension://abcdefgh
    http://localhost,https://evil.example localhost`

  it('origins of other machines are refused, however they are written', async () => {
    const { port } = await openSite()
    for (const origin of [...words(origins), 'http://localhost, https://evil.example']) {
      const { status } = await raw(port, HEALTH, { host: '127.0.0.1', origin })
      expect([origin, status]).toEqual([origin, 403])
    }
  })

  it('is refused before its body is read', async () => {
    const { port } = await openSite()
    // The body is announced and never sent: who waits for it would hang.
    const headers = { host: '127.0.0.1', origin: 'https://evil.example', 'content-length': '100' }
    expect(await announced(port, '/__admin/state', headers)).toBe(403)
  })

  it('refuses what a page of another site embeds or sends, even without an Origin, and follows a link from there', async () => {
    const { port } = await openSite()
    const from = async (mode: string, dest: string, method = 'GET') => {
      const sent = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode, 'sec-fetch-dest': dest }
      return (await raw(port, '/__admin/clock', { host: '127.0.0.1', ...sent }, method)).status
    }
    expect(await from('no-cors', 'image')).toBe(403)
    expect(await from('navigate', 'iframe')).toBe(403)
    expect(await from('navigate', 'document', 'POST')).toBe(403)
    expect(await from('navigate', 'document')).toBe(200)
  })
})

describe('serve', () => {
  it.each(['', ' ', 'two\nlines', 'schl\u00fcssel', ' blank'])('refuses %j as a token', async (adminToken) => {
    for (const host of ['127.0.0.1', '0.0.0.0']) {
      const mock = createRunnerMock()
      await expect(serve(mock, { port: 0, host, adminToken })).rejects.toMatchObject({ code: 'serve/token' })
      await mock.close()
    }
  })

  it.each(['0.0.0.0', '::', '127.evil.example', 'localhost.evil.example'])(
    'refuses to listen on %s without a token',
    async (host) => {
      const mock = createRunnerMock()
      await expect(serve(mock, { port: 0, host })).rejects.toMatchObject({ code: 'serve/host' })
      await mock.close()
    },
  )
})
