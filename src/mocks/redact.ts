/** Blacks out secrets before anything leaves the mock as a log, an event or a journal entry. */

import { headerOf, type Headers } from './engine/exchange.js'

/** What stands in the place of a secret. */
export const REDACTED = '[redacted]'

const SECRET_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'set-cookie', 'proxy-authorization'])
const SECRET_FIELDS: ReadonlySet<string> = new Set(['hmac', 'activation_key', '_hmac'])

/** Headers without secrets; undefined values are left out. */
export function redactHeaders(headers: Headers): Record<string, string> {
  const present = Object.keys(headers).filter((name) => headers[name] !== undefined)
  return Object.fromEntries(
    present.map((name) => [name, SECRET_HEADERS.has(name.toLowerCase()) ? REDACTED : headerOf(headers, name)]),
  )
}

/** A copy of a JSON value without the secrets that requests of this API carry, at any depth. */
export function redactJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redactJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, SECRET_FIELDS.has(key) ? REDACTED : redactJson(member)]),
  )
}
