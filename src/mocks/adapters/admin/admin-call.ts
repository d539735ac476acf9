/** What goes into the admin API and what comes out, as plain data, and what answers its operations. */
import type { AdminBodies, AdminOperationId } from '../../../generated/kit-admin.js'
import { KitError, refuse, type Refusal } from '../../../kernel/errors.js'
import { describeProblem, type Problem } from '../../../kernel/problem.js'
import { errorsReply, type ApiResponse, type Headers } from '../../base/exchange.js'
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
export interface AdminCall<Body> {
  /** By name; a parameter that came twice has both values, with a comma between them. */
  query: Readonly<Record<string, string | undefined>>
  headers: Headers
  body: Body
  signal: AbortSignal | undefined
  /** The segment of the path that is the caller's. */
  id: string
}

/**
 * What has come of a call: the body of a success, undefined for one without a body, a refusal, or, where that is no
 * JSON, the answer itself.
 */
export type AdminOutcome = object | undefined

/** A method, which may ask for the body that its operation's form has let through. */
export interface AdminResolver<Body = unknown> {
  resolve(site: AdminSite, call: AdminCall<Body>): AdminOutcome | Promise<AdminOutcome>
}

/** What answers each operation of kit.yaml, by its id. */
export type AdminResolvers = {
  readonly [Id in AdminOperationId]: AdminResolver<Id extends keyof AdminBodies ? AdminBodies[Id] : unknown>['resolve']
}

const MAX_LISTED = 20

/** @param whole what a problem without a place is about: `The body` */
export function unusable(problems: readonly Problem[], whole: string): ApiResponse {
  const told = problems.slice(0, MAX_LISTED).map((problem) => describeProblem(problem, whole))
  return errorsReply(422, told)
}

/** What comes of an act, or a refusal with the reason for which the mock cannot do it. */
export async function orRefuse<Status extends number>(
  status: Status,
  act: () => AdminOutcome | Promise<AdminOutcome>,
): Promise<AdminOutcome | Refusal<Status>> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof KitError) return refuse(status, error.message)
    throw error
  }
}
