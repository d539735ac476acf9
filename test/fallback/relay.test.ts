// What the mock passes on to a fallback and what comes back: everything as it is, apart from what belongs to a hop.
import { EventEmitter, once } from 'node:events'
import { createServer, request, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createSocketServer, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Fallback } from '../../src/mocks/adapters/node-fallback.js'
import { ask, openBefore, startBackend } from './backend.js'

const MARK = 'x-opik-runner-kit-fallback'

/** A backend that answers with what it was asked. */
const echo: RequestListener = (incoming, response) => {
  void text(incoming).then((body) => {
    const { method, url, headers } = incoming
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ method, url, headers, body }))
  })
}

interface Echoed {
  method: string
  url: string
  headers: Record<string, string>
  body: string
}

const echoed = ({ body }: { body: Buffer }): Echoed => JSON.parse(body.toString()) as Echoed

describe('a request that no operation takes', () => {
  it('reaches the fallback with method, path, query, headers and body', async () => {
    const { url } = await openBefore(`${await startBackend(echo)}/opik/api/`)
    const answer = await ask(`${url}/v1/private/guardrails/x%2Fy?page=1&name=a+b`, {
      method: 'PUT',
      headers: { authorization: 'key', 'comet-workspace': 'team', 'content-type': 'application/json' },
      body: '{"name":"ü"}',
    })
    expect(answer).toMatchObject({ status: 200, headers: { [MARK]: 'answered' } })
    expect(echoed(answer)).toMatchObject({
      method: 'PUT',
      url: '/opik/api/v1/private/guardrails/x%2Fy?page=1&name=a+b',
      headers: { authorization: 'key', 'comet-workspace': 'team' },
      body: '{"name":"ü"}',
    })
  })

  it('loses what belongs to one connection, and names the fallback as host', async () => {
    const origin = await startBackend(echo)
    const { url } = await openBefore(origin)
    const headers = { connection: 'x-mine', 'x-mine': '1', te: 'trailers', 'proxy-authorization': 'no', 'x-kept': '2' }
    const seen = echoed(await ask(`${url}/v1/private/manual-evaluation`, { headers })).headers
    expect(seen['host']).toBe(new URL(origin).host)
    expect(seen['x-kept']).toBe('2')
    for (const name of ['x-mine', 'te', 'proxy-authorization']) expect(seen).not.toHaveProperty(name)
  })

  it.each(['POST', 'DELETE'])('keeps a %s body that comes in pieces of unknown number', async (method) => {
    const { url } = await openBefore(await startBackend(echo))
    const headers = { 'transfer-encoding': 'chunked' }
    expect(echoed(await ask(`${url}/v1/private/guardrails`, { method, headers, body: 'pieces' })).body).toBe('pieces')
  })

  it('is one with a word where an id of ours would stand, or a method for a list that is always empty here', async () => {
    const { url } = await openBefore(await startBackend(echo))
    for (const [method, path] of [
      ['PUT', '/v1/private/traces/annotations'],
      ['GET', '/v1/private/projects/alerts'],
      ['POST', '/v1/private/datasets'],
    ] as const)
      expect(echoed(await ask(`${url}${path}`, { method }))).toMatchObject({ method, url: path })
  })

  it('is none when it is an operation, a request outside of the base path, or for the admin API', async () => {
    let calls = 0
    const origin = await startBackend((_, response) => void response.end(String(++calls)))
    const server = await openBefore(origin)
    expect((await ask(`${server.url}/v1/private/projects/`)).status).toBe(200)
    expect((await ask(`${server.url}/v1/private/projects/4711`)).status).toBe(404)
    // What is kept here is nobody else's, whatever is wanted of it.
    const project = `${server.url}/v1/private/projects/0190b8d6-c000-7002-95f4-0016f094287a`
    expect((await ask(project, { method: 'PUT' })).status).toBe(405)
    expect((await ask(`http://127.0.0.1:${server.port}/opik/v1/private/guardrails`)).status).toBe(404)
    expect((await ask(`${server.adminUrl}/nothing`)).status).toBe(404)
    expect(calls).toBe(0)
  })

  it('may be for a list that is always empty here: the fallback may have more', async () => {
    const { url, mock } = await openBefore(await startBackend(echo))
    expect(echoed(await ask(`${url}/v1/private/datasets?page=2`)).method).toBe('GET')
    expect(mock.journal.entries()).toMatchObject([{ operation: 'findDatasets', status: 200 }])
    expect(JSON.parse((await ask(`${url}/v1/private/workspaces/versions`)).body.toString())).toEqual({
      opik_version: 'version_2',
    })
  })

  it('is in the journal, and faults meet it', async () => {
    const { url, mock } = await openBefore(await startBackend(echo))
    await ask(`${url}/v1/private/guardrails?page=2`)
    expect(mock.journal.entries()).toMatchObject([
      { method: 'GET', path: '/v1/private/guardrails', query: 'page=2', operation: undefined, status: 200 },
    ])
    mock.faults.inject({ path: '/v1/private/guardrails', status: 503, once: true })
    expect((await ask(`${url}/v1/private/guardrails`, { method: 'POST', body: 'unread' })).status).toBe(503)
    mock.faults.inject({ path: '/v1/private/guardrails', drop: 'after', once: true })
    await expect(ask(`${url}/v1/private/guardrails`)).rejects.toThrow()
    expect((await ask(`${url}/v1/private/guardrails`)).status).toBe(200)
  })
})

