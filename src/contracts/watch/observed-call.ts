/** An exchange of a recording as a call that the lifecycle decides: who called, for what, when, and what was answered. */
import { requestBodies } from '../../generated/request-validators.js'
import { requestFeeds } from '../../generated/carried.js'
import type { ApiAnswer, ApiCall } from '../../kernel/recording/api-call.js'
import { copyJson, isObject, textAt } from '../../kernel/json-value.js'
import type { RunnerOperationId } from '../../kernel/operation.js'
import { readQueryParameters } from '../../kernel/read-parameters.js'
import { isRefusal, type Refusal } from '../../kernel/errors.js'
import { ACTIVATION_KEY_BYTES, fromBase64 } from '../../kernel/pairing.js'
import { carryUntyped } from '../../kernel/shared-fields.js'
import type { Validator } from '../../kernel/schema.js'
import {
  bytesOf,
  type RecordedExchange,
  type RecordedMessage,
  type RecordingHeader,
} from '../../kernel/recording/recording.js'
import { nestsTooDeeply } from '../../kernel/json-text.js'
import { TooLongError } from '../../kernel/recording/unpack.js'
import { callerIn, operationIn } from '../../kernel/recording/recorded-call.js'
import { unpackBody } from '../target/transport.js'
import { NS_PER_MS } from '../../kernel/recording/recorder.js'
import { runnerOperations } from '../../kernel/operation.js'
import { isDecided } from '../../lifecycle/roles.js'
import { waitSeconds, type TimerLimits } from '../../lifecycle/timers.js'
import type { TimeRange } from '../../lifecycle/tracker/time-range.js'
import { idAtEndOf } from '../target/answer.js'

export interface ObservedCall {
  readonly id: number
  readonly operation: RunnerOperationId
  readonly call: ApiCall
  readonly answer: ApiAnswer
  readonly isAborted: boolean
  /** Between these it was under way, in milliseconds of the recording's clock. */
  readonly now: TimeRange
  /** When it has taken effect at the latest: a poll goes on when its caller has hung up. */
  readonly until: number
  /** How long it may be held, in milliseconds; undefined where it is answered at once. */
  readonly waitMs: number | undefined
  /** When it can have taken effect at the earliest. */
  readonly effectFrom: number
  readonly workspace: string
}

/** A call with what it was on the wire. */
export interface ObservedExchange extends ObservedCall {
  readonly exchange: RecordedExchange
  readonly text: string
  /** The request's body as it can be read; its kind says why it cannot. */
  readonly sent: SentBody
  readonly brokenQuery: Refusal | undefined
}

/** The call without its texts, which need not be remembered. */
export function withoutTexts({ exchange: _e, text: _t, sent: _s, brokenQuery: _b, ...call }: ObservedExchange) {
  return call
}

export function inWords({ operation, answer: { status }, isAborted }: ObservedCall): string {
  return `${operation}: ${isAborted ? 'hung up' : status}`
}

export type SentBody =
  | { kind: 'json'; value: unknown; text: string }
  | { kind: 'none' }
  | { kind: 'broken'; why: 'gzip' | 'json' }
  | { kind: 'encoded'; encoding: string; value: unknown; text: string }

/** What a server may still do for a caller who has hung up, beyond the time for which it holds the call. */
const AFTERMATH_MS = 2000

/** What is known of an exchange when it begins. */
export type BegunExchange = Pick<RecordedExchange, 'at_start_ns' | 'method' | 'path' | 'query'>

/**
 * Prepares the reading of a recording's exchanges.
 * @param nameOf who a caller's name stands for, where other recordings have names, too
 */
export function createCallReader(
  header: RecordingHeader,
  limits: TimerLimits,
  nameOf: (user: string) => string = (user) => user,
) {
  return {
    /** Whether a request is for something that is judged, and held for longer than it takes. */
    kindOf({ query = '', ...request }: BegunExchange): 'poll' | 'other' | undefined {
      const { operation } = decidedIn(header, request) ?? {}
      if (operation === undefined) return undefined
      return waitSeconds(operation, queryOf(operation, query).query, limits) === undefined ? 'other' : 'poll'
    },
    /** undefined for what is not judged: another operation, an unknown path, a caller whom the server does not know. */
    read(recorded: RecordedExchange): ObservedExchange | undefined {
      const asked = decidedIn(header, recorded)
      if (asked === undefined) return undefined
      const exchange = isTooLong(recorded) ? withoutBodies(recorded) : recorded
      const { status = 0, request, response } = exchange
      const caller = callerIn(header, request)
      // Who may call is decided by what stands before the server, and a wrong proof by a key that is not recorded.
      if (caller === undefined || status === 401 || status === 403) return undefined
      const { operation, path } = asked
      const now = { from: exchange.at_start_ns / NS_PER_MS, to: exchange.at_end_ns / NS_PER_MS }
      const text = textOfMessage(response)
      const sent = sentBody(request)
      const { query, broken: brokenQuery } = queryOf(operation, exchange.query ?? '')
      const seconds = waitSeconds(operation, query, limits)
      const waitMs = seconds === undefined ? undefined : 1000 * seconds
      const isAborted = exchange.aborted === true || exchange.status === undefined
      const createdId = idAtEndOf(response?.headers['location'])?.toLowerCase()
      return {
        ...{ id: exchange.id, operation, exchange, text, sent, brokenQuery, isAborted, now, waitMs },
        workspace: caller.workspace,
        call: {
          ...{ operation, caller: `${caller.workspace}\n${nameOf(caller.user)}`, path, query },
          body: 'value' in sent ? readBody(operation, sent.value) : undefined,
          ...secretOf(operation, sent),
        },
        answer: { status, body: parse(text), createdId, waitedMs: now.to - now.from },
        effectFrom: now.from,
        until:
          isAborted || exchange.faults !== undefined
            ? Math.max(now.to, now.from + (waitMs ?? 0)) + AFTERMATH_MS
            : now.to,
      }
    },
  }
}

