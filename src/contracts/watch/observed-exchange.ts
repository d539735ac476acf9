/** Reads an exchange of a recording as a call that the lifecycle decides: its body, its parameters, who called and when. */
import { requestBodies } from '../../generated/request-validators.js'
import { requestFeeds } from '../../generated/carried.js'
import type { ApiCall } from '../../kernel/recording/api-call.js'
import { isObject, textAt } from '../../kernel/json-value.js'
import { runnerOperations, type OperationId, type RunnerOperationId } from '../../kernel/operation.js'
import { readQueryParameters } from '../../kernel/read-parameters.js'
import { isRefusal, type Refusal } from '../../kernel/errors.js'
import { ACTIVATION_KEY_BYTES, fromBase64 } from '../../kernel/pairing.js'
import { carryUntyped } from '../../kernel/shared-fields.js'
import type { Validator } from '../../kernel/schema.js'
import { bytesOf, NS_PER_MS } from '../../kernel/recording/recorder.js'
import type { RecordedExchange, RecordedMessage, RecordingHeader } from '../../kernel/recording/recording.js'
import { TooLongError } from '../../kernel/recording/unpack.js'
import { callerIn, operationIn, type RecordedCaller } from '../../kernel/recording/recorded-call.js'
import { unpackBody } from '../target/unpack-body.js'
import { isDecided } from '../../lifecycle/roles.js'
import { waitSeconds, type TimerLimits } from '../../lifecycle/timers.js'
import type { ObservedCall } from '../../lifecycle/traffic/observed-call.js'
import { idAtEndOf } from '../target/answer.js'
import { parseJson } from '../../kernel/json-text.js'

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

export type SentBody =
  | { kind: 'json' | 'encoded'; value: unknown; text: string }
  | { kind: 'none' }
  | { kind: 'broken'; why: typeof TOO_LONG | typeof BROKEN | 'json' }

/** What a server may still do for a caller who has hung up, beyond the time for which it holds the call. */
const AFTERMATH_MS = 2000

