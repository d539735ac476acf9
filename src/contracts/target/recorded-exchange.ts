/** One request with what came of it, as it is kept for reports, secrets masked. */
import type { Exchange } from '../../generated/kit-schema.js'
import type { WireOutcome, WireRequest } from './transport.js'

export type { Exchange } from '../../generated/kit-schema.js'

const MAX_BODY_LENGTH = 16_384

/** Stands for a secret in a report; in a curl command the shell fills it in. */
const API_KEY = '$OPIK_API_KEY'
const OTHER_API_KEY = '$OPIK_OTHER_API_KEY'
const COLLEAGUE_API_KEY = '$OPIK_COLLEAGUE_API_KEY'
const READER_API_KEY = '$OPIK_READER_API_KEY'
const MASK = '***'

/** Fields whose text must not appear in a report. */
const SECRET_FIELDS = /"(activation_key|hmac|_hmac|api_key)"(\s*:\s*)"(?:[^"\\]|\\.)*(?:"|$)/g
const SECRET_PAIRS = /\b(activation_key|hmac|_hmac|api_key)(\s*[=:]\s*['"]?)[^\s"'&,;]+/g

const SECRET_NAME = /activation_key|hmac|api_key/

/** Masks secrets of requests and answers: known keys wherever they stand, and the fields that carry proofs. */
export interface Mask {
  text(text: string): string
  headers(headers: Readonly<Record<string, string>>, identity: string): Record<string, string>
}

/** Whose keys a mask tells apart by what they are. */
export interface NamedKeys {
  colleague?: string | undefined
  other?: string | undefined
  reader?: string | undefined
  /** The key of a user whom the run has made up: it is no secret, and a command needs it. */
  madeUp?: string | undefined
}

/** Creates a mask that also hides the secrets, named or not, wherever they appear. */
export function createMask(secrets: readonly (string | undefined)[], keys: NamedKeys = {}): Mask {
  const { reader, colleague, other } = keys
  const known = [...secrets, reader, colleague, other].flatMap((key) =>
    key !== undefined && key.length > 3 ? key : [],
  )
  const text = (value: string): string => {
    const withoutKeys = known.reduce((masked, secret) => masked.replaceAll(secret, MASK), value)
    // Most recorded bodies are no JSON.
    const masked = !withoutKeys.includes('"') ? withoutKeys : withoutKeys.replaceAll(SECRET_FIELDS, `"$1"$2"${MASK}"`)
    return SECRET_NAME.test(masked) ? masked.replaceAll(SECRET_PAIRS, `$1$2${MASK}`) : masked
  }
  return {
    text,
    headers(headers, identity) {
      const masked = Object.entries(headers).map(([name, value]) => {
        return [name, name.toLowerCase() === 'authorization' ? nameOfKey(value, identity, keys) : text(value)] as const
      })
      return Object.fromEntries(masked)
    },
  }
}

/** The variable that a reader of the report sets: the one by which the key was given, as far as it was. */
function nameOfKey(value: string, identity: string, { colleague, other, reader, madeUp }: NamedKeys): string {
  if (value === madeUp) return value
  if (identity === 'main') return API_KEY
  if (value === reader) return READER_API_KEY
  if (value === other) return OTHER_API_KEY
  return value === colleague || identity === 'colleague' ? COLLEAGUE_API_KEY : OTHER_API_KEY
}

export type ExchangeFrame = Pick<Exchange, 'number' | 'operation' | 'identity' | 'startedMs' | 'tookMs'>

/** Records an exchange, masked and with long bodies cut. */
export function recordExchange(frame: ExchangeFrame, request: WireRequest, outcome: WireOutcome, mask: Mask): Exchange {
  const isAnswer = outcome.kind === 'answer'
  const { body } = request
  const text = body === undefined || typeof body === 'string' ? body : `<${body.length} bytes>`
  return {
    ...frame,
    method: request.method,
    url: mask.text(request.url),
    requestHeaders: mask.headers(request.headers, frame.identity),
    requestBody: text === undefined ? null : cut(mask.text(text)),
    // What a command needs to send a body that is no text.
    ...(typeof body === 'object' &&
      body.length <= MAX_BODY_LENGTH && { requestBytes: Buffer.from(body).toString('base64') }),
    status: isAnswer ? outcome.status : null,
    responseHeaders: isAnswer ? mask.headers(outcome.headers, frame.identity) : {},
    responseBody: isAnswer ? cut(mask.text(outcome.text)) : '',
    failure: isAnswer ? null : outcome.message,
  }
}

function cut(text: string): string {
  if (text.length <= MAX_BODY_LENGTH) return text
  return `${text.slice(0, MAX_BODY_LENGTH)}... (${text.length} characters in all)`
}
