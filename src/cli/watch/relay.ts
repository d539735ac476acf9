/**
 * A proxy that changes nothing: bodies go through byte for byte, and a side that breaks off ends both. A listener hears what
 * has passed. Libraries for this (http-proxy-3, httpxy, undici) rewrite headers, lose trailers and share connections.
 */
import { Agent, createServer, request as requestHttp } from 'node:http'
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { Agent as SecureAgent, request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'
import { pipeline, type Duplex, type Readable } from 'node:stream'
import { createConnectionNumbers, type HeardAnswer, type HeardRequest } from '../../kernel/recording/recorder.js'
import { codeOf } from '../../kernel/errors.js'

/** Bytes of a body that are kept for the listener; longer ones pass all the same. */
const MAX_KEPT = 8 * 1024 * 1024
const NOTHING = Buffer.alloc(0)
/** In bytes; long enough that the server is the one to refuse headers. */
const MAX_HEADERS = 128 * 1024

export interface PassedRequest extends Pick<HeardRequest, 'headers'> {
  /** undefined when it is too long to be kept. */
  readonly body: Uint8Array | undefined
  /** The client's connection, counted from 1. */
  readonly connection: number
}

export interface PassedAnswer extends HeardAnswer {
  readonly body: Uint8Array
}

/**
 * Hears of each call: returns what hears its request, and that returns what hears its answer, undefined where the server
 * has not answered or the answer is incomplete. A call without a listener goes through unheard.
 */
export type RelayListener = (
  method: string,
  url: string,
) => ((request: PassedRequest) => (answer: PassedAnswer | undefined) => void) | undefined

type AnyAgent = Agent | SecureAgent

export class Relay {
  private readonly target: URL
  /** Default: none, and calls go through unheard. */
  listener: RelayListener | undefined
  readonly server: ReturnType<typeof createServer>
  private readonly agents = new WeakMap<Socket, AnyAgent>()
  /** Connections that have changed their protocol, which the server counts no longer. */
  private readonly changed = new Set<Duplex>()
  private readonly connectionOf = createConnectionNumbers()

  /** @param target the server; of its URL only protocol, host and port count, since paths go through as they are */
  constructor(target: URL, listener?: RelayListener) {
    this.target = target
    this.listener = listener
    // The server decides which client is too slow.
    const patience = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 }
    this.server = createServer({ ...patience, maxHeaderSize: MAX_HEADERS, requireHostHeader: false })
    this.server.maxHeadersCount = 0
    const pass = (request: IncomingMessage, response: ServerResponse): void => this.pass(request, response)
    this.server.on('request', pass).on('checkContinue', pass).on('checkExpectation', pass)
    this.server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head))
  }

  /** Breaks every connection off, and listens no longer. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve())
      this.server.closeAllConnections()
      for (const socket of this.changed) socket.destroy()
    })
  }

  private pass(request: IncomingMessage, response: ServerResponse): void {
    const { method = 'GET' } = request
    const url = originForm(request)
    const hear = this.listener?.(method, url)
    const heard = hear && hearOnce(hear)
    const sent = heard && keep(request)
    const begin = (body: Uint8Array | undefined): void => {
      heard?.begin({ headers: plainHeaders(request), body, connection: this.connectionOf(request.socket) })
    }
    const onward = this.open(request, url)
    let isConnected = false
    onward.on('socket', (socket) => {
      if (socket.connecting) socket.once(this.isSecure ? 'secureConnect' : 'connect', () => (isConnected = true))
      else isConnected = true
    })
    request.pipe(onward, { end: false })
    request.on('end', () => {
      begin(sent?.())
      onward.addTrailers(pairs(request.rawTrailers))
      onward.end()
    })
    response.on('close', () => {
      if (response.writableFinished) return
      onward.destroy()
      heard?.end()
    })
    onward.on('continue', () => response.writeContinue())
    onward.on('information', ({ statusCode, statusMessage, rawHeaders }) => {
      // Node's own functions for them pass a part on. A response without its socket waits for one before it.
      const isDue = statusCode !== 100 && request.httpVersion !== '1.0' && !response.headersSent
      if (isDue) response.socket?.write(headOf(`HTTP/1.1 ${statusCode} ${statusMessage}`, rawHeaders), 'latin1')
    })
    let isAnswered = false
    onward.on('response', (answer) => {
      isAnswered = true
      // The server answered before the request was complete, so the pair cannot be judged.
      if (!request.readableEnded) begin(undefined)
      this.passBack(answer, request, response, heard)
    })
    onward.on('error', (error) => {
      heard?.end()
      if (response.headersSent || isConnected) response.destroy()
      else refuse(response, this.unreachable(onward, error))
    })
    onward.on('close', () => {
      // Such as a change of protocol that was not asked for.
      if (!isAnswered && !response.headersSent) response.destroy()
    })
  }

  private passBack(
    answer: IncomingMessage,
    request: IncomingMessage,
    response: ServerResponse,
    heard: HeardPassage | undefined,
  ): void {
    const { statusCode = 0, statusMessage } = answer
    const got = heard && keep(answer)
    response.sendDate = false
    // HTTP/1.0 has no chunks: there the end of the connection ends the body.
    const headers = endToEnd(answer.rawHeaders, request.httpVersion === '1.0' ? ['transfer-encoding'] : [])
    try {
      response.writeHead(statusCode, statusMessage, headers)
    } catch {
      // An invalid status or reason.
      response.destroy()
      return
    }
    // At once, and as bytes: what `flushHeaders` sends is taken for text, and written as UTF-8.
    if (!response.destroyed) response.write(NOTHING)
    response.on('finish', () => {
      const body = got?.()
      heard?.end(body && { status: statusCode, headers: plainHeaders(answer), body })
    })
    answer.pipe(response, { end: false })
    answer.on('end', () => {
      if (!answer.complete) return
      response.addTrailers(pairs(answer.rawTrailers))
      response.end()
      request.resume()
    })
    answer.on('close', () => {
      if (!answer.complete) response.destroy()
    })
  }

  /** Goes through both ways once the server has agreed. */
  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (isPlainCall(request)) {
      // It is read once more, without its offer, which any server may pass over.
      const { method = 'GET', url = '/', httpVersion } = request
      const lines = headOf(`${method} ${url} HTTP/${httpVersion}`, withoutOffer(request.rawHeaders))
      socket.unshift(Buffer.concat([Buffer.from(lines, 'latin1'), head]))
      this.server.emit('connection', socket)
      return
    }
    this.changed.add(socket)
    socket.once('close', () => this.changed.delete(socket))
    const asked = ['Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? '']
    const onward = this.open(request, originForm(request), asked)
    const tell = ({ statusCode = 0, statusMessage = '' }: IncomingMessage, headers: string[]): void => {
      socket.write(headOf(`HTTP/1.1 ${statusCode} ${statusMessage}`, headers), 'latin1')
    }
    onward.on('upgrade', (answer, server, first) => {
      tell(answer, answer.rawHeaders)
      socket.write(first)
      server.write(head)
      // Whichever side ends, both are closed by then, which is all that can be told.
      pipeline(server, socket, server, () => undefined)
    })
    onward.on('response', (answer) => {
      tell(answer, [...endToEnd(answer.rawHeaders, ['transfer-encoding']), 'Connection', 'close'])
      pipeline(answer, socket, () => undefined)
    })
    onward.on('error', (error) => {
      const text = this.unreachable(onward, error)
      socket.end(`HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${text}`)
    })
    socket.on('error', () => onward.destroy())
    onward.end()
  }

  private open(request: IncomingMessage, url: string, extra: readonly string[] = []): ClientRequest {
    const { method = 'GET', headers, rawHeaders, socket } = request
    const agent = this.agentOf(socket)
    const { host } = this.target
    const passed = endToEnd(rawHeaders, ['host'])
    const hasFraming = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
    // Without either, node would announce chunks.
    const framing = hasFraming || BODILESS.has(method) ? [] : ['Content-Length', '0']
    const send = this.isSecure ? requestHttps : requestHttp
    const onward = send(this.target, {
      ...{ method, path: url, agent, maxHeaderSize: MAX_HEADERS },
      // Servers tell hosts, and certificates, apart by name: it is the server's, not ours.
      headers: ['Host', host, ...passed, ...framing, ...extra],
    })
    onward.maxHeadersCount = 0
    return onward
  }

  /** A connection to the server for each of a client's, so that one ends with the other. */
  private agentOf(socket: Socket): AnyAgent {
    const known = this.agents.get(socket)
    if (known !== undefined) return known
    const options = { keepAlive: true, maxSockets: 1 }
    const agent = this.isSecure ? new SecureAgent(options) : new Agent(options)
    this.agents.set(socket, agent)
    socket.once('close', () => agent.destroy())
    return agent
  }

  private get isSecure(): boolean {
    return this.target.protocol === 'https:'
  }

  private unreachable({ socket }: ClientRequest, error: Error & { cert?: { subjectaltname?: string } }): string {
    const code = codeOf(error) ?? error.message
    const isMistrusted = socket !== null && 'authorizationError' in socket && Boolean(socket.authorizationError)
    const why =
      code === 'ERR_TLS_CERT_ALTNAME_INVALID'
        ? `its certificate is for another host (${error.cert?.subjectaltname ?? error.message}); give the URL with one that is in it`
        : isMistrusted
          ? `its certificate is not trusted (${error.message}); NODE_EXTRA_CA_CERTS=FILE adds those that have signed it`
          : `it cannot be reached (${code})`
    return `opik-runner-kit watch: no answer of ${this.target.origin}: ${why}.\n`
  }
}

