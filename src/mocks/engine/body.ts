// Request bodies: media types, compression, size, JSON, schema. The answer to a broken body is 400 when it cannot be read as
// the declared types, 422 when it can and still breaks a constraint.
import type { OperationEntry } from '../../generated/operations.js'
import { refuse, type Refusal } from '../../kernel/errors.js'
import { runnerOperations, type Operation } from '../../kernel/operation.js'
import { nestsTooDeeply, readJson } from '../../kernel/json-text.js'
import { isObject, placeAt } from '../../kernel/json-value.js'
import { violationsOf } from '../../kernel/schema.js'
import type { BodyDeviations } from './deviations.js'
import { errorReply, errorsReply, headerOf, refusalReply, type ApiRequest, type ApiResponse } from '../base/exchange.js'
import type { Plan } from './plan.js'

/** Largest body, before and after decompression. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024

/** A body, or the answer to one that is not acceptable. */
export type BodyOutcome = { value: unknown } | { refusal: ApiResponse }

/** Reads and judges the body of an operation. A promise only when it is compressed. */
export function readBody(plan: Plan, exchange: ApiRequest): BodyOutcome | Promise<BodyOutcome> {
  const judge = (read: BodyOutcome): BodyOutcome => ('refusal' in read ? read : judgeBody(plan, read.value))
  const read = readValue(plan.operation, exchange)
  return read instanceof Promise ? read.then(judge) : judge(read)
}

/** Reads a body as JSON; undefined for none. A promise only when it is compressed. */
export function readValue(
  operation: Operation,
  exchange: ApiRequest,
  deviations: BodyDeviations = {},
): BodyOutcome | Promise<BodyOutcome> {
  const { body } = exchange
  if (operation.requestBody === null || body === undefined || body.length === 0) return NO_BODY
  if (body.length > MAX_BODY_BYTES) return refused(413, `Bodies of more than ${MAX_BODY_BYTES} bytes are not accepted.`)
  const encoding = headerOf(exchange.headers, 'content-encoding').trim().toLowerCase()
  const isPlain = encoding === '' || encoding === 'identity'
  if (isPlain || (encoding !== 'gzip' && deviations.ignoresUnknownEncoding === true)) return parse(body, deviations)
  if (encoding !== 'gzip') return refused(415, `Content-Encoding '${encoding}' is unknown here; use gzip or none.`)
  return import('./gunzip.js').then(async ({ gunzip }) => {
    const plain = await gunzip(body, MAX_BODY_BYTES, deviations)
    return plain instanceof Uint8Array ? parse(plain, deviations) : { refusal: refusalReply(plain) }
  })
}

const NO_BODY: BodyOutcome = { value: undefined }

