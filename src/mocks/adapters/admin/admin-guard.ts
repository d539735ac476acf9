// Who may use the admin API. A web page that the user happens to visit must not: so the request has to name a loopback
// host (which defeats DNS rebinding) and come from no other origin, or carry the token that only the user knows.
import { headerOf, type ApiRequest, type Headers } from '../../base/exchange.js'
import { clip } from '../../../kernel/problem.js'
import { refuse, type Refusal } from '../../../kernel/errors.js'

const ADMIN_TOKEN_HEADER = 'x-admin-token'

/** Lets a request pass (undefined) or says why not. `token`: what must be sent; without one, loopback is enough. */
export function guardAdmin(
  { method, headers = {} }: Pick<ApiRequest, 'method' | 'headers'>,
  token: string | undefined,
): Refusal<403> | undefined {
  if (token !== undefined) {
    if (sameText(headerOf(headers, ADMIN_TOKEN_HEADER), token)) return undefined
    return refuse(403, `The admin API of this server wants its token in the header '${ADMIN_TOKEN_HEADER}'.`)
  }
  const host = headerOf(headers, 'host')
  if (!isLoopbackHost(host)) {
    return refuse(
      403,
      `The admin API answers loopback hosts only, and this request was sent to '${clip(host, 100)}'. Set an admin token to allow others.`,
    )
  }
  const origin = headerOf(headers, 'origin')
  if (origin === '' ? comesFromElsewhere(method, headers) : !isLoopbackOrigin(origin)) {
    const who = origin === '' ? 'other sites' : `'${clip(origin, 100)}'`
    return refuse(403, `The admin API does not answer pages of ${who}. Set an admin token to allow them.`)
  }
  return undefined
}

/** Whether a `Host` header names this machine, with or without a port. */
export function isLoopbackHost(host: string): boolean {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host)
  return match !== null && isLoopbackName(match[1] ?? '')
}

/** Whether an `Origin` header names a page of this machine. `null`, which any sandboxed page sends, does not. */
export function isLoopbackOrigin(origin: string): boolean {
  const match = /^https?:\/\/([^/?#@\\]+)$/i.exec(origin)
  return match !== null && isLoopbackHost(match[1] ?? '')
}

/** Names that no DNS server can claim: `localhost` and the addresses of the loopback interface. */
function isLoopbackName(name: string): boolean {
  const plain = name.toLowerCase().replace(/\.$/, '')
  const parts = /^127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(plain)
  if (parts !== null) return parts.slice(1).every((part) => Number(part) <= 255)
  return ['localhost', '[::1]', '[0:0:0:0:0:0:0:1]'].includes(plain)
}

/** Browsers mark what a page of another site loads or posts without an Origin; following a link is allowed. */
function comesFromElsewhere(method: string, headers: Headers): boolean {
  if (headerOf(headers, 'sec-fetch-site') !== 'cross-site') return false
  return (
    method !== 'GET' ||
    headerOf(headers, 'sec-fetch-mode') !== 'navigate' ||
    headerOf(headers, 'sec-fetch-dest') !== 'document'
  )
}

/** Compares in a time that does not depend on where two texts differ. */
function sameText(given: string, wanted: string): boolean {
  let difference = given.length ^ wanted.length
  for (let place = 0; place < wanted.length; place++) difference |= given.charCodeAt(place) ^ wanted.charCodeAt(place)
  return difference === 0
}
