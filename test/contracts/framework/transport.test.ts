import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { createTransport } from '../../../src/contracts/target/transport.js'
import { startStub } from './stub-server.js'

const transport = createTransport()
afterEach(() => transport.close())

const send = (url: string, more: object = {}, timeoutMs = 2000) =>
  transport.send({ method: 'POST', url, headers: {}, ...more }, timeoutMs)

describe('createTransport', () => {
  it('sends method, path, headers and body as they are', async () => {
    const stub = await startStub((_, response) => void response.end())
    const headers = { 'content-type': 'application/json', 'x-own': 'yes' }
    await send(`${stub.url}/a%20b/../c/?q=%2F&q=2`, { method: 'PATCH', headers, body: '{"broken": ' }).outcome
    expect(stub.received[0]).toMatchObject({
      method: 'PATCH',
      url: '/a%20b/../c/?q=%2F&q=2',
      headers: { 'content-type': 'application/json', 'x-own': 'yes' },
      body: '{"broken": ',
    })
  })

  it('adds no content type to a body that has none', async () => {
    const stub = await startStub((_, response) => void response.end())
    await send(stub.url, { body: 'text' }).outcome
    await send(stub.url, {}).outcome
    expect(stub.received.map(({ headers }) => headers['content-type'])).toEqual([undefined, undefined])
  })

  it('sends bytes unchanged', async () => {
    const bytes = gzipSync('{}')
    const stub = await startStub((request, response) => void response.end(String(request.headers['content-length'])))
    const outcome = await send(stub.url, { body: bytes, headers: { 'content-type': 'application/json' } }).outcome
    expect(outcome).toMatchObject({ kind: 'answer', text: String(bytes.length) })
  })

  it('takes any status for an answer, follows no redirect and keeps text that is not JSON', async () => {
    const stub = await startStub((_, response) => {
      response.writeHead(302, { location: '/elsewhere', 'content-type': 'application/json' })
      response.end('{not json')
    })
    const outcome = await send(stub.url).outcome
    expect(outcome).toMatchObject({ kind: 'answer', status: 302, text: '{not json' })
    expect(stub.received).toHaveLength(1)
  })

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('unpacks answers in %s, asked for or not', async (encoding, pack) => {
    const headers = { 'content-encoding': encoding, 'transfer-encoding': 'chunked' }
    const stub = await startStub((_, response) => void response.writeHead(200, headers).end(pack('{"a":1}')))
    expect(await send(stub.url).outcome).toMatchObject({ kind: 'answer', text: '{"a":1}' })
  })

  it('tells a server that is not there from one that hangs and one that drops the connection', async () => {
    const stub = await startStub((request, response) => {
      if (request.url === '/drop') response.destroy()
    })
    const outcomes = await Promise.all([
      send('http://127.0.0.1:1/').outcome,
      send(`${stub.url}/hang`, {}, 100).outcome,
      send(`${stub.url}/drop`).outcome,
    ])
    expect(outcomes.map((each) => each.kind === 'failure' && each.reason)).toEqual(['refused', 'timeout', 'dropped'])
  })

  it('hangs up when told to, and the server notices', async () => {
    let noticed: () => void = () => undefined
    const closed = new Promise<void>((resolve) => (noticed = resolve))
    const arrived = new Promise<void>((resolve) => {
      void startStub((_, response) => {
        response.on('close', noticed)
        resolve()
      }).then((stub) => {
        const pending = send(stub.url)
        void arrived.then(() => pending.hangUp())
        outcome = pending.outcome
      })
    })
    let outcome: Promise<unknown> = Promise.resolve()
    await closed
    expect(await outcome).toMatchObject({ kind: 'failure', reason: 'hung-up' })
  })
})
