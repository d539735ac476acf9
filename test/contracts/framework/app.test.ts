// Apps of this process, and suites of test runners, as users aim them: no port is opened for an app.
import { createServer, Server, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { describe, expect, it, vi, afterAll, beforeAll } from 'vitest'
import { defineCheck } from '../../../src/contracts/check/check.js'
import { verify } from '../../../src/contracts/run/verify.js'
import type { AppTarget, TargetClock } from '../../../src/contracts/target/target.js'
import { createRunnerMock, type RunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { outcomeOf, startSuite } from '../../../src/contracts/suite-run.js'
import { describeContract } from '../../../src/contracts/vitest.js'
import { serve, type RunnerServer } from '../../../src/mocks/adapters/node.js'
import { startProgram } from '../../sdk/program.js'
import { startMockTarget } from './mock-target.js'
import { failing, passing, trial } from './trial-checks.js'

/** A mock behind an app of some kind, and its time. */
function openApp<App = RequestListener>(
  wrap?: (mock: RunnerMock) => App,
): { app: App | RequestListener; clock: TargetClock } {
  const mock = createRunnerMock()
  const clock = {
    advance: async (seconds: number) => {
      await mock.clock.advance({ seconds })
      return mock.clock.now()
    },
    now: async () => mock.clock.now(),
  }
  return { clock, app: wrap?.(mock) ?? ((request, response) => void answer(mock, request, response)) }
}

/** What can be verified, each with a mock inside. */
const kinds: Record<string, (mock: RunnerMock) => AppTarget['app']> = {
  'an Express app': (mock) => express().use((request, response) => void answer(mock, request, response)),
  'a Fastify app'(mock) {
    const app = fastify()
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _body, done) => done(null))
    app.all('/*', (request, reply) => {
      reply.hijack()
      void answer(mock, request.raw, reply.raw)
    })
    return app
  },
  'a Hono app': (mock) => new Hono().all('*', (context) => mock.fetch(context.req.raw)),
  'a mock': (mock) => mock,
  'a fetch function': (mock) => mock.fetch,
}

async function answer(mock: RunnerMock, request: IncomingMessage, response: ServerResponse): Promise<void> {
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

it('a listener passes, and is asked under its base path', async () => {
  const report = await verify({ ...openApp(), url: '/api' }, { areas: ['checklist'] })
  const bad = report.results.filter(({ verdict }) => verdict.kind === 'failed' || verdict.kind === 'error')
  expect(bad.map(({ id, verdict }) => [id, verdict])).toEqual([])
  expect(report.totals.passed).toBeGreaterThan(10)
  expect(report.target.url).toMatch(/\/api$/)
})

it.each(Object.entries(kinds))('%s passes', async (_, wrap) => {
  const only = ['system/*', 'runner/list-*', 'job/minimal', 'long-poll/job-wakes-poll']
  const { totals } = await verify(openApp(wrap), { only })
  expect(totals).toMatchObject({ failed: 0, errors: 0, notRun: 0 })
  expect(totals.passed).toBeGreaterThan(6)
})

it('a server that does not listen is asked as well, and does not listen afterwards', async () => {
  const server = createServer(openApp().app)
  const report = await verify({ app: server }, { areas: ['system'] })
  expect(report.totals.failed).toBe(0)
  expect(server.listening).toBe(false)
})

it('a listener is sent what no Request can say, over no port', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen')
  const methods: unknown[] = []
  const { app } = openApp()
  const odd = defineCheck({
    id: 'odd/traced',
    title: 'TRACE is refused.',
    rule: { section: 'Media' },
    run: async (context) => void (await context.raw({ method: 'TRACE', path: '/v1/../is-alive/ping' })),
  })
  const hear: RequestListener = (request, response) => {
    request.setTimeout(60_000)
    methods.push(`${request.method} ${request.url} ${request.socket.remoteAddress}`)
    app(request, response)
  }
  await verify({ app: hear }, { checks: [odd] })
  expect(methods).toContain('TRACE /v1/../is-alive/ping 127.0.0.1')
  expect(listen).not.toHaveBeenCalled()
})

