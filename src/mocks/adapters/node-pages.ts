// The pages of a server, for people who open it in a browser. Its root leads to the console, and pages of Opik's web
// app to the one that it was told of, else to what the console has nearest to them; their addresses are the ones that
// SDKs print and the API redirects to. The files of the console and of the pairing page are read from the package when
// they are first asked for, and sent with headers that allow a page its own script and style and nothing else. What the
// page does is src/console's.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { version } from '../../kernel/version.js'
import { PAIRING_PATH } from '../../kernel/pairing.js'
import { errorReply, headerOf, toReply, type ApiResponse } from '../base/exchange.js'
import type { RunnerMock } from '../mock/runner-mock.js'
import type { NodeExchange } from './node-exchange.js'

/**
 * Answers a request for the root, or for a page of the web app that people are sent to; undefined for any other.
 * @param web the base URL of a web app, without a slash at its end; undefined for none
 */
export function answerPage(
  { mock, web }: { readonly mock: RunnerMock; readonly web: string | undefined },
  { method, headers, rawUrl: url, base, consoleUrl }: NodeExchange,
): ApiResponse | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined
  if (ROOT.test(url)) {
    // Only browsers ask for pages by name; a program is told what there is.
    const isBrowser = headerOf(headers, 'accept').includes('text/html')
    return isBrowser
      ? toReply(303, undefined, { location: consoleUrl })
      : toReply(200, { version, api: base, console: consoleUrl })
  }
  const [, project, page = '', query] = PAGE.exec(url) ?? []
  if (project === undefined) return undefined
  const place = page.toLowerCase() === 'traces' ? placeOfTrace(query) : placeOfProject(mock, project)
  return toReply(303, undefined, { location: web === undefined ? `${consoleUrl}/#/${place}` : web + url })
}

const ROOT = /^\/(\?.*)?$/

/** The pages of an agent and of traces: workspace, project. */
const PAGE = /^\/[^/?]+\/projects\/([\da-f-]{36})\/(agent-playground|traces)\/?(?:\?(.*))?$/i

function placeOfTrace(query: string | undefined): string {
  const id = new URLSearchParams(query).get('trace')
  return id === null ? 'traces' : `traces/trace/${encodeURIComponent(id)}`
}

/** Its runner that came last. */
function placeOfProject(mock: RunnerMock, projectId: string): string {
  return mock.inspect(({ runners }) => {
    const own = Array.from(runners.values()).filter((runner) => runner.projectId === projectId.toLowerCase())
    const last = own.at(-1)
    return last === undefined ? 'world' : `world/runner/${last.id}`
  })
}

const types: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'console.js': 'text/javascript; charset=utf-8',
  'console.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
  'pair.html': 'text/html; charset=utf-8',
  'pair.js': 'text/javascript; charset=utf-8',
  'pair.css': 'text/css; charset=utf-8',
}

/** Nothing from elsewhere, nothing inline, in no frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
}

const { 'cross-origin-opener-policy': _, ...shared } = HEADERS

/** A pairing link may name another server than the one that shows it; browsers mistrust an opener policy without https. */
const PAIRING_HEADERS = {
  ...shared,
  'content-security-policy': POLICY.replace("connect-src 'self'", '$& http: https:'),
}

/** Files of the pairing page by their paths, outside of the admin API: any holder of a link may open it. */
const pairingFiles: Readonly<Record<string, string>> = {
  [PAIRING_PATH]: 'pair.html',
  '/opik/pair/pair.js': 'pair.js',
  '/opik/pair/pair.css': 'pair.css',
  '/opik/pair/icon.svg': 'icon.svg',
}

/**
 * Finds a file of the pairing page; undefined for any other URL.
 * @param apiPathOf finds the path of the API that a link is for; asked for the page alone
 */
export function findPairingPage(
  pages: (name: string) => ApiResponse | undefined,
  { method, url = '' }: { readonly method?: string | undefined; readonly url?: string | undefined },
  apiPathOf: (link: string) => string,
): ApiResponse | undefined {
  if (!url.startsWith('/opik/pair/') || (method !== 'GET' && method !== 'HEAD')) return undefined
  const path = url.replace(/\/?(\?.*)?$/, '')
  const name = Object.hasOwn(pairingFiles, path) ? pairingFiles[path] : undefined
  const reply = name === undefined ? undefined : pages(name)
  if (reply?.status !== 200 || path !== PAIRING_PATH) return reply
  const body = reply.body.replace('{api-path}', () => apiPathOf(url).replaceAll('&', '&amp;'))
  return { ...reply, headers: { 'content-type': types['pair.html'] ?? '', ...PAIRING_HEADERS }, body }
}

/**
 * Returns a function that finds a file of the console by its name, '' being the page; undefined for an unknown name.
 */
export async function openConsole(): Promise<(name: string) => ApiResponse | undefined> {
  const kept = new Map<string, string>()
  const find = await import('./node-package-file.js').then(
    ({ packageFile }) => packageFile,
    () => undefined,
  )
  return (asked) => {
    const name = asked === '' ? 'index.html' : asked
    const type = Object.hasOwn(types, name) ? types[name] : undefined
    if (type === undefined) return undefined
    const file = kept.has(name) ? undefined : find?.(join('dist/console', name))
    const body = kept.get(name) ?? (file !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : undefined)
    if (body === undefined) return errorReply(404, 'The console is not there; run npm run build.')
    kept.set(name, body)
    return { status: 200, headers: { 'content-type': type, ...HEADERS }, body }
  }
}

/** Whether a path under the admin API's root is the console's: its files hold no secret, and no browser sends a token for a page. */
export function isConsolePath(path: string): boolean {
  return path === '/ui' || path.startsWith('/ui/')
}
