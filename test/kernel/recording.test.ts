// Recordings are read from text and from gzip, and a broken one is refused by the line that is broken.
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { parseRecording, readRecording } from '../../src/kernel/recording/recording.js'

const header = { format: 'opik-runner-recording/1', settings: { heartbeat_ttl_seconds: 5 }, base_path: '/api' }
const exchange = { id: 1, at_start_ns: 1, at_end_ns: 2, method: 'GET', path: '/api/x', request: { headers: {} } }
const lines = (...each: unknown[]) => each.map((line) => JSON.stringify(line)).join('\n')

describe('readRecording', () => {
  it('reads text, and what is gzipped', async () => {
    const text = lines(header, { ...exchange, aborted: true })
    const recording = { header, exchanges: [{ ...exchange, aborted: true }] }
    expect(await readRecording(text)).toEqual(recording)
    expect(await readRecording(new TextEncoder().encode(text))).toEqual(recording)
    expect(await readRecording(gzipSync(text))).toEqual(recording)
  })

  it('refuses a gzip that has been cut off', async () => {
    const bytes = gzipSync(lines(header, exchange))
    await expect(readRecording(bytes.subarray(0, bytes.length - 12))).rejects.toMatchObject({ code: 'recording/gzip' })
  })
})

describe('parseRecording', () => {
  it.each([
    ['', 'recording/json', 'line 1'],
    [lines({ ...header, format: 'har' }), 'recording/header', 'line 1'],
    [lines({ ...header, settings: { heartbeat_ttl_seconds: 'soon' } }), 'recording/header', 'line 1'],
    [`${lines(header, exchange)}\n{`, 'recording/json', 'line 3'],
    [lines(header, { ...exchange, at_end_ns: 'later' }), 'recording/exchange', 'line 2'],
    [lines(header, exchange, { ...exchange, request: undefined }), 'recording/exchange', 'line 3'],
  ])('refuses %j', (text, code, place) => {
    let error: unknown
    try {
      parseRecording(text)
    } catch (caught) {
      error = caught
    }
    expect(error).toMatchObject({ code, failed: expect.stringContaining(place) as string })
  })
})
