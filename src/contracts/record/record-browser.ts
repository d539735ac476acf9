/**
 * Records what pages of a real browser ask, by the events of Playwright. It knows no more of Playwright than is written
 * here, so that any of its packages will do.
 */
import { realTime } from '../../kernel/real-time.js'
import { readApiUrl, toRecording, type ApiUrl, type HeardCall } from '../../kernel/recording/recorded-call.js'
import { NS_PER_MS } from '../../kernel/recording/recorder.js'
import type { Recording, RecordingHeader } from '../../kernel/recording/recording.js'

/** A request, as Playwright has it. */
export interface BrowserRequest {
  method(): string
  url(): string
  allHeaders(): Promise<Record<string, string>>
  postDataBuffer(): Uint8Array | null
  response(): Promise<BrowserResponse | null>
  timing(): { readonly startTime: number; readonly responseEnd: number }
}

/** An answer, as Playwright has it. */
export interface BrowserResponse {
  status(): number
  allHeaders(): Promise<Record<string, string>>
  body(): Promise<Uint8Array>
}

/** What tells of requests: a `BrowserContext` or a `Page` of Playwright. */
export interface RequestSource {
  on(event: 'request' | 'requestfinished' | 'requestfailed', listener: (request: BrowserRequest) => void): unknown
}

/** What is known of the server. */
export interface RecordBrowserOptions {
  /** Settings in which the server differs from the spec's defaults. Default: none. */
  settings?: RecordingHeader['settings']
}

/** A browser that is recorded. */
export interface RecordedBrowser {
  /**
   * The API's calls so far, at the one server and base path that most of those about runners went to. What is still under
   * way has no answer. Ask before the context is closed.
   */
  recording(): Promise<Recording>
}

interface BrowserCall extends ApiUrl {
  readonly request: BrowserRequest
  readonly heardMs: number
  /** Resolves with what is known of it once it has ended; undefined while it is under way. */
  ended?: Promise<ReadCall>
}

/** A call, and when it was under way by the browser's clock; without a start where the browser has not told. */
interface ReadCall extends Omit<HeardCall, 'startNs' | 'endNs'> {
  readonly heardMs: number
  readonly startMs: number | undefined
  readonly endMs: number
}

/**
 * Records the API's calls of a browser context or a page of Playwright from now on. Names stand for API keys, and cookies
 * are left out. Times are the browser's.
 * @example
 * import { expectRulesKept, recordBrowser, type RequestSource } from 'opik-runner-kit/watch'
 *
 * export async function watched(context: RequestSource, visit: () => Promise<void>): Promise<void> {
 *   const traffic = recordBrowser(context)
 *   await visit()
 *   expectRulesKept(await traffic.recording())
 * }
 */
export function recordBrowser(source: RequestSource, { settings }: RecordBrowserOptions = {}): RecordedBrowser {
  const calls = new Map<BrowserRequest, BrowserCall>()
  source.on('request', (request) => {
    const url = readApiUrl(request.method(), request.url())
    if (url !== undefined) calls.set(request, { ...url, request, heardMs: realTime() })
  })
  const end = (request: BrowserRequest): void => {
    const call = calls.get(request)
    if (call !== undefined)
      call.ended = readCall(
        call,
        realTime(),
        readAnswer(request).catch(() => undefined),
      )
  }
  source.on('requestfinished', end)
  source.on('requestfailed', end)
  return {
    async recording() {
      const known = await Promise.all([...calls.values()].map((call) => call.ended ?? readCall(call, realTime())))
      let last = -Infinity
      const heard = known.map(({ heardMs, startMs, endMs, ...call }): HeardCall => {
        // It is heard of in its turn, and late: it began after what was heard of before it.
        last = Math.max(last, startMs ?? heardMs - HEARD_LATE_MS)
        return { ...call, startNs: (startMs ?? last) * NS_PER_MS, endNs: endMs * NS_PER_MS }
      })
      return toRecording(heard, { settings })
    },
  }
}

/** By so much an event may be heard later than what it tells of happened. */
const HEARD_LATE_MS = 1000

/** Reads all of a call; it has no answer when it is under way, when none came, or when the browser has dropped it. */
async function readCall(
  { request, ...call }: BrowserCall,
  nowMs: number,
  answer?: Promise<HeardCall['answer']>,
): Promise<ReadCall> {
  const { startTime, responseEnd } = request.timing()
  return {
    ...{ ...call, method: request.method(), headers: await request.allHeaders().catch(() => ({})) },
    ...{ body: request.postDataBuffer() ?? undefined, answer: await answer },
    startMs: startTime > 0 ? startTime : undefined,
    endMs: startTime > 0 && responseEnd >= 0 ? startTime + responseEnd : nowMs,
  }
}

async function readAnswer(request: BrowserRequest): Promise<HeardCall['answer']> {
  const response = await request.response()
  if (response === null) return undefined
  const { 'content-encoding': _encoding, ...headers } = await response.allHeaders()
  const isEmpty = response.status() === 204 || headers['content-length'] === '0'
  return { status: response.status(), headers, body: isEmpty ? '' : await response.body() }
}
