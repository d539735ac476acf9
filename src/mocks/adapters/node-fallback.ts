// Where a server sends what no operation takes: another server, which answers in its place. It owns the connection
// to that server and what changes on the way, headers and `Location`; bodies stream through as they are.
import { randomBytes } from 'node:crypto'
import { Agent, request as requestHttp, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { Agent as SecureAgent, request as requestHttps } from 'node:https'
import { pipeline } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { codeOf, messageOf } from '../../kernel/errors.js'
import { matchOperation, operations } from '../../kernel/all-operations.js'
import { errorReply, type ApiResponse } from '../base/exchange.js'
import { isAlwaysEmpty } from '../resolvers/system-resolvers.js'
import { parseServerUrl } from './node-address.js'
import type { RelayedReply } from './node-server.js'

/** Says on every answer that came from the fallback, or failed to come, which of the two it was. */
const FALLBACK_HEADER = 'x-opik-runner-kit-fallback'

/** The status for an answer that did not come: no 5xx, which would look like a failing backend of ours. */
const NO_ANSWER = 424

/** Milliseconds without a sign of life before an answer has begun. */
const MAX_SILENCE_MS = 120_000

/** @throws KitError `fallback/url` */
export function parseFallbackUrl(text: string): URL {
  return parseServerUrl(text, 'fallback/url', {
    failed: 'This cannot be a fallback.',
    fix: 'Give the base URL of a server, such as http://localhost:8080/api, or the path of an OpenAPI file.',
  })
}

/**
 * A URL is a server that runs already; anything else is a file, for which one is started.
 * @throws KitError `fallback/url`, `fallback/prism` or `fallback/spec`
 */
export async function startFallback(fallback: string | URL): Promise<Fallback> {
  const text = String(fallback)
  if (/^(?!file:)[a-z][a-z\d+.-]+:\/\//i.test(text)) return new Fallback(parseFallbackUrl(text))
  const { startPrism } = await import('./node-prism.js')
  const prism = await startPrism(text.startsWith('file:') ? fileURLToPath(text) : text)
  return new Fallback(prism.url, { alsoClose: () => prism.close() })
}

/** A server that answers for this one. Nothing is sent before the first request. */
export class Fallback {
  /** Its base, without a trailing slash. */
  readonly url: string
  private readonly target: URL
  private readonly silenceMs: number
  private readonly alsoClose: (() => Promise<void>) | undefined
  private readonly agent: Agent
  /** Marks what went through here, so that a circle is noticed. */
  private readonly mark = `1.1 opik-runner-kit-${randomBytes(6).toString('hex')}`

  constructor(target: URL, how: { silenceMs?: number; alsoClose?: () => Promise<void> } = {}) {
    this.target = target
    this.alsoClose = how.alsoClose
    this.silenceMs = how.silenceMs ?? MAX_SILENCE_MS
    this.url = target.href.replace(/\/+$/, '')
    this.agent = target.protocol === 'https:' ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true })
  }

  /** Whether it answers a request: one for the rest of the API, and for no resource that is kept here. */
  takes(method: string, path: string): boolean {
    const found = matchOperation(method, path)
    if (found.kind === 'unknown') return true
    const template = found.kind === 'operation' ? found.operation.path : found.template
    if (matchesReservedWord(template, path)) return true
    // The fallback may have entries where the mock's list is always empty.
    if (found.kind === 'operation') return isAlwaysEmpty(found.operation.id)
    return Object.values(operations).every((each) => each.path !== template || isAlwaysEmpty(each.id))
  }

  /**
   * Sends a request on and resolves when its answer begins. A server that gives none is told as a 424.
   * @param path below the base, query included
   * @param base our own, which takes the place of the fallback's in `Location`
   */
  async relay(response: ServerResponse, path: string, base: string): Promise<ApiResponse> {
    const { req: request } = response
    if (request.headers.via?.includes(this.mark) === true) return this.failed('it leads back here')
    for (;;) {
      const onward = this.open(request, path)
      try {
        return this.relayed(await this.answerTo(onward, response), base)
      } catch (error) {
        // A connection that was kept open may end at the very moment at which it is used again.
        const isReset = ['ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '')
        const isStale = onward.reusedSocket && !hasBody(request) && !response.destroyed && isReset
        if (!isStale) return this.failed(codeOf(error) ?? messageOf(error))
      }
    }
  }

  async close(): Promise<void> {
    this.agent.destroy()
    await this.alsoClose?.()
  }

  private open({ method = 'GET', headers, httpVersion }: IncomingMessage, path: string): ClientRequest {
    const via = [headers.via, this.mark.replace('1.1', httpVersion)].filter((each) => each !== undefined).join(', ')
    const send = this.target.protocol === 'https:' ? requestHttps : requestHttp
    return send(this.target, {
      method,
      agent: this.agent,
      path: this.target.pathname.replace(/\/+$/, '') + path,
      headers: {
        ...endToEnd(headers),
        // A body that came in pieces goes on in pieces, whatever the method.
        ...(headers['transfer-encoding'] !== undefined && { 'transfer-encoding': 'chunked' }),
        ...{ host: this.target.host, via },
      },
    })
  }

  /** Sends the body along and waits for the beginning of an answer. The client may leave at any time. */
  private answerTo(onward: ClientRequest, response: ServerResponse): Promise<IncomingMessage> {
    const { req: request } = response
    return new Promise((resolve, reject) => {
      const leave = (): void => void onward.destroy()
      response.once('close', leave)
      onward.once('response', (source) => {
        onward.setTimeout(0)
        resolve(source)
      })
      onward.on('error', (error) => {
        response.removeListener('close', leave)
        reject(error)
      })
      onward.setTimeout(this.silenceMs, () => {
        onward.destroy(new Error(`nothing came for ${this.silenceMs / 1000} s`))
      })
      if (response.destroyed) leave()
      else if (hasBody(request)) request.pipe(onward)
      else onward.end()
    })
  }

  private relayed(source: IncomingMessage, base: string): RelayedReply {
    const { location } = source.headers
    const outgoing: Record<string, string | string[]> = {
      ...endToEnd(source.headers),
      ...(location === undefined ? {} : { location: this.translate(location, base) }),
      [FALLBACK_HEADER]: 'answered',
    }
    const headers = Object.fromEntries(Object.entries(outgoing).map(([name, value]) => [name, String(value)]))
    return {
      ...{ status: source.statusCode ?? 0, headers, body: '', outgoing },
      // Whatever goes wrong, both ends are closed then, which is all that can be told once an answer has begun.
      passOn: (response) => void pipeline(source, response, () => undefined),
    }
  }

  /** What is created over there is read through us, like everything else. */
  private translate(location: string, base: string): string {
    const absolute = URL.canParse(location, this.target) ? new URL(location, this.target).href : location
    return absolute.startsWith(`${this.url}/`) ? base + absolute.slice(this.url.length) : location
  }

  private failed(reason: string): ApiResponse {
    const message = `No operation of the mock takes this request, and its fallback ${this.url} gave no answer: ${reason}.`
    return errorReply(NO_ANSWER, message, { [FALLBACK_HEADER]: 'failed' })
  }
}

/** A word where an id would stand is part of a path that is not ours, such as `traces/feedback-scores`. */
function matchesReservedWord(template: string, path: string): boolean {
  const segments = path.split('/')
  return template.split('/').some((part, place) => /id\}$/i.test(part) && WORD.test(segments[place] ?? ''))
}

const WORD = /^[a-z]+(-[a-z]+)*$/

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Headers that end with one connection, and `expect`, which the server has answered already. */
const OF_ONE_HOP = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'expect'],
])

function endToEnd(headers: IncomingMessage['headers']): Record<string, string | string[]> {
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()))
  const kept: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !OF_ONE_HOP.has(name) && !named.has(name)) kept[name] = value
  }
  return kept
}
