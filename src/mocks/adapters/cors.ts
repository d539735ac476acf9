/** Cross-origin headers of the API: any web page may call it, as it may call Opik, and read `Location`. */
import { headerOf, type Headers } from '../base/exchange.js'

/** Headers to add to an answer; none for callers that are no web page. */
export function corsHeaders(headers: Headers): Record<string, string> | undefined {
  const origin = headerOf(headers, 'origin')
  if (origin === '') return undefined
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Location, Retry-After, X-Opik-Runner-Kit-Fallback',
    vary: 'Origin',
  }
}

/** Whether a request only asks what it may send. */
export function isPreflight(method: string, headers: Headers): boolean {
  return method === 'OPTIONS' && headerOf(headers, 'access-control-request-method') !== ''
}

/** Headers of the answer to a preflight. */
export function preflightHeaders(headers: Headers): Record<string, string> {
  return {
    ...corsHeaders(headers),
    'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
    'access-control-allow-headers': headerOf(headers, 'access-control-request-headers') || 'content-type',
    'access-control-max-age': '7200',
  }
}

/** Headers of an answer that another server gave, with ours in the place of its own cross-origin headers. */
export function replaceCorsHeaders(
  headers: Readonly<Record<string, string | string[]>>,
  ours: Readonly<Record<string, string>> | undefined,
): Record<string, string | string[]> {
  if (ours === undefined) return headers
  const kept = Object.entries(headers).filter(([name]) => !name.startsWith('access-control-'))
  const readable = listOf(ours['access-control-expose-headers'], headers['access-control-expose-headers'])
  return {
    ...Object.fromEntries(kept),
    ...ours,
    'access-control-expose-headers': readable,
    vary: listOf(ours['vary'], headers['vary']),
  }
}

function listOf(...lists: readonly (string | string[] | undefined)[]): string {
  const names = lists.flat().flatMap((list) => list?.split(',') ?? [])
  return [...new Set(names.map((name) => name.trim()))].filter((name) => name !== '').join(', ')
}
