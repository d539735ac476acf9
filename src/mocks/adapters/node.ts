/**
 * The mock as an HTTP server on node:http, without Fetch objects on the way. It owns sockets, body limits, CORS and
 * the routing between API and admin API; what is answered is the engine's matter.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createConnectionNumbers } from '../../kernel/recording/recorder.js'
export { checkReply } from '../engine/check-reply.js'
export { folder, type FolderOptions } from './node-folder.js'
export { scenarioFrom, type RecordedScenario, type ScenarioFromOptions } from '../scenarios/recorded/scenario-from.js'
import { MAX_BODY_BYTES } from '../engine/body.js'
import { headerOf, errorReply, refusalReply, type ApiResponse } from '../base/exchange.js'
import { splitUrl } from '../engine/split-url.js'
import type { RunnerMock } from '../mock/runner-mock.js'
import { guardAdmin, isLoopbackOrigin } from './admin/admin-guard.js'
import type { AdminAnswer, AdminRequest, AdminSite } from './admin/admin-call.js'
import { handleAdmin } from './admin/admin.js'
import { ADMIN_ROOT, inApi, isAdmin, placeOf, resolveAddress } from './node-address.js'
import { collect, NodeExchange, toOriginForm, toText, type ExchangeSite } from './node-exchange.js'
import { mcpAnswer, type McpEndpoint, type McpHost } from './node-mcp.js'
import type { Fallback } from './node-fallback.js'
import { answerPage, findPairingPage, isConsolePath, openConsole } from './node-pages.js'
import { corsHeaders, isPreflight, preflightHeaders, createNodeServer, listen, send, stop } from './node-server.js'
import {
  createServed,
  namedWorld,
  worldRootOf,
  createWorlds,
  type NamedWorld,
  type Served,
  type Worlds,
  type WorldsOptions,
} from './node-worlds.js'
import { KitError, messageOf, refuse, type Refusal } from '../../kernel/errors.js'
import type { ServeOptions as Described } from '../../generated/kit-schema.js'
export type { McpEndpoint, McpHost } from './node-mcp.js'
export type { WorldsOptions } from './node-worlds.js'

/** How to serve a mock. */
export interface ServeOptions extends Omit<Described, 'cert' | 'key' | 'fallback' | 'worlds' | 'mcp' | 'onBug'> {
  /** Certificate and private key in PEM form, for HTTPS. Default: none, and HTTP. */
  readonly cert?: string | Uint8Array | undefined
  readonly key?: string | Uint8Array | undefined
  /**
   * Who answers requests under the base path that no operation takes: the base URL of a server, or the path of an
   * OpenAPI file (or its `file:` URL), which Prism then mocks; for that `@stoplight/prism-cli` has to be installed.
   * Default: none, they are 404 or 405.
   */
  readonly fallback?: string | URL | undefined
  /**
   * Worlds beside that of the mock, for requests that name one: by the header `X-Mock-World: NAME`, or by the path,
   * `/w/NAME/api`. Each has its own state, time, faults, journal and admin API. Default: there are none.
   */
  readonly worlds?: WorldsOptions | undefined
  /** Makes what answers `/__admin/mcp` of a world, behind the guard of the admin API. Default: nothing, 404. */
  readonly mcp?: ((host: McpHost) => McpEndpoint) | undefined
  /** Told of bugs of the mock, which answer 400 here. Default: they are not reported. */
  readonly onBug?: ((error: unknown) => void) | undefined
}

/** A running server. */
export interface RunnerServer {
  /** Base of the API, such as `http://127.0.0.1:5173/api`. */
  readonly url: string
  /** Base of the admin API, such as `http://127.0.0.1:5173/__admin`. */
  readonly adminUrl: string
  /** The web console, such as `http://127.0.0.1:5173/__admin/ui`. */
  readonly consoleUrl: string
  /** The port that it listens on, also when any free one was asked for. */
  readonly port: number
  /** Base of the fallback, when there is one. */
  readonly fallbackUrl: string | undefined
  /** Closes the mock, all connections, the port, and Prism if it was started. */
  close(): Promise<void>
}

/** Largest body that the admin API reads: a snapshot of a large world, which it has given out itself. */
const MAX_SNAPSHOT_BYTES = 256 * 1024 * 1024

/**
 * Serves a mock over HTTP. Closing the server closes the mock.
 *
 * @throws KitError `options/invalid` for an unknown or mistyped option, `serve/port` when the port is taken or not allowed, `serve/host` when the host needs a token or
 *   belongs to another machine, `serve/token`, `serve/base-path` or `serve/web` for one that cannot work, `serve/certificate` for HTTPS without both or with an unusable pair,
 *   `fallback/url`, `fallback/prism` or `fallback/spec` when the fallback cannot be used.
 * @example
 * import { createRunnerMock } from 'opik-runner-kit'
 * import { serve } from 'opik-runner-kit/node'
 *
 * const server = await serve(createRunnerMock({ scenario: 'demo' }), { port: 0 })
 * const answer = await fetch(`${server.url}/v1/private/projects`)
 * await server.close()
 */
