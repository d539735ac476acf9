// The socket under a served mock: opened over HTTP, or HTTPS with a certificate, and closed so that no caller waits on;
// and how answers leave through it, to web pages of any origin as well, which may call the API as they may call Opik.
import { createServer, type Server as HttpServer, type ServerResponse } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { KitError, messageOf } from '../../kernel/errors.js'
import { headerOf, type ApiResponse, type Headers } from '../base/exchange.js'
import type { StreamReply } from './admin/admin-call.js'
import { listenError } from './node-address.js'

type NodeServer = HttpServer | HttpsServer

/** An answer of another server whose body is still under way; `body` is ''. */
export interface RelayedReply extends ApiResponse {
  /** Headers as they go out; those of `headers` are for reading. */
  readonly outgoing: Readonly<Record<string, string | string[]>>
  /** Passes the body on; when either side breaks off, so does the other. */
  readonly passOn: (response: ServerResponse) => void
}

/** What HTTPS needs, both or nothing. */
interface CertificateOptions {
  cert?: string | Uint8Array | undefined
  key?: string | Uint8Array | undefined
}

/** Milliseconds that a client may take to send one request. */
const SLOWEST_REQUEST_MS = 30_000

/**
 * Connections that may wait to be taken, as far as the system lets them (on Linux `net.core.somaxconn`). Where a machine was
 * too busy for 40 s to take any, 487 of 2,000 polls that began at once were lost with Node's 511, and none with this.
 */
const MAX_WAITING_CONNECTIONS = 8192

/** @throws KitError `serve/certificate` for one without the other, or a pair that cannot be used */
export async function createNodeServer({ cert, key }: CertificateOptions): Promise<NodeServer> {
  const times = { requestTimeout: SLOWEST_REQUEST_MS, keepAliveTimeout: 60_000 }
  if (cert === undefined && key === undefined) return createServer(times)
  if (cert === undefined || key === undefined)
    throw unusable(cert === undefined ? 'a key alone' : 'a certificate alone')
  const { createServer: createHttpsServer } = await import('node:https')
  try {
    return createHttpsServer({ ...times, cert: Buffer.from(cert), key: Buffer.from(key) })
  } catch (error) {
    throw unusable(messageOf(error), error)
  }
}

function unusable(value: string, cause?: unknown): KitError {
  const parts = {
    failed: 'HTTPS needs a certificate and its key.',
    value,
    fix: 'Give both in PEM form, the key without a passphrase.',
  }
  return new KitError('serve/certificate', parts, { cause })
}