function refused(status: number, message: string): BodyOutcome {
  return { refusal: errorReply(status, message) }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** Of longer bodies numbers are plain ones: to read them as they are written would hold everybody else up for seconds. */
const MAX_EXACT_LENGTH = 2 ** 22

function parse(body: Uint8Array | string, { readText }: BodyDeviations): BodyOutcome {
  try {
    const text = typeof body === 'string' ? body.replace(/^\uFEFF/, '') : UTF8.decode(body)
    // Blanks are no body.
    if (/^[ \t\n\r]*$/.test(text)) return NO_BODY
    if (nestsTooDeeply(text)) return refused(400, 'The body nests too deeply.')
    const json = readText === undefined ? text : readText(text)
    const value: unknown = json.length > MAX_EXACT_LENGTH ? JSON.parse(json) : readJson(json)
    return { value }
  } catch (error) {
    return refused(400, `The body is no JSON in UTF-8${placeOf(error)}.`)
  }
}

/** Where the JSON breaks. The whole message would quote the body, and with it perhaps a secret. */
function placeOf(error: unknown): string {
  const [place] = (error instanceof SyntaxError && /at position \d+/.exec(error.message)) || []
  return place === undefined ? '' : `, ${place}`
}

/**
 * Judges what was read by the schema of an operation whose plan is loaded; undefined stands for a missing body, and so
 * does null, unless any JSON may come.
 */
export function judgeBody(plan: Plan, read: unknown, { mend }: BodyDeviations = {}): BodyOutcome {
  const { operation, validator } = plan
  const { requestBody } = operation
  if (requestBody === null) return NO_BODY
  if (read !== undefined && 'isFree' in requestBody && !isObject(read)) {
    return { refusal: errorsReply(400, ['The body must be an object.']) }
  }
  if (read === undefined || read === null) {
    return requestBody.required ? { refusal: errorsReply(422, ['A body is required.']) } : NO_BODY
  }
  // A null in a list is an item without any of its fields.
  const value: unknown = Array.isArray(read) ? read.map((item: unknown) => item ?? {}) : read
  // What is null where no null may be is taken away on the way.
  if (validator === undefined || validator(value)) return { value }
  if (mend?.({ operation: operation.id, body: value, flaws: validator.errors ?? [] }) === true && validator(value))
    return { value }
  // Around runners a null in a list is of the wrong type, elsewhere an item that is missing.
  const isRunners = Object.hasOwn(runnerOperations, operation.id)
  const isUnreadable = validator.errors?.some(
    ({ keyword, instancePath }) => UNREADABLE.has(keyword) && (isRunners || !isNullItem(value, instancePath)),
  )
  const told = violationsOf(validator).map(({ pointer, message }) => `${pointer === '' ? 'body' : pointer} ${message}`)
  // A broken constraint comes in a list, what cannot even be read with a code.
  return isUnreadable === true ? refused(400, told.join('; ')) : { refusal: errorsReply(422, told) }
}

/** A null in a list is read; it is no item that the list may have. */
function isNullItem(value: unknown, pointer: string): boolean {
  const place = /\/\d+$/.test(pointer) ? placeAt(value, pointer) : undefined
  return place !== undefined && Reflect.get(place.parent, place.key) === null
}

/** Keywords whose violation means that a typed reader cannot even build the request. */
const UNREADABLE: ReadonlySet<string> = new Set(['type', 'enum', 'const', 'format'])

/**
 * Judges the types of a request before its caller is identified. Where the operation declares 406, a type that is no
 * JSON is refused even without a body, and a body without a type where one is read; elsewhere a body of another type.
 */
export function judgeMedia(
  { isNegotiated, isStream, requestBody }: Pick<OperationEntry, 'isNegotiated' | 'isStream' | 'requestBody'>,
  exchange: ApiRequest,
): Refusal<406 | 415> | undefined {
  const { headers, body } = exchange
  const type = headerOf(headers, 'content-type')
  const isRead = requestBody !== null && body !== undefined && body.length > 0
  if (!isNegotiated && (!isRead || type === '')) return undefined
  const isUntyped = isRead && type === ''
  if (isUntyped || (type !== '' && type !== JSON_TYPE && essenceOf(type) !== JSON_TYPE)) {
    return refuse(415, `Bodies must be application/json; got ${isUntyped ? 'no Content-Type' : `'${type}'`}.`)
  }
  const accept = headerOf(headers, 'accept')
  const answered = isStream === true ? STREAM_TYPE : JSON_TYPE
  return !isNegotiated || accepts(accept, answered)
    ? undefined
    : refuse(406, `Answers are ${answered}, which '${accept}' excludes.`)
}

const JSON_TYPE = 'application/json'
const STREAM_TYPE = 'application/octet-stream'
const ANY: ReadonlySet<string> = new Set(['application/*', '*/*'])

function accepts(accept: string, type: string): boolean {
  if (accept === type || ANY.has(accept) || accept.trim() === '') return true
  return accept.split(',').some((range) => {
    const essence = essenceOf(range)
    return (essence === type || ANY.has(essence)) && !/;\s*q=0(\.0*)?\s*(;|$)/i.test(range)
  })
}

function essenceOf(type: string): string {
  const [essence = ''] = type.split(';', 1)
  return essence.trim().toLowerCase()
}
