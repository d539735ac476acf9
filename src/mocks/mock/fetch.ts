/** The engine for people who have Fetch objects: a Request in, a Response out. */
import type { ApiRequest, ApiResponse, EngineAnswer } from '../base/exchange.js'

/** What fetch throws when a connection breaks: a TypeError. A class of its own tells it from a bug. */
export class ConnectionDropped extends TypeError {
  constructor() {
    super('Failed to fetch: dropped by a fault or a reset.')
  }
}

/** The request that `fetch` would send. One that is complete goes as it is, whichever library its class is from. */
function requestOf(input: string | URL | Request, init?: RequestInit): Request {
  if (typeof input === 'object' && 'url' in input) return init ? new Request(input, init) : input
  return new Request(new URL(input, 'http://localhost'), init)
}

/**
 * Answers a Fetch request, as `fetch` is given it, through the engine.
 * @param base see `ApiRequest`; default: found in the request's URL
 * @throws the signal's reason when the caller hangs up; TypeError, as fetch does, when a fault or a reset drops the connection
 */
export async function fetchThrough(
  handle: (exchange: ApiRequest) => EngineAnswer,
  input: string | URL | Request,
  base?: string,
  init?: RequestInit,
): Promise<Response> {
  const request = requestOf(input, init)
  const { method, url, signal } = request
  const isBodiless = method === 'GET' || method === 'HEAD'
  const body = isBodiless ? undefined : new Uint8Array(await request.arrayBuffer())
  const answer = handle({ method, url, base, headers: request.headers, body, signal })
  const reply = answer instanceof Promise ? await unlessHungUp(answer, signal) : answer
  if (signal.aborted) {
    reply.delivery?.failed()
    signal.throwIfAborted()
  }
  if (reply.connection === 'drop') throw new ConnectionDropped()
  if (reply.connection === 'cut') return new Response(brokenStream(reply.body), reply)
  // 204 admits no body at all, not even an empty one.
  return new Response(reply.body === '' ? null : reply.body, { status: reply.status, headers: reply.headers })
}

/** A caller that hangs up waits no longer, whatever becomes of the request. */
async function unlessHungUp(answer: Promise<ApiResponse>, signal: AbortSignal): Promise<ApiResponse> {
  let leave: () => void = () => undefined
  const hungUp = new Promise<void>((resolve) => (leave = resolve))
  signal.addEventListener('abort', leave, { once: true })
  if (signal.aborted) leave()
  try {
    const reply = await Promise.race([answer, hungUp])
    if (reply !== undefined) return reply
  } finally {
    signal.removeEventListener('abort', leave)
  }
  // The caller is gone, so the answer and any error are dropped.
  answer.then(
    ({ delivery }) => delivery?.failed(),
    () => undefined,
  )
  throw signal.reason
}

/** The beginning of a body, after which reading fails, as it does when a connection breaks. */
function brokenStream(text: string): ReadableStream<Uint8Array> {
  let isSent = false
  return new ReadableStream({
    pull(controller) {
      if (isSent) controller.error(new TypeError('The connection was cut by a fault.'))
      else controller.enqueue(new TextEncoder().encode(text))
      isSent = true
    },
  })
}
