// The relay of `watch` changes nothing: whatever a server sends reaches its client as it was, and the other way round.
import { readFileSync } from 'node:fs'
import { createServer, request, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Relay, type PassedAnswer, type PassedRequest, type RelayListener } from '../../src/cli/watch/relay.js'
import { eventually } from '../sdk/eventually.js'
import { listening } from '../sdk/listening.js'

/** What a listener was told. */
class Heard {
  readonly calls: { asked: PassedRequest & { method: string; url: string }; told: PassedAnswer | undefined }[] = []

  readonly listener: RelayListener = (method, url) => (asked) => (told) =>
    void this.calls.push({ asked: { method, url, ...asked }, told })

  next(): Promise<Heard['calls'][number]> {
    return eventually('a call', () => this.calls.shift(), { interval: 1 })
  }
}

/** A server, and a relay in front of it. */
async function stand(listener: RequestListener | Server) {
  const direct = await listening(typeof listener === 'function' ? createServer(listener) : listener)
  const heard = new Heard()
  const relay = new Relay(new URL(`http://127.0.0.1:${direct}`), heard.listener)
  const through = await listening(relay.server)
  return { direct, through, heard, relay }
}

interface Sent {
  method?: string
  path?: string
  headers?: string[]
  body?: Uint8Array | string
  trailers?: Record<string, string>
}

/** Headers that belong to one connection, and those that tell the time. */
const OWN = ['connection', 'keep-alive', 'date', 'host']