export async function serve(mock: RunnerMock, options: ServeOptions = {}): Promise<RunnerServer> {
  const { port = 5173, onBug = () => undefined, worlds: making } = options
  const { host, hostInUrl, prefix, isAtRoot, adminToken, web } = resolveAddress(options)
  const main = createServed(mock)
  const server = await createNodeServer(options)
  await mock.ready
  const page = await openConsole()
  // What it needs, HTTPS above all, is loaded for those alone who want one.
  const { fallback: asked } = options
  const fallback = asked === undefined ? undefined : await (await import('./node-fallback.js')).startFallback(asked)
  const actualPort = await listen(server, port, host).catch(async (error: unknown) => {
    main.streams.close()
    await fallback?.close()
    throw error
  })
  const scheme = options.cert === undefined ? 'http' : 'https'
  const origin = `${scheme}://${hostInUrl}:${actualPort}`
  const shared = { prefix, isAtRoot, scheme, origin, web, adminToken, page, fallback, onBug } as const
  const connectionOf = createConnectionNumbers()
  const isOpen = (): boolean => server.listening
  const siteOf = (served: Served, root: string): Site => {
    const apiPath = root + prefix
    const site: Site = { ...served, ...shared, connectionOf, isOpen, worlds, root, apiPath, apiUrl: origin + apiPath }
    const admin = (request: AdminRequest): AdminAnswer => handleAdmin(site, request)
    site.mcp = options.mcp?.({ mock: served.mock, apiUrl: site.apiUrl, admin })
    return site
  }
  const worlds: Worlds<Site> | undefined =
    making &&
    createWorlds(async (name) => {
      const root = `/w/${name}`
      const served = createServed(await making.create(name, origin + root + prefix))
      await served.mock.ready.catch(async (error: unknown) => {
        await served.close()
        throw error
      })
      return siteOf(served, root)
    }, making)
  const site = siteOf(main, '')
  server.on('request', (_, response: ServerResponse) => receive(site, response))
  return {
    url: site.apiUrl,
    adminUrl: origin + ADMIN_ROOT,
    consoleUrl: `${origin}${ADMIN_ROOT}/ui`,
    port: actualPort,
    fallbackUrl: fallback?.url,
    async close() {
      await stop(server, () => Promise.all([main.close(), worlds?.close()]))
      await fallback?.close()
    },
  }
}

/** With it goes the connection. */
const CLOSE_CONNECTION = { connection: 'close' }

/** A mock and where it is served: the one of the server, or a world beside it. */
interface Site extends ExchangeSite, Served, AdminSite {
  worlds: Worlds<Site> | undefined
  adminToken: string | undefined
  fallback: Fallback | undefined
  onBug: (error: unknown) => void
  isOpen: () => boolean
  /** Answers its `/__admin/mcp`. */
  mcp?: McpEndpoint | undefined
}

function receive(site: Site, response: ServerResponse): void {
  toOriginForm(response.req)
  const named = namedWorld(response.req)
  if (named === undefined) receiveIn(site, response)
  else receiveElsewhere(site, named, response)
}

/** A request for a world of its own, which is made first if it is not there. */
function receiveElsewhere(site: Site, named: NamedWorld | Refusal<400>, response: ServerResponse): void {
  const { req: request } = response
  const refused = (refusal: Refusal): void => sendUnread(response, refusalReply(refusal), corsHeaders(request.headers))
  if ('refused' in named) return refused(named)
  const { root, name } = named
  request.url = request.url?.slice(root.length) || '/'
  const { method = 'GET', url, headers } = request
  // Who only asks what may be sent, or must not be here, makes no world.
  if (isPreflight(method, headers) || (isAdmin(url) && rejectUnauthorizedAdmin(site, request) !== undefined)) {
    return receiveIn(site, response)
  }
  if (site.worlds === undefined) return refused(refuse(400, 'This server has one world, and makes no others.'))
  const entered = site.worlds.enter(name, response)
  if ('refused' in entered) return refused(entered)
  entered
    .then((own) => receiveIn({ ...own, root }, response))
    .catch((error: unknown) => {
      const trouble = error instanceof KitError ? error.message : `The world could not be made: ${String(error)}`
      refused(refuse(400, trouble))
    })
}

/** Answers at once. Nothing reads a body then, but what a client sends anyway must not block the connection. */
function sendUnread(response: ServerResponse, reply: ApiResponse, cors?: Record<string, string>): void {
  response.req.resume()
  send(response, reply, cors)
}

