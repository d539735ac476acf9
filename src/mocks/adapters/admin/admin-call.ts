/** What goes into the admin API and what comes out, as plain data. */
import { toReply, type Headers, type ApiResponse } from '../../base/exchange.js'
import type { RunnerMock } from '../../mock/runner-mock.js'
import type { EventStreams, StreamSink } from './event-stream.js'

export interface AdminRequest {
  method: string
  /** Relative to the admin root, `/clock/advance`. */
  path: string
  query: URLSearchParams
  headers: Headers
  /** JSON text; '' without a body. */
  body: string
  /** Aborts when the caller hangs up. */
  signal?: AbortSignal | undefined
}

export interface AdminSite {
  mock: RunnerMock
  streams: EventStreams
  /** The worlds beside it; undefined where none are made. */
  worlds?: { readonly names: readonly string[]; drop(name: string): Promise<boolean> } | undefined
  /** Path of the public API on the same origin; '' when it is the root. */
  apiPath: string
  /** The whole of it, as the caller has named this server. */
  apiUrl: string
  /** Files of the console by their name under `/ui/`; '' is its page. undefined for an unknown name. */
  page: (name: string) => ApiResponse | undefined
}

/** An answer that goes on: call `open` once status and headers are sent. It returns what to call when the client is gone. */
export interface StreamReply {
  status: number
  headers: Readonly<Record<string, string>>
  open: (sink: StreamSink) => () => void
}

export type AdminAnswer = ApiResponse | StreamReply | Promise<ApiResponse | StreamReply>

export function noContent(): ApiResponse {
  return toReply(204, undefined)
}

export interface AdminCall {
  query: URLSearchParams
  headers: Headers
  /** Parsed; undefined when there was none. */
  body: unknown
  signal: AbortSignal | undefined
  /** The segment of the path that is the caller's. */
  id: string
}
