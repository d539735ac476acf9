/** The admin API's calls on what happened: the journal's entries and the events that are kept. */
import type {
  Coverage as CoverageView,
  History as HistoryView,
  JournalDetail,
  RequestEvent,
} from '../../../generated/kit-schema.js'
import { isOperationId } from '../../../kernel/operation.js'
import { toHar } from '../../../kernel/recording/write-har.js'
import { findNearMiss } from '../../engine/near-miss.js'
import { headerOf, errorReply, toReply, type ApiResponse } from '../../base/exchange.js'
import { bodyText, toRequestEvent, type RecordedRequest } from '../../engine/journal-entry.js'
import type { AdminCall, AdminSite } from './admin-call.js'
import { typesIn, type HistoryRequest } from './event-stream.js'

/** `GET /requests` */
export async function listRequests({ mock }: AdminSite, { query }: AdminCall): Promise<ApiResponse> {
  const { format, operation, status, since, about, given } = query
  if (format === 'recording') return toRecording(mock)
  if (format === 'har') return toReply(200, await toHar(await mock.journal.recording()))
  const requests = mock.journal.entries({
    operation: operation !== undefined && isOperationId(operation) ? operation : undefined,
    status: status === undefined ? undefined : Number(status),
    since,
    given: given === 'true',
    where: about === undefined ? undefined : (recorded: RecordedRequest) => isAbout(recorded, about),
  })
  return toReply(200, { requests })
}

/** Everything that the journal holds, as a file for `watch`. */
async function toRecording({ journal }: AdminSite['mock']): Promise<ApiResponse> {
  const { header, exchanges } = await journal.recording()
  const body = [header, ...exchanges].map((line) => `${JSON.stringify(line)}\n`).join('')
  return { status: 200, headers: { 'content-type': 'application/x-ndjson' }, body }
}

/** `GET /requests/{id}`: one entry; with what it resembles most when no operation matched. */
export function showRequest({ mock }: AdminSite, { id }: AdminCall): ApiResponse {
  const [entry] = mock.journal.entries({ given: true, where: (recorded) => String(recorded.id) === id })
  if (entry === undefined) return errorReply(404, `The journal holds no request '${id}' any more.`)
  if (entry.operation !== undefined) return toReply(200, entry)
  const { operation, differences } = findNearMiss(entry.method, entry.path)
  const near_miss = { operation: operation.id, method: operation.method, path: operation.path, differences }
  return toReply(200, { ...entry, near_miss } satisfies JournalDetail)
}

function isAbout({ path, requestBody, replyBody, replyHeaders }: RecordedRequest, id: string): boolean {
  return (
    path.includes(id) ||
    headerOf(replyHeaders, 'location').endsWith(id) ||
    (typeof replyBody === 'string' && replyBody.includes(id)) ||
    (requestBody !== undefined && bodyText(requestBody).includes(id))
  )
}

export function readHistory({ mock, streams }: AdminSite, { query }: AdminCall): ApiResponse {
  const { types, flaw } = typesIn(query)
  if (flaw !== undefined) return errorReply(400, flaw)
  const { after = 0, limit = 1000, about = '' } = query
  const request = { types, after: Number(after), limit: Number(limit), about }
  const { events, ...rest } = streams.history(request)
  const unheard = unheardRequests(mock, streams.firstHeardEntry, request)
  // Only what is merged is sorted: with a reset, time has gone back and the journal has forgotten what was before.
  const start = unheard.length === 0 ? events.length : events.findLastIndex(({ type }) => type === 'reset') + 1
  const merged = [...events.slice(start), ...unheard].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
  const latest = [...events.slice(0, start), ...merged].slice(-request.limit)
  return toReply(200, { ...rest, events: latest } satisfies HistoryView)
}

/** The journal knows requests from before the first listener of events. */
function unheardRequests(
  { journal }: AdminSite['mock'],
  firstHeard: number,
  { types, after, about }: HistoryRequest,
): RequestEvent[] {
  const found: RequestEvent[] = []
  if (after > 0 || (types.length > 0 && !types.includes('request'))) return found
  journal.entries({
    given: true,
    where(recorded) {
      if (recorded.id >= firstHeard || !recorded.path.includes(about)) return false
      found.push({ id: 0, at: new Date(recorded.at).toISOString(), ...toRequestEvent(recorded) })
      // What an event tells is all that is wanted: no entry with its bodies is built.
      return false
    },
  })
  return found
}

/** `GET /coverage`: what was exercised since the server began. */
export function readCoverage({ mock, streams }: AdminSite): ApiResponse {
  return toReply(200, { moves: streams.moves, calls: mock.journal.tally() } satisfies CoverageView)
}
