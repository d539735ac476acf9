/** Sends requests to an app of this process; no port is opened. What a `Request` cannot say is not judged by a fetch function. */
import { createServer, type RequestListener } from 'node:http'
import { duplexPair, type Duplex } from 'node:stream'
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { KitError, messageOf } from '../../kernel/errors.js'
import { NotRun } from './expectation.js'
import { createTransport, createUnderWay, failure, toAnswer } from './transport.js'
import type { Transport, WireOutcome, WireRequest } from './transport.js'

/**
 * An app, in words that need no types of Node or of a framework:
 * - what `createServer` of node:http takes, such as an Express app, or a server that does not listen yet;
 * - a Fastify instance;
 * - an object with `fetch`, such as a Hono app or a mock of this kit, or such a function of one parameter.
 */
export type App =
  | Listener
  | HttpServer
  | { ready(): PromiseLike<unknown>; server: HttpServer }
  | { fetch: AppFetch }
  | AppFetch

type Listener = (request: never, response: never) => unknown
interface HttpServer {
  emit(event: 'request', ...args: readonly unknown[]): boolean
}

/** Where the requests to an app seem to go. */
export const APP_ORIGIN = 'http://app.test'

/**
 * Creates a transport to an app: to a fetch function straight, to a listener or a server over connections in memory.
 * @throws KitError `target/app` for an app of no known kind
 */
export async function createAppTransport(app: App): Promise<Transport> {
  const fetch = fetchOf(app)
  if (fetch !== undefined) return createFetchTransport(fetch)
  const listener = await listenerOf(app)
  // What an app throws would end the process, as it ends a server: here it ends the connection.
  const server = createServer((...parts) => {
    const ended = (async () => listener(...parts))()
    ended.catch((error: unknown) => parts[0].socket.destroy(new Error(describeThrown(error))))
  })
  return createTransport(() => {
    const [ours, theirs] = duplexPair()
    const stay = (): Duplex => theirs
    // What apps ask of a socket besides its stream.
    Object.assign(theirs, { remoteAddress: '127.0.0.1', setTimeout: stay, setNoDelay: stay, setKeepAlive: stay })
    theirs.on('error', (error) => ours.destroy(error))
    ours.on('close', () => theirs.destroy())
    server.emit('connection', theirs)
    return ours
  })
}

/** A listener takes a request and a response; what has one parameter takes a `Request`. */
function fetchOf(app: App): AppFetch | undefined {
  if (typeof app === 'function') return isFetch(app) ? app : undefined
  if (!('fetch' in app) || typeof app.fetch !== 'function') return undefined
  // By its name, since it may need its `this`.
  return (request) => app.fetch(request)
}

function isFetch(app: Listener | AppFetch): app is AppFetch {
  return app.length === 1
}

type Ask = (...parts: Parameters<RequestListener>) => unknown

async function listenerOf(app: App): Promise<Ask> {
  if (typeof app === 'function') {
    return (...parts) => {
      const ended: unknown = Reflect.apply(app, undefined, parts)
      return ended
    }
  }
  if ('ready' in app && typeof app.ready === 'function') await app.ready()
  const server = 'server' in app ? app.server : app
  if ('emit' in server && typeof server.emit === 'function') return (...parts) => server.emit('request', ...parts)
  throw new KitError('target/app', {
    failed: 'The app is of no kind that can be asked.',
    fix: 'Give what createServer of node:http takes, a server, an Express, Fastify or Hono app, or an object with fetch.',
  })
}

/** What answers a `Request`, as Hono, Bun, Deno and the Workers of Cloudflare call it. */
export type AppFetch = (request: Request) => Response | Promise<Response>

/**
 * Creates a transport to a fetch function: no server, no port. It hears of hang-ups by the request's `signal`; what a
 * `Request` cannot say is not judged.
 */
function createFetchTransport(fetch: AppFetch): Transport {
  const underWay = createUnderWay()
  return {
    send(request, timeoutMs) {
      const stop = new AbortController()
      const sent = toRequest(request, stop.signal)
      const { settle, ...pending } = underWay.begin(timeoutMs, () => stop.abort())
      // What ends well is not aborted: an app may take that for a hang-up.
      ask(fetch, sent).then(settle, (error: unknown) => settle(failure('dropped', describeThrown(error))))
      return pending
    },
    close: () => underWay.endAll(),
  }
}

/**
 * A fetch function is asked after the caller has gone on, as a server is, and after what else is due: one that answers
 * at once would keep all timers waiting, and whatever the platform does beside.
 */
async function ask(fetch: AppFetch, request: Request): Promise<WireOutcome> {
  await turnOfTheLoop()
  const response: unknown = await fetch(request)
  if (!(response instanceof Response)) return failure('dropped', 'The app answered with something that is no Response.')
  const body = new Uint8Array(await response.arrayBuffer())
  // Servers of apps send no body here, whatever the app returns.
  const hasBody = request.method !== 'HEAD' && response.status !== 204 && response.status !== 304
  return toAnswer(response.status, Object.fromEntries(response.headers), hasBody ? [body] : [])
}

function toRequest({ method, url, headers, body }: WireRequest, signal: AbortSignal): Request {
  try {
    // Bytes, so that no media type is added to those that it names.
    const request = new Request(url, { method, headers, body: toBytes(body), signal })
    if (request.method === method && request.url === url) return request
  } catch {
    // Said below.
  }
  throw new NotRun('a fetch function cannot be given a request of this method, path or body: needs a URL')
}

function toBytes(body: string | Uint8Array | undefined): Uint8Array<ArrayBuffer> | null {
  if (body === undefined) return null
  return typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body)
}

function describeThrown(error: unknown): string {
  return `The app threw: ${messageOf(error)}`
}