function pairsOf(raw: readonly string[]): string[] {
  return raw.flatMap((name, at) =>
    at % 2 === 0 && !OWN.includes(name.toLowerCase()) ? [`${name}: ${raw[at + 1]}`] : [],
  )
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function ask(port: number, { method = 'GET', path = '/', headers = [], body, trailers }: Sent = {}) {
  const sent = request({ host: '127.0.0.1', port, method, path, headers: ['Host', 'here', ...headers], agent: false })
  sent.maxHeadersCount = 0
  const informed: unknown[] = []
  sent.on('information', ({ statusCode, rawHeaders }) => informed.push([statusCode, rawHeaders]))
  if (body !== undefined) sent.write(body)
  if (trailers !== undefined) sent.addTrailers(trailers)
  sent.end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const bytes = await bytesOf(answer)
  return {
    ...{ status: answer.statusCode, text: answer.statusMessage, headers: pairsOf(answer.rawHeaders), informed },
    ...{ body: bytes.toString('base64'), trailers: answer.rawTrailers },
  }
}

/** Tells what it was sent. */
const mirror: RequestListener = (received, response) => {
  void bytesOf(received).then((bytes) => {
    const { method, url, rawHeaders, rawTrailers } = received
    const seen = { method, url, headers: pairsOf(rawHeaders), body: bytes.toString('base64'), rawTrailers }
    response.end(JSON.stringify(seen))
  })
}

const json = ['Content-Type', 'application/json']
const many = Array.from({ length: 1500 }, (_, at) => [`X-${at}`, '1']).flat()

describe('a request', () => {
  it.each<[string, Sent]>([
    [
      'with headers in any spelling',
      { headers: ['X-OnE', '1', 'x-one', '2', 'COOKIE', 'a=b', 'Authorization', 'key'] },
    ],
    ['with bytes beyond ASCII in a header', { headers: ['X-Name', 'caf\u00e9 \u00ff'] }],
    ['with an odd path', { path: '/a/%2f;b=c//d?e=f&&g=%20?' }],
    ['in pieces', { method: 'PUT', headers: [...json, 'Transfer-Encoding', 'chunked'], body: '{"a":1}' }],
    [
      'with trailers',
      {
        ...{ method: 'POST', headers: ['Transfer-Encoding', 'chunked', 'Trailer', 'X-End'], body: 'abc' },
        trailers: { 'X-End': 'yes' },
      },
    ],
    [
      'that is gzipped',
      { method: 'POST', headers: ['Content-Encoding', 'gzip', 'Content-Length', '23'], body: gzipSync('abc') },
    ],
    ['with an empty body', { method: 'POST', headers: ['Content-Length', '0'] }],
  ])('%s reaches the server as it was', async (_, sent) => {
    const { direct, through } = await stand(mirror)
    expect(await ask(through, sent)).toEqual(await ask(direct, sent))
  })

  it('with more headers than servers take by default reaches the server as it was', async () => {
    const server = createServer(mirror)
    server.maxHeadersCount = 0
    const { direct, through } = await stand(server)
    expect(await ask(through, { headers: many })).toEqual(await ask(direct, { headers: many }))
  })

  it.each(['h2c', 'TLS/1.2'])('that offers %s is a call like any other', async (offer) => {
    const { through, heard } = await stand(mirror)
    const headers = ['Connection', 'Upgrade, HTTP2-Settings', 'Upgrade', offer, 'HTTP2-Settings', 'AAMAAABk', ...json]
    for (const length of ['Content-Length', 'Transfer-Encoding']) {
      const framing = length === 'Content-Length' ? [length, '2'] : [length, 'chunked']
      const { body } = await ask(through, { method: 'POST', headers: [...headers, ...framing], body: '{}' })
      const seen = JSON.parse(Buffer.from(body, 'base64').toString()) as { body: string; headers: string[] }
      expect([seen.body, seen.headers.includes(`Upgrade: ${offer}`)]).toEqual(['e30=', false])
      expect((await heard.next()).told).toMatchObject({ status: 200 })
    }
  })

  it('has the host of the server, and nothing of its connection', async () => {
    const { direct, through, heard } = await stand((received, response) => {
      const { host, connection, 'x-hop': hop } = received.headers
      response.end(JSON.stringify({ host, hop, isKept: connection === 'keep-alive' }))
    })
    const { body } = await ask(through, { headers: ['Connection', 'X-Hop, close', 'X-Hop', '1'] })
    expect(JSON.parse(Buffer.from(body, 'base64').toString())).toEqual({ host: `127.0.0.1:${direct}`, isKept: true })
    expect((await heard.next()).asked).toMatchObject({ method: 'GET', url: '/', connection: 1 })
  })

  it('waits with its body until the server goes on', async () => {
    const server = createServer().on('checkContinue', (received: IncomingMessage, response) => {
      response.writeContinue()
      mirror(received, response)
    })
    const { through } = await stand(server)
    const sent = request({
      ...{ host: '127.0.0.1', port: through, method: 'POST', agent: false },
      headers: { expect: '100-continue', 'content-length': 2 },
    })
    await once(sent, 'continue')
    sent.end('{}')
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    expect(JSON.parse((await bytesOf(answer)).toString())).toMatchObject({ body: 'e30=' })
  })
})

describe('an answer', () => {
  it.each<[string, RequestListener, Sent?]>([
    ['with bytes beyond ASCII', (_, response) => response.writeHead(200, { 'x-name': 'caf\u00e9' }).end('x')],
    ['with many headers', (_, response) => response.writeHead(200, many).end('x')],
    [
      'with several hints in one',
      ({ socket }, response) => {
        socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload, </b>; rel=preload\r\nX-One: 1\r\n\r\n')
        socket.write('HTTP/1.1 102 Processing\r\n\r\n')
        response.end('x')
      },
    ],
    ['with cookies', (_, response) => response.writeHead(200, ['Set-Cookie', 'a', 'SET-COOKIE', 'b']).end('x')],
    ['with a reason of its own', (_, response) => response.writeHead(207, 'Some Of It').end('x')],
    ['without a body', (_, response) => response.writeHead(204).end()],
    ['that nothing has changed', (_, response) => response.writeHead(304, { etag: 'x' }).end()],
    ['to HEAD', (_, response) => response.writeHead(200, { 'content-length': 12 }).end(), { method: 'HEAD' }],
    ['that is gzipped', (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('abc'))],
    [
      'with hints before and trailers after it',
      (_, response) => {
        response.writeEarlyHints({ link: '</a>; rel=preload' })
        response.writeHead(200, { trailer: 'x-end' }).write('abc')
        response.addTrailers({ 'x-end': 'yes' })
        response.end()
      },
    ],
  ])('%s reaches its client as it was', async (_, listener, sent = {}) => {
    const { direct, through } = await stand(listener)
    expect(await ask(through, sent)).toEqual(await ask(direct, sent))
  })

  it('comes as it is made, and is told when it is whole', async () => {
    let goOn: () => void = () => undefined
    const { through, heard } = await stand((_, response) => {
      response.write('one')
      goOn = () => response.end('two')
    })
    const sent = request({ host: '127.0.0.1', port: through, agent: false }).end()
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    const [first] = (await once(answer, 'data')) as [Buffer]
    expect([first.toString(), heard.calls]).toEqual(['one', []])
    goOn()
    const { told } = await heard.next()
    expect(told && Buffer.from(told.body).toString()).toBe('onetwo')
  })

  it('of any length goes through, and is told as lost when nobody can keep it', async () => {
    const long = Buffer.alloc(9 * 1024 * 1024, 'x')
    const { through, heard } = await stand((_, response) => response.end(long))
    const { body } = await ask(through)
    expect(Buffer.from(body, 'base64').equals(long)).toBe(true)
    expect((await heard.next()).told).toBeUndefined()
  })

  it('before the end of its question goes through', async () => {
    const { through, heard } = await stand((_, response) => response.writeHead(413).end('too long'))
    const sent = request({ host: '127.0.0.1', port: through, method: 'POST', agent: false })
    sent.on('error', () => undefined)
    sent.write('a')
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    expect([answer.statusCode, (await bytesOf(answer)).toString()]).toEqual([413, 'too long'])
    expect((await heard.next()).told).toBeUndefined()
    sent.destroy()
  })
})

describe('a connection', () => {
  it('is broken off for the server when the client hangs up', async () => {
    let hasLeft: Promise<unknown> = Promise.resolve()
    let isThere: () => void = () => undefined
    const arrival = new Promise<void>((resolve) => (isThere = resolve))
    const { through, heard } = await stand((_, response) => {
      hasLeft = once(response, 'close')
      isThere()
    })
    const sent = request({ host: '127.0.0.1', port: through, agent: false }).on('error', () => undefined)
    sent.end()
    await arrival
    sent.destroy()
    await hasLeft
    expect((await heard.next()).told).toBeUndefined()
  })

  it.each<[string, RequestListener]>([
    ['before an answer', (_, response) => response.destroy()],
    [
      'within an answer',
      (_, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('abc', () => response.destroy())
      },
    ],
    ['by a status that is none', ({ socket }) => void socket.write('HTTP/1.1 000 x\r\nContent-Length: 0\r\n\r\n')],
    [
      'by a protocol that nobody asked for',
      ({ socket }) => void socket.write('HTTP/1.1 101 Other\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    ],
  ])('is broken off for the client when the server does so %s', async (_, listener) => {
    const { through, heard } = await stand(listener)
    await expect(ask(through)).rejects.toThrow()
    expect((await heard.next()).told).toBeUndefined()
  })

  it('is kept on both sides', async () => {
    const ports = new Set<number | undefined>()
    const { through, heard } = await stand((received, response) => {
      ports.add(received.socket.remotePort)
      response.end('x')
    })
    const socket = connect(through, '127.0.0.1')
    for (const connection of [1, 1]) {
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      expect((await heard.next()).asked.connection).toBe(connection)
    }
    expect(ports.size).toBe(1)
    socket.destroy()
  })

  it('that changes its protocol goes through both ways', async () => {
    const server = createServer().on('upgrade', (_, socket, head: Buffer) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n')
      socket.write(head)
      socket.pipe(socket)
    })
    const { through, relay } = await stand(server)
    const sent = request({ host: '127.0.0.1', port: through, headers: { connection: 'Upgrade', upgrade: 'echo' } })
    sent.end()
    const [, socket] = (await once(sent, 'upgrade')) as [IncomingMessage, Socket]
    socket.write('abc')
    const [echo] = (await once(socket, 'data')) as [Buffer]
    expect(echo.toString()).toBe('abc')
    socket.on('error', () => undefined)
    await relay.close()
    if (!socket.closed) await once(socket, 'close')
  })

  it('to a server that is not there is answered by the proxy, in its own name', async () => {
    const gone = createServer()
    const port = await listening(gone)
    gone.close()
    const heard = new Heard()
    const through = await listening(new Relay(new URL(`http://127.0.0.1:${port}`), heard.listener).server)
    const { status, body } = await ask(through)
    expect([status, Buffer.from(body, 'base64').toString()]).toEqual([502, expect.stringContaining('watch')])
    expect(heard.calls.every(({ told }) => told === undefined)).toBe(true)
  })

  it.each([
    ['whose certificate nobody trusts', true],
    ['that speaks no TLS', false],
  ])('to a server %s is answered by the proxy, again and again', async (_, isSecure) => {
    const [cert, key] = ['cert', 'key'].map((name) => readFileSync(new URL(`certificate/${name}.pem`, import.meta.url)))
    const port = await listening(isSecure ? createSecureServer({ cert, key }, mirror) : createServer(mirror))
    const heard = new Heard()
    const through = await listening(new Relay(new URL(`https://127.0.0.1:${port}`), heard.listener).server)
    for (const sent of [
      {},
      { method: 'POST', body: '{}' },
      { headers: ['Connection', 'Upgrade', 'Upgrade', 'echo'] },
    ]) {
      const { status, body } = await ask(through, sent)
      const text = Buffer.from(body, 'base64').toString()
      const says = [`https://127.0.0.1:${port}`, 'NODE_EXTRA_CA_CERTS'].map((part) => text.includes(part))
      expect([status, ...says]).toEqual([502, true, isSecure])
    }
    expect(heard.calls.every(({ told }) => told === undefined)).toBe(true)
  })
})
