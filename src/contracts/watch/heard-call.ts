/** An exchange of a recording as a call that the model knows: who called, for what, when, and what was answered. */
import { requestBodies } from '../../generated/request-validators.js'
import type { OperationId } from '../../kernel/operation.js'
import { fromBase64 } from '../../kernel/pairing.js'
import type { Validator } from '../../kernel/schema.js'
import {
  bytesOf,
  type RecordedExchange,
  type RecordedMessage,
  type RecordingHeader,
} from '../../kernel/recording/recording.js'
import { nestsTooDeeply } from '../../kernel/json-text.js'
import { isObject, textAt } from '../../kernel/json-value.js'
import { TooLongError } from '../../kernel/recording/unpack.js'
import { callerIn, operationIn } from '../../kernel/recording/recorded-call.js'
import { modelled, type ModelAnswer, type ModelCall, type Modelled } from '../model/rules/call.js'
import type { Moment } from '../model/rules/model-world.js'
import { idAtEndOf } from '../target/conformance.js'
import type { Limits } from '../target/target.js'
import { unpackBody } from '../target/unpack-body.js'
import { waitOf } from '../target/waiting-places.js'
import { NS_PER_MS } from '../../kernel/recording/recorder.js'

/** A call of one of the operations that are judged. */
export interface HeardCall {
  readonly id: number
  readonly operation: Modelled
  readonly call: ModelCall
  readonly answer: ModelAnswer
  readonly isAborted: boolean
  /** Between these it was under way, in milliseconds of the recording's clock. */
  readonly now: Moment
  /** When it has taken effect at the latest: a poll goes on when its caller has hung up. */
  readonly until: number
  /** How long it may be held, in milliseconds; undefined where it is answered at once. */
  readonly waitMs: number | undefined
  /** When it can have taken effect at the earliest. */
  readonly effectFrom: number
  readonly workspace: string
}

/** A call with what it was on the wire. */
export interface HeardExchange extends HeardCall {
  readonly exchange: RecordedExchange
  /** The text of the answer's body. */
  readonly text: string
  /** The request's body as it can be read; its kind says why it cannot. */
  readonly sent: SentBody
}

/** The call without its texts, which nobody needs to remember. */
export function withoutTexts({ exchange: _exchange, text: _text, sent: _sent, ...call }: HeardExchange): HeardCall {
  return call
}

/** A call in a few words. */
export function inWords({ operation, answer: { status }, isAborted }: HeardCall): string {
  return `${operation}: ${isAborted ? 'hung up' : status}`
}

/** What a body says. */
export type SentBody =
  | { kind: 'json'; value: unknown; text: string }
  | { kind: 'none' }
  | { kind: 'broken'; why: 'gzip' | 'json' }
  | { kind: 'encoded'; encoding: string; value: unknown; text: string }

/** What a server may still do for a caller who has hung up, beyond the time for which it holds the call. */
const AFTERMATH_MS = 2000

/** Reads exchanges as calls. */
export interface CallReader {
  /** undefined for what is not judged: another operation, a path that is none, a caller whom the server does not know. */
  read(exchange: RecordedExchange): HeardExchange | undefined
  /** Whether a request is for something that is judged, and held for longer than it takes. */
  kindOf(request: BegunExchange): 'poll' | 'other' | undefined
}

/** What is known of an exchange when it begins. */
export type BegunExchange = Pick<RecordedExchange, 'at_start_ns' | 'method' | 'path' | 'query'>

/**
 * Prepares the reading of a recording's exchanges.
 * @param nameOf who a caller's name stands for, where other recordings have names, too
 */
export function createCallReader(
  header: RecordingHeader,
  limits: Limits,
  nameOf: (user: string) => string = (user) => user,
): CallReader {
  return {
    kindOf({ query = '', ...request }) {
      const { operation } = modelledIn(header, request) ?? {}
      if (operation === undefined) return undefined
      return waitOf(operation, queryOf(query), limits) === undefined ? 'other' : 'poll'
    },
    read(recorded) {
      const asked = modelledIn(header, recorded)
      if (asked === undefined) return undefined
      const exchange = isTooLong(recorded) ? withoutBodies(recorded) : recorded
      const { status = 0, request, response, query = '' } = exchange
      const { operation } = asked
      const caller = callerIn(header, request)
      // Who may call was decided by a stand-in, and so was a wrong proof by nobody's state.
      if (caller === undefined || status === 401 || status === 403) return undefined
      const now = { from: exchange.at_start_ns / NS_PER_MS, to: exchange.at_end_ns / NS_PER_MS }
      const text = textOfMessage(response)
      const body = parse(text)
      const createdId = idAtEndOf(response?.headers['location'])?.toLowerCase()
      const sent = sentBody(request)
      const parameters = queryOf(query)
      const waitSeconds = waitOf(operation, parameters, limits)
      const waitMs = waitSeconds === undefined ? undefined : 1000 * waitSeconds
      const isAborted = exchange.aborted === true || exchange.status === undefined
      return {
        ...{ id: exchange.id, operation, exchange, text, sent, isAborted, now, waitMs, workspace: caller.workspace },
        call: {
          ...{ operation, identity: `${caller.workspace}\n${nameOf(caller.user)}`, query: parameters },
          path: asked.path,
          body: lowered(operation, 'value' in sent ? mended(operation, sent.value) : undefined),
          secret: hasRightKey(operation, sent) ? 'right' : 'wrong',
        },
        answer: { status, body, createdId, waitedMs: now.to - now.from },
        effectFrom: now.from,
        until: isAborted ? Math.max(now.to, now.from + (waitMs ?? 0)) + AFTERMATH_MS : now.to,
      }
    },
  }
}

