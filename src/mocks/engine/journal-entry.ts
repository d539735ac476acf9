/** What the journal keeps of a request, what is read of that, and what listeners hear of it. */
import type { JournalEntry, Message } from '../../generated/kit-schema.js'
import { redactQuery } from '../../kernel/recording/secret-names.js'
import { describeDecision } from '../../lifecycle/table.js'
import type { ApiRequest, ApiResponse, Headers } from '../base/exchange.js'
import type { Authenticate } from '../base/identity.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { redactHeaders, redactJson } from '../base/redact.js'
import type { Settings } from '../base/settings.js'
import type { Operation } from '../../kernel/operation.js'
import type { RequestEvent, Unstamped } from '../world/events.js'
import type { Directory } from './plan.js'

type Body = Uint8Array | string | undefined

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

/** An entry as it is read: secrets are blacked out. */
export function toEntry(recorded: RecordedRequest): JournalEntry {
  const { id, at, method, path, query, operation, status, durationMs, faults, isGiven: given } = recorded
  return {
    ...{ id, at: new Date(at).toISOString(), method, path },
    ...omitUndefined({ query: query === '' ? undefined : redactQuery(query) }),
    ...{ operation: operation?.id, status, duration_ms: Math.round(durationMs * 1000) / 1000 },
    matched_rule: ruleOf(recorded),
    ...omitUndefined({ faults: faults?.struck, given }),
    request: messageOf(recorded.requestHeaders, recorded.requestBody, recorded.requestLength),
    response: messageOf(recorded.replyHeaders, recorded.replyBody, recorded.replyLength),
  }
}

function messageOf(headers: Headers = {}, body: Body, length: number): Message {
  return { headers: redactHeaders(headers), ...bodyOf(body, length) }
}

function ruleOf({ operation, faults, decided }: RecordedRequest): string | undefined {
  if (faults?.decidedBy !== undefined) return `fault ${faults.decidedBy}`
  if (decided !== undefined) return describeDecision(decided)
  return operation === undefined ? undefined : `${operation.method} ${operation.path}`
}

function bodyOf(body: Body, length: number): { body?: unknown } {
  if (length === 0) return {}
  if (body === undefined) return { body: `(${length} characters, too many to keep)` }
  try {
    return { body: redactJson(JSON.parse(bodyText(body))) }
  } catch {
    // What is no JSON might hide anything, so only its size is told.
    return { body: `(${length} characters that are no JSON)` }
  }
}
