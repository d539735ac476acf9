// Recordings are written in order and without keys, read from text and from gzip, and refused by the line that is broken. A
// HAR becomes one of the API's calls in it, in which nothing is wrong and no secret is; others are refused.
import { gunzipSync, gzipSync } from 'node:zlib'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { Recorder, bytesOf, type RecorderOptions } from '../../src/kernel/recording/recorder.js'
import {
  parseRecording,
  readRecording,
  type RecordedExchange,
  type RecordingHeader,
} from '../../src/kernel/recording/recording.js'
import { judge } from '../../src/contracts/watch/judge-recording.js'
import { toHar } from '../../src/kernel/recording/har.js'
import { readRecording as readKept } from '../replay/recording.js'

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

const file = readFileSync('test/watch/page.har')
const API = 'http://127.0.0.1:5173/api/v1/private'
const JOB = '0190b8d6-c000-7002-95f4-0016f094287a'

interface Entry {
  method?: string
  url?: string
  headers?: Record<string, string>
  postData?: { text: string }
  status?: number
  content?: object
  /** Milliseconds after the others. */
  at?: number
  time?: number
  more?: object
}

function entryOf({ method = 'GET', url = `${API}/local-runners/jobs/${JOB}`, headers = {}, ...rest }: Entry): object {
  const { postData, status = 404, content, at = 0, time = 1.5, more } = rest
  const list = Object.entries(headers).map(([name, value]) => ({ name, value }))
  const text = JSON.stringify({ code: 404, message: 'No such job' })
  return {
    startedDateTime: new Date(1_800_000_000_000 + at).toISOString(),
    time,
    request: { method, url, headers: list, ...(postData && { postData }) },
    response: { status, headers: JSON_TYPE, content: content ?? { size: text.length, text } },
    ...more,
  }
}

const JSON_TYPE = [{ name: 'Content-Type', value: 'application/json' }]
const harOf = (...entries: Entry[]): string => JSON.stringify({ log: { entries: entries.map(entryOf) } })
const PREFLIGHT = { method: 'OPTIONS', status: 204, content: { size: 0 } }