/** Reads the exchanges of a recording. */
export type CallReader = ReturnType<typeof createCallReader>

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
    /** Whose call it is; undefined for a caller whom the server refuses. */
    callerOf({ request }: Pick<RecordedExchange, 'request'>): RecordedCaller | undefined {
      const caller = callerIn(header, request)
      return caller && { ...caller, user: caller.user && nameOf(caller.user) }
    },
    /** Which operation of the API it is for. */
    operationOf: (exchange: RecordedExchange): OperationId | undefined => operationIn(header, exchange)?.operation.id,
    /** Whether a request is for something that is judged, and held for longer than it takes. */
    kindOf({ query = '', ...request }: BegunExchange): 'poll' | 'other' | undefined {
      const { operation } = decidedIn(header, request) ?? {}
      if (operation === undefined) return undefined
      return waitSeconds(operation, queryOf(operation, query).query, limits) === undefined ? 'other' : 'poll'
    },
    /** undefined for what is not judged: another operation, an unknown path, a caller whom the server does not know. */
    read(exchange: RecordedExchange): ObservedExchange | undefined {
      const asked = decidedIn(header, exchange)
      const { request, response } = exchange
      const caller = callerIn(header, request)
      // Who may call is decided by what stands before the server, and a wrong proof by a key that is not recorded.
      if (asked === undefined || caller === undefined || [401, 403].includes(exchange.status ?? 0)) return undefined
      const { operation, path } = asked
      const now = { from: exchange.at_start_ns / NS_PER_MS, to: exchange.at_end_ns / NS_PER_MS }
      const { sent, text, isTooLong } = readBodies(request, response)
      const status = isTooLong ? 0 : (exchange.status ?? 0)
      const { query, broken: brokenQuery } = queryOf(operation, exchange.query ?? '')
      const seconds = waitSeconds(operation, query, limits)
      const waitMs = seconds === undefined ? undefined : 1000 * seconds
      const isAborted = status === 0 || exchange.aborted === true
      const createdId = isTooLong ? undefined : idAtEndOf(response?.headers['location'])?.toLowerCase()
      const isOver = !isAborted && exchange.faults === undefined
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
        until: isOver ? now.to : Math.max(now.to, now.from + (waitMs ?? 0)) + AFTERMATH_MS,
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

export const validators: Readonly<Partial<Record<RunnerOperationId, Validator>>> = requestBodies
const feeds: Readonly<Partial<Record<RunnerOperationId, Parameters<typeof carryUntyped>[0]>>> = requestFeeds

/** A body as the server reads it: without nulls that count as left out, ids in lower case. */
function readBody(operation: RunnerOperationId, body: unknown): unknown {
  const validate = validators[operation]
  if (validate === undefined || !isObject(body)) return body
  const copy = structuredClone(body)
  validate(copy)
  const source = feeds[operation]
  if (source === undefined) return copy
  // Blanks around a text are kept until it is stored.
  const { blueprint_name: name } = copy
  return { ...copy, ...carryUntyped(source, copy), ...(name === undefined ? {} : { blueprint_name: name }) }
}

/** Whether the key of a new session is one; a proof cannot be judged without the key. */
function secretOf(operation: RunnerOperationId, sent: SentBody): Pick<ApiCall, 'secret'> {
  if (operation !== 'createPairingSession' || !('value' in sent)) return {}
  const key = fromBase64(textAt(sent.value, 'activation_key'))
  if (key?.length === ACTIVATION_KEY_BYTES) return { secret: 'right' }
  // A recorder writes zeros for a key, so that how long it was is unknown.
  return key?.every((byte) => byte === 0) === true ? {} : { secret: 'wrong' }
}

/** Of what is too long nothing is read, as if the caller had hung up. */
function readBodies(request: RecordedMessage, response: RecordedMessage | undefined) {
  const told = textOfMessage(response, response?.headers['content-encoding'])
  const sent = sentBody(request)
  const isTooLong = told === TOO_LONG || (sent.kind === 'broken' && sent.why === TOO_LONG)
  return { sent, isTooLong, text: isTooLong || told === BROKEN ? '' : told }
}

function sentBody(request: RecordedMessage): SentBody {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  const text = textOfMessage(request, encoding === 'gzip' ? encoding : '')
  if (text === TOO_LONG || text === BROKEN) return { kind: 'broken', why: text }
  if (text.trim() === '') return { kind: 'none' }
  const value = parse(text)
  if (value === undefined) return { kind: 'broken', why: 'json' }
  return { kind: encoding === 'gzip' || encoding === 'identity' ? 'json' : 'encoded', value, text }
}

/** Why a body cannot be unpacked; no text is one of these. */
const TOO_LONG = Symbol('too long')
const BROKEN = Symbol('broken')

function textOfMessage(message: RecordedMessage | undefined, encoding = ''): string | typeof TOO_LONG | typeof BROKEN {
  if (message?.body === undefined || message.body === '') return ''
  if (message.base64 !== true && encoding === '') return message.body.replace(BYTE_ORDER_MARK, '')
  try {
    const bytes = bytesOf(message)
    return bytes === undefined ? '' : new TextDecoder().decode(unpackBody(bytes, encoding))
  } catch (error) {
    return error instanceof TooLongError ? TOO_LONG : BROKEN
  }
}

const BYTE_ORDER_MARK = /^\uFEFF/
// A string that does not end goes to the end of the text: looked for from each quote in it, it would take for ever.
const TOKEN = /"(?:[^"\\]|\\.)*(?:"|$)|-?\b(?:NaN|Infinity)\b/g

/** undefined for text that is not JSON. Python's `json.dumps` writes NaN and Infinity as numbers; the same texts stand for them. */
function parse(text: string): unknown {
  const value = parseJson(text)
  if (value !== undefined || !/NaN|Infinity/.test(text)) return value
  return parseJson(text.replace(TOKEN, (found) => (found.startsWith('"') ? found : `"${found}"`)))
}

/**
 * A poll has told what it did within this time, in milliseconds. Calls are judged in the order in which they can have taken
 * effect. Any may do so from its beginning on, and only its answer shows the effect, so a live listener waits for answers, save
 * those of polls, which are held for long and have no effect before.
 */
export const TELLING_MS = 900

/** When a call can have taken effect at the earliest, in milliseconds. */
export function earliestEffect({ now, waitMs }: Pick<ObservedCall, 'now' | 'waitMs'>): number {
  return waitMs === undefined ? now.from : Math.max(now.from, now.to - TELLING_MS)
}

/** A call that is under way. */
export interface UnfinishedCall {
  /** When it began, in milliseconds of the recording's clock. */
  readonly from: number
}
