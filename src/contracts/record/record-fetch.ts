/** Records the requests that go through a fetch function: that of a test, of an SDK, or the global one of a process. */
import { readApiUrl, toRecording, type HeardCall } from '../../kernel/recording/recorded-call.js'
import { NS_PER_MS, startTime } from '../../kernel/recording/recorder.js'
import type { Recording, RecordingHeader } from '../../kernel/recording/recording.js'

/** What is known of the server, and of time. */
export interface RecordFetchOptions {
  /** Settings in which the server differs from the spec's defaults. Default: none. */
  settings?: RecordingHeader['settings']
  /** The server's time in milliseconds, where a test moves it, such as `mock.clock`. Default: the time that passes. */
  clock?: { now(): number }
  /** Keeps activation keys, which a replay needs. Default false: as many zeros stand for one. */
  keepKeys?: boolean
}

/** A fetch function that is recorded. */
export interface RecordedFetch {
  /** Answers as the function does that it stands for; usable unbound. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /**
   * The API's calls so far, at the one server and base path that most of those about runners went to. What is still under
   * way has no answer.
   */
  recording(): Recording
}

/**
 * Records the API's calls that go through a fetch function; others pass. Names stand for API keys, and cookies are left out.
 * @param fetch the function to ask, such as the global one or `mock.fetch`
 * @example
 * import { createRunnerMock } from 'opik-runner-kit'
 * import { judge, recordFetch } from 'opik-runner-kit/watch'
 *
 * const mock = createRunnerMock()
 * const traffic = recordFetch(mock.fetch, { clock: mock.clock })
 * await traffic.fetch('http://localhost/api/v1/private/projects')
 * const { counts } = judge(traffic.recording())
 * await mock.close()
 */
export function recordFetch(fetch: RecordedFetch['fetch'], options: RecordFetchOptions = {}): RecordedFetch {
  const { settings, clock, keepKeys } = options
  const calls: BegunCall[] = []
  const { zero, now } = clock === undefined ? startTime() : followClock(clock)
  let last = 0
  /** Later than whatever was noted before: what came first is known where the clock stands still, too. */
  const note = (): number => (last = Math.max(last + 1, now()))
  return {
    async fetch(input, init) {
      const asked = readRequest(input, init)
      const url = asked && readApiUrl(asked.method, asked.url)
      if (asked === undefined || url === undefined) return fetch(input, init)
      const body = new Uint8Array(await asked.arrayBuffer())
      const headers = Object.fromEntries(asked.headers)
      const call: BegunCall = { ...url, method: asked.method, headers, body, startNs: note() }
      calls.push(call)
      try {
        const response = await fetch(input, init)
        const answer = new Uint8Array(await response.clone().arrayBuffer())
        // What fetch has unpacked is as if it had never been packed.
        const { 'content-encoding': _encoding, ...kept } = Object.fromEntries(response.headers)
        call.end = { endNs: note(), answer: { status: response.status, headers: kept, body: answer } }
        return response
      } catch (error) {
        call.end = { endNs: note(), answer: undefined }
        throw error
      }
    },
    recording() {
      const underWay = { endNs: note(), answer: undefined }
      const heard = calls.map(({ end = underWay, ...call }) => ({ ...call, ...end }))
      return toRecording(heard, { settings, zero, keepKeys })
    },
  }
}

/** A call that may be under way. */
interface BegunCall extends Omit<HeardCall, 'endNs' | 'answer'> {
  end?: Pick<HeardCall, 'endNs' | 'answer'>
}

function followClock(clock: { now(): number }): ReturnType<typeof startTime> {
  const zero = clock.now()
  return { zero, now: () => (clock.now() - zero) * NS_PER_MS }
}

/** A copy to be read, as `mock.fetch` reads it; undefined for what cannot be copied, or is no request at all. */
function readRequest(input: string | URL | Request, init: RequestInit | undefined): Request | undefined {
  if (init?.body instanceof ReadableStream) return undefined
  try {
    if (typeof input !== 'object' || !('url' in input)) return new Request(new URL(input, 'http://localhost'), init)
    // It may be of another library, whose class the one here does not take.
    return init === undefined ? input.clone() : new Request(input.clone(), init)
  } catch {
    return undefined
  }
}