describe('an answer of the fallback', () => {
  it('comes back with its status, headers and bytes', async () => {
    const packed = gzipSync('{"packed":true}')
    const { url } = await openBefore(
      await startBackend((_, response) => {
        const headers = { 'content-encoding': 'gzip', 'set-cookie': ['a=1', 'b=2'], 'keep-alive': 'timeout=99' }
        response.writeHead(418, headers).end(packed)
      }),
    )
    const { status, headers, body } = await ask(`${url}/v1/private/guardrails`)
    expect(status).toBe(418)
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect(headers['keep-alive']).not.toBe('timeout=99')
    expect(body.equals(packed)).toBe(true)
  })

  it('has a body only where the method allows one', async () => {
    const { url } = await openBefore(await startBackend(echo))
    const { status, body } = await ask(`${url}/v1/private/guardrails`, { method: 'HEAD' })
    expect([status, body.length]).toEqual([200, 0])
  })

  it.each([
    ['/opik/api/v1/private/guardrails/7', '/v1/private/guardrails/7', 'ours'],
    ['/elsewhere/7', '/elsewhere/7', 'theirs'],
    ['https://login.test/start', 'https://login.test/start', 'as it is'],
  ])('names %s as a place that the client can reach', async (location, rest, whose) => {
    const origin = await startBackend((_, response) => {
      const isAbsolute = location.startsWith('/opik')
      response.writeHead(201, { location: isAbsolute ? origin + location : location }).end()
    })
    const { url } = await openBefore(`${origin}/opik/api`)
    const { headers } = await ask(`${url}/v1/private/guardrails`, { method: 'POST', body: '{}' })
    expect(headers.location).toBe(whose === 'ours' ? url + rest : rest)
  })

  it('streams, and so does the request', async () => {
    const steps: string[] = []
    const { url } = await openBefore(
      await startBackend((incoming, response) => {
        response.writeHead(200).flushHeaders()
        incoming.on('data', (chunk: Buffer) => {
          steps.push(`got ${String(chunk)}`)
          response.write(`echo ${String(chunk)}`)
        })
        incoming.on('end', () => response.end())
      }),
    )
    const outgoing = request(`${url}/v1/private/attachments`, { method: 'POST', agent: false })
    outgoing.write('one')
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    const chunk = (await once(incoming, 'data')) as [Buffer]
    expect([String(chunk[0]), steps]).toEqual(['echo one', ['got one']])
    outgoing.end('two')
    expect(await text(incoming)).toBe('echo two')
  })

  it('ends for both when one of them breaks off', async () => {
    const backend = new EventEmitter()
    const { url } = await openBefore(
      await startBackend((incoming, response) => {
        response.writeHead(200).write('begun')
        if (incoming.url === '/broken') setImmediate(() => incoming.socket.destroy())
        else response.on('close', () => backend.emit('left'))
      }),
    )
    await expect(ask(`${url}/broken`)).rejects.toThrow()
    const outgoing = request(`${url}/endless`, { agent: false }).end()
    outgoing.on('error', () => undefined)
    await once(outgoing, 'response')
    const left = once(backend, 'left')
    outgoing.destroy()
    await left
  })

  it('is waited for until the client leaves', async () => {
    const backend = new EventEmitter()
    const asked = once(backend, 'asked')
    const { url } = await openBefore(await startBackend((_, response) => void backend.emit('asked', response)))
    const outgoing = request(`${url}/v1/private/slow`, { agent: false }).end()
    outgoing.on('error', () => undefined)
    const [response] = (await asked) as [ServerResponse]
    outgoing.destroy()
    if (!response.closed) await once(response, 'close')
  })
})

