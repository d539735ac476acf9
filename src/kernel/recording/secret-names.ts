/** Names under which clients of this API send secrets, and the queries without them. */

/** What stands in the place of a secret. */
export const REDACTED = '[redacted]'

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

export function isSecretName(name: string): boolean {
  return SECRET_NAMES.has(name.toLowerCase())
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

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
