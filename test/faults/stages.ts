// The same mock behind three transports, each reached by fetch: what a fault does must feel the same on all of them.
import { onTestFinished } from 'vitest'
import { checkReply } from '../../src/mocks/engine/check-reply.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../src/mocks/mock/runner-mock.js'
import { START, stageOver } from '../mocks/harness.js'

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

/** A mock with a frozen clock that is closed when the test ends. */
export function openMock(options: RunnerMockOptions = {}): RunnerMock {
  const mock = createRunnerMock({ now: START, frozen: true, checkReply, ...options })
  onTestFinished(() => mock.close())
  return mock
}

const names = { 'in process': 'fetch', 'through MSW': 'msw', 'over HTTP': 'http' } as const

export const transports: Readonly<Record<string, Open>> = Object.fromEntries(
  Object.entries(names).map(([name, transport]): [string, Open] => [
    name,
    async (options) => {
      const { mock, ask, url } = await stageOver(transport).open(options)
      return { mock, send: sender(ask, url) }
    },
  ]),
)

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
