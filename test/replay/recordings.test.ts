// Replays the recordings of the real server to the mock: where one call was under way at a time, and where one story
// needed a few, it answers each exchange as the server did.
import { describe, expect, it } from 'vitest'
import { isLong, readManifest, readRecording, plainTextOf, type RecordedExchange, type Recording } from './recording.js'
import { describeDifference, replayAtAnyPhase } from './replay.js'

/** It is about methods, paths and media types, so it goes over the wire. */
const SERVED = 'wire'

describe('the recordings', () => {
  // The two that are longer take as long as all others, and say the same at random: CI replays them.
  const inOrder = readManifest().filter(({ mode, exchanges }) => mode !== 'concurrent' && (isLong || exchanges < 1000))

  it.each(inOrder)('$name is answered as the real server did', async ({ name, exchanges }) => {
    const recording = readRecording(name)
    expect(recording.exchanges).toHaveLength(exchanges)
    const differences = await replayAtAnyPhase(recording, { isServed: name === SERVED, mock: { profile: 'opik' } })
    expect(differences.map(describeDifference)).toEqual([])
  })

  // Made by `watch --recording-out`, which keeps no activation keys. Calls overlap: lists tell which came first.
  it.each(['revivals', 'overlapping-creations'])('%s is answered as the real server did', async (name) => {
    const recording = inListedOrder(readRecording(name))
    const differences = await replayAtAnyPhase(recording, { mock: { profile: 'opik' } })
    expect(differences.map(describeDifference)).toEqual([])
  })
})

interface Entry {
  id: string
  created_at?: string
  connected_at?: string
}

const NS_PER_MS = 1e6

/** Moves the begin of each creation to the moment, between its two times, at which it was carried out. */
function inListedOrder({ header, exchanges }: Recording): Recording {
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
