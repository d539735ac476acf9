/** The admin API's calls on what happened: the journal's entries, and the events that are kept or come. */
import type { Coverage, History, JournalDetail, RequestEvent } from '../../../generated/kit-schema.js'
import { isRefusal, refuse } from '../../../kernel/errors.js'
import { isOperationId } from '../../../kernel/operation.js'
import { toHar } from '../../../kernel/recording/har.js'
import { findNearMiss } from '../../engine/near-miss.js'
import { headerOf, type ApiResponse } from '../../base/exchange.js'
import { bodyText, toRequestEvent, type RecordedRequest } from '../../engine/journal-entry.js'
import type { Journal } from '../../engine/journal.js'
import { orRefuse, type AdminResolvers } from './admin-call.js'
import { STREAM_HEADERS, typesIn, type HistoryRequest, type StreamSink } from './event-stream.js'

export const requestResolvers = {
  async listRequests({ mock: { journal } }, { query }) {
    const { format, operation, status, since, about, given } = query
    if (format === 'recording') return toRecording(journal)
    if (format === 'har') return toHar(await journal.recording())
    const requests = journal.entries({
      operation: operation !== undefined && isOperationId(operation) ? operation : undefined,
      status: status === undefined ? undefined : Number(status),
      since,
      given: given === 'true',
      where: about === undefined ? undefined : (recorded: RecordedRequest) => isAbout(recorded, about),
    })
    return { requests }
  },

  clearRequests: ({ mock }) => (mock.journal.clear(), undefined),

  /** With what it resembles most when no operation matched. */
  showRequest({ mock }, { id }) {
    const [entry] = mock.journal.entries({ given: true, where: (recorded) => String(recorded.id) === id })
    if (entry === undefined) return refuse(404, `The journal holds no request '${id}' any more.`)
    if (entry.operation !== undefined) return entry
    const { operation, differences } = findNearMiss(entry.method, entry.path)
    const near_miss = { operation: operation.id, method: operation.method, path: operation.path, differences }
    return { ...entry, near_miss } satisfies JournalDetail
  },

  readHistory({ mock, streams }, { query }) {
    const types = typesIn(query)
    if (isRefusal(types)) return types
    const { after = 0, limit = 1000, about = '' } = query
    const request = { types, after: Number(after), limit: Number(limit), about }
    const { events, ...rest } = streams.history(request)
    const unheard = unheardRequests(mock.journal, streams.firstHeardEntry, request)
    // Only what is merged is sorted: with a reset, time has gone back and the journal has forgotten what was before.
    const start = unheard.length === 0 ? events.length : events.findLastIndex(({ type }) => type === 'reset') + 1
    const merged = [...events.slice(start), ...unheard].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
    const latest = [...events.slice(0, start), ...merged].slice(-request.limit)
    return { ...rest, events: latest } satisfies History
  },

  streamEvents({ streams }, { query, headers }) {
    const types = typesIn(query)
    if (isRefusal(types)) return types
    const lastEventId = headerOf(headers, 'last-event-id')
    return {
      status: 200,
      headers: STREAM_HEADERS,
      open: (sink: StreamSink) => streams.open({ types, lastEventId }, sink),
    }
  },

  /** What was exercised since the server began. */
  readCoverage: ({ mock, streams }) => ({ moves: streams.moves, calls: mock.journal.tally() }) satisfies Coverage,
  readConduct: ({ mock }) => orRefuse(409, () => mock.conduct.report()),
} satisfies Partial<AdminResolvers>

/** Everything that the journal holds, as a file for `watch`. */
async function toRecording(journal: Journal): Promise<ApiResponse> {
  const { header, exchanges } = await journal.recording()
  const body = [header, ...exchanges].map((line) => `${JSON.stringify(line)}\n`).join('')
  return { status: 200, headers: { 'content-type': 'application/x-ndjson' }, body }
}

function isAbout({ path, requestBody, replyBody, replyHeaders }: RecordedRequest, id: string): boolean {
  return (
    path.includes(id) ||
    headerOf(replyHeaders, 'location').endsWith(id) ||
    (typeof replyBody === 'string' && replyBody.includes(id)) ||
    (requestBody !== undefined && bodyText(requestBody).includes(id))
  )
}

/** The journal knows requests from before the first listener of events. */
function unheardRequests(
  journal: Journal,
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