describe('readRecording of a HAR', () => {
  it('finds the calls of the API in what Playwright has kept, their times and who gave up', async () => {
    const { header, exchanges } = await readRecording(file)
    expect(header.base_path).toBe('/api')
    expect(exchanges.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(exchanges.map(({ status }) => status)).toEqual([201, 201, 200, 404, 404, 200, 201, 200, undefined])
    expect(exchanges.at(-1)).toMatchObject({ method: 'POST', aborted: true })
    const { verdicts, counts } = judge({ header, exchanges })
    expect(verdicts).toEqual([])
    expect(counts.judged).toBeGreaterThan(0)
    expect(JSON.stringify(exchanges)).not.toContain('YWFhYWFh')
  })

  it('finds what is wrong in it', async () => {
    const spoilt = file.toString().replace('\\"status\\":\\"completed\\"', '\\"status\\":\\"done\\"')
    expect(spoilt).not.toBe(file.toString())
    const { verdicts } = judge(await readRecording(spoilt))
    expect(verdicts).toMatchObject([{ severity: 'must', side: 'server' }])
  })

  it('puts calls in order, and leaves out other hosts, preflights, and what came from a cache', () => {
    const { exchanges } = parseRecording(
      harOf(
        { at: 20, url: `${API}/local-runners/jobs/${JOB}/logs` },
        { at: 10 },
        { url: `http://other.test/api/v1/private/local-runners/jobs/${JOB}` },
        { url: 'http://other.test/api/v1/private/projects' },
        { url: 'http://127.0.0.1:5173/app.js' },
        { url: `chrome-extension://abc/v1/private/local-runners/jobs/${JOB}` },
        { more: { _fromCache: 'disk' } },
        PREFLIGHT,
      ),
    )
    expect(exchanges.map(({ path }) => path.split('/').at(-1))).toEqual([JOB, 'logs'])
    const [first, second] = exchanges
    expect((second?.at_start_ns ?? 0) - (first?.at_start_ns ?? 0)).toBeCloseTo(10e6, -3)
    expect((first?.at_end_ns ?? 0) - (first?.at_start_ns ?? 0)).toBeGreaterThanOrEqual(1.5e6)
  })

  it.each([
    ['that was given up', { status: 0, time: -1, content: { size: 0 } }],
    ['that never came', { status: -1, content: { size: -1 } }],
    ['whose body was not kept', { status: 200, content: { size: 120 } }],
    ['that the page has not read', { status: 200, content: { size: -1 } }],
  ])('has no answer %s', (_, entry) => {
    const { exchanges } = parseRecording(harOf({}, entry))
    expect(exchanges.map(({ aborted }) => aborted)).toEqual([undefined, true])
    expect(judge({ header: parseRecording(harOf({})).header, exchanges }).verdicts).toEqual([])
  })

  it('reads bodies in base64, and lets no key and no cookie through', () => {
    const text = Buffer.from('{"code":404,"message":"Ünknown"}').toString('base64')
    const headers = { Cookie: 'secret-1', Authorization: 'secret-2', 'X-Token': 'secret-3', 'Comet-Workspace': 'team' }
    const body = JSON.stringify({ activation_key: 'secret4', type: 'endpoint' })
    const { exchanges } = parseRecording(
      harOf(
        { headers, content: { size: 30, text, encoding: 'base64' } },
        { headers, method: 'POST', url: `${API}/pairing/sessions?api_key=secret-5`, postData: { text: body } },
      ),
    )
    expect(JSON.stringify(exchanges)).not.toContain('secret')
    expect(exchanges[0]).toMatchObject({
      request: { headers: { authorization: 'key-1', 'comet-workspace': 'team' } },
      response: { body: '{"code":404,"message":"Ünknown"}' },
    })
  })

  it.each([
    ['no API in it', harOf({ url: 'http://127.0.0.1:5173/app.js' })],
    ['no requests', harOf()],
    ['bodies beside it', harOf({ content: { size: 5, _file: 'a.json' } })],
    ['no bodies', harOf({ content: { size: -1 } }, { status: 201, content: { size: -1 } })],
    ['no times', harOf({}).replace('"time"', '"times"')],
    ['a date that is none', harOf({}).replace(/"startedDateTime":"[^"]*"/, '"startedDateTime":"soon"')],
    ['no entries', '{"log": {}}'],
    ['no end', harOf({}).slice(0, -9)],
    ['a zip around it', Buffer.from('PK\u0003\u0004')],
  ])('refuses one with %s', async (_, content) => {
    await expect(readRecording(content)).rejects.toMatchObject({ code: 'recording/har' })
  })
})

const schemas = createRequire(import.meta.url)('har-schema') as Record<string, Record<string, unknown>>

const ajv = new Ajv({ strict: false })
addFormats.default(ajv)
for (const { $schema: _draft6, ...schema } of Object.values(schemas)) ajv.addSchema(schema)

/** What the JSON Schema of HAR 1.2 has against it. */
function flawsOf(har: unknown): unknown {
  ajv.validate('har.json', har)
  return ajv.errors
}

/** Judging more of a recording tells no more of its form. */
const MAX_EXCHANGES = 300

describe('toHar', () => {
  it.each([
    ...['pairing', 'jobs', 'wire', 'bridge', 'identities', 'daemon-connect', 'concurrent-4-hangups', 'ends-of-runners'],
  ])('writes %s so that it is read as the same recording', async (name) => {
    const whole = readKept(name)
    const kept = { ...whole, exchanges: whole.exchanges.slice(0, MAX_EXCHANGES) }
    const har = await toHar(kept)
    expect(flawsOf(har)).toBeNull()
    const again = await readRecording(JSON.stringify(har))
    expect(judge(again)).toEqual(judge(kept))
    expect(again.header).toEqual(kept.header)
  })

  it('keeps what the recorder has done to a call, and who was kept waiting', async () => {
    const [first, ...exchanges] = readKept('jobs').exchanges.slice(0, 3)
    const struck = { ...first!, faults: ['fault-1'], standstills: [{ from_ns: 1, to_ns: 2 }] }
    const har = await toHar({ header: readKept('jobs').header, exchanges: [struck, ...exchanges] })
    expect((await readRecording(JSON.stringify(har))).exchanges[0]).toEqual(struck)
  })

  it('unpacks bodies, and leaves packed what would grow too much', async () => {
    const text = JSON.stringify({ name: 'runner' })
    const packed = (body: string) => ({
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      ...{ body: gzipSync(body).toString('base64'), base64: true as const },
    })
    const exchange = { id: 1, at_start_ns: 0, at_end_ns: 1, method: 'POST', path: '/v1/private/traces/batch' }
    const header = { format: 'opik-runner-recording/1', settings: {}, base_path: '' } as const
    const exchanges = [{ ...exchange, request: packed('0'.repeat(1e6)), status: 200, response: packed(text) }]
    const har = await toHar({ header, exchanges })
    expect(har.log.entries).toMatchObject([
      { request: { postData: { _encoding: 'base64' } }, response: { content: { text, mimeType: 'application/json' } } },
    ])
    const again = await readRecording(JSON.stringify(har))
    expect(again.exchanges).toMatchObject([{ request: exchanges[0]?.request, response: { body: text } }])
  })
})
