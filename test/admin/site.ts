// A served mock with a frozen clock, and a client of its admin API.
import { request as httpRequest } from 'node:http'
import { onTestFinished } from 'vitest'
import { checkReply, serve, type ServeOptions } from '../../src/mocks/adapters/node.js'
import { createRunnerMock, type RunnerMock, type RunnerMockOptions } from '../../src/mocks/mock/runner-mock.js'

export interface Site {
  mock: RunnerMock
  url: string
  adminUrl: string
  consoleUrl: string
  port: number
  close: () => Promise<void>
  /** Sends a request to the API; `path` is what follows `/v1/private`. */
  send: (method: string, path: string, body?: unknown) => Promise<Response>
  /** Calls the admin API. A text body goes out as it is. */
  call: (method: string, path: string, body?: unknown) => Promise<{ status: number; body: unknown; headers: Headers }>
}

export async function openSite(options: RunnerMockOptions = {}, serving: ServeOptions = {}): Promise<Site> {
  const mock = createRunnerMock({ now: '2026-07-01T12:00:30.000Z', frozen: true, checkReply, ...options })
  const server = await serve(mock, { port: 0, ...serving })
  onTestFinished(() => server.close())
  return {
    mock,
    ...server,
    send: (method, path, body) => fetch(`${server.url}/v1/private${path}`, withBody(method, body)),
    async call(method, path, body) {
      const response = await fetch(server.adminUrl + path, withBody(method, body))
      const text = await response.text()
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers }
    },
  }
}

function withBody(method: string, body: unknown): RequestInit {
  if (body === undefined) return { method }
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { method, headers: { 'content-type': 'application/json' }, body: text }
}

/** Sends a request with exactly these headers, which fetch would not let us choose. Gives status and headers. */
export function raw(
  port: number,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, setHost: false }, (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }))
    })
    request.on('error', reject).end()
  })
}
