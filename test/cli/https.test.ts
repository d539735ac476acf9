// `serve` over HTTPS: with a certificate and its key, and neither alone.
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { addServeCommand } from '../../src/cli/serve.js'
import { startServe } from '../sdk/served.js'
import { refusalOf } from './refusal.js'

// Made for these tests, for localhost and 127.0.0.1, and trusted by nobody else.
const fileOf = (name: string): string => fileURLToPath(new URL(`certificate/${name}`, import.meta.url))
const cert = readFileSync(fileOf('cert.pem'), 'utf8')
const key = readFileSync(fileOf('key.pem'), 'utf8')

interface Answer {
  status: number
  location: string | undefined
  text: string
}

function ask(url: string, method = 'GET', body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const sent = request(url, { method, headers, ca: cert }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, location: response.headers.location, text }))
    })
    sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
  })
}

describe('serve over HTTPS', () => {
  it('answers API, admin API and pages, and names itself so', async () => {
    const mock = createRunnerMock()
    const server = await serve(mock, { port: 0, cert, key: new TextEncoder().encode(key) })
    onTestFinished(() => server.close())
    expect([server.url, server.adminUrl].map((url) => new URL(url).protocol)).toEqual(['https:', 'https:'])
    const created = await ask(`${server.url}/v1/private/projects`, 'POST', { name: 'safe' })
    expect(created).toMatchObject({ status: 201, location: expect.stringMatching(`^${server.url}/v1/`) as string })
    expect((await ask(`${server.adminUrl}/health`)).status).toBe(200)
    expect((await ask(await mock.given.pairingLink({ apiUrl: server.url }))).text).toContain('/opik/pair/pair.js')
  })

  it.each([
    ['a certificate alone', { cert }],
    ['a key alone', { key }],
    ['what is none', { cert: 'cert', key: 'key' }],
  ])('refuses %s', async (_, options) => {
    const mock = createRunnerMock()
    onTestFinished(() => mock.close())
    await expect(serve(mock, { port: 0, ...options })).rejects.toMatchObject({ code: 'serve/certificate' })
  })

  it('takes both from files on the command line', async () => {
    const files = ['--cert', fileOf('cert.pem'), '--key', fileOf('key.pem')]
    const { url, stop } = await startServe(['--quiet', ...files])
    onTestFinished(async () => expect(await stop()).toBe(0))
    expect((await ask(`${url}/is-alive/ping`)).status).toBe(200)
  })

  it('names a file that is not there', async () => {
    expect(await refusalOf(addServeCommand, 'serve', '--cert', 'no-such.pem')).toContain('no-such.pem')
  })
})
