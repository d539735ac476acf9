// The mock that a recording is replayed to, asked through `handle` or, where a recording is about the wire itself, over
// HTTP. Either way it is known when a request has arrived, so that time moves neither before nor without it.
import { serve } from '../../src/mocks/adapters/node.js'
import type { ApiResponse } from '../../src/mocks/base/exchange.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'
import { createHttpClient } from '../mocks/http-client.js'

/** A request with the mock's ids in it. */
export interface SentRequest {
  method: string
  /** Path and query, base path included. */
  url: string
  headers: Record<string, string>
  body: Buffer | undefined
}

/** What came back. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
  /** The mock's time when it was there, in milliseconds. */
  at: number
}

/** A call under way. */
export interface OpenCall {
  /** Resolves when the mock has taken the request, answered or not. */
  arrived: Promise<unknown>
  /** undefined once the caller has hung up. */
  answer: Promise<Answer | undefined>
  hangUp(): void
}

/** Where requests go. */
export interface Target {
  mock: RunnerMock
  send(request: SentRequest): OpenCall
  close(): Promise<void>
}

type MockOptions = Parameters<typeof createRunnerMock>[0]

/** Asks through `mock.handle`. */
export function createDirectTarget(options: MockOptions, basePath: string): Target {
  const mock = createRunnerMock(options)
  return {
    mock,
    send({ method, url, headers, body }) {
      const caller = new AbortController()
      const { signal } = caller
      const base = `http://mock${basePath}`
      const reply = mock.handle({ method, url: url.slice(basePath.length), base, headers, body, signal })
      const answer = Promise.resolve(reply).then((late) => receive(late, mock, signal))
      return { arrived: Promise.resolve(), answer, hangUp: () => caller.abort() }
    },
    close: () => mock.close(),
  }
}

/** An answer that nobody takes any more goes back to where it came from. */
function receive(reply: ApiResponse, mock: RunnerMock, signal: AbortSignal): Answer | undefined {
  if (signal.aborted) {
    reply.delivery?.failed()
    return undefined
  }
  const { status, headers, body } = reply
  return { status, headers, body, at: mock.clock.now() }
}

/** Asks a server on loopback. */
export async function createServedTarget(options: MockOptions, basePath: string): Promise<Target> {
  const mock = createRunnerMock(options)
  let onArrival: () => void = () => undefined
  const watched = new Proxy(mock, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...given: unknown[]): unknown => {
        const result: unknown = Reflect.apply(value, target, given)
        if (name === 'handle') onArrival()
        return result
      }
    },
  })
  const server = await serve(watched, { port: 0, basePath })
  const client = createHttpClient(`http://127.0.0.1:${server.port}`)
  return {
    mock,
    send({ url: path, ...request }) {
      const taken = new Promise<void>((resolve) => (onArrival = resolve))
      const caller = new AbortController()
      const { signal } = caller
      const answer = client.send({ ...request, path, signal }).then(
        ({ text: body, ...reply }): Answer => ({ ...reply, body, at: mock.clock.now() }),
        (error: unknown) => {
          if (!signal.aborted) throw error
          return undefined
        },
      )
      return { arrived: Promise.race([taken, answer]), answer, hangUp: () => caller.abort() }
    },
    close() {
      client.close()
      return server.close()
    },
  }
}
