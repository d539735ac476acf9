// What MSW adds to the mock: handlers that can be overridden one by one, under a base URL of one's choice.
import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../scripts/programs.mjs'
import { handlers, type HandlersOptions } from '../../src/mocks/adapters/msw.js'
import { createRunnerMock } from '../../src/mocks/mock/runner-mock.js'

type Server = ReturnType<typeof setupServer>

function open(options?: HandlersOptions): { server: Server; mock: ReturnType<typeof createRunnerMock> } {
  const mock = createRunnerMock({ seed: 7, frozen: true })
  // Whatever no handler of the mock takes ends here, and nowhere else.
  const server = setupServer(
    ...handlers(mock, options),
    http.all('*', () => HttpResponse.error()),
  )
  server.listen()
  onTestFinished(async () => {
    server.close()
    await mock.close()
  })
  return { server, mock }
}

async function create(base: string, name: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(`${base}/v1/private/projects`, { method: 'POST', headers, body: JSON.stringify({ name }) })
}

async function names(base: string): Promise<string[]> {
  const response = await fetch(`${base}/v1/private/projects`)
  const { content } = (await response.json()) as { content: { name: string }[] }
  return content.map(({ name }) => name)
}

describe('handlers', () => {
  it('answer HEAD as GET without a body, and OPTIONS with the methods; other paths are not theirs', async () => {
    open({ baseUrl: 'https://opik.test/api' })
    const url = 'https://opik.test/api/v1/private/projects'
    const head = await fetch(url, { method: 'HEAD' })
    const { headers } = await fetch(url)
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(head.headers.get('content-type')).toBe(headers.get('content-type'))
    const unknown = `https://opik.test/api/v1/private/local-runners/01900000-0000-7000-8000-00000000dead`
    expect((await fetch(unknown, { method: 'HEAD' })).status).toBe(404)
    const options = await fetch(url, { method: 'OPTIONS' })
    expect(options.headers.get('allow')?.split(', ').toSorted()).toEqual(['GET', 'HEAD', 'OPTIONS', 'POST'])
    for (const method of ['HEAD', 'OPTIONS']) {
      await expect(fetch('https://opik.test/api/v1/private/nothing', { method })).rejects.toThrow()
      await expect(fetch('https://opik.test/elsewhere', { method })).rejects.toThrow()
    }
  })

  it('answer for any host and prefix unless told otherwise, and locate what was made under it', async () => {
    open()
    for (const base of ['https://www.comet.com/opik/api', 'http://localhost:5173/api', 'http://opik.test']) {
      const { headers } = await create(base, `Project of ${base}`)
      expect(headers.get('location')?.startsWith(`${base}/v1/private/projects/`)).toBe(true)
    }
    expect(await names('http://elsewhere.test/x/y')).toHaveLength(4)
  })

  it.each(['https://opik.test/api', 'https://opik.test/api/'])('answer for %s alone', async (baseUrl) => {
    open({ baseUrl })
    expect(await names('https://opik.test/api')).toEqual(['Default Project'])
    await expect(names('https://other.test/api')).rejects.toThrow()
  })

  it('of two mocks live side by side', async () => {
    const { server } = open({ baseUrl: 'https://one.test/api' })
    const other = createRunnerMock({ seed: 7, frozen: true })
    server.use(...handlers(other, { baseUrl: 'https://two.test/api' }))
    await create('https://one.test/api', 'Mine')
    expect(await names('https://one.test/api')).toEqual(['Mine', 'Default Project'])
    expect(await names('https://two.test/api')).toEqual(['Default Project'])
  })

  it('of one mock see the same world, wherever they are mounted', async () => {
    const { server, mock } = open({ baseUrl: 'https://one.test/api' })
    server.use(...handlers(mock, { baseUrl: 'https://two.test/api' }))
    await create('https://one.test/api', 'Shared')
    expect(await names('https://two.test/api')).toEqual(['Shared', 'Default Project'])
  })

  it('give way to an override of a single operation, and come back', async () => {
    const { server } = open()
    const base = 'http://localhost:5173/api'
    server.use(
      http.get('*/v1/private/projects', () => HttpResponse.json({ code: 503, message: 'down' }, { status: 503 })),
    )
    expect((await fetch(`${base}/v1/private/projects`)).status).toBe(503)
    expect((await create(base, 'Other operations work')).status).toBe(201)
    server.resetHandlers()
    expect(await names(base)).toContain('Other operations work')
  })

  it('leave what is none of the API to MSW, which tells of it as unhandled', async () => {
    // Where nobody listens: what is not handled goes to the network.
    const origin = `http://127.0.0.1:${await freePort()}`
    const mock = createRunnerMock({ seed: 7, frozen: true })
    const server = setupServer(...handlers(mock, { baseUrl: `${origin}/api` }))
    const unhandled: string[] = []
    // MSW 3 has another name for the option, and another argument.
    const ofMsw3 = {
      onUnhandledFrame: ({ frame }: { frame: { data: { request: Request } } }) =>
        void unhandled.push(frame.data.request.url),
    }
    server.listen({ onUnhandledRequest: ({ url }) => void unhandled.push(url), ...ofMsw3 })
    onTestFinished(async () => {
      server.close()
      await mock.close()
    })
    const strangers = ['/api/v1/private/nothing', '/page', '/v1/private/projects'].map((path) => origin + path)
    for (const url of strangers) await expect(fetch(url)).rejects.toThrow()
    expect((await fetch(`${origin}/api/v1/private/traces/batch`, { method: 'PUT' })).status).toBe(405)
    expect(await names(`${origin}/api`)).toEqual(['Default Project'])
    expect(unhandled).toEqual(strangers)
  })

  it('report a dropped connection as fetch does', async () => {
    const { mock } = open()
    mock.faults.inject({ operation: 'isAlive', drop: 'before', times: 1 })
    await expect(fetch('http://localhost:5173/api/is-alive/ping')).rejects.toThrow(TypeError)
    expect((await fetch('http://localhost:5173/api/is-alive/ping')).status).toBe(200)
  })
})
