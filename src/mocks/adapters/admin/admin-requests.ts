/** The admin API's calls on what happened: the journal's entries and the events that are kept. */
import type { CoverageView, HistoryView, JournalDetail, RequestView } from '../../../kernel/admin-views.js'
import { isOperationId } from '../../../kernel/operation.js'
import { toHar } from '../../../kernel/recording/write-har.js'
import { findNearMiss } from '../../engine/near-miss.js'
import { headerOf, errorReply, toReply, type ApiResponse } from '../../base/exchange.js'
import type { JournalEntry } from '../../engine/journal-entry.js'
import type { JournalFilter, RecordedRequest } from '../../engine/journal.js'
import { omitUndefined } from '../../base/omit-undefined.js'
import type { MockEvent } from '../../world/events.js'
import type { AdminCall, AdminSite } from './admin-call.js'
import { typesIn, type HistoryRequest } from './event-stream.js'

/** `GET /requests` */
export function readRequests({ mock }: AdminSite, { query }: AdminCall): ApiResponse | Promise<ApiResponse> {
  if (query.get('format') === 'recording') return toRecording(mock)
  if (query.get('format') === 'har')
    return mock.journal
      .recording()
      .then(toHar)
      .then((har) => toReply(200, har))
  const operation = query.get('operation') ?? undefined
  const status = query.get('status') ?? undefined
  const since = query.get('since') ?? undefined
  const about = query.get('about') ?? undefined
  const given = query.get('given') === 'true'
  const filter: JournalFilter = omitUndefined({
    operation: operation !== undefined && isOperationId(operation) ? operation : undefined,
    status: status === undefined ? undefined : Number(status),
    since,
    given,
    where: about === undefined ? undefined : (recorded: RecordedRequest) => isAbout(recorded, about),
  })
  return toReply(200, { requests: mock.journal.entries(filter) })
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
  return toReply(200, withNearMiss(entry))
}

function withNearMiss(entry: JournalEntry): JournalDetail {
  if (entry.operation !== undefined) return entry
  const { operation, differences } = findNearMiss(entry.method, entry.path)
  return {
    ...entry,
    near_miss: { operation: operation.id, method: operation.method, path: operation.path, differences },
  }
}

function isAbout({ path, requestBody, replyBody, replyHeaders }: RecordedRequest, id: string): boolean {
  return (
    path.includes(id) ||
    headerOf(replyHeaders, 'location').endsWith(id) ||
    (typeof replyBody === 'string' && replyBody.includes(id)) ||
    (requestBody !== undefined && textOf(requestBody).includes(id))
  )
}

function textOf(body: string | Uint8Array): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body)
}

export function readHistory({ mock, streams }: AdminSite, { query }: AdminCall): ApiResponse {
  const { types, flaw } = typesIn(query)
  if (flaw !== undefined) return errorReply(400, flaw)
  const after = query.get('after') ?? '0'
  const limit = query.get('limit') ?? '1000'
  const about = query.get('about') ?? ''
  const request = { types, after: Number(after), limit: Number(limit), about }
  const { events, ...rest } = streams.history(request)
  const all = [...events, ...unheardRequests({ mock, streams }, request)]
  const history: HistoryView = {
    ...rest,
    events: all.toSorted((a, b) => timeOf(a) - timeOf(b)).slice(-request.limit),
  }
  return toReply(200, history)
}

/** The journal knows requests from before the first listener of events. */
function unheardRequests(
  { mock, streams }: Pick<AdminSite, 'mock' | 'streams'>,
  request: HistoryRequest,
): RequestView[] {
  const { types, after, about } = request
  const found: RequestView[] = []
  if (after > 0 || (types.length > 0 && !types.includes('request'))) return found
  mock.journal.entries({
    given: true,
    where: (recorded) => {
      const { id, at, method, path, operation, status, durationMs, faults } = recorded
      if (id >= streams.firstHeardEntry || !path.includes(about)) return false
      const what = { method, path, operation: operation?.id, status, ...omitUndefined({ faults: faults?.struck }) }
      found.push({
        id: 0,
        at: new Date(at).toISOString(),
        type: 'request',
        entry: id,
        duration_ms: durationMs,
        ...what,
      })
      // What an event tells is all that is wanted: no entry with its bodies is built.
      return false
    },
  })
  return found
}

function timeOf({ at }: MockEvent): number {
  return Date.parse(at)
}

/** `GET /coverage`: what was exercised since the server began. */
export function readCoverage({ mock, streams }: AdminSite): ApiResponse {
  const coverage: CoverageView = { moves: streams.moves(), calls: mock.journal.tally() }
  return toReply(200, coverage)
}
