// Requests of node:http as the engine takes them, and where a server says that it is.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isAscii } from 'node:buffer'
import type { Readable } from 'node:stream'
import { headerOf, type ApiRequest, type ApiResponse } from '../base/exchange.js'
import { ADMIN_ROOT, inApi, placeOf, type ApiPlace } from './node-address.js'

export interface ExchangeSite extends ApiPlace {
  root: string
  scheme: 'http' | 'https'
  /** Where this server is for a request without a host. */
  origin: string
  /** Where the web app is; undefined when no option tells. */
  readonly web: string | undefined
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

  constructor(response: ServerResponse, site: ExchangeSite, body?: Uint8Array | string) {
    const { req: request } = response
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
    return host === '' ? this.site.origin : `${this.site.scheme}://${host}`
  }

  pageOf(path: string): string | undefined {
    return this.site.web === undefined ? undefined : this.site.web + path
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

/** A client that takes us for a proxy names a whole URL. Its path is what it wants, and its host the one that counts. */
export function toOriginForm(request: IncomingMessage): void {
  const [, host, path = ''] = /^https?:\/\/([^/?#]*)([^#]*)/i.exec(request.url ?? '') ?? []
  if (host === undefined) return
  request.url = path.startsWith('/') ? path : `/${path}`
  request.headers.host = host
}

export function collect(request: Readable, limit: number, done: (body: Buffer | 'too large') => void): void {
  const chunks: Buffer[] = []
  let size = 0
  request.on('data', (chunk: Buffer) => {
    const wasOver = size > limit
    size += chunk.length
    if (size <= limit) chunks.push(chunk)
    else if (!wasOver) {
      chunks.length = 0
      done('too large')
    }
  })
  request.on('end', () => {
    const [first] = chunks
    if (size <= limit) done(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks))
  })
}

/** A body as text where it is plain ASCII, as most are: that need not be judged and decoded any more. */
export function toText(encoding: string | undefined, body: Buffer): Buffer | string {
  return encoding === undefined && isAscii(body) ? body.toString('latin1') : body
}
