// Where the cases are played: a mock with a frozen clock and a fixed seed behind each of the transports.
import { setTimeout as sleep } from 'node:timers/promises'
import type { SetupServer } from 'msw/node'
import { onTestFinished } from 'vitest'
import { writeJson } from '../../src/kernel/json-text.js'
import { matchOperation } from '../../src/kernel/all-operations.js'
import type { OperationId } from '../../src/kernel/operation.js'
import { checkReply } from '../../src/mocks/engine/check-reply.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../src/mocks/mock/runner-mock.js'
import { Api, type Send } from './api.js'
import { createHttpClient } from './http-client.js'

/** Where time stands when a case begins: half a minute into a clock minute. */
export const START = '2026-07-01T12:00:30.000Z'

/** A UUID that nothing has. */
export const NOBODY = '01900000-0000-7000-8000-00000000dead'

export interface World {
  mock: RunnerMock
  api: Api
  /** Base of the API; where nothing listens unless the transport is HTTP. */
  url: string
  /** Asks as a fetch does. */
  ask: (request: Request) => Promise<Response>
  /** Asks for a path of the API with a JSON body. */
  send: (method: string, path: string, options?: SendOptions) => Promise<Response>
  clock: RunnerMock['clock']
  /** Resolves when exactly `count` calls of the operation wait in the mock for something to happen. */
  waiting: (id: OperationId, count?: number) => Promise<void>
  /** Closes the mock and what stands around it; called at the end of a test in any case. */
  close: () => Promise<void>
}

export interface SendOptions {
  headers?: Record<string, string>
  body?: unknown
  signal?: AbortSignal
}

/** What a file of cases gets: a fresh world for each test, closed when the test ends. */
export interface Stage {
  transport: TransportName
  open: (options?: RunnerMockOptions) => Promise<World>
}

interface Mounted {
  ask: World['ask']
  send?: Send
  url: string
  close: () => Promise<void>
}

const BASE = 'http://127.0.0.1:5173/api'

const transports = {
  async handle(mock) {
    return { ask: (request) => mock.fetch(request), send: sendDirectly(mock), url: BASE, close: () => mock.close() }
  },

  async fetch(mock) {
    return { ask: (request) => mock.fetch(request), url: BASE, close: () => mock.close() }
  },

  async msw(mock) {
    onMswStage.mock = mock
    onMswStage.server ??= await startMsw()
    return { ask: (request) => fetch(request), url: BASE, close: () => mock.close() }
  },

  async http(mock) {
    const { serve } = await import('../../src/mocks/adapters/node.js')
    const bugs: unknown[] = []
    const server = await serve(mock, { port: 0, onBug: (error) => bugs.push(error) })
    const client = createHttpClient(server.url)
    const close = async (): Promise<void> => {
      await server.close()
      client.close()
      if (bugs.length > 0) throw new AggregateError(bugs, 'the mock has bugs')
    }
    return { ask: (request) => fetch(request), send: client.send, url: server.url, close }
  },
} as const satisfies Record<string, (mock: RunnerMock) => Promise<Mounted>>

/** The mock that MSW's handlers speak for. They stay for all cases of a process: making them costs more than a case. */
const onMswStage: { mock?: RunnerMock; server?: SetupServer } = {}

async function startMsw(): Promise<SetupServer> {
  const [{ setupServer }, { handlers }] = await Promise.all([
    import('msw/node'),
    import('../../src/mocks/adapters/msw.js'),
  ])
  const current = new Proxy({} as RunnerMock, { get: (_, name) => Reflect.get(onMswStage.mock ?? {}, name) as unknown })
  const server = setupServer(...handlers(current))
  server.listen({ onUnhandledRequest: 'error' })
  return server
}

/** Takes MSW away again: it stands in front of everything that this process fetches. */
export function closeMsw(): void {
  onMswStage.server?.close()
  delete onMswStage.server
}

export type TransportName = keyof typeof transports

/** Builds the stage for one transport. */
export function stageOver(transport: TransportName): Stage {
  return {
    transport,
    async open(options = {}) {
      const mock = createRunnerMock({ seed: 7, now: START, frozen: true, checkReply, ...options })
      const waiting = watchCalls(mock)
      const { ask, url, close, send = sendBy(ask, url) }: Mounted = await transports[transport](mock)
      onTestFinished(close)
      const api = new Api(send, {}, sendDirectly(mock))
      const sendJson: World['send'] = (method, path, { headers, body, signal } = {}) => {
        const init = { method, headers: { 'content-type': 'application/json', ...headers }, signal: signal ?? null }
        return ask(new Request(url + path, body === undefined ? init : { ...init, body: JSON.stringify(body) }))
      }
      return { mock, api, url, ask, send: sendJson, clock: mock.clock, waiting, close }
    },
  }
}

/** Calls a mock by method and path, and reads its JSON, undefined where there is none, and the id at the end of `Location`. */
export function callerOf(mock: RunnerMock, identity: Record<string, string> = {}) {
  return async (
    method: string,
    path: string,
    body?: object,
  ): Promise<{ status: number; body: unknown; id: string }> => {
    const headers = { 'content-type': 'application/json', ...identity }
    const reply = await mock.handle({ method, url: `/v1/private${path}`, headers, body: body && writeJson(body) })
    const id = reply.headers['location']?.split('/').at(-1) ?? ''
    return { status: reply.status, body: reply.body === '' ? undefined : JSON.parse(reply.body), id }
  }
}

/** Calls the mock as it is, and tells it of answers that nobody has waited for. */
export function sendDirectly(mock: RunnerMock): Send {
  return async ({ method, path, headers, body, signal }) => {
    const reply = await mock.handle({ method, url: path, headers, body, signal })
    if (signal?.aborted === true) reply.delivery?.failed()
    signal?.throwIfAborted()
    return { status: reply.status, headers: reply.headers, text: reply.body }
  }
}

function sendBy(ask: (request: Request) => Promise<Response>, base: string): Send {
  return async ({ method, path, headers, body, signal }) => {
    const init = { method, headers, body: body === undefined ? null : new Uint8Array(body), signal: signal ?? null }
    const response = await ask(new Request(base + path, { ...init, redirect: 'manual' }))
    return { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() }
  }
}

/** Counts the calls that wait inside the mock: a transport alone cannot tell when a request has arrived. */
function watchCalls(mock: RunnerMock): World['waiting'] {
  const open = new Map<string, number>()
  const handle = mock.handle.bind(mock)
  mock.handle = (exchange) => {
    const reply = handle(exchange)
    if (!(reply instanceof Promise)) return reply
    const id = operationOf(exchange.method, exchange.url)
    open.set(id, (open.get(id) ?? 0) + 1)
    return reply.finally(() => open.set(id, (open.get(id) ?? 0) - 1))
  }
  return (id, count = 1) => until(`${count} waiting calls of ${id}`, () => (open.get(id) ?? 0) === count)
}

function operationOf(method: string, url: string): string {
  const match = matchOperation(method, url.replace(/^https?:\/\/[^/]+\/api/, '').split('?', 1)[0] ?? '')
  return match.kind === 'operation' ? match.operation.id : ''
}

/** Waits for a condition, a bounded number of times. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 60_000; tries++) {
    if (await isTrue()) return
    await sleep(1)
  }
  throw new Error(`${what}: did not happen`)
}
