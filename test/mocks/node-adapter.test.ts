// What HTTP adds to the mock: addresses, cross-origin headers, bodies in pieces, clients that vanish.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import request from 'supertest'
import { describe, expect, it, onTestFinished } from 'vitest'
import { serve, type RunnerServer, type ServeOptions } from '../../src/mocks/adapters/node.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { until } from './harness.js'

const bugs: unknown[] = []
/** Containers often go without. */
const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))

async function open(options: ServeOptions = {}): Promise<RunnerServer> {
  const mock = createRunnerMock({ seed: 7, frozen: true })
  const server = await serve(mock, { port: 0, onBug: (error) => bugs.push(error), ...options })
  onTestFinished(async () => {
    await server.close()
    expect(bugs.splice(0)).toEqual([])
  })
  return server
}

/** A raw connection and all that has come back on it. */
async function dial({ port }: RunnerServer): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return { socket, received: () => text }
}

const PROJECT = '{"name":"x"}'
const post = (path: string, ...headers: string[]): string =>
  [`POST ${path} HTTP/1.1`, 'Host: h', 'Content-Type: application/json', ...headers, '', ''].join('\r\n')
const statuses = (text: string): string[] => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status)

describe('addresses', () => {
  it('answer behind /api and at the root, and say where what they have made is; at a base path that was given alone', async () => {
    const { url, consoleUrl } = await open()
    const origin = new URL(consoleUrl).origin
    const projects = '/v1/private/projects'
    for (const base of [url, origin]) {
      const { headers } = await request(base)
        .post(projects)
        .send({ name: `Made at ${base}` })
        .expect(201)
      expect(headers['location']?.replace(/[^/]+$/, '')).toBe(`${base}${projects}/`)
    }
    await request(origin).get('/v1/private/nothing').expect(404)
    const given = await open({ basePath: '/api' })
    await request(new URL(given.consoleUrl).origin).post(projects).send({ name: 'Nowhere' }).expect(404)
  })

  it.each([
    ['/api', '/api'],
    ['api/', '/api'],
    ['/a/b', '/a/b'],
    ['', ''],
    ['/', ''],
  ])('have the base path %j as %j', async (basePath, wanted) => {
    const server = await open({ basePath })
    expect(server.url).toBe(`http://127.0.0.1:${server.port}${wanted}`)
    await request(server.url).get('/is-alive/ping').expect(200)
    await request(`http://127.0.0.1:${server.port}`).get('/else/is-alive/ping').expect(404)
    await request(server.adminUrl).get('/health').expect(200)
  })

  it.each(['/__admin', '__admin/api', '/a b', '/a?b', '/a#b', '/a//b', '/../a', '/a/.', '/\u00e4'])(
    'cannot have the base path %j, which no request could reach',
    async (basePath) => {
      const mock = createRunnerMock()
      await expect(serve(mock, { port: 0, basePath })).rejects.toMatchObject({ code: 'serve/base-path' })
      await mock.close()
    },
  )

  it.runIf(hasIPv6).each(['::1', '[::1]'])('of IPv6 stand in brackets, as which %s is one', async (host) => {
    const server = await open({ host })
    expect(server.url).toBe(`http://[::1]:${server.port}/api`)
    await request(server.adminUrl).get('/health').expect(200)
  })

  it('that this machine has not are told from ports that are taken', async () => {
    const mock = createRunnerMock()
    const serving = serve(mock, { port: 0, host: '192.0.2.1', adminToken: 'token' })
    await expect(serving).rejects.toMatchObject({ code: 'serve/host' })
    await mock.close()
  })

  it('in Location are those that the client has used', async () => {
    const server = await open()
    const { socket, received } = await dial(server)
    socket.write(
      `${post('/api/v1/private/projects', `Content-Length: ${PROJECT.length}`)}${PROJECT}`.replace(
        'Host: h',
        'Host: opik.test:80',
      ),
    )
    await until('an answer', () => received().includes('\r\n\r\n'))
    expect(received()).toMatch(/\r\nlocation: http:\/\/opik\.test:80\/api\/v1\/private\/projects\/[0-9a-f-]{36}\r\n/i)
  })

  it('that are taken or not of this machine are refused with a code', async () => {
    const { port } = await open()
    const mock = createRunnerMock()
    await expect(serve(mock, { port })).rejects.toMatchObject({ code: 'serve/port' })
    await expect(serve(mock, { port: 0, host: '0.0.0.0' })).rejects.toMatchObject({ code: 'serve/host' })
  })
})

