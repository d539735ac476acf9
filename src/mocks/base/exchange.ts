// What goes into the engine and what comes out, as plain data, the same for every adapter; and the two error shapes of
// the API.
import type { StopSignal } from '../../kernel/clock.js'
import type { Decision } from '../../lifecycle/table.js'
import { writeJson } from '../../kernel/json-text.js'
import type { Refusal } from '../../kernel/errors.js'
import type { ErrorMessage } from '../../kernel/types.js'

/** Headers by lower-case name; or those of a Fetch request as they are, since copying them takes longer than reading two. */
export type Headers = HeaderRecord | FetchHeaders

type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>

interface FetchHeaders {
  get(name: string): string | null
  forEach(visit: (value: string, name: string) => void): void
}

/** The value of a header; '' when it is absent. */
export function headerOf(headers: Headers | undefined, name: string): string {
  if (headers === undefined) return ''
  if (isOfFetch(headers)) return headers.get(name) ?? ''
  const value = headers[name]
  if (value === undefined) return ''
  return typeof value === 'string' ? value : value.join(', ')
}

/** All headers that have a value, by name. */
export function headersOf(headers: Headers): Record<string, string> {
  const all: Record<string, string> = {}
  if (isOfFetch(headers)) headers.forEach((value, name) => (all[name] = value))
  else for (const name in headers) if (headers[name] !== undefined) all[name] = headerOf(headers, name)
  return all
}

/** A header cannot be a function, so a record with a header named `get` is told apart. */
function isOfFetch(headers: Headers): headers is FetchHeaders {
  return typeof headers['get'] === 'function'
}

/** One request. */
export interface ApiRequest {
  /** In capitals. */
  method: string
  /** Path and query relative to the API's base, `/v1/private/...`; or an absolute URL, whose base is then found in it. */
  url: string
  /** Absolute prefix for `Location`, without a trailing slash. Default: taken from an absolute `url`, else a loopback address. */
  base?: string | undefined
  /** Default: none. */
  headers?: Headers | undefined
  /** As it came; compressed when `content-encoding` says so. */
  body?: Uint8Array | string | undefined
  /** Aborts when the caller hangs up. */
  signal?: StopSignal | undefined
  /** The caller's connection, counted from 1. Set by an adapter that knows it. */
  readonly connection?: number | undefined
  /**
   * Set by an adapter for a request outside of the API's base path, `url` being the whole path: it is answered 404 with
   * a hint at that base.
   */
  outsideBasePath?: { base: string } | undefined
  /**
   * Set by an adapter that may know where the web app is: its page with a path. Default, and for undefined: beside the API
   * that the request names.
   */
  pageOf?(path: string): string | undefined
  /** Set by an adapter that leaves this request to another handler: called for the answer. */
  forward?: (() => ApiResponse | Promise<ApiResponse>) | undefined
}

/** One answer. */
export interface ApiResponse {
  status: number
  headers: Record<string, string>
  /** JSON text; '' when the answer has none. */
  body: string
  /**
   * Set when the answer carries something that must not get lost. An adapter that cannot deliver the answer calls
   * `failed`, and what was handed out becomes available again.
   */
  delivery?: { failed: () => void } | undefined
  /**
   * Set when a fault, or the end of the world that was asked, breaks the connection. `drop`: instead of answering, and `status` is 0. `cut`: after `body`, which
   * is only the beginning of the body that the header `content-length` announces.
   */
  connection?: 'drop' | 'cut' | undefined
  /** The rule of the lifecycle that decided the answer, where one did. */
  decided?: Decision | undefined
  /** Ids of the faults that had a part in the answer, and of the one that decided it. */
  faults?: { readonly struck: readonly string[]; readonly decidedBy: string | undefined } | undefined
}

/** A promise only where the answer must wait. */
export type EngineAnswer = ApiResponse | Promise<ApiResponse>

/** Has a hook called when what an answer carries turns out not to have arrived, before that becomes available again. */
export function whenLost(reply: ApiResponse, hook: () => void): void {
  const { delivery } = reply
  // A delivery of its own, since those of answers that carry nothing are one.
  if (delivery !== undefined)
    reply.delivery = {
      failed() {
        hook()
        delivery.failed()
      },
    }
}

const JSON_HEADERS = { 'content-type': 'application/json' }

/** A reply with a JSON body, or without one when `body` is undefined. */
export function toReply(status: number, body: unknown, headers?: Readonly<Record<string, string>>): ApiResponse {
  if (body === undefined) return { status, headers: { ...headers }, body: '' }
  // Spreading nothing takes longer than the rest of this.
  if (headers === undefined) return { status, headers: { ...JSON_HEADERS }, body: textOf(body) }
  return { status, headers: { ...JSON_HEADERS, ...headers }, body: textOf(body) }
}

/** A frozen body never changes at any depth, by contract: its text is made once. */
function textOf(body: unknown): string {
  if (typeof body !== 'object' || body === null || !Object.isFrozen(body)) return writeJson(body)
  const known = texts.get(body)
  if (known !== undefined) return known
  const text = writeJson(body)
  texts.set(body, text)
  return text
}

const texts = new WeakMap<object, string>()

export function errorReply(status: number, message: string, headers?: Readonly<Record<string, string>>): ApiResponse {
  const body: ErrorMessage = { code: status, message }
  return toReply(status, body, headers)
}

export function refusalReply({ refused, message, isListed }: Refusal): ApiResponse {
  return isListed === true ? errorsReply(refused, [message]) : errorReply(refused, message)
}

/** No answer at all: the connection breaks. What happened before stays. */
export function dropped(): ApiResponse {
  return { status: 0, headers: {}, body: '', connection: 'drop' }
}

/** A refusal that lists what is wrong with the request. */
export function errorsReply(status: number, errors: readonly string[]): ApiResponse {
  const body: ErrorMessage = { errors: [...errors] }
  return toReply(status, body)
}

/** The answer to HEAD: that to GET, with the length of its body instead of the body. */
export function withoutBody(reply: ApiResponse): ApiResponse {
  const length = new TextEncoder().encode(reply.body).length
  return { ...reply, headers: { ...reply.headers, 'content-length': String(length) }, body: '' }
}
