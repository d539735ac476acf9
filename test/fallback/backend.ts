// A backend behind the mock, the mock before it, and a client that shows answers as they are on the wire.
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { serve, type RunnerServer, type ServeOptions } from '../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'

/** Listens on a free loopback port until the test ends; answers its origin. */
export async function startBackend(listener: RequestListener, port = 0): Promise<string> {
  const server = createServer(listener).listen(port, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A mock that asks `fallback` for what it has not. */
export async function openBefore(
  fallback: string | URL,
  options: ServeOptions = {},
): Promise<RunnerServer & { mock: RunnerMock }> {
  const mock = createRunnerMock({ seed: 7, frozen: true })
  const bugs: unknown[] = []
  const server = await serve(mock, { port: 0, fallback, onBug: (error) => bugs.push(error), ...options })
  onTestFinished(async () => {
    await server.close()
    if (bugs.length > 0) throw new AggregateError(bugs, 'the mock has bugs')
  })
  return { ...server, mock }
}

export interface RawRequest {
  method?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
}

/** Sends a request and reads the answer; nothing is decoded. Rejects when the connection breaks. */
export async function ask(url: string, { method = 'GET', headers = {}, body }: RawRequest = {}) {
  const outgoing = request(url, { method, headers, agent: false })
  outgoing.end(body)
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: await buffer(incoming) }
}
