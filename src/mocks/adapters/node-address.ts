// Where a server listens and under which paths, read from the user's options: an unusable one is refused before
// anything is opened. Above all, an admin API that others can reach requires a token, and a blank one does not count.
import { KitError, type KitErrorParts } from '../../kernel/errors.js'
import { expectForm } from '../../kernel/validate-options.js'
import { ServeOptions as form } from '../../generated/kit-node.js'
import type { ServeOptions } from '../../generated/kit-schema.js'
import { isLoopbackHost } from './admin/admin-guard.js'

export const ADMIN_ROOT = '/__admin'

export function isAdmin(url: string): boolean {
  return url.startsWith(ADMIN_ROOT) && /^([/?]|$)/.test(url.slice(ADMIN_ROOT.length))
}

/**
 * The URL of a server that is named: HTTP or HTTPS, without a user, a query and a fragment.
 * @throws KitError with this code and these words, and the text without a password
 */
export function parseServerUrl(text: string, code: string, words: Pick<KitErrorParts, 'failed' | 'fix'>): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url !== undefined && `${url.username}${url.password}${url.search}${url.hash}` === ''
  if (isPlain && /^https?:$/.test(url.protocol)) return url
  throw new KitError(code, { ...words, value: text.replace(/\/\/[^/]*@/, '//***@') })
}

/** Under which paths the API is. */
export interface ApiPlace {
  /** '' or a path that begins with a slash and does not end in one. */
  prefix: string
  /** Whether the API answers at the origin's root as well, since no option names its place. */
  isAtRoot: boolean
}

/**
 * Finds the host, as `listen` takes it and as URLs have it (an IPv6 address stands in brackets), the paths, the token, and
 * the base URL of a web app, without a slash at its end.
 * @param options those of `serve`, which are judged as a whole
 * @throws KitError `options/invalid` for an unknown or mistyped option, `serve/token` for a token that no header can carry, `serve/host` for a host that needs one,
 *   `serve/base-path` for a path that no request can have, `serve/web` for what is no URL of a web page
 */
export function resolveAddress(options: Pick<ServeOptions, 'host' | 'basePath' | 'adminToken' | 'web'>) {
  expectForm(form, options, 'serve')
  const { host = '127.0.0.1', basePath = '/api', adminToken } = options
  if (adminToken !== undefined) checkToken(adminToken)
  if (options.web !== undefined) checkUrl(options.web)
  const plain = host.replace(/^\[(.*)\]$/, '$1')
  const hostInUrl = plain.includes(':') ? `[${plain}]` : plain
  if (!isLoopbackHost(hostInUrl) && adminToken === undefined) {
    throw new KitError('serve/host', {
      failed: 'Listening beyond this machine opens the admin API to the network.',
      value: host,
      fix: 'Set an admin token, or listen on 127.0.0.1.',
    })
  }
  const web = options.web?.replace(/\/+$/, '')
  const isAtRoot = options.basePath === undefined
  return { host: plain, hostInUrl, prefix: toPrefix(basePath), isAtRoot, adminToken, web }
}

/** Where a URL is: under the API's base path, at the root, where the API answers as well, or somewhere else. */
export function placeOf({ prefix, isAtRoot }: ApiPlace, url: string): 'base' | 'root' | 'outside' {
  if (url.startsWith(prefix) && url.charCodeAt(prefix.length) === SLASH) return 'base'
  return (isAtRoot ? API : PROBES).test(url) ? 'root' : 'outside'
}

export function inApi(place: ApiPlace, url: string): string {
  return placeOf(place, url) === 'base' ? url.slice(place.prefix.length) : url
}

const SLASH = 0x2f
const API = /^\/(v1|is-alive)(\/|$)/
/** In front of the API stands a proxy that answers for the server: some clients ask there whether it is alive. */
const PROBES = /^\/is-alive\/(ping|ver)\/?(\?|$)/

/** Printable ASCII without blanks at the ends: what every client can send in a header as it is. */
const HEADER_TEXT = /^[!-~]([ -~]*[!-~])?$/

function checkToken(token: string): void {
  if (HEADER_TEXT.test(token)) return
  throw new KitError('serve/token', {
    failed: 'This cannot be an admin token: it is empty, or holds blanks at an end or characters beyond ASCII.',
    fix: 'Give a text of printable ASCII characters, or no token at all.',
  })
}

function checkUrl(web: string): void {
  if (/^https?:\/\/[^/]/i.test(web) && URL.canParse(web)) return
  throw new KitError('serve/web', {
    failed: 'This is no address of a web app.',
    value: web,
    fix: 'Give a URL such as http://localhost:5174.',
  })
}

function toPrefix(basePath: string): string {
  const path = basePath.replace(/^\/|\/$/g, '')
  const prefix = path === '' ? '' : `/${path}`
  const isPath = /^(\/[\w.~!$&'()*+,;=:@%-]+)*$/.test(prefix) && !/\/\.\.?(\/|$)/.test(prefix)
  if (isPath && !isAdmin(prefix)) return prefix
  throw new KitError('serve/base-path', {
    failed: 'This cannot be a base path.',
    value: basePath,
    fix: `Give a path such as /api, without a query, blanks or dots alone, and outside of ${ADMIN_ROOT}.`,
  })
}

export function listenError(error: NodeJS.ErrnoException, port: number, host: string): KitError {
  const { code = error.message } = error
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const fix = 'Name an address of this machine, such as 127.0.0.1.'
    return new KitError(
      'serve/host',
      { failed: 'This machine has no such address to listen on.', value: `${host} (${code})`, fix },
      { cause: error },
    )
  }
  const reason = code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${code})`
  const parts = { failed: `Port ${port} on ${host} ${reason}.`, fix: 'Choose another port, or 0 for any free one.' }
  return new KitError('serve/port', parts, { cause: error })
}