function refuse(response: ServerResponse, text: string): void {
  if (response.destroyed) return
  response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end(text)
}

type HeardPassage = ReturnType<typeof hearOnce>

/** Tells of a call: its beginning once, its end once. */
function hearOnce(hear: NonNullable<ReturnType<RelayListener>>) {
  let tell: ReturnType<typeof hear> | undefined
  let isOver = false
  const end = (answer?: PassedAnswer): void => {
    if (!isOver) tell?.(answer)
    isOver = true
  }
  return {
    begin(request: PassedRequest): void {
      if (tell !== undefined || isOver) return
      tell = hear(request)
      // The effect of an unknown request cannot be inferred.
      if (request.body === undefined) end()
    },
    /** Without an answer, it is lost. */
    end,
  }
}

/** Keeps a body as it goes by; undefined when it is too long. */
function keep(stream: Readable): () => Uint8Array | undefined {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= MAX_KEPT) chunks.push(chunk)
    else chunks.length = 0
  })
  return () => (size > MAX_KEPT ? undefined : Buffer.concat(chunks))
}

/** Methods without a body unless their headers announce one. */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'])

/** What concerns one connection alone; TE and Trailer say which trailers may come, and those go through. */
const OF_ONE_HOP: readonly string[] = ['connection', 'keep-alive', 'proxy-connection', 'upgrade']
const NEVER_DROPPED: readonly string[] = ['te', 'content-length', 'transfer-encoding', 'host']

