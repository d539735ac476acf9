// A recording of the journal's content, made on request: a recorder hears its calls once more, as they began and ended.
// What the journal has not kept is left open: an answer that was too long counts as lost, and behind a request that was
// too long the recording begins again.
import { NS_PER_MS, recordInMemory, type HeardRequest, type RecordedCall } from '../../kernel/recording/recorder.js'
import type { Recording, RecordingHeader } from '../../kernel/recording/recording.js'
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
  const header: RecordingHeader = {
    ...{ format: 'opik-runner-recording/1', server: `opik-runner-kit ${version}`, settings: { ...settings } },
    ...{ base_path: '', ...(own.length === 0 ? {} : { wall_clock_ms_at_zero: zero }) },
  }
  // Where the mock's clock stands still, or is coarse, real time tells the order: what may have overlapped does.
  const moments = own
    .flatMap((request) => [
      { request, isEnd: false, real: request.startedAt, virtual: request.begunAt },
      { request, isEnd: true, real: endOf(request), virtual: request.at },
    ])
    .toSorted((a, b) => a.real - b.real || Number(a.isEnd) - Number(b.isEnd))
  let now = 0
  const { recorder, recording } = recordInMemory(header, { keepKeys, now: () => now })
  const calls = new Map<RecordedRequest, RecordedCall>()
  for (const { request, isEnd, virtual } of moments) {
    const { isLost, status, replyHeaders, replyBody: body = '', replyLength, faults } = request
    const asked = isEnd ? undefined : await toHeard(request, authenticate, keepKeys)
    now = (virtual - zero) * NS_PER_MS
    if (asked !== undefined) calls.set(request, recorder.begin(asked))
    else if (isLost === true || body.length !== replyLength) calls.get(request)?.lost(faults)
    else calls.get(request)?.answered({ status, headers: headersOf(replyHeaders), body, faults })
  }
  return recording()
}

function endOf({ startedAt, durationMs }: RecordedRequest): number {
  return startedAt + durationMs
}

/** A body that holds a key and little else. */
const MAX_KEY_BODY_BYTES = 64 * 1024

/** A request as a recorder takes it; undefined for a caller who is refused. */
async function toHeard(
  { method, path, query, requestHeaders = {}, requestBody: body }: RecordedRequest,
  authenticate: JournalContext['authenticate'],
  keepKeys: boolean,
): Promise<HeardRequest | undefined> {
  const caller = authenticate(requestHeaders)
  if (isRefusal(caller)) return undefined
  const headers = headersOf(requestHeaders)
  // A key may be in it. What cannot be unpacked stays as it is, of which nothing is kept then.
  const isPacked = headers['content-encoding']?.toLowerCase() === 'gzip' && body !== undefined && !keepKeys
  const unpacked = isPacked ? await gunzip(body, MAX_KEY_BODY_BYTES) : undefined
  const plain = unpacked === undefined || isRefusal(unpacked) ? body : unpacked
  if (plain !== body) delete headers['content-encoding']
  return { method, path, query, headers, body: plain, user: caller.user, workspace: caller.workspace }
}
