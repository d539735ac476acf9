// The same mock behind three transports, each reached by fetch: what a fault does must feel the same on all of them.
import { setupServer } from 'msw/node'
import { onTestFinished } from 'vitest'
import { handlers } from '../../src/mocks/adapters/msw.js'
import { checkReply, serve } from '../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../src/mocks/mock/runner-mock.js'

export interface Stage {
  mock: RunnerMock
  /** Sends a request to a path of the API. */
  send: (method: string, path: string, options?: SendOptions) => Promise<Response>
}

export interface SendOptions {
  headers?: Record<string, string>
  body?: unknown
  signal?: AbortSignal
}

export type Open = (options?: RunnerMockOptions) => Promise<Stage>

const START = '2026-07-01T12:00:30.000Z'

/** A mock with a frozen clock that is closed when the test ends. */
export function openMock(options: RunnerMockOptions = {}): RunnerMock {
  const mock = createRunnerMock({ now: START, frozen: true, checkReply, ...options })
  onTestFinished(() => mock.close())
  return mock
}

export const transports: Readonly<Record<string, Open>> = {
  async 'in process'(options) {
    const mock = openMock(options)
    return { mock, send: sender((request) => mock.fetch(request), 'http://mock.test/api') }
  },

  async 'through MSW'(options) {
    const mock = openMock(options)
    const server = setupServer(...handlers(mock))
    server.listen({ onUnhandledRequest: 'bypass' })
    onTestFinished(() => server.close())
    return { mock, send: sender((request) => fetch(request), 'http://mock.test/api') }
  },

  async 'over HTTP'(options) {
    const mock = openMock(options)
    const server = await serve(mock, { port: 0 })
    onTestFinished(() => server.close())
    return { mock, send: sender((request) => fetch(request), server.url) }
  },
}

function sender(answer: (request: Request) => Promise<Response>, base: string): Stage['send'] {
  return (method, path, { headers = {}, body, signal } = {}) => {
    const init: RequestInit = { method, headers: { 'content-type': 'application/json', ...headers } }
    if (body !== undefined) init.body = JSON.stringify(body)
    if (signal !== undefined) init.signal = signal
    return answer(new Request(base + path, init))
  }
}

/** Resolves when a request has got as far as waiting for a fault. */
export async function heldUp(mock: RunnerMock, count = 1): Promise<void> {
  const waiting = (): number => mock.faults.list().reduce((sum, fault) => sum + fault.waiting, 0)
  while (waiting() < count) await new Promise((resolve) => setImmediate(resolve))
}