describe('trouble with the fallback', () => {
  it('is told as what it is, and over when the fallback is back', async () => {
    const origin = await unusedOrigin()
    const { url } = await openBefore(origin)
    const refused = await ask(`${url}/v1/private/guardrails`)
    expect(refused).toMatchObject({ status: 424, headers: { [MARK]: 'failed', 'content-type': 'application/json' } })
    expect(JSON.parse(refused.body.toString())).toMatchObject({ code: 424 })
    expect(refused.body.toString()).toContain('ECONNREFUSED')
    await startBackend(echo, Number(new URL(origin).port))
    expect((await ask(`${url}/v1/private/guardrails`)).status).toBe(200)
  })

  it('that the fallback tells itself is passed on and marked as an answer', async () => {
    const { url } = await openBefore(await startBackend((_, response) => void response.writeHead(502).end('down')))
    expect(await ask(`${url}/v1/private/guardrails`)).toMatchObject({ status: 502, headers: { [MARK]: 'answered' } })
  })

  it('is a connection that breaks before an answer, and one that stays silent', async () => {
    const broken = await openBefore(await startBackend((incoming) => void incoming.socket.destroy()))
    expect((await ask(`${broken.url}/v1/private/guardrails`)).status).toBe(424)
    const silent = new Fallback(new URL(await startBackend(() => undefined)), { silenceMs: 50 })
    onTestFinished(() => silent.close())
    const front = createServer((_, response) => {
      void silent.relay(response, '/x', 'http://h/api').then(({ status, body }) => {
        response.writeHead(status).end(body)
      })
    })
    const port = await listenOn(front)
    expect((await ask(`http://127.0.0.1:${port}/x`)).status).toBe(424)
  })

  it('is a circle', async () => {
    const origin = await unusedOrigin()
    const port = Number(new URL(origin).port)
    const { url } = await openBefore(`${origin}/api`, { port })
    const answer = await ask(`${url}/v1/private/guardrails`)
    expect(answer.status).toBe(424)
    expect(answer.body.toString()).toContain('leads back')
  })

  it('is none when a connection that was kept open has ended meanwhile', async () => {
    let sockets = 0
    const server = createSocketServer((socket) => {
      const number = ++sockets
      let requests = 0
      socket.on('error', () => undefined)
      socket.on('data', () => {
        if (++requests === 1) socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${number}`)
        else socket.destroy()
      })
    })
    const { url } = await openBefore(`http://127.0.0.1:${await listenOn(server)}`)
    const bodies = [await ask(`${url}/a`), await ask(`${url}/b`)].map(({ body }) => body.toString())
    expect(bodies).toEqual(['1', '2'])
  })
})

describe('web pages', () => {
  const allow = { 'access-control-allow-origin': 'https://theirs.test', 'access-control-expose-headers': 'X-Total' }
  const backend: RequestListener = (incoming, response) => {
    response.writeHead(200, { ...allow, vary: 'Accept' }).end(incoming.method)
  }
  const local = 'http://localhost:3000'

  it('of this machine may read what the fallback answers, and its Location', async () => {
    const { url } = await openBefore(await startBackend(backend))
    const { headers } = await ask(`${url}/v1/private/guardrails`, { headers: { origin: local } })
    expect(headers['access-control-allow-origin']).toBe(local)
    expect(headers['access-control-expose-headers']).toMatch(/Location.*X-Total/)
    expect(headers.vary).toBe('Origin, Accept')
    const wish = { origin: local, 'access-control-request-method': 'PUT' }
    expect((await ask(`${url}/v1/private/guardrails`, { method: 'OPTIONS', headers: wish })).status).toBe(204)
  })

  it('of others may read what the fallback lets them', async () => {
    const { url } = await openBefore(await startBackend(backend))
    const headers = { origin: 'https://other.test', 'access-control-request-method': 'PUT' }
    const answer = await ask(`${url}/v1/private/guardrails`, { headers })
    expect(answer.headers['access-control-allow-origin']).toBe('https://theirs.test')
    const preflight = await ask(`${url}/v1/private/guardrails`, { method: 'OPTIONS', headers })
    expect(preflight.body.toString()).toBe('OPTIONS')
    const ours = { ...headers, 'access-control-request-method': 'POST' }
    const allowed = await ask(`${url}/v1/private/projects`, { method: 'OPTIONS', headers: ours })
    expect(allowed).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': 'https://other.test' } })
  })
})

it.each(['ftp://host/api', 'http://user:secret@host/api', 'http://host/api?x=1', 'http://'])(
  'a fallback that cannot be used is refused: %s',
  async (fallback) => {
    await expect(openBefore(fallback)).rejects.toMatchObject({ code: 'fallback/url' })
  },
)

async function listenOn(server: ReturnType<typeof createSocketServer>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** An origin where nothing listens. */
async function unusedOrigin(): Promise<string> {
  const server = createSocketServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}`
}
