// Apps of this process as targets: nobody starts them, and supertest asks them.
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { defineCheck } from '../../../src/contracts/check/check.js'
import { verify } from '../../../src/contracts/run/verify.js'
import type { TargetClock } from '../../../src/contracts/target/target.js'
import { createRunnerMock } from '../../../src/mocks/mock/runner-mock.js'

/** A mock as a listener, as an Express app would be one, and its time. */
function openApp(): { app: RequestListener; clock: TargetClock } {
  const mock = createRunnerMock()
  const clock = {
    advance: async (seconds: number) => {
      await mock.clock.advance({ seconds })
      return mock.clock.now()
    },
    now: async () => mock.clock.now(),
  }
  return { clock, app: (request, response) => void answer(mock, request, response) }
}

async function answer(
  mock: ReturnType<typeof createRunnerMock>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  const hungUp = new AbortController()
  response.on('close', () => hungUp.abort())
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  const { method = 'GET', url = '/' } = request
  const body = Buffer.concat(chunks)
  const exchange = {
    method,
    url: `http://app.test${url}`,
    headers,
    signal: hungUp.signal,
    ...(body.length > 0 && { body }),
  }
  const reply = await mock.handle(exchange)
  response.writeHead(reply.status, { ...reply.headers }).end(reply.body)
}

const areas = ['system', 'runner', 'checklist', 'job', 'long-poll']

it('a listener passes, and is asked under its base path', async () => {
  const report = await verify({ ...openApp(), url: '/api' }, { areas })
  const bad = report.results.filter(({ verdict }) => verdict.kind === 'failed' || verdict.kind === 'error')
  expect(bad.map(({ id, verdict }) => [id, verdict])).toEqual([])
  expect(report.totals.passed).toBeGreaterThan(70)
  expect(report.target.url).toMatch(/\/api$/)
})

it('a server that does not listen is asked as well, and does not listen afterwards', async () => {
  const server = createServer(openApp().app)
  const report = await verify({ app: server }, { areas: ['system', 'projects'] })
  expect(report.totals.failed).toBe(0)
  expect(server.listening).toBe(false)
})

it('a request that supertest cannot send is not judged', async () => {
  const odd = defineCheck({
    id: 'odd/traced',
    title: 'TRACE is refused.',
    rule: { section: 'Media' },
    run: async (context) => void (await context.raw({ method: 'TRACE', path: '/is-alive/ping' })),
  })
  const { results } = await verify(openApp(), { checks: [odd] })
  expect(results).toMatchObject([{ id: 'odd/traced', verdict: { kind: 'not-run' } }])
})

it('an app that is broken fails', async () => {
  const { app: sound } = openApp()
  const broken: RequestListener = (request, response) => {
    if (request.method === 'POST' && request.url?.endsWith('/jobs/next') === true) response.writeHead(418).end()
    else sound(request, response)
  }
  const report = await verify({ app: broken }, { areas: ['job'] })
  expect(report.totals.failed).toBeGreaterThan(0)
})
