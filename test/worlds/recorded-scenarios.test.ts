// A scenario that is made of a recording brings the mock into the state that the recording has shown last: each read that
// nothing has changed since is answered alike. And nothing of anybody's texts is in it.
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { matchOperation } from '../../src/kernel/all-operations.js'
import { createRunnerMock, type RunnerMock, type Scenario } from '../../src/index.js'
import { scenarioFrom } from '../../src/mocks/adapters/node.js'
import { vocabulary } from '../../src/fixtures/base/vocabulary.js'
import { readRecording as readAny } from '../../src/kernel/recording/recording.js'
import { KEPT_KEYS, KEPT_VALUES } from '../../src/mocks/scenarios/recorded/replace-texts.js'
import { callerOf } from '../mocks/harness.js'
import {
  isLong,
  readRecording,
  recordingsToTry,
  type RecordedExchange,
  type Recording,
  type RecordingEntry,
} from '../replay/recording.js'

const entries = recordingsToTry()

const NOW = Date.parse('2026-07-01T12:00:00Z')
const NS_PER_MS = 1e6
const NS_PER_S = 1e9
/** Longer than any of the recordings. */
const LONG_SECONDS = 600

async function open(scenario: Scenario): Promise<RunnerMock> {
  const mock = createRunnerMock({ now: NOW, frozen: true, scenario })
  onTestFinished(() => mock.close())
  await mock.ready
  return mock
}

/** What a read of the recording has shown, and what it is about. */
interface Shown {
  readonly exchange: RecordedExchange
  readonly body: unknown
  readonly ids: ReadonlySet<string>
}

type Kin = ReadonlyMap<string, ReadonlySet<string>>

const READS: readonly string[] = ['getRunner', 'listRunners', 'getJob', 'listJobs', 'getJobLogs', 'getBridgeCommand']
const UUID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g
const NOTHING = ['', 'null', '{"commands":[]}']

/** Reads whose answers nothing can have changed since: nothing that was sent later names an id in them. */
function lastReads({ header, exchanges }: Recording, kin: Kin): Shown[] {
  const latest = new Map<string, Omit<Shown, 'ids'> & { operation: string }>()
  for (const exchange of exchanges) {
    const { method, path, query = '', status, response } = exchange
    const match = matchOperation(method, path.slice(header.base_path.length))
    if (method !== 'GET' || status === undefined || match.kind !== 'operation' || !READS.includes(match.operation.id))
      continue
    // A list that overlaps an activation may be half-made.
    if (/"total":[1-9]\d*,"content":\[\]/.test(response?.body ?? '')) continue
    const body: unknown = status === 200 ? JSON.parse(response?.body ?? 'null') : undefined
    if (!query.includes('wait')) latest.set(`${path}?${query}`, { exchange, operation: match.operation.id, body })
  }
  const related = (text: string): Set<string> =>
    new Set((text.match(UUID) ?? []).flatMap((id) => [id, ...(kin.get(id) ?? [])]))
  const changes = exchanges.flatMap((exchange) => {
    const { method, path, status = 200, request, response, at_end_ns } = exchange
    const isIdle = path.endsWith('/next') && NOTHING.includes(response?.body ?? '')
    const isRefused = status >= 300 && !path.endsWith('/activate')
    if (method === 'GET' || isRefused || isIdle) return []
    const text = `${path} ${request.body ?? ''} ${response?.body ?? ''} ${response?.headers['location'] ?? ''}`
    return [{ at: at_end_ns, ids: related(text) }]
  })
  return [...latest.values()].flatMap(({ exchange, body, operation }) => {
    if (body === undefined) return []
    const text = `${exchange.path} ${exchange.query ?? ''} ${operation === 'getJobLogs' ? '' : JSON.stringify(body)}`
    const own = related(text)
    const isOld = changes.some(({ at, ids }) => at > exchange.at_start_ns && [...ids].some((id) => own.has(id)))
    return isOld ? [] : [{ exchange, body, ids: own }]
  })
}

/** Runner and project of each session, job and runner, as far as anything names them together. */
function kinship(exchanges: readonly RecordedExchange[]): Kin {
  const kin = new Map<string, Set<string>>()
  for (const { method, path, request, response, status } of exchanges) {
    const isCreation = method === 'POST' && status === 201
    const text = isCreation
      ? `${request.body ?? ''} ${response?.body ?? ''} ${response?.headers['location'] ?? ''}`
      : ''
    const resources = [
      ...(response?.body ?? '').matchAll(/"id":"[^"]+"[^{}]*?(?:\{.*?\})*?[^{}]*?"project_id":"[^"]+"/g),
    ]
    for (const each of [text, isCreation ? path + text : '', ...resources.map(([found]) => found)]) {
      const ids = each.match(UUID) ?? []
      for (const id of ids) kin.set(id, new Set([...(kin.get(id) ?? []), ...ids]))
    }
  }
  return kin
}

