// Recordings are written in order and without keys, read from text and from gzip, and refused by the line that is broken.
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Recorder, bytesOf, type RecorderOptions } from '../../src/kernel/recording/recorder.js'
import {
  parseRecording,
  readRecording,
  type RecordedExchange,
  type RecordingHeader,
} from '../../src/kernel/recording/recording.js'

const header = { format: 'opik-runner-recording/1' as const, settings: { heartbeat_ttl_seconds: 5 }, base_path: '/api' }
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
  it('takes a file as editors and shells leave it: with a mark, other ends of lines, and lines twice', () => {
    const other = { ...exchange, id: 2, at_start_ns: 3, at_end_ns: 4 }
    const text = lines(header, exchange, other, exchange).replaceAll('\n', '\r\n')
    expect(parseRecording(`\uFEFF${text}\r\n\r\n`)).toEqual({ header, exchanges: [exchange, other] })
  })

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

describe('Recorder', () => {
  const asked = { method: 'GET', path: '/x', headers: {}, user: '', workspace: 'default' }
  const answer = { status: 200, headers: {}, body: '' }

  function start(options: Partial<RecorderOptions> = {}) {
    const written: (RecordingHeader | RecordedExchange)[] = []
    const recorder = new Recorder(header, { now: () => 0, write: (line) => written.push(line), ...options })
    return { recorder, ids: () => written.flatMap((line) => ('id' in line ? line.id : [])), written }
  }

  it('writes calls in the order in which they began, at times of their own', async () => {
    const { recorder, ids, written } = start()
    const [first, second] = [recorder.begin(asked), recorder.begin(asked)]
    second.answered(answer)
    expect([ids(), recorder.pending().map(({ aborted }) => aborted)]).toEqual([[], [true, undefined]])
    first.answered(answer)
    first.lost()
    recorder.close()
    expect(ids()).toEqual([1, 2])
    const { exchanges } = await readRecording(lines(...written))
    const times = exchanges.flatMap(({ at_start_ns, at_end_ns }) => [at_start_ns, at_end_ns])
    expect(new Set(times).size).toBe(4)
  })

  it('lets an answer turn out to be lost as long as it may', () => {
    let now = 0
    const { recorder, ids, written } = start({ now: () => now, graceNs: 10 })
    const call = recorder.begin(asked)
    call.answered(answer)
    expect(ids()).toEqual([])
    call.lost()
    now = 100
    recorder.begin(asked)
    expect(written.at(-1)).toMatchObject({ id: 1, aborted: true })
    expect(written.at(-1)).not.toHaveProperty('status')
  })

  it('does not wait for ever, and is put in order when it is read', async () => {
    const { recorder, ids, written } = start()
    const held = recorder.begin(asked)
    for (let calls = 0; calls < 6000; calls++) recorder.begin(asked).answered(answer)
    expect(ids().length).toBeGreaterThan(500)
    held.answered(answer)
    recorder.close()
    expect(ids()).toHaveLength(6001)
    const { exchanges } = await readRecording(lines(...written))
    expect(exchanges.map(({ id }) => id)).toEqual(exchanges.map((_, at) => at + 1))
  })

  it.each([
    ['plain', (text: string) => text, {}],
    ['packed', (text: string) => gzipSync(text), { 'content-encoding': 'gzip' }],
    ['unreadable', (text: string) => `${text}}`, {}],
  ])('keeps no key of a body that is %s, no header that may be one, and no key in a query', (_, toBody, encoding) => {
    const key = Buffer.alloc(32, 7).toString('base64')
    const { recorder, written } = start({ gunzip: gunzipSync })
    const body = toBody(JSON.stringify({ activation_key: key, type: 'endpoint' }))
    const headers = { cookie: 'secret-cookie', authorization: 'secret-key', ...encoding }
    const request = { ...asked, method: 'POST', path: '/api/v1/private/p%61iring/sessions/', query: 'api_key=secret-1' }
    recorder.begin({ ...request, headers, body }).answered({ ...answer, headers: { 'set-cookie': 'secret-set' } })
    expect(JSON.stringify(written)).not.toContain('secret-')
    expect(JSON.stringify(written)).not.toContain(key)
    expect(JSON.stringify(written)).not.toContain(gzipSync(key).toString('base64').slice(20, 40))
  })

  it('keeps large bodies as they are, whatever bytes they hold', async () => {
    const { recorder, written } = start()
    const body = new Uint8Array(1_000_000).fill(0xff)
    recorder.begin({ ...asked, body })
    recorder.close()
    const { exchanges } = await readRecording(lines(...written))
    const kept = bytesOf(exchanges[0]?.request ?? { headers: {} })
    expect(Buffer.from(kept ?? []).equals(body)).toBe(true)
  })
})
