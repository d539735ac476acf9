// Replays the recordings of the real server to the mock: where one call was under way at a time, and where one story
// needed a few, it answers each exchange as the server did.
import { describe, expect, it } from 'vitest'
import { isLong, readManifest, readRecording } from './recording.js'
import { inListedOrder } from './listed-order.js'
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
