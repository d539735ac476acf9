/**
 * One request with what came of it, as it is kept for reports: secrets are masked when it is recorded, so that no
 * report can leak one.
 */
import type { Exchange } from '../../generated/kit-schema.js'
import { printableLines } from '../../kernel/printable.js'
import type { OperationId } from '../../kernel/operation.js'
import type { WireOutcome, WireRequest } from './transport.js'

export type { Exchange } from '../../generated/kit-schema.js'

/** Longest body that is kept, in characters. */
const LONGEST_BODY = 16_384

/** What a report shows in place of a secret; in a curl command the shell fills it in. */
const API_KEY = '$OPIK_API_KEY'
const OTHER_API_KEY = '$OPIK_OTHER_API_KEY'
const COLLEAGUE_API_KEY = '$OPIK_COLLEAGUE_API_KEY'
const MASK = '***'

/** Fields whose text nobody should read in a report. */
const SECRET_FIELDS = /"(activation_key|hmac|_hmac|api_key)"(\s*:\s*)"(?:[^"\\]|\\.)*"/g

/** Masks secrets of requests and answers: known keys wherever they stand, and the fields that carry proofs. */
export interface Mask {
  text(text: string): string
  headers(headers: Readonly<Record<string, string>>, identity: string): Record<string, string>
}

/** Whose keys a mask tells apart by what they are. */
export interface NamedKeys {
  colleague?: string | undefined
  other?: string | undefined
}

/** Creates a mask that also hides `secrets` wherever they appear. */
export function createMask(secrets: readonly string[], keys: NamedKeys = {}): Mask {
  const known = secrets.filter((secret) => secret.length > 3)
  const text = (value: string): string => {
    const withoutKeys = known.reduce((masked, secret) => masked.replaceAll(secret, MASK), value)
    // Most of what is recorded is no JSON.
    return !withoutKeys.includes('"') ? withoutKeys : withoutKeys.replaceAll(SECRET_FIELDS, `"$1"$2"${MASK}"`)
  }
  return {
    text,
    headers: (headers, identity) => maskHeaders(headers, (value) => nameOfKey(value, identity, keys), text),
  }
}

/** The variable that a reader of the report sets: the one by which the key was given, as far as it was. */
function nameOfKey(value: string, identity: string, { colleague, other }: NamedKeys): string {
  if (identity === 'main') return API_KEY
  if (value === other) return OTHER_API_KEY
  return value === colleague || identity === 'colleague' ? COLLEAGUE_API_KEY : OTHER_API_KEY
}

function maskHeaders(
  headers: Readonly<Record<string, string>>,
  nameKey: (value: string) => string,
  maskText: (text: string) => string,
): Record<string, string> {
  const masked: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const isKey = name.toLowerCase() === 'authorization'
    masked[name] = isKey ? nameKey(value) : maskText(value)
  }
  return masked
}

/** The parts of an exchange that the wire does not know. */
export interface ExchangeFrame {
  number: number
  operation: OperationId | null
  identity: string
  startedMs: number
  tookMs: number
}

/** Records an exchange, masked and with long bodies cut. */
export function recordExchange(frame: ExchangeFrame, request: WireRequest, outcome: WireOutcome, mask: Mask): Exchange {
  const isAnswer = outcome.kind === 'answer'
  return {
    ...frame,
    method: request.method,
    url: mask.text(request.url),
    requestHeaders: mask.headers(request.headers, frame.identity),
    requestBody: request.body === undefined ? null : cut(mask.text(bodyText(request.body))),
    status: isAnswer ? outcome.status : null,
    responseHeaders: isAnswer ? mask.headers(outcome.headers, frame.identity) : {},
    responseBody: isAnswer ? cut(mask.text(outcome.text)) : '',
    failure: isAnswer ? null : outcome.message,
  }
}

function bodyText(body: string | Uint8Array): string {
  return typeof body === 'string' ? body : `<${body.length} bytes>`
}

function cut(text: string): string {
  if (text.length <= LONGEST_BODY) return text
  return `${text.slice(0, LONGEST_BODY)}... (${text.length} characters in all)`
}

/** The exchange's request as a curl command that can be pasted into a shell; keys are shell variables. */
export function toCurl(exchange: Exchange): string {
  const parts = ['curl', '-i', '-X', exchange.method, quote(exchange.url)]
  for (const [name, value] of Object.entries(exchange.requestHeaders)) {
    if (name.toLowerCase() === 'content-length') continue
    parts.push('-H', /^\$[A-Z_]+$/.test(value) ? `"${name}: ${value}"` : quote(`${name}: ${value}`))
  }
  if (exchange.requestBody !== null) parts.push('--data-raw', quote(exchange.requestBody))
  return parts.join(' ')
}

/** In the shell's own escapes where a text holds what is not to be printed. */
function quote(text: string): string {
  if (printableLines(text) === text) return `'${text.replaceAll("'", `'\\''`)}'`
  return `$'${printableLines(text.replaceAll(/[\\']/g, String.raw`\$&`))}'`
}
