/** What the journal keeps of a request, and what listeners hear of it. */
import type { ApiRequest, ApiResponse, Headers } from '../base/exchange.js'
import type { Authenticate } from '../base/identity.js'
import { omitUndefined } from '../base/omit-undefined.js'
import type { Settings } from '../base/settings.js'
import type { Operation } from '../../kernel/operation.js'
import type { RequestEvent, Unstamped } from '../world/events.js'
import type { Directory } from './plan.js'

export type { JournalEntry, Message as JournalMessage } from '../../generated/kit-schema.js'

export type Body = Uint8Array | string | undefined

/** One request and its answer, as small as they can be kept: the exchange itself would hold a socket. */
export interface RecordedRequest
  extends Readonly<Pick<ApiRequest, 'method'>>, Readonly<Pick<ApiResponse, 'status' | 'faults' | 'decided'>> {
  /** Its number, and whether the mock's owner has sent it: both are the journal's to say. */
  id: number
  isGiven: true | undefined
  /** Relative to the base, without query. */
  readonly path: string
  /** Without `?`; '' without a query. */
  readonly query: string
  readonly operation: Operation | undefined
  /** When it came, in virtual milliseconds, and by the stopwatch. */
  readonly begunAt: number
  readonly startedAt: number
  /** When it was answered, in virtual milliseconds. */
  readonly at: number
  /** Real milliseconds, waiting included. */
  readonly durationMs: number
  /** Whether the answer has not reached its caller, as far as is known. */
  isLost: boolean | undefined
  readonly requestHeaders: Headers | undefined
  readonly replyHeaders: Headers
  requestBody: Body
  replyBody: Body
  readonly requestLength: number
  readonly replyLength: number
}

/** A body as text. */
export function bodyText(body: NonNullable<Body>): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body)
}

export function toRequestEvent(recorded: RecordedRequest): Unstamped<RequestEvent> {
  const { id: entry, method, path, operation, status, faults, durationMs } = recorded
  return {
    ...{ type: 'request', entry, method, path, operation: operation?.id, status, duration_ms: durationMs },
    ...omitUndefined({ faults: faults?.struck }),
  }
}

export interface JournalContext {
  readonly directory: Pick<Directory, 'fieldsOf'>
  readonly settings: Readonly<Settings>
  readonly authenticate: Authenticate
}
