/** Blacks out secrets before anything leaves the mock as a log, an event or a journal entry. */
import { isSecretName, REDACTED } from '../../kernel/recording/secret-names.js'
import { headersOf, type Headers } from './exchange.js'

const SECRET_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-admin-token',
  'x-api-key',
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
