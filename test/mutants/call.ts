// One request on its way into the mock, as a mutant sees it: which operation it means, what it carries, who sends it. A
// mutant lets it through as it is or changed, and may send requests of its own beside it.
import type { StopSignal } from '../../src/kernel/clock.js'
import { matchOperation, operations } from '../../src/kernel/all-operations.js'
import { fillPath, type OperationId } from '../../src/kernel/operation.js'
import { headerOf, type ApiRequest, type ApiResponse } from '../../src/mocks/base/exchange.js'
import { jsonIn } from './reply.js'

/** Changes to a request. */
export interface CallChanges {
  /** Sent as JSON in place of the body. */
  body?: unknown
  /** Sent in place of the body, as it is. */
  rawBody?: string
  /** Path parameters that differ. */
  path?: Readonly<Record<string, string>>
  /** Query parameters that differ; undefined takes one away. */
  query?: Readonly<Record<string, string | undefined>>
  /** Headers that differ, by lower-case name; undefined takes one away. */
  headers?: Readonly<Record<string, string | undefined>>
  /** Ends a wait, besides the caller's hanging up. */
  signal?: AbortSignal
}

/** A request of the mutant's own; `as` another caller. */
export type OwnRequest = CallChanges & { as?: Caller | undefined }

/** The headers that say who calls. */
export interface Caller {
  readonly authorization: string
  readonly 'comet-workspace': string
}

/** The mock as it is, without the mutant. */
export type Handle = (exchange: ApiRequest) => ApiResponse | Promise<ApiResponse>

export class Call {
  readonly exchange: ApiRequest
  /** Undefined when the request means none. */
  readonly operation: OperationId | undefined
  readonly path: Readonly<Record<string, string>>
  /** Relative to the base, a slash at the end included. */
  readonly pathname: string
  readonly query: URLSearchParams
  private readonly handle: Handle

  constructor(exchange: ApiRequest, handle: Handle) {
    this.exchange = exchange
    this.handle = handle
    const [pathname = '', search = ''] = exchange.url.split('?')
    const match = matchOperation(exchange.method, pathname)
    this.operation = match.kind === 'operation' ? match.operation.id : undefined
    this.path = match.kind === 'operation' ? match.path : {}
    this.pathname = pathname
    this.query = new URLSearchParams(search)
  }

  get text(): string {
    const { body } = this.exchange
    if (body === undefined) return ''
    return typeof body === 'string' ? body : new TextDecoder().decode(body)
  }

  /** The parsed body; undefined when it is none, or no JSON. */
  get body(): unknown {
    return parse(this.text)
  }

  /** The body's members; none when it is no object. */
  get members(): Record<string, unknown> {
    const { body } = this
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body } : {}
  }

  header(name: string): string {
    return headerOf(this.exchange.headers, name)
  }

  get caller(): Caller {
    return { authorization: this.header('authorization'), 'comet-workspace': this.header('comet-workspace') }
  }

  get workspace(): string {
    return this.header('comet-workspace') || 'default'
  }

  /** Lets the request through, changed where told. */
  async proceed(changes: CallChanges = {}): Promise<ApiResponse> {
    return this.handle(changed(this, changes))
  }

  /** Sends a request of the mutant's own, as the same caller unless told otherwise. */
  async ask(operation: OperationId, changes: OwnRequest = {}) {
    const { as = this.caller, path = {}, query = {}, body, headers } = changes
    const search = new URLSearchParams()
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value)
    const reply = await this.handle({
      method: operations[operation].method,
      url: `${fillPath(operations[operation], path)}${search.size === 0 ? '' : `?${search.toString()}`}`,
      base: this.exchange.base,
      headers: { 'content-type': 'application/json', ...as, ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    return { status: reply.status, body: jsonIn(reply), headers: reply.headers }
  }
}

function parse(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Members of the exchange are read late: the signal is made only for who waits. */
function changed(call: Call, { body, rawBody, path, query, headers, signal }: CallChanges): ApiRequest {
  const { exchange } = call
  const text = rawBody ?? (body === undefined ? undefined : JSON.stringify(body))
  return {
    method: exchange.method,
    url: changedUrl(call, path, query),
    base: exchange.base,
    headers: headers === undefined ? exchange.headers : { ...exchange.headers, ...headers },
    body: text ?? exchange.body,
    outsideBasePath: exchange.outsideBasePath,
    get signal() {
      return signal === undefined ? exchange.signal : anyOf(exchange.signal, signal)
    },
  }
}

function anyOf(one: StopSignal | undefined, other: AbortSignal): StopSignal {
  if (one === undefined) return other
  const either = new AbortController()
  for (const each of [one, other]) {
    if (each.aborted) either.abort()
    each.addEventListener('abort', () => either.abort(), { once: true })
  }
  return either.signal
}

function changedUrl(call: Call, path: CallChanges['path'], query: CallChanges['query']): string {
  const { operation, pathname } = call
  const isMoved = path !== undefined && operation !== undefined
  const place = isMoved ? fillPath(operations[operation], { ...call.path, ...path }) : pathname
  const search = new URLSearchParams(call.query)
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) search.delete(name)
    else search.set(name, value)
  }
  return `${place}${search.size === 0 ? '' : `?${search.toString()}`}`
}
