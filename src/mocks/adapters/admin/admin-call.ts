/** What goes into the admin API and what comes out, as plain data. */
import { KitError } from '../../../kernel/errors.js'
import { describeProblem, type Problem } from '../../../kernel/problem.js'
import {
  errorReply,
  errorsReply,
  toReply,
  type Headers,
  type ApiResponse,
  type EngineAnswer,
} from '../../base/exchange.js'
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
  readonly mock: RunnerMock
  readonly streams: EventStreams
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

/** A request that has the form of its operation. */
export interface AdminCall<Body = unknown> {
  /** By name; a parameter that came twice has both values, with a comma between them. */
  query: Readonly<Record<string, string | undefined>>
  headers: Headers
  body: Body
  signal: AbortSignal | undefined
  /** The segment of the path that is the caller's. */
  id: string
}

export function noContent(): ApiResponse {
  return toReply(204, undefined)
}

const MAX_LISTED = 20

/** @param whole what a problem without a place is about: `The body` */
export function unusable(problems: readonly Problem[], whole: string): ApiResponse {
  const told = problems.slice(0, MAX_LISTED).map((problem) => describeProblem(problem, whole))
  return errorsReply(422, told)
}

/** The answer to what succeeds, or this status with the reason for which the mock cannot do it. */
export async function orRefuse(status: number, act: () => EngineAnswer): Promise<ApiResponse> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof KitError) return errorReply(status, error.message)
    throw error
  }
}
