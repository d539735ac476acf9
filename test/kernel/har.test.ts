// A HAR becomes a recording of the API's calls in it, in which nothing is wrong and no secret is; one of which nothing can
// be judged is refused.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { judge } from '../../src/contracts/watch/judge-recording.js'
import { parseRecording, readRecording } from '../../src/kernel/recording/recording.js'
import { toHar } from '../../src/kernel/recording/har.js'
import { readRecording as readKept } from '../replay/recording.js'

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
