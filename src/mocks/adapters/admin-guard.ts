/**
 * Who may use the admin API. A web page that the user happens to visit must not: so the request has to name a loopback
 * host (which defeats DNS rebinding), come from no other origin, or carry the token that only the user knows.
 */
import { headerOf, type Headers } from '../engine/exchange.js'
import { refuse, type Refusal } from '../refusal.js'

/** Header that carries the token. */
export const ADMIN_TOKEN_HEADER = 'x-admin-token'

/** Lets a request pass (undefined) or says why not. `token`: what must be sent; without one, loopback is enough. */
export function guardAdmin(headers: Headers, token: string | undefined): Refusal<403> | undefined {
  if (token !== undefined) {
    const isKnown = sameText(headerOf(headers, ADMIN_TOKEN_HEADER), token)
    return isKnown
      ? undefined
      : refuse(403, `The admin API of this server wants its token in the header '${ADMIN_TOKEN_HEADER}'.`)
  }
  const host = headerOf(headers, 'host')
  if (!isLoopback(`http://${host}`)) {
    return refuse(
      403,
      `The admin API answers loopback hosts only, and this request was sent to '${host}'. Set an admin token to allow others.`,
    )
  }
  const origin = headerOf(headers, 'origin')
  if (origin === '' || isLoopback(origin)) return undefined
  return refuse(403, `The admin API does not answer pages of '${origin}'. Set an admin token to allow them.`)
}

/** Whether a URL's host is this machine. */
export function isLoopback(url: string): boolean {
  const hostname = URL.canParse(url) ? new URL(url).hostname : ''
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

/** Compares in a time that does not depend on where two texts differ. */
function sameText(given: string, wanted: string): boolean {
  let difference = given.length ^ wanted.length
  for (let place = 0; place < wanted.length; place++) difference |= given.charCodeAt(place) ^ wanted.charCodeAt(place)
  return difference === 0
}