describe('cross-origin headers', () => {
  const origin = 'https://app.test'

  it('let any page call the API and read Location', async () => {
    const { url } = await open()
    const made = request(url).post('/v1/private/projects').set({ origin }).send({ name: 'x' })
    await made
      .expect(201)
      .expect('access-control-allow-origin', origin)
      .expect('access-control-expose-headers', /Location/)
    const refused = request(url).get('/v1/private/nothing').set({ origin })
    await refused.expect(404).expect('access-control-allow-origin', origin)
  })

  it('answer a preflight', async () => {
    const { url } = await open()
    const asked = 'authorization,comet-workspace,content-type'
    await request(url)
      .options('/v1/private/local-runners/jobs')
      .set({ origin, 'access-control-request-method': 'POST', 'access-control-request-headers': asked })
      .expect(204)
      .expect('access-control-allow-methods', /PATCH/)
      .expect('access-control-allow-headers', asked)
  })

  it('are not sent to callers that are no page', async () => {
    const { url } = await open()
    const { headers } = await request(url).get('/is-alive/ping').expect(200)
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  })
})

describe('requests on the wire', () => {
  it('may come in pieces, of any size', async () => {
    const { socket, received } = await dial(await open())
    const chunked = post('/api/v1/private/projects', 'Transfer-Encoding: chunked')
    for (const piece of [
      chunked.slice(0, 20),
      chunked.slice(20),
      '5\r\n{"nam\r\n',
      '7\r\ne":"x"}\r\n',
      '0\r\n',
      '\r\n',
    ]) {
      socket.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await until('an answer', () => received().includes('\r\n\r\n'))
    expect(statuses(received())).toEqual(['201'])
  })

  it('may follow each other before they are answered', async () => {
    const { socket, received } = await dial(await open())
    const one = (name: string): string => `${post('/api/v1/private/projects', 'Content-Length: 12')}{"name":"${name}"}`
    socket.write(`${one('a') + one('a') + one('b')}GET /api/nothing HTTP/1.1\r\nHost: h\r\n\r\n`)
    await until('four answers', () => statuses(received()).length === 4)
    expect(statuses(received())).toEqual(['201', '409', '201', '404'])
  })

  it('with HEAD and odd methods are answered without a fuss', async () => {
    const { url } = await open()
    const { headers } = await request(url).get('/v1/private/projects').expect(200)
    const head = request(url).head('/v1/private/projects')
    await head.expect(200).expect('content-length', headers['content-length'] ?? 'a length')
    await request(url).options('/v1/private/projects').expect(200)
    await request(url).propfind('/v1/private/projects').expect(405)
  })

  it('that carry a body where none is read are answered, and so is the next one', async () => {
    const { socket, received } = await dial(await open())
    const get = 'GET /api/v1/private/projects HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello'
    socket.write(get + get)
    await until('two answers', () => statuses(received()).length === 2)
    expect(statuses(received())).toEqual(['200', '200'])
  })

  it('over the limit without a length are answered 413, which pages may read', async () => {
    const { socket, received } = await dial(await open())
    socket.write(post('/api/v1/private/projects', 'Transfer-Encoding: chunked\r\nOrigin: https://app.test'))
    const chunk = `100000\r\n${' '.repeat(0x100000)}\r\n`
    for (let sent = 0; sent < 18 && socket.writable; sent++) socket.write(chunk)
    await until('an answer', () => received().includes('\r\n\r\n') || socket.destroyed)
    expect(statuses(received())).toEqual(['413'])
    expect(received()).toMatch(/^access-control-allow-origin: https:\/\/app\.test\r$/im)
  })

  it('that break off leave the server as it was', async () => {
    const server = await open()
    for (const piece of [
      post('/api/v1/private/projects', 'Content-Length: 12').slice(0, 30),
      'nonsense\r\n\r\n',
      `${post('/api/v1/private/projects', 'Content-Length: 12')}{"na`,
    ]) {
      const { socket } = await dial(server)
      socket.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
      socket.destroy()
    }
    const { text } = await request(server.url).get('/v1/private/projects').expect(200)
    expect(JSON.parse(text)).toMatchObject({ total: 1 })
  })
})
