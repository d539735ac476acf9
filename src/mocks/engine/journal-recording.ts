// A recording of the journal's content, made on request. What the journal has not kept is left open: an
// answer that was too long counts as lost, and behind a request that was too long the recording begins again.
import { keptAnswer, keptCall, NS_PER_MS, type Recording } from '../../kernel/recording/recorder.js'
import { version } from '../../kernel/version.js'
import { headersOf } from '../base/exchange.js'
import { isRefusal } from '../../kernel/errors.js'
import { gunzip } from './gunzip.js'
import type { RecordedRequest, JournalContext } from './journal-entry.js'

/** @param requests in the order in which they ended */
export async function recordingOf(
  requests: readonly RecordedRequest[],
  { settings, authenticate }: JournalContext,
  keepKeys = false,
): Promise<Recording> {
  const cut = requests.filter(({ requestBody, requestLength }) => requestBody === undefined && requestLength > 0)
  const from = Math.max(-Infinity, ...cut.map(endOf))
  const own = requests.filter(({ startedAt, operation }) => startedAt > from && operation !== undefined)
  const zero = Math.min(...own.map(({ begunAt }) => begunAt))
  const times = timesOf(own, zero)
  const lines = own.map(async (request) => {
    const { method, path, query, requestHeaders = {}, requestBody: body, status, replyHeaders: headers } = request
    const caller = authenticate(requestHeaders)
    if (isRefusal(caller)) return []
    const { user, workspace } = caller
    const sent = { ...headersOf(requestHeaders) }
    // A key may be in it. What cannot be unpacked stays as it is, of which nothing is kept then.
    const isPacked = sent['content-encoding']?.toLowerCase() === 'gzip' && body !== undefined && !keepKeys
    const unpacked = isPacked ? await gunzip(body, MAX_KEY_BODY_BYTES) : undefined
    const plain = unpacked === undefined || isRefusal(unpacked) ? body : unpacked
    if (plain !== body) delete sent['content-encoding']
    const asked = keptCall({ method, path, query, headers: sent, body: plain, user, workspace }, { keepKeys })
    const isWhole = request.isLost !== true && (request.replyBody ?? '').length === request.replyLength
    const answer = isWhole
      ? keptAnswer({ status, headers: headersOf(headers), body: request.replyBody ?? '' })
      : ABORTED
    return [{ id: 0, ...(times.get(request) ?? NO_TIMES), ...asked, ...answer }]
  })
  const exchanges = (await Promise.all(lines)).flat().toSorted((a, b) => a.at_start_ns - b.at_start_ns)
  return {
    header: {
      ...{ format: 'opik-runner-recording/1', server: `opik-runner-kit ${version}`, settings: { ...settings } },
      ...{ base_path: '', ...(own.length === 0 ? {} : { wall_clock_ms_at_zero: zero }) },
    },
    exchanges: exchanges.map((line, at) => ({ ...line, id: at + 1 })),
  }
}

/** A body that holds a key and little else. */
const MAX_KEY_BODY_BYTES = 64 * 1024
const ABORTED = { aborted: true } as const
const NO_TIMES = { at_start_ns: 0, at_end_ns: 0 }

function endOf({ startedAt, durationMs }: RecordedRequest): number {
  return startedAt + durationMs
}

/**
 * When each was under way by the mock's clock. Where that stands still, or is coarse, real time tells the order: what may
 * have overlapped does.
 */
function timesOf(requests: readonly RecordedRequest[], zero: number): Map<RecordedRequest, typeof NO_TIMES> {
  const moments = requests
    .flatMap((request) => [
      { request, isEnd: false, real: request.startedAt, virtual: request.begunAt },
      { request, isEnd: true, real: endOf(request), virtual: request.at },
    ])
    .toSorted((a, b) => a.real - b.real || Number(a.isEnd) - Number(b.isEnd))
  const times = new Map<RecordedRequest, typeof NO_TIMES>()
  let last = -1
  for (const { request, isEnd, virtual } of moments) {
    last = Math.max(last + 1, (virtual - zero) * NS_PER_MS)
    const known = times.get(request) ?? { at_start_ns: last, at_end_ns: last }
    times.set(request, isEnd ? { ...known, at_end_ns: last } : known)
  }
  return times
}