/** Without times, and with sets in order. A result that says nothing is none, and a pending job has said nothing. */
function timeless(value: unknown, isOrdered: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => timeless(each, isOrdered))
  if (typeof value !== 'object' || value === null) return value
  const isPending = 'status' in value && value.status === 'pending'
  const members = Object.entries(value).flatMap(([key, member]): [string, unknown][] => {
    if (key.endsWith('_at') || (key === 'result' && JSON.stringify(member) === '{}')) return []
    if (isPending && (key === 'result' || key === 'error')) return []
    const plain = timeless(member, isOrdered)
    const isSet = ['agents', 'capabilities', ...(isOrdered ? [] : ['content'])].includes(key)
    return [[key, isSet && Array.isArray(plain) ? plain.toSorted(byText) : plain]]
  })
  return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
}

/** Times as milliseconds before the end, the latest first. */
function ages(value: unknown, end: number): number[] {
  const found = JSON.stringify(value ?? null).matchAll(/"\w+_at":"([^"]+)"/g)
  return [...found].map(([, at = '']) => end - Date.parse(at)).toSorted((a, b) => a - b)
}

/** Milliseconds by which the clocks of a recording and its server differ, and roundings. */
const CLOSE_MS = 20

const CALLERS = ['', 'user-2', 'user-3', 'user-4']

/** What the mock answers to each caller whom the recording may have meant. */
async function answersTo(mock: RunnerMock, { header }: Recording, exchange: RecordedExchange): Promise<unknown[]> {
  const { path, query, request } = exchange
  const url = `${path.slice(header.base_path.length)}${query === undefined ? '' : `?${query}`}`
  const answers: unknown[] = []
  for (const workspace of new Set(['default', request.headers['comet-workspace'] ?? 'default', 'other-workspace'])) {
    for (const key of header.auth?.mode === 'keys' ? CALLERS : ['']) {
      const headers = { 'comet-workspace': workspace, ...(key === '' ? {} : { authorization: key }) }
      const { status, body } = await mock.handle({ method: 'GET', url, headers })
      if (status === 200) answers.push(JSON.parse(body))
    }
  }
  return answers
}

/** Ids of the runners that were activated. */
function activatedIn(exchanges: readonly RecordedExchange[]): string[] {
  const activations = exchanges.filter(({ path, status }) => path.endsWith('/activate') && status === 201)
  return activations.map(({ response }) => response?.headers['location']?.split('/').at(-1) ?? '')
}

/** Reads at a moment of a recording that were answered by the mock as by the server. */
async function confirm(recording: Recording, mode: RecordingEntry['mode'], until: number): Promise<number> {
  const { header } = recording
  const [from = 0] = recording.exchanges.map(({ at_start_ns }) => at_start_ns)
  const at = (until - from) / NS_PER_S
  const exchanges = recording.exchanges.filter(({ at_end_ns }) => at_end_ns <= until)
  const { scenario, notes } = await scenarioFrom(recording, { verbatim: true, at })
  const mock = await open(scenario)
  const end = (header.wall_clock_ms_at_zero ?? 0) + until / NS_PER_MS
  // In a race several runners keep one place, which is none of the states that the rules know.
  const isCrowded = notes.some((note) => note.includes('shared their place'))
  const crowded = activatedIn(exchanges).filter(
    (id) => isCrowded && scenario.runners?.some((each) => each.id === id) !== true,
  )
  const mayLapse = (header.settings.heartbeat_ttl_seconds ?? 0) < LONG_SECONDS
  const reads = lastReads({ header, exchanges }, kinship(recording.exchanges)).filter(({ exchange, body, ids }) => {
    const text = JSON.stringify(body)
    const isQuirk = /"status":"running"[^}]*"completed_at"/.test(text)
    const isLapsing = mayLapse && text.includes('"status":"connected"') && exchange.at_end_ns < until
    return !isQuirk && !isLapsing && !text.includes('"args":null') && !crowded.some((id) => ids.has(id))
  })
  for (const { exchange, body } of reads) {
    const answers = await answersTo(mock, recording, exchange)
    const what = `#${exchange.id} ${exchange.path}`
    const isOrdered = mode !== 'concurrent'
    const expected = timeless(body, isOrdered)
    const answer = answers.find((each) => isDeepStrictEqual(timeless(each, isOrdered), expected)) ?? answers[0]
    expect(timeless(answer, isOrdered), what).toEqual(expected)
    const [ours, theirs] = [ages(answer, NOW), ages(body, end)]
    expect(ours.length, what).toBe(theirs.length)
    for (const [place, age] of ours.entries()) expect(Math.abs(age - (theirs[place] ?? 0)), what).toBeLessThan(CLOSE_MS)
  }
  return reads.length
}