/** @throws KitError `serve/port`, `serve/host` */
export function listen(server: NodeServer, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port, host)))
    server.listen({ port, host, backlog: MAX_WAITING_CONNECTIONS }, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

/**
 * Closes the port and every connection; answers that are being written just now still leave.
 * @param end ends what is behind it, once the port takes no connection any more
 */
export async function stop(server: NodeServer, end: () => Promise<unknown>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  await end()
  // Answers of the polls that the mock has just ended take a turn until they leave, and one to be written; all else is idle.
  await nextTurn()
  leave()
  await nextTurn()
  server.closeAllConnections()
  await closed
}

/**
 * Sends an answer: a stream, or one that is whole or as its fault wants it.
 * @param extra headers beside its own
 */
export function send(
  response: ServerResponse,
  reply: ApiResponse | RelayedReply | StreamReply,
  extra: Readonly<Record<string, string>> | undefined,
): void {
  if ('open' in reply) return stream(response, reply)
  const { socket } = response
  if (reply.connection === 'drop') {
    socket?.destroy()
    return
  }
  if (response.destroyed || response.headersSent || socket?.destroyed === true) {
    reply.delivery?.failed()
    return
  }
  if (reply.connection === 'cut') {
    cut(response, reply, extra)
    return
  }
  if ('passOn' in reply) {
    response.writeHead(reply.status, replaceCorsHeaders(reply.outgoing, extra))
    reply.passOn(response)
    return
  }
  if (reply.delivery !== undefined) watchDelivery(response, reply.delivery)
  const { status, headers, body } = reply
  if (extra !== undefined) Object.assign(headers, extra)
  const length = Buffer.byteLength(body)
  if (status !== 204) headers['content-length'] ??= String(length)
  response.writeHead(status, headers)
  // In one write with the headers; a text of ASCII alone takes the shorter way that leads there.
  const end = (): unknown => response.end(body, length === body.length ? 'latin1' : 'utf8')
  if (!isFirst) return void waiting.push(end)
  isFirst = false
  atEndOfTurn(leave)
  end()
}

/**
 * Answers of one turn of the event loop leave together, but for the first: waking a client for each can cost as much as an
 * answer, and a client that is alone does not wait.
 */
const waiting: (() => unknown)[] = []
let isFirst = true
/** Captured before a test runner fakes it. */
const atEndOfTurn = setImmediate

function leave(): void {
  isFirst = true
  for (const end of waiting.splice(0)) end()
}

/** Sends the beginning of an answer that announces more, and breaks the connection. */
function cut(response: ServerResponse, { status, headers, body }: ApiResponse, extra: object | undefined): void {
  response.writeHead(status, { ...headers, ...extra })
  response.write(body, () => response.socket?.destroy())
}

/** A stream whose reader is this far behind, in bytes, ends; the reader comes back and resumes. */
const FURTHEST_BEHIND = 4 * 1024 * 1024

function stream(response: ServerResponse, { status, headers, open }: StreamReply): void {
  response.writeHead(status, headers)
  const forget = open({
    write: (text) => response.write(text) || response.writableLength < FURTHEST_BEHIND,
    end: () => void response.end(),
  })
  // A client may leave while what it is to read is being made.
  if (response.destroyed) forget()
  else response.once('close', forget)
}

/** What was handed out comes back when the connection breaks before the answer has left. */
function watchDelivery(response: ServerResponse, delivery: { failed: () => void }): void {
  response.once('close', () => {
    if (!response.writableFinished) delivery.failed()
  })
}

/** Headers to add to an answer; none for callers that are no web page. */
export function corsHeaders(headers: Headers): Record<string, string> | undefined {
  const origin = headerOf(headers, 'origin')
  if (origin === '') return undefined
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Location, Retry-After, X-Opik-Runner-Kit-Fallback',
    vary: 'Origin',
  }
}

/** Whether a request only asks what it may send. */
export function isPreflight(method: string, headers: Headers): boolean {
  return method === 'OPTIONS' && headerOf(headers, 'access-control-request-method') !== ''
}

export function preflightHeaders(headers: Headers): Record<string, string> {
  return {
    ...corsHeaders(headers),
    'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
    'access-control-allow-headers': headerOf(headers, 'access-control-request-headers') || 'content-type',
    'access-control-max-age': '7200',
  }
}

/** Headers of an answer that another server gave, with ours in the place of its own cross-origin headers. */
function replaceCorsHeaders(
  headers: Readonly<Record<string, string | string[]>>,
  ours: Readonly<Record<string, string>> | undefined,
): Record<string, string | string[]> {
  if (ours === undefined) return headers
  const kept = Object.entries(headers).filter(([name]) => !name.startsWith('access-control-'))
  const readable = listOf(ours['access-control-expose-headers'], headers['access-control-expose-headers'])
  return {
    ...Object.fromEntries(kept),
    ...ours,
    'access-control-expose-headers': readable,
    vary: listOf(ours['vary'], headers['vary']),
  }
}

function listOf(...lists: readonly (string | string[] | undefined)[]): string {
  const names = lists.flat().flatMap((list) => list?.split(',') ?? [])
  return [...new Set(names.map((name) => name.trim()))].filter((name) => name !== '').join(', ')
}