/** The operation that is judged, and what is in its path. */
function modelledIn(
  header: RecordingHeader,
  request: Pick<RecordedExchange, 'method' | 'path'>,
): { operation: Modelled; path: Readonly<Record<string, string>> } | undefined {
  const { operation, path } = operationIn(header, request) ?? {}
  return operation === undefined || path === undefined || !isModelled(operation.id)
    ? undefined
    : { operation: operation.id, path }
}

function isModelled(id: OperationId): id is Modelled {
  return modelled.some((each) => each === id)
}

function queryOf(query: string): ModelCall['query'] {
  if (query === '') return {}
  const first = new Map<string, string | number | boolean>()
  for (const [name, value] of new URLSearchParams(query)) if (!first.has(name)) first.set(name, scalar(name, value))
  // An empty number or status counts as absent.
  return Object.fromEntries([...first].filter(([, value]) => value !== ''))
}

function scalar(name: string, text: string): string | number | boolean {
  if (name === 'wait') return text.toLowerCase() === 'true'
  if (name === 'project_id') return text.toLowerCase()
  const value = Number(text)
  return /^[-+]?\d+$/.test(text) && Math.abs(value) < 2 ** 31 ? value : text
}

const validators: Readonly<Partial<Record<Modelled, Validator>>> = requestBodies

/** A body without the fields that are null and count as left out. */
function mended(operation: Modelled, body: unknown): unknown {
  const validate = validators[operation]
  if (validate === undefined || typeof body !== 'object') return body
  const copy = structuredClone(body)
  validate(copy)
  return copy
}

const WITH_IDS: readonly Modelled[] = ['createJob', 'createPairingSession', 'reportJobResult']

/** Ids are accepted in capitals, and shown in small letters. */
function lowered(operation: Modelled, body: unknown): unknown {
  if (!WITH_IDS.includes(operation) || !isObject(body)) return body
  const { prompt_masks: masks, metadata } = body
  return {
    ...loweredAt(body, ['project_id', 'mask_id', 'trace_id']),
    ...(isObject(masks) ? { prompt_masks: loweredMasks(masks) } : {}),
    ...(isObject(metadata) ? { metadata: loweredAt(onlyOf(metadata, DATASET_IDS), DATASET_IDS) } : {}),
  }
}

const DATASET_IDS = ['dataset_id', 'dataset_version_id', 'dataset_item_version_id', 'dataset_item_id']

/** Unknown fields are ignored. */
function onlyOf(record: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)))
}

function loweredAt(record: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const ids = names.filter((name) => textAt(record, name) !== '')
  return { ...record, ...Object.fromEntries(ids.map((name) => [name, textAt(record, name).toLowerCase()])) }
}

function loweredMasks(masks: Record<string, unknown>): Record<string, unknown> {
  const lower = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value)
  return Object.fromEntries(Object.entries(masks).map(([id, mask]) => [id.toLowerCase(), lower(mask)]))
}

const KEY_BYTES = 32

function hasRightKey(operation: Modelled, sent: SentBody): boolean {
  if (operation !== 'createPairingSession' || !('value' in sent)) return true
  return fromBase64(textAt(sent.value, 'activation_key'))?.length === KEY_BYTES
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

/** Whether a body unpacks to more than can be judged. */
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

/** The text of a body. Nearly all bodies are kept as text, and bytes that are made of it would only be read back. */
function decoded(message: RecordedMessage, encoding: string): string {
  const { body, base64 } = message
  if (body === undefined || body === '') return ''
  if (base64 !== true && encoding === '') return body.replace(BYTE_ORDER_MARK, '')
  const bytes = bytesOf(message)
  return bytes === undefined ? '' : new TextDecoder().decode(unpackBody(bytes, encoding))
}

const BYTE_ORDER_MARK = /^\uFEFF/

/** undefined for what is no JSON. NaN and infinities come back as texts. */
function parse(text: string): unknown {
  if (text === '' || nestsTooDeeply(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return /NaN|Infinity/.test(text) ? parseLenient(text) : undefined
  }
}

/** What Python's `json.dumps` writes for numbers that are none stands in for the same texts. */
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