/** Reads of one recording at whose moments the mock is asked. */
const MOMENTS = isLong ? 24 : 4

/** Words of four letters and more, but for numbers, which may meet by chance, for ids, times and those that are allowed. */
function wordsOf(text: string): string[] {
  const own = text.replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z/gi, ' ')
  return [...own.matchAll(/[\p{L}\p{M}\p{N}]{4,}/gu)]
    .map(([word]) => word.toLowerCase())
    .filter((word) => !allowed.has(word) && !/^\d+$/.test(word))
}

/** Words of the API, of scenarios and of the fixtures. */
const allowed = new Set<string>()
for (const file of ['dist/openapi.json', 'schemas/scenario.json']) gather(JSON.parse(readFileSync(file, 'utf8')))
for (const words of [...KEPT_KEYS, ...KEPT_VALUES]) allow(words)
for (const each of JSON.stringify(vocabulary).match(/[a-z]+/gi) ?? []) allow(each)

function allow(text: string): void {
  for (const [word] of text.matchAll(/[\p{L}\p{N}]+/gu)) allowed.add(word.toLowerCase())
}

/** Names of members and fixed values, at any depth. */
function gather(schema: unknown, name = ''): void {
  if (typeof schema === 'string' && (name === 'enum' || name === 'default')) allow(schema)
  if (typeof schema !== 'object' || schema === null) return
  for (const [key, member] of Object.entries(schema)) {
    if (name === 'properties') allow(key)
    gather(member, Array.isArray(schema) ? name : key)
  }
}

/** Texts and keys of JSON. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap(textsIn)]
}

function recordedWords({ exchanges }: Recording): ReadonlySet<string> {
  const bodies = exchanges.flatMap(({ request, response }) => [request.body ?? '', response?.body ?? ''])
  const texts = bodies.flatMap((body) => {
    try {
      return textsIn(JSON.parse(body))
    } catch {
      return []
    }
  })
  return new Set(texts.flatMap(wordsOf))
}

/** The kinds of a value's parts. */
function shapeOf(value: unknown): unknown {
  if (typeof value === 'string') return value.length
  if (Array.isArray(value)) return value.map(shapeOf)
  return typeof value === 'object' && value !== null ? Object.values(value).map(shapeOf) : value
}