it.each<[string, (fail: () => never) => unknown]>([
  ['at once', (fail) => fail()],
  ['later', async (fail) => fail()],
])('a listener that throws %s fails, as a server that drops its connections', async (_, call) => {
  const thrown = (): never => {
    throw new Error('out of order')
  }
  const app = (request: IncomingMessage, response: ServerResponse): unknown =>
    request.url?.includes('/is-alive/') === true ? response.writeHead(503).end() : call(thrown)
  const report = await verify({ app }, { areas: ['system'] })
  expect(report.exitCode).toBe(1)
  const failures = report.results.flatMap(({ exchanges }) => exchanges.flatMap(({ failure }) => failure ?? []))
  expect(failures.some((failure) => failure.includes('out of order'))).toBe(true)
})

it('an app of no kind is refused', async () => {
  await expect(verify({ app: { use: 1 } as never })).rejects.toMatchObject({ code: 'target/app' })
})

describe('a fetch function', () => {
  it('hears of hang-ups, waits in long polls, and opens no port', async () => {
    const listen = vi.spyOn(Server.prototype, 'listen')
    const { totals } = await verify(
      openApp((mock) => mock),
      { areas: ['long-poll'] },
    )
    expect(totals).toMatchObject({ failed: 0, errors: 0, notRun: 0 })
    expect(listen).not.toHaveBeenCalled()
  })

  it('is not judged by what no Request can say', async () => {
    const odd = defineCheck({
      id: 'odd/dots',
      title: 'A path with dots is answered.',
      rule: { section: 'Media' },
      run: async (context) => void (await context.raw({ method: 'GET', path: '/v1/../is-alive/ping' })),
    })
    const { results } = await verify(
      openApp((mock) => mock),
      { checks: [odd] },
    )
    expect(results).toMatchObject([{ id: 'odd/dots', verdict: { kind: 'not-run' } }])
  })

  it.each([
    ['throws', () => Promise.reject(new Error('out of order'))],
    ['answers with no Response', () => 'Healthy'],
    [
      'breaks off its answer',
      () => new Response(new ReadableStream({ pull: (stream) => stream.error(new Error('gone')) })),
    ],
  ])('that %s fails, as a server that drops its connections', async (_, fail) => {
    const app = async (request: Request): Promise<Response> =>
      request.url.includes('/is-alive/') ? new Response(null, { status: 503 }) : (fail() as never)
    const report = await verify({ app }, { areas: ['system'] })
    expect(report.exitCode).toBe(1)
    expect(report.results.flatMap(({ exchanges }) => exchanges).some(({ status }) => status === null)).toBe(true)
  })

  it('that never answers is told in a process that has nothing else to do', async () => {
    const program = `import { verify } from 'opik-runner-kit/contracts'
await verify({ app: (request) => new Promise(() => {}) }, { firstAnswerSeconds: 0.3 }).catch(({ code }) => console.log(code))`
    const ended = startProgram('--input-type=module', ['--eval', program])
    await ended.closeInput()
    expect(ended.output()).toBe('target/unreachable\n')
  })
})

const mock = createRunnerMock({ scenario: 'empty' })
let server: RunnerServer

beforeAll(async () => {
  server = await serve(mock, { port: 0 })
})

afterAll(async () => {
  await server.close()
  await mock.close()
})

const missing = trial('trial/missing', () => Promise.reject(new Error('must not run')), {
  needs: { when: () => 'no such thing' },
})

describeContract(() => ({ url: server.url }), {
  title: 'describeContract',
  checks: [passing, missing, failing],
  waivers: [{ id: 'trial/fails', reason: 'meant to fail' }],
})

describe('startSuite', () => {
  it('gives test runners the outcome of each check', async () => {
    const suite = startSuite(await startMockTarget(), { checks: [passing, failing, missing] })
    const kinds = await Promise.all(
      [passing, failing, missing].map(async ({ id }) => outcomeOf(await suite.resultOf(id)).kind),
    )
    expect(kinds).toEqual(['passed', 'failed', 'skipped'])
    await expect(suite.resultOf('trial/unknown')).rejects.toThrow('trial/unknown')
    await suite.end()
  })

  it('rejects all of them when there is no target', async () => {
    const suite = startSuite({ url: 'http://127.0.0.1:1/api' }, { checks: [passing] })
    await expect(suite.resultOf('trial/passes')).rejects.toMatchObject({ code: 'target/unreachable' })
  })
})
