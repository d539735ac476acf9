/** Media types and methods: what a request may bring and must take, and how HEAD and OPTIONS are answered. */
import type { OperationEntry } from '../../generated/operations.js'
import { refuse, type Refusal } from '../../kernel/errors.js'
import { headerOf, errorReply, type ApiRequest, type ApiResponse } from '../base/exchange.js'

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

/** The answer to a method that a known path has not, which for OPTIONS is a list of those that it has. */
export function answerMethod(method: string, template: string, methods: readonly string[]): ApiResponse {
  if (method === 'OPTIONS') {
    const all = methods.includes('GET') ? ['HEAD', ...methods] : methods
    return { status: 200, headers: { allow: [...all, 'OPTIONS'].join(', ') }, body: '' }
  }
  const allow = [...methods, 'OPTIONS'].join(', ')
  return errorReply(
    405,
    `${method} is not possible on ${template}; it takes ${allow}.`,
    method === 'TRACE' ? {} : { allow },
  )
}

/** The answer to HEAD: that to GET, with the length of its body instead of the body. */
export function withoutBody(reply: ApiResponse): ApiResponse {
  const length = new TextEncoder().encode(reply.body).length
  return { ...reply, headers: { ...reply.headers, 'content-length': String(length) }, body: '' }
}
