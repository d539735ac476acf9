/**
 * Sends one HTTP request and says what came of it, as data: an answer, or why there was none. supertest does the
 * sending; nothing here knows the API.
 */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import supertest from 'supertest'

/** A request as it goes out: nothing is added, changed or left out on the way. */
export interface WireRequest {
  method: string
  /** Absolute URL, query included. */
  url: string
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>
  body?: string | Uint8Array | undefined
}

/** What came of a request. */
export type WireOutcome =
  | { kind: 'answer'; status: number; headers: Readonly<Record<string, string>>; text: string }
  | { kind: 'failure'; reason: FailureReason; message: string }

/**
 * Why there was no answer. `refused`: nobody listens there; `timeout`: none within the time allowed; `dropped`: the
 * connection ended first; `hung-up`: we ended it.
 */
export type FailureReason = 'refused' | 'timeout' | 'dropped' | 'hung-up'

/** A request under way. */
export interface Pending {
  /** Settles exactly once and never rejects. */
  readonly outcome: Promise<WireOutcome>
  /** Closes the connection; the outcome is then a failure `hung-up`, unless it was already known. */
  hangUp(): void
}

/** Sends requests over connections that it keeps open between them. */
export interface Transport {
  /** @param timeoutMs how long to wait for the whole answer */
  send(request: WireRequest, timeoutMs: number): Pending
  /** Closes idle connections; requests under way are not ended. */
  close(): void
}

/** Idle connections are closed well before usual servers close them, so that no request goes out on a dying one. */
const KEEP_IDLE_MS = 1500

/** Creates a transport; `close` releases its connections. */
export function createTransport(): Transport {
  const options = { keepAlive: true, maxSockets: Infinity, maxFreeSockets: 64, timeout: KEEP_IDLE_MS }
  const http = new HttpAgent(options)
  const https = new HttpsAgent(options)
  return {
    send: (request, timeoutMs) => send(request, timeoutMs, request.url.startsWith('https:') ? https : http),
    close() {
      http.destroy()
      https.destroy()
    },
  }
}

function send(request: WireRequest, timeoutMs: number, agent: HttpAgent): Pending {
  const { origin } = new URL(request.url)
  const test = new supertest.Test(origin, request.method, request.url.slice(origin.length))
  test.agent(agent).redirects(0).responseType('arraybuffer').timeout({ deadline: timeoutMs })
  for (const [name, value] of Object.entries(request.headers)) test.set(name, value)
  if (request.body !== undefined) attachBody(test, request.body)
  let hangUp = (): void => undefined
  const outcome = new Promise<WireOutcome>((resolve) => {
    hangUp = () => {
      resolve({ kind: 'failure', reason: 'hung-up', message: 'The caller closed the connection.' })
      test.abort()
    }
    test.end((error: unknown, response: unknown) => resolve(toOutcome(error, response, timeoutMs)))
  })
  return { outcome, hangUp: () => hangUp() }
}

/** Written by hand, so that bytes go out as they are, whatever the content type says of them. */
function attachBody(test: InstanceType<typeof supertest.Test>, body: string | Uint8Array): void {
  const bytes = Buffer.from(body)
  test.set('content-length', String(bytes.length))
  test.write(bytes)
}

function toOutcome(error: unknown, response: unknown, timeoutMs: number): WireOutcome {
  if (isResponse(response)) {
    const body: unknown = response.body
    const text = Buffer.isBuffer(body) ? body.toString('utf8') : ''
    return { kind: 'answer', status: response.status, headers: readHeaders(response.headers), text }
  }
  const [message = ''] = readText(error, 'message').split('\n')
  // supertest keeps the code of a refused connection in its own message alone.
  const code = readText(error, 'code') || (/^(E[A-Z_]+):/.exec(message)?.[1] ?? '')
  if (code === 'ECONNABORTED') return failure('timeout', `No complete answer within ${timeoutMs / 1000} s.`)
  if (NOT_THERE.has(code)) return failure('refused', message)
  return failure('dropped', message === '' ? 'The connection ended before the answer was complete.' : message)
}

const NOT_THERE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

function failure(reason: FailureReason, message: string): WireOutcome {
  return { kind: 'failure', reason, message }
}

interface ResponseLike {
  status: number
  headers: object
  body?: unknown
}

function isResponse(value: unknown): value is ResponseLike {
  if (typeof value !== 'object' || value === null) return false
  return 'status' in value && typeof value.status === 'number' && 'headers' in value
}

function readHeaders(headers: object): Record<string, string> {
  const read: Record<string, string> = {}
  for (const [name, value] of Object.entries<unknown>({ ...headers })) read[name.toLowerCase()] = String(value)
  return read
}

function readText(from: unknown, name: string): string {
  const value: unknown = typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined
  return typeof value === 'string' ? value : ''
}
