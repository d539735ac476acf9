/** Blacks out secrets before anything leaves the mock as a log, an event or a journal entry. */

import { headersOf, type Headers } from './exchange.js'

/** What stands in the place of a secret. */
export const REDACTED = '[redacted]'

const SECRET_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-admin-token',
  'x-api-key',
])

/** Names of members and query parameters, in lower case, that carry secrets. */
const SECRET_NAMES: ReadonlySet<string> = new Set([
  'hmac',
  '_hmac',
  'activation_key',
  'authorization',
  'api_key',
  'apikey',
  'token',
])

/** Headers without secrets; undefined values are left out. */
export function redactHeaders(headers: Headers): Record<string, string> {
  const readable = headersOf(headers)
  for (const name in readable) if (SECRET_HEADERS.has(name.toLowerCase())) readable[name] = REDACTED
  return readable
}

/** A copy of a JSON value without the secrets that requests of this API carry, at any depth. */
export function redactJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redactJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, isSecretName(key) ? REDACTED : redactJson(member)]),
  )
}

/** A query, without `?`, in which the values of secret parameters are blacked out; the rest is left as it was sent. */
export function redactQuery(query: string): string {
  if (query === '') return ''
  return query
    .split('&')
    .map((pair) => {
      const [name = ''] = pair.split('=', 1)
      return isSecretName(decode(name)) ? `${name}=${REDACTED}` : pair
    })
    .join('&')
}

function isSecretName(name: string): boolean {
  return SECRET_NAMES.has(name.toLowerCase())
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