describe('scenarioFrom', () => {
  it.each(entries)('brings a mock into the states of $name', async ({ name, mode }) => {
    const recording = readRecording(name)
    const reads = recording.exchanges.filter(({ method, status, path }) => {
      return method === 'GET' && status === 200 && path.includes('/local-runners')
    })
    const step = Math.max(1, Math.floor(reads.length / MOMENTS))
    let confirmed = 0
    for (let place = reads.length - 1; place >= 0; place -= step)
      confirmed += await confirm(recording, mode, reads[place]?.at_end_ns ?? 0)
    expect(confirmed).toBeGreaterThan(0)
  })

  it.each(entries)('makes a world of whatever there is of $name', async ({ name }) => {
    const { header, exchanges } = readRecording(name)
    const parts = [exchanges.slice(exchanges.length / 2), exchanges.filter(({ method }) => method === 'GET'), []]
    const counts: number[] = []
    for (const part of parts) {
      const { scenario } = await scenarioFrom({ header, exchanges: part })
      await open(scenario)
      counts.push(scenario.runners?.length ?? 0)
    }
    expect(counts.at(-1)).toBe(0)
  })

  it.each(['daemon-endpoint', 'daemon-connect'])('leaves out the runner of %s, which has gone', async (name) => {
    const { scenario } = await scenarioFrom(readRecording(name))
    expect(scenario).not.toHaveProperty('runners')
  })

  it('makes a world of what a page has asked a mock', async () => {
    const { scenario } = await scenarioFrom(await readAny(readFileSync('test/watch/page.har')))
    const mock = await open(scenario)
    const url = '/v1/private/local-runners?project_id=0190b8d6-c000-7002-95f4-0016f094287a'
    const { body } = await mock.handle({ method: 'GET', url, headers: {} })
    expect(JSON.parse(body)).toMatchObject({ total: 1, content: [{ status: 'connected', type: 'endpoint' }] })
  })

  it('follows changes of many traces, and says that it leaves scores out', async () => {
    const mock = await open({})
    const [id = '', other = ''] = [1, 2].map((last) => `01934f2c-7a3b-7c4d-8e5f-60718293a4b${last}`)
    const ask = callerOf(mock)
    const traces = [id, other].map((each) => ({ id: each, name: each, start_time: '2026-07-01T12:00:00Z' }))
    await ask('POST', '/traces/batch', { traces })
    await ask('PATCH', '/traces/batch', { ids: [id], update: { tags: ['seen'] } })
    await ask('PUT', `/traces/${id}/feedback-scores`, { name: 'right', value: 1, source: 'sdk' })
    const { scenario, notes } = await scenarioFrom(await mock.journal.recording(), { verbatim: true })
    expect(scenario.traces).toMatchObject([{ id, tags: ['seen'] }, { id: other }])
    expect(notes).toEqual(expect.arrayContaining([expect.stringMatching(/scores.*1$/)]))
  })

  it('follows versions of a configuration, and the environments that point to them', async () => {
    const mock = await open({})
    const ask = callerOf(mock)
    const project_id = (await ask('POST', '/projects', { name: 'Bots' })).id
    const save = async (method: string, value: string, type = 'blueprint') => {
      const blueprint = { type, values: [{ key: 'model', value, type: 'string' }] }
      return (await ask(method, '/agent-configs/blueprints', { project_id, blueprint })).id
    }
    const ids = [await save('POST', 'small'), await save('PATCH', 'large')]
    await save('PATCH', 'other', 'mask')
    for (const blueprint_id of ids) {
      const envs = [{ env_name: 'prod', blueprint_id }]
      await ask('POST', '/agent-configs/blueprints/environments', { project_id, envs })
    }
    const { scenario, notes } = await scenarioFrom(await mock.journal.recording(), { verbatim: true })
    const [small, large] = ['small', 'large'].map((value) => ({ project: 'Bots', values: [{ key: 'model', value }] }))
    expect(scenario.blueprints).toMatchObject([small, { ...large, envs: ['prod'] }])
    expect(scenario.blueprints?.[0]).not.toHaveProperty('envs')
    expect(notes).toEqual([expect.stringMatching(/masks.*1$/)])
  })

  it('makes a world of what no server of today answers', async () => {
    const { header, exchanges } = readRecording('jobs')
    const names = '"stdout" "why?" "jobs" "agent" "runner" "n" "v1" "dataset_id" "timeout":60 [ 42'.split(' ')
    const odd = ['" "', '[]', 'null', '-1', '{"a":{}}', '"\u0000"', `"${'x'.repeat(200)}"`]
    const spoil = (text: string, at: number): string =>
      text.replaceAll(names[at % names.length] ?? '', odd[at % odd.length] ?? '')
    const spoilt = exchanges.map((exchange, at) => ({
      ...exchange,
      request: { ...exchange.request, body: spoil(exchange.request.body ?? '', at) },
      ...(exchange.response && { response: { ...exchange.response, body: spoil(exchange.response.body ?? '', at) } }),
    }))
    for (const until of [20, 60, 100, 140]) {
      const recording = { header: { ...header, wall_clock_ms_at_zero: 10 ** until }, exchanges: spoilt.slice(0, until) }
      const { scenario } = await scenarioFrom(recording, { verbatim: true })
      await open(scenario)
    }
  })

  it.each(entries)('has no text of $name in it, unless it is verbatim, and the same form', async ({ name }) => {
    const recording = readRecording(name)
    const words = recordedWords(recording)
    const [plain, verbatim] = [await scenarioFrom(recording), await scenarioFrom(recording, { verbatim: true })]
    const leaked = (scenario: Scenario): string[] => wordsOf(stringify(scenario)).filter((word) => words.has(word))
    expect(leaked(plain.scenario)).toEqual([])
    expect(leaked(verbatim.scenario).length).toBeGreaterThan(0)
    expect(shapeOf(plain.scenario)).toEqual(shapeOf(verbatim.scenario))
    expect(await scenarioFrom(recording)).toEqual(plain)
  })
})
