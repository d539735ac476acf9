// Bytes as nobody should send them: garbage, halves, floods, giant parts, clients that vanish. The server refuses them
// with the status made for it or hangs up, and serves the next client as if nothing had been.
import { once } from 'node:events'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkReply, serve, type RunnerServer } from '../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { length, seed } from './extent.js'

const CONNECTIONS = length({ short: 2000, long: 50_000 })

const mock = createRunnerMock({ seed: 5, checkReply })
const bugs: unknown[] = []
let server: RunnerServer

beforeAll(async () => {
  server = await serve(mock, { port: 0, onBug: (error) => bugs.push(error) })
})
afterAll(async () => {
  await server.close()
  expect(bugs).toEqual([])
})

/** Sends chunks, waits for the server's last word or for `patienceMs` of silence, and gives what came. */
async function talk(chunks: readonly (string | Uint8Array)[], patienceMs = 2000): Promise<string> {
  const socket = connect(server.port, '127.0.0.1')
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => (received += text))
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const closed = once(socket, 'close')
  for (const chunk of chunks) if (!socket.destroyed) socket.write(chunk)
  socket.setTimeout(patienceMs, () => socket.destroy())
  await closed
  return received
}

const statusesIn = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))

const head = (method: string, path: string, ...headers: string[]): string =>
  `${[`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers].join('\r\n')}\r\n\r\n`

/** The head of a creation that announces so many bytes. */
const creation = (length: number, ...headers: string[]): string =>
  head('POST', '/api/v1/private/projects', 'Content-Type: application/json', `Content-Length: ${length}`, ...headers)

async function isAlive(): Promise<boolean> {
  const answer = await fetch(`${server.url}/is-alive/ping`)
  return answer.status === 200
}

const word = fc.oneof(
  fc.constantFrom(
    ...['GET', 'POST', 'BREW', 'HTTP/1.1', 'HTTP/9', '/api/v1/private/projects', '/__admin/state', '/../..', '%00'],
    ...['Host: x', 'Content-Length: 5', 'Content-Length: -1', 'Transfer-Encoding: chunked', 'ffffffffffff', '0', '{}'],
    '\0',
  ),
  fc.string({ maxLength: 20 }),
)
const line = fc.array(word, { maxLength: 5 }).map((words) => words.join(' '))
const garbage = fc.oneof(
  fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\r\n')),
  fc
    .array(line, { maxLength: 6 })
    .map((lines) => `GET /api/is-alive/ping HTTP/1.1\r\nHost: x\r\n${lines.join('\r\n')}\r\n\r\n`),
  fc.uint8Array({ maxLength: 200 }),
)

describe('whatever comes over the wire', () => {
  it('is refused or answered, and never with a failure of the server', async () => {
    const samples = fc.sample(garbage, { numRuns: CONNECTIONS, seed })
    for (let start = 0; start < samples.length; start += 20) {
      const answers = await Promise.all(samples.slice(start, start + 20).map((bytes) => talk([bytes], 50)))
      for (const status of answers.flatMap(statusesIn)) expect(status).toBeLessThan(500)
    }
    expect(await isAlive()).toBe(true)
  })

  it('may end at any byte of any request', async () => {
    const body = '{"name":"half"}'
    const request = creation(body.length, 'Connection: close') + body
    const answers = await Promise.all(Array.from(request, (_, end) => talk([request.slice(0, end)], 50)))
    for (const status of answers.flatMap(statusesIn)) expect(status).toBeLessThan(500)
    const list: unknown = await (await fetch(`${server.url}/v1/private/projects?name=half`)).json()
    expect(list).toMatchObject({ total: 0 })
    expect(await isAlive()).toBe(true)
  })
})

describe('what is too large', () => {
  it('headers: 431', async () => {
    expect(statusesIn(await talk([head('GET', '/api/is-alive/ping', `X-Long: ${'a'.repeat(100_000)}`)]))).toEqual([431])
    const many = Array.from({ length: 3000 }, (_, number) => `X-${number}: ${number}`)
    expect(statusesIn(await talk([head('GET', '/api/is-alive/ping', 'Connection: close', ...many)]))).toEqual([431])
  })

  it('a path that no operation has: 404 or 431', async () => {
    const [status = 0] = statusesIn(await talk([head('GET', `/api/${'a/'.repeat(4000)}`, 'Connection: close')]))
    expect([404, 414, 431]).toContain(status)
  })

  it('a body that claims to be longer than it is changes nothing', async () => {
    await talk([creation(900), '{"name":"short"}'], 100)
    const list: unknown = await (await fetch(`${server.url}/v1/private/projects?name=short`)).json()
    expect(list).toMatchObject({ total: 0 })
  })
})