/** Headers as they were spelt, in their order, without those of one connection and those that it names. */
function endToEnd(raw: readonly string[], without: readonly string[]): string[] {
  const all = pairs(raw)
  const named = all
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((each) => each.trim().toLowerCase()))
    .filter((name) => !NEVER_DROPPED.includes(name))
  const dropped = new Set([...OF_ONE_HOP, ...named, ...without])
  return all.filter(([name]) => !dropped.has(name.toLowerCase())).flat()
}

const OFFERS: readonly string[] = ['upgrade', 'http2-settings']

/** Whether a request that offers another protocol is a call all the same: HTTP/2 and TLS are offered with any request. */
function isPlainCall({ headers }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  return hasBody || /^(?:h2c?\b|http\/|tls\/)/i.test(headers.upgrade ?? '')
}

function withoutOffer(raw: readonly string[]): string[] {
  return pairs(raw).flatMap(([name, value]) => {
    if (OFFERS.includes(name.toLowerCase())) return []
    if (name.toLowerCase() !== 'connection') return [name, value]
    const left = value.split(',').filter((each) => !OFFERS.includes(each.trim().toLowerCase()))
    return left.length === 0 ? [] : [name, left.join(',')]
  })
}

/** The head of a message as text of the wire, not yet encoded. */
function headOf(firstLine: string, rawHeaders: readonly string[]): string {
  const lines = pairs(rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${firstLine}\r\n${lines.join('')}\r\n`
}

function pairs(raw: readonly string[]): [string, string][] {
  const list: [string, string][] = []
  for (let at = 0; at + 1 < raw.length; at += 2) list.push([raw[at] ?? '', raw[at + 1] ?? ''])
  return list
}

function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  )
}

/** A client that takes us for a proxy names a whole URL. */
function originForm({ url = '/' }: IncomingMessage): string {
  const rest = url.replace(/^https?:\/\/[^/?#]*/i, '')
  return rest.startsWith('/') || rest === '*' ? rest : `/${rest}`
}
