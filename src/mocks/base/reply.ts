/** Replies as they go out, and the two error shapes of the API. */
import { writeJson } from '../../kernel/json-text.js'
import type { ErrorMessage } from '../../kernel/types.js'
import type { Reply } from './exchange.js'

const JSON_HEADERS = { 'content-type': 'application/json' }

/** A reply with a JSON body, or without one when `body` is undefined. */
export function toReply(status: number, body: unknown, headers?: Readonly<Record<string, string>>): Reply {
  if (body === undefined) return { status, headers: { ...headers }, body: '' }
  // Spreading nothing takes longer than the rest of this.
  if (headers === undefined) return { status, headers: { ...JSON_HEADERS }, body: textOf(body) }
  return { status, headers: { ...JSON_HEADERS, ...headers }, body: textOf(body) }
}

/** A frozen body is one that never changes at any depth, as whoever froze it has promised: its text is made once. */
function textOf(body: unknown): string {
  if (typeof body !== 'object' || body === null || !Object.isFrozen(body)) return writeJson(body)
  const known = texts.get(body)
  if (known !== undefined) return known
  const text = writeJson(body)
  texts.set(body, text)
  return text
}

const texts = new WeakMap<object, string>()

/** A refusal for one reason. */
export function errorReply(status: number, message: string, headers?: Readonly<Record<string, string>>): Reply {
  const body: ErrorMessage = { code: status, message }
  return toReply(status, body, headers)
}

/** No answer at all: the connection breaks. What happened before stays. */
export function dropped(): Reply {
  return { status: 0, headers: {}, body: '', connection: 'drop' }
}

/** A refusal that lists what is wrong with the request. */
export function errorsReply(status: number, errors: readonly string[]): Reply {
  const body: ErrorMessage = { errors: [...errors] }
  return toReply(status, body)
}
