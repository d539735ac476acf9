/** Asks an app that is a fetch function: no server, no port. What a `Request` cannot say is not judged. */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { createClock } from '../../kernel/clock.js'
import { NotRun } from './expectation.js'
import { afterRunning } from './real-time.js'
import {
  failure,
  HUNG_UP,
  toAnswer,
  type Pending,
  type Transport,
  type WireOutcome,
  type WireRequest,
} from './transport.js'

/** What answers a `Request`, as Hono, Bun, Deno and the Workers of Cloudflare call it. */
export type AppFetch = (request: Request) => Response | Promise<Response>

/** Creates a transport to a fetch function; it hears of hang-ups by the request's `signal`. */
export function createFetchTransport(fetch: AppFetch): Transport {
  const clock = createClock()
  const underWay = new Set<Pending>()
  return {
    send(request, timeoutMs) {
      const stop = new AbortController()
      const sent = toRequest(request, stop.signal)
      let settle: (outcome: WireOutcome) => void = () => undefined
      const outcome = new Promise<WireOutcome>((resolve) => (settle = resolve))
      const end = (result: WireOutcome): void => {
        settle(result)
        stop.abort()
      }
      const pending = { outcome, hangUp: () => end(HUNG_UP) }
      const late = failure('timeout', `No complete answer within ${timeoutMs / 1000} s.`)
      const callOff = afterRunning(clock, timeoutMs, () => end(late))
      underWay.add(pending)
      void outcome.then(() => {
        callOff()
        underWay.delete(pending)
      })
      // What ends well is not aborted: an app may take that for a hang-up.
      ask(fetch, sent).then(settle, (error: unknown) => settle(failure('dropped', describeThrown(error))))
      return pending
    },
    close() {
      for (const pending of underWay) pending.hangUp()
    },
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
  // Whoever serves an app sends no body here, whatever it says.
  const hasBody = request.method !== 'HEAD' && response.status !== 204 && response.status !== 304
  return toAnswer(response.status, Object.fromEntries(response.headers), hasBody ? [body] : [])
}

function toRequest({ method, url, headers, body }: WireRequest, signal: AbortSignal): Request {
  const isSendable = URL.canParse(url) && new URL(url).href === url
  try {
    // Bytes, so that no media type is added to those that it names.
    const request = isSendable ? new Request(url, { method, headers, body: toBytes(body), signal }) : undefined
    if (request !== undefined && request.method === method) return request
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
  return `The app threw: ${error instanceof Error ? error.message : String(error)}`
}