function receiveIn(site: Site, response: ServerResponse): void {
  const { req: request } = response
  const { method = 'GET', url = '/', headers } = request
  const isOfAdmin = isAdmin(url)
  const atOnce = isOfAdmin
    ? rejectUnauthorizedAdmin(site, request)
    : findPairingPage(site.page, request, (link) => pairingApi(site, link))
  if (atOnce !== undefined) return sendUnread(response, atOnce)
  const { fallback } = site
  if (fallback !== undefined && isElsewhere(site, fallback, request)) return relay(site, fallback, response)
  if (isPreflight(method, headers) && !isOfAdmin) {
    response.writeHead(204, preflightHeaders(headers)).end()
    return
  }
  if (method === 'GET' || method === 'HEAD' || method === 'DELETE') {
    request.resume()
    dispatch(site, response, new NodeExchange(response, site))
    return
  }
  const limit = isOfAdmin ? MAX_SNAPSHOT_BYTES : MAX_BODY_BYTES
  collect(request, limit, (body) => {
    if (body === 'too large') {
      const cors = isOfAdmin ? undefined : corsHeaders(headers)
      const reply = errorReply(413, `Bodies of more than ${limit} bytes are not accepted.`)
      return send(response, reply, { ...cors, ...CLOSE_CONNECTION })
    }
    dispatch(site, response, new NodeExchange(response, site, toText(headers['content-encoding'], body)))
  })
}

/** The path of the API that a pairing link is for: a daemon that works in a world says so in its `url`. */
function pairingApi({ root, worlds, prefix }: Site, link: string): string {
  return (root === '' && worlds !== undefined ? worldRootOf(link) : root) + prefix
}

/** Whether a request is under the base path and for none of the operations that answer something; a preflight is what it asks for. */
function isElsewhere(site: Site, fallback: Fallback, { method = 'GET', url = '/', headers }: IncomingMessage): boolean {
  const place = placeOf(site, url)
  if (isAdmin(url) || place === 'outside') return false
  const asked = isPreflight(method, headers) ? headerOf(headers, 'access-control-request-method') : method
  // The pages of this machine are let in here; for others it is the fallback's to say.
  if (asked !== method && isLoopbackOrigin(headerOf(headers, 'origin'))) return false
  return fallback.takes(asked, splitUrl({ method: asked, url: inApi(site, url) }).path)
}

/** The body is left to the fallback, which may take what the mock would not. */
function relay(site: Site, fallback: Fallback, response: ServerResponse): void {
  const exchange = new NodeExchange(response, site)
  exchange.forward = () => fallback.relay(response, exchange.url, exchange.base)
  dispatch(site, response, exchange)
}

/** Who must not use the admin API is told so before a body of theirs is read. */
function rejectUnauthorizedAdmin(
  { adminToken }: Site,
  { method = 'GET', url = '', headers }: IncomingMessage,
): ApiResponse | undefined {
  if (isConsolePath(toAdminTarget(url).path)) return undefined
  const refusal = guardAdmin({ method, headers }, adminToken)
  return refusal && refusalReply(refusal)
}

/** Path without a slash at its end, and query, of a URL of the admin API. */
function toAdminTarget(url: string): { path: string; query: string } {
  const [path = '', query = ''] = url.slice(ADMIN_ROOT.length).split('?', 2)
  return { path: path.replace(/\/$/, ''), query }
}

function dispatch(site: Site, response: ServerResponse, exchange: NodeExchange): void {
  try {
    const reply = answer(site, exchange)
    const cors = mayRead(exchange) ? corsHeaders(exchange.headers) : undefined
    if (!(reply instanceof Promise)) return send(response, reply, cors)
    reply
      .then((late) => send(response, late, site.isOpen() ? cors : { ...cors, ...CLOSE_CONNECTION }))
      .catch((error: unknown) => sendInternalError(site, response, error))
  } catch (error) {
    sendInternalError(site, response, error)
  }
}

/**
 * Whether we let web pages read an answer. The admin API is for no page but its own; what the fallback answers is for
 * pages of this machine, and for those that the fallback lets in itself.
 */
function mayRead({ rawUrl, headers, forward }: NodeExchange): boolean {
  if (isAdmin(rawUrl)) return false
  return forward === undefined || isLoopbackOrigin(headerOf(headers, 'origin'))
}

function answer(site: Site, exchange: NodeExchange): AdminAnswer {
  const { rawUrl } = exchange
  if (isAdmin(rawUrl)) return answerAdmin(site, exchange)
  const isOutside = placeOf(site, rawUrl) === 'outside'
  if (isOutside || site.prefix === '') {
    const page = answerPage(site, exchange)
    if (page !== undefined) return page
    if (isOutside) exchange.outsideBasePath = { base: site.prefix }
  }
  return site.mock.handle(exchange)
}

function answerAdmin(site: Site, exchange: NodeExchange): AdminAnswer {
  const { method, rawUrl, headers, body, base: apiUrl, signal } = exchange
  const { path, query } = toAdminTarget(rawUrl)
  const text = body === undefined ? '' : Buffer.from(body).toString('utf8')
  const request = { method, headers, path, query: new URLSearchParams(query), body: text, signal }
  if (path === '/mcp' && site.mcp !== undefined) return mcpAnswer(site.mcp, request)
  // A world that a header names has the paths of the server.
  return handleAdmin({ ...site, apiUrl, apiPath: site.root + site.prefix }, request)
}

/**
 * A bug of the mock must not look like a failing backend, so it is a refusal, and the operator of the server is told.
 */
function sendInternalError({ onBug }: Site, response: ServerResponse, error: unknown): void {
  onBug(error)
  const what = messageOf(error)
  send(response, errorReply(400, `The mock has a bug and could not answer: ${what}`), undefined)
}
