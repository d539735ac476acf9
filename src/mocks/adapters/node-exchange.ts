// Requests of node:http as the engine takes them, where a server says that it is, and which requests are a fallback's:
// those for the rest of the API, and for no resource that is kept here.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isAscii } from 'node:buffer'
import type { Readable } from 'node:stream'
import { matchOperation, operations } from '../../kernel/all-operations.js'
import { headerOf, type ApiRequest, type ApiResponse } from '../base/exchange.js'
import { isAlwaysEmpty } from '../resolvers/system-resolvers.js'
import { ADMIN_ROOT, inApi, placeOf, type ApiPlace } from './node-address.js'
import type { WebPages } from './node-pages.js'

export interface ExchangeSite extends ApiPlace {
  root: string
  scheme: 'http' | 'https'
  /** Where the API is for a request without a host. */
  base: string
  readonly pages: WebPages
  connectionOf: (socket: object) => number
}

/** A request as the engine sees it. What few ask about is found when they do: the signal is for those who wait. */
export class NodeExchange implements ApiRequest {
  readonly method: string
  readonly rawUrl: string
  readonly headers: IncomingMessage['headers']
  readonly body: Uint8Array | string | undefined
  outsideBasePath: { base: string } | undefined
  /** Whether it stands at the root, base path or not. */
  forward: (() => Promise<ApiResponse>) | undefined
  private readonly site: ExchangeSite
  private readonly response: ServerResponse
  private controller: AbortController | undefined

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    site: ExchangeSite,
    body: Uint8Array | string | undefined,
  ) {
    this.method = request.method ?? 'GET'
    this.rawUrl = request.url ?? '/'
    this.headers = request.headers
    this.body = body
    this.site = site
    this.response = response
  }

  get url(): string {
    return this.outsideBasePath === undefined ? inApi(this.site, this.rawUrl) : this.rawUrl
  }

  /** `Location` names the host that the client has used, which behind a proxy or a container is not ours. */
  get base(): string {
    const { root, prefix } = this.site
    return this.origin + root + (placeOf(this.site, this.rawUrl) === 'root' ? '' : prefix)
  }

  get consoleUrl(): string {
    return `${this.origin}${this.site.root}${ADMIN_ROOT}/ui`
  }

  private get origin(): string {
    const host = headerOf(this.headers, 'host')
    const { scheme, prefix, base } = this.site
    return host === '' ? base.slice(0, base.length - prefix.length) : `${scheme}://${host}`
  }

  pageOf(path: string): string | undefined {
    return this.site.pages.pageOf(path)
  }

  get connection(): number {
    return this.site.connectionOf(this.response.req.socket)
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      const controller = (this.controller = new AbortController())
      if (this.response.destroyed) controller.abort()
      else this.response.once('close', () => controller.abort())
    }
    return this.controller.signal
  }
}

export function collect(request: Readable, limit: number, done: (body: Buffer | 'too large') => void): void {
  const chunks: Buffer[] = []
  let size = 0
  let isOver = false
  request.on('data', (chunk: Buffer) => {
    if (isOver) return
    size += chunk.length
    if (size > limit) {
      isOver = true
      chunks.length = 0
      done('too large')
      return
    }
    chunks.push(chunk)
  })
  request.on('end', () => {
    const [first] = chunks
    if (!isOver) done(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks))
  })
}

/** A body as text where it is plain ASCII, as most are: that need not be judged and decoded any more. */
export function toText(encoding: string | undefined, body: Buffer): Buffer | string {
  return encoding === undefined && isAscii(body) ? body.toString('latin1') : body
}

export function shouldForward(method: string, path: string): boolean {
  const found = matchOperation(method, path)
  if (found.kind === 'unknown') return true
  const template = found.kind === 'operation' ? found.operation.path : found.template
  if (matchesReservedWord(template, path)) return true
  // The fallback may have entries where the mock's list is always empty.
  if (found.kind === 'operation') return isAlwaysEmpty(found.operation.id)
  return Object.values(operations).every((each) => each.path !== template || isAlwaysEmpty(each.id))
}

/** A word where an id would stand is part of a path that is not ours, such as `traces/feedback-scores`. */
function matchesReservedWord(template: string, path: string): boolean {
  const segments = path.split('/')
  return template.split('/').some((part, place) => /id\}$/i.test(part) && WORD.test(segments[place] ?? ''))
}

const WORD = /^[a-z]+(-[a-z]+)*$/
