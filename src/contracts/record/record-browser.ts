/**
 * Records what pages of a real browser ask, by the events of Playwright. It knows no more of Playwright than is written
 * here, so that any of its packages will do.
 */
import { createClock } from '../../kernel/clock.js'
import { ofOnePlace, readApiUrl, type ApiUrl } from '../../kernel/recording/recorded-call.js'
import { createCallerNames, keptAnswer, keptCall, NS_PER_MS } from '../../kernel/recording/recorder.js'
import type { RecordedExchange, Recording, RecordingHeader } from '../../kernel/recording/recording.js'

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
  /** Resolves with what is kept of it once it has ended; undefined while it is under way. */
  kept?: Promise<KeptCall>
}

/** A call, and when it was under way by the browser's clock; without a start where the browser has not told. */
interface KeptCall {
  readonly line: Omit<RecordedExchange, 'id' | 'at_start_ns' | 'at_end_ns'>
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
export function recordBrowser(source: RequestSource, { settings = {} }: RecordBrowserOptions = {}): RecordedBrowser {
  const clock = createClock()
  const calls = new Map<BrowserRequest, BrowserCall>()
  const whoseAre = createCallerNames()
  const keep = (call: BrowserCall, hasEnded: boolean): Promise<KeptCall> =>
    readCall(call, hasEnded, { nowMs: clock.now(), whoseAre })
  source.on('request', (request) => {
    const url = readApiUrl(request.method(), request.url())
    if (url !== undefined) calls.set(request, { ...url, request, heardMs: clock.now() })
  })
  const end = (request: BrowserRequest): void => {
    const call = calls.get(request)
    if (call !== undefined) call.kept = keep(call, true)
  }
  source.on('requestfinished', end)
  source.on('requestfailed', end)
  return {
    async recording() {
      const own = ofOnePlace([...calls.values()])
      const kept = await Promise.all(own.map((call) => call.kept ?? keep(call, false)))
      let last = -Infinity
      const lines = kept.map(({ line, startMs, endMs }, at): RecordedExchange => {
        // It is heard of in its turn, and late: it began after what was heard of before it.
        last = Math.max(last, startMs ?? (own[at]?.heardMs ?? 0) - HEARD_LATE_MS)
        const start = startMs ?? last
        return { id: 0, at_start_ns: start * NS_PER_MS, at_end_ns: Math.max(start, endMs) * NS_PER_MS, ...line }
      })
      return {
        header: {
          ...{ format: 'opik-runner-recording/1', settings: { ...settings }, base_path: own[0]?.base ?? '' },
          recorder_clock_ms_at_zero: 0,
        },
        exchanges: lines.toSorted((a, b) => a.at_start_ns - b.at_start_ns).map((line, at) => ({ ...line, id: at + 1 })),
      }
    },
  }
}

/** By so much an event may be heard later than what it tells of happened. */
const HEARD_LATE_MS = 1000

async function readCall(
  call: BrowserCall,
  hasEnded: boolean,
  { nowMs, whoseAre }: { nowMs: number; whoseAre: ReturnType<typeof createCallerNames> },
): Promise<KeptCall> {
  const { request, path, query } = call
  const headers = await request.allHeaders().catch(() => ({}))
  const body = request.postDataBuffer() ?? undefined
  const answer = hasEnded ? await readAnswer(request).catch(() => undefined) : undefined
  const { startTime, responseEnd } = request.timing()
  return {
    line: {
      ...keptCall({ method: request.method(), path, query, headers, body, ...whoseAre(headers) }, {}),
      ...(answer ?? { aborted: true }),
    },
    startMs: startTime > 0 ? startTime : undefined,
    endMs: startTime > 0 && responseEnd >= 0 ? startTime + responseEnd : nowMs,
  }
}

/** undefined without an answer, or when the browser has dropped it. */
async function readAnswer(request: BrowserRequest): Promise<ReturnType<typeof keptAnswer> | undefined> {
  const response = await request.response()
  if (response === null) return undefined
  const { 'content-encoding': _encoding, ...headers } = await response.allHeaders()
  const isEmpty = response.status() === 204 || headers['content-length'] === '0'
  return keptAnswer({ status: response.status(), headers, body: isEmpty ? '' : await response.body() })
}