/** The operation that is judged, and what is in its path. */
function decidedIn(header: RecordingHeader, request: Pick<RecordedExchange, 'method' | 'path'>) {
  const { operation, path } = operationIn(header, request) ?? {}
  return operation === undefined || path === undefined || !isDecided(operation.id)
    ? undefined
    : { operation: operation.id, path }
}

function queryOf(operation: RunnerOperationId, text: string): { query: ApiCall['query']; broken?: Refusal } {
  const query = readQueryParameters(runnerOperations[operation], text)
  return isRefusal(query) ? { query: {}, broken: query } : { query }
}

const validators: Readonly<Partial<Record<RunnerOperationId, Validator>>> = requestBodies
const feeds: Readonly<Partial<Record<RunnerOperationId, Parameters<typeof carryUntyped>[0]>>> = requestFeeds

/** A body as the server reads it: without nulls that count as left out, ids in lower case. */
function readBody(operation: RunnerOperationId, body: unknown): unknown {
  const validate = validators[operation]
  if (validate === undefined || !isObject(body)) return body
  const copy = copyJson(body)
  validate(copy)
  const source = feeds[operation]
  return source === undefined ? copy : { ...copy, ...carryUntyped(source, copy), ...trimless(copy) }
}

/** Blanks around a text are kept until it is stored. */
function trimless({ blueprint_name: name }: Readonly<Record<string, unknown>>): object {
  return name === undefined ? {} : { blueprint_name: name }
}

/** Whether the key of a new session is one; a proof cannot be judged without the key. */
function secretOf(operation: RunnerOperationId, sent: SentBody): Pick<ApiCall, 'secret'> {
  if (operation !== 'createPairingSession' || !('value' in sent)) return {}
  const key = fromBase64(textAt(sent.value, 'activation_key'))
  if (key?.length === ACTIVATION_KEY_BYTES) return { secret: 'right' }
  // A recorder writes zeros for a key, so that how long it was is unknown.
  return key?.every((byte) => byte === 0) === true ? {} : { secret: 'wrong' }
}

function sentBody(request: RecordedMessage): SentBody {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  let text: string
  try {
    text = decoded(request, encoding === 'gzip' ? encoding : '')
  } catch {
    return { kind: 'broken', why: 'gzip' }
  }
  if (text.trim() === '') return { kind: 'none' }
  const value = parse(text)
  if (value === undefined) return { kind: 'broken', why: 'json' }
  if (encoding !== 'gzip' && encoding !== 'identity') return { kind: 'encoded', encoding, value, text }
  return { kind: 'json', value, text }
}

function isTooLong({ request, response }: RecordedExchange): boolean {
  return [request, response].some((message) => {
    const encoding = message?.headers['content-encoding'] ?? ''
    if (message === undefined || encoding === '') return false
    try {
      decoded(message, encoding)
      return false
    } catch (error) {
      return error instanceof TooLongError
    }
  })
}

/** As if the caller had hung up: the server's effect and answer are unknown. */
function withoutBodies({ status: _status, response: _response, ...exchange }: RecordedExchange): RecordedExchange {
  return { ...exchange, request: { headers: exchange.request.headers, body: '?' }, aborted: true }
}

function textOfMessage(message: RecordedMessage | undefined): string {
  if (message === undefined) return ''
  try {
    return decoded(message, message.headers['content-encoding'] ?? '')
  } catch {
    return ''
  }
}

function decoded(message: RecordedMessage, encoding: string): string {
  const { body, base64 } = message
  if (body === undefined || body === '') return ''
  if (base64 !== true && encoding === '') return body.replace(BYTE_ORDER_MARK, '')
  const bytes = bytesOf(message)
  return bytes === undefined ? '' : new TextDecoder().decode(unpackBody(bytes, encoding))
}

const BYTE_ORDER_MARK = /^\uFEFF/

/** undefined for text that is not JSON. NaN and infinities come back as texts. */
function parse(text: string): unknown {
  if (text === '' || nestsTooDeeply(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return /NaN|Infinity/.test(text) ? parseLenient(text) : undefined
  }
}

/** Python's `json.dumps` writes NaN and Infinity as numbers; the same texts stand for them. */
function parseLenient(text: string): unknown {
  // A string that does not end goes to the end of the text: looked for from each quote in it, it would take for ever.
  const token = /"(?:[^"\\]|\\.)*(?:"|$)|-?\b(?:NaN|Infinity)\b/g
  try {
    const value: unknown = JSON.parse(text.replace(token, (found) => (found.startsWith('"') ? found : `"${found}"`)))
    return value
  } catch {
    return undefined
  }
}
