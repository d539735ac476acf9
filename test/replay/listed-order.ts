// Creations that overlap, put into the order in which lists show what they made: a server may take them in any.
import { plainTextOf, type RecordedExchange, type Recording } from './recording.js'

interface Entry {
  id: string
  created_at?: string
  connected_at?: string
}

const NS_PER_MS = 1e6

/** Moves the begin of each creation to the moment, between its two times, at which it was carried out. */
export function inListedOrder({ header, exchanges }: Recording): Recording {
  const makers = new Map(exchanges.map((each) => [each.response?.headers['location']?.split('/').at(-1), each]))
  const moments = new Map<RecordedExchange, number>()
  for (const list of exchanges.filter(({ method, status }) => method === 'GET' && status === 200)) {
    let last = 0
    for (const entry of entriesOf(list).toReversed()) {
      const maker = makers.get(entry.id)
      if (maker === undefined) continue
      const made = Date.parse(entry.created_at ?? entry.connected_at ?? '') - (header.wall_clock_ms_at_zero ?? 0)
      const latest = Math.max(maker.at_start_ns, Math.min(maker.at_end_ns, made * NS_PER_MS))
      last = Math.max(last + 1, latest)
      moments.set(maker, last)
    }
  }
  return {
    header,
    exchanges: exchanges.map((each) => {
      const at_start_ns = moments.get(each) ?? each.at_start_ns
      return { ...each, at_start_ns, at_end_ns: Math.max(each.at_end_ns, at_start_ns + 1) }
    }),
  }
}

/** Newest first. */
function entriesOf(exchange: RecordedExchange): Entry[] {
  const body = JSON.parse(plainTextOf(exchange.response) || 'null') as { content?: Entry[] } | null
  return body?.content ?? []
}
