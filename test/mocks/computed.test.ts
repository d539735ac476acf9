// What is computed of many traces, spans and threads: searches, sums, cards, lines over time.
import { beforeAll, describe, expect, it } from 'vitest'
import { checkReply } from '../../src/mocks/engine/check-reply.js'
import { createRunnerMock, type RunnerMock } from '../../src/index.js'

const idAt = (time: string, end: string): string => {
  const hex = Date.parse(time).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-0000000000${end}`
}
const times = ['2026-07-01T10:00:00Z', '2026-07-03T10:00:00Z', '2026-07-03T11:00:00Z', '2026-07-13T10:00:00Z'] as const
const error_info = { exception_type: 'RangeError', traceback: 'here' }
const trace = (place: 0 | 1 | 2 | 3, seconds: number, fields: object) => ({
  id: idAt(times[place], `1${place}`),
  project_name: 'shop',
  start_time: times[place],
  end_time: new Date(Date.parse(times[place]) + seconds * 1000).toISOString(),
  ...fields,
})
const traces = [
  trace(0, 1, { input: 'Hello', output: 'Hi', thread_id: 'order 17', tags: ['one', 'two'] }),
  trace(1, 2, { input: { text: 'Where?' }, output: 'x'.repeat(20_000), thread_id: 'order 17', metadata: { run: 1 } }),
  trace(2, 3, { error_info, source: 'playground' }),
  trace(3, 4, { error_info, thread_id: 'order 18', input: 'Hello again' }),
]
const span = (end: string, of: 0 | 1 | 2 | 3, fields: object) => ({
  ...{ id: idAt(times[of], end), project_name: 'shop', trace_id: traces[of]?.id, start_time: times[of] },
  ...fields,
})
const spans = [
  span('21', 0, { type: 'llm', provider: 'openai', usage: { total_tokens: 10 }, total_estimated_cost: 0.5 }),
  span('22', 1, { type: 'llm', usage: { total_tokens: 30, prompt_tokens: 20 }, total_estimated_cost: 0.25 }),
  span('23', 1, { type: 'tool', end_time: '2026-07-03T10:00:01Z', error_info }),
]
const NOW = '2026-07-13T10:05:00Z'
const CUT = `"${'x'.repeat(10_000)}`
const VERSION_7: unknown = expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7/)

let mock: RunnerMock
let project: string
beforeAll(async () => {
  mock = createRunnerMock({ now: NOW, frozen: true, checkReply })
  await send('POST', '/traces/batch', { traces })
  await send('POST', '/spans/batch', { spans })
  await send('POST', '/projects', { name: 'empty' })
  project = ((await json('POST', '/projects/retrieve', { name: 'shop' })) as { id: string }).id
})

function send(method: string, path: string, body?: object) {
  const headers = { 'content-type': 'application/json' }
  return mock.handle({ method, url: `/v1/private${path}`, headers, body: body && JSON.stringify(body) })
}

async function json(method: string, path: string, body?: object): Promise<unknown> {
  return JSON.parse((await send(method, path, body)).body)
}

const text = (list: object[]): string => encodeURIComponent(JSON.stringify(list))
const bySdk = [{ field: 'source', type: 'string', operator: '=', value: 'sdk' }]

describe('searchTraces', () => {
  async function search(of: string, body: object): Promise<string[]> {
    const { status, headers, body: found } = await send('POST', `/${of}/search`, { project_name: 'shop', ...body })
    expect([status, headers['content-type']]).toEqual([200, 'application/octet-stream'])
    const lines = found.split('\r\n')
    expect(lines.pop()).toBe('')
    return lines.map((line) => (JSON.parse(line) as { id: string }).id.slice(-2))
  }

  it('streams what fits, newest first, a line each', async () => {
    expect(await search('traces', {})).toEqual(['13', '12', '11', '10'])
    expect(
      await search('traces', { filters: [{ field: 'tags', operator: 'contains', key: '', value: 'ON' }] }),
    ).toEqual(['10'])
    expect(await search('traces', { filters: null, last_retrieved_id: null, exclude: null })).toHaveLength(4)
    expect(await search('traces', { from_time: times[1], to_time: times[2] })).toEqual(['12', '11'])
    expect(await search('traces', { filters: [{ field: 'name', operator: '=', value: 'nobody' }] })).toEqual([])
  })

  it('goes on behind the last one, as far as the limit', async () => {
    expect(await search('traces', { limit: 2 })).toEqual(['13', '12'])
    expect(await search('traces', { limit: 2, last_retrieved_id: traces[2]?.id })).toEqual(['11', '10'])
  })

  it('cuts long texts unless told otherwise, and leaves fields out', async () => {
    const long = async (body: object): Promise<string> =>
      (await send('POST', '/traces/search', { project_id: project, ...body })).body
    const whole = 'x'.repeat(20_000)
    expect(await long({})).not.toContain(whole)
    expect(await long({ truncate: false })).toContain(whole)
    expect(await long({ exclude: ['output', 'tags'] })).not.toMatch(/"(output|tags)"/)
  })

  it('is spoilt line by line when a fault says so', async () => {
    mock.faults.inject({ operation: 'searchTraces', body: 'invalid', once: true })
    const { body } = await send('POST', '/traces/search', { project_id: project, limit: 2 })
    const ids = body.split('\r\n').map((line) => line && (JSON.parse(line) as { id: unknown }).id)
    expect(ids).toEqual([36, 36, ''])
  })

  it('finds spans by trace and type', async () => {
    expect(await search('spans', {})).toEqual(['23', '22', '21'])
    expect(await search('spans', { trace_id: traces[1]?.id.toUpperCase() })).toEqual(['23', '22'])
    expect(await search('spans', { type: 'llm' })).toEqual(['22', '21'])
  })
})

describe('getTraceStats', () => {
  const stats = async (of: string, query = ''): Promise<Record<string, unknown>> => {
    const body = (await json('GET', `/${of}/stats?project_id=${project}&${query}`)) as { stats: Statistic[] }
    return Object.fromEntries(body.stats.map(({ name, type, value }) => [name, [type, value]]))
  }
  interface Statistic {
    name: string
    type: string
    value: unknown
  }

  it('sums up the traces that a list would have', async () => {
    expect(await stats('traces')).toEqual({
      trace_count: ['COUNT', 4],
      duration: ['PERCENTAGE', { p50: 2500, p90: 3700, p99: 3970 }],
      input: ['COUNT', 3],
      output: ['COUNT', 2],
      metadata: ['COUNT', 1],
      tags: ['AVG', 0.5],
      thread_count: ['COUNT', 2],
      llm_span_count: ['AVG', 0.5],
      span_count: ['AVG', 0.75],
      total_estimated_cost: ['AVG', 0.375],
      total_estimated_cost_sum: ['AVG', 0.75],
      'usage.prompt_tokens': ['AVG', 20],
      'usage.total_tokens': ['AVG', 20],
      'usage_sum.prompt_tokens': ['AVG', 20],
      'usage_sum.total_tokens': ['AVG', 40],
      guardrails_failed_count: ['COUNT', 0],
      error_count: ['COUNT', 2],
    })
    expect(await stats('traces', `filters=${text(bySdk)}`)).toMatchObject({ trace_count: ['COUNT', 3] })
    expect(await stats('traces', 'search=hello')).toMatchObject({ trace_count: ['COUNT', 2] })
    expect(await stats('traces', `to_time=${times[0]}`)).toMatchObject({ trace_count: ['COUNT', 1] })
  })

  it('has nothing to say where nothing fits', async () => {
    for (const of of ['traces', 'spans', 'traces/threads']) expect(await stats(of, 'search=nowhere')).toEqual({})
  })

  it('sums up spans, of a trace too', async () => {
    expect(await stats('spans')).toMatchObject({ span_count: ['COUNT', 3], metadata: ['COUNT', 0] })
    const ofTrace = await stats('spans', `trace_id=${String(traces[1]?.id)}&type=tool`)
    expect(ofTrace).toMatchObject({ span_count: ['COUNT', 1], error_count: ['COUNT', 1], tags: ['AVG', 0] })
  })

  it('sums up threads', async () => {
    expect(await stats('traces/threads')).toMatchObject({
      thread_count: ['COUNT', 2],
      ...{ input: ['COUNT', 0], metadata: ['COUNT', 0], tags: ['AVG', 0] },
      total_estimated_cost_sum: ['AVG', 0.75],
      ...{ guardrails_failed_count: ['COUNT', 0], error_count: ['COUNT', 0] },
    })
  })
})

describe('getProjectStats', () => {
  const stats = async (query: string) =>
    ((await json('GET', `/projects/stats?${query}`)) as { content: Record<string, unknown>[] }).content

  it('tells of each project of the page, in the order of the list', async () => {
    const order = `sorting=${text([{ field: 'name', direction: 'DESC' }])}`
    const [shop, empty, first] = await stats(order)
    expect(shop).toEqual({
      ...{ project_id: project, trace_count: 4, thread_count: 2 },
      duration: { p50: 2500, p90: 3700, p99: 3970 },
      ...{ total_estimated_cost: 0.375, total_estimated_cost_sum: 0.75 },
      usage: { prompt_tokens: 20, total_tokens: 20 },
      ...{ feedback_scores: [], guardrails_failed_count: 0 },
      // One of the last seven days, one before.
      error_count: { count: 2, deviation: 1, deviation_percentage: 100 },
    })
    expect([Object.keys(empty ?? {}), Object.keys(first ?? {})]).toEqual([['project_id'], ['project_id']])
    expect(await stats(`${order}&page=2&size=1`)).toEqual([empty])
    expect(await stats('name=SHO')).toEqual([shop])
    const filtered = await stats(`name=shop&filters=${text(bySdk)}`)
    expect(filtered).toMatchObject([{ trace_count: 3, error_count: { count: 1, deviation: 1 } }])
  })

  it('adds the same to a project that is retrieved by its name', async () => {
    const [shop] = await stats('name=shop')
    const { project_id: _id, thread_count: _threads, ...sums } = shop ?? {}
    const retrieve = (name: string, include_stats = true) => json('POST', '/projects/retrieve', { name, include_stats })
    expect(await retrieve('shop')).toMatchObject(sums)
    expect(await retrieve('shop')).not.toHaveProperty('thread_count')
    expect(JSON.stringify([await retrieve('shop', false), await retrieve('empty')])).not.toContain('trace_count')
  })

  it('is no project of that id', async () => {
    expect((await send('GET', '/projects/stats/')).status).toBe(200)
  })
})

describe('getProjectKpiCards', () => {
  const cards = async (body: object) =>
    ((await json('POST', `/projects/${project}/kpi-cards`, body)) as { stats: Card[] }).stats.map(
      ({ type, current_value, previous_value }) => [type, current_value, previous_value],
    )
  interface Card {
    type: string
    current_value: unknown
    previous_value: unknown
  }
  const days = { interval_start: '2026-07-03T00:00:00Z', interval_end: '2026-07-05T00:00:00Z' }

  it('compares a time with the one before', async () => {
    expect(await cards({ entity_type: 'traces', ...days })).toEqual([
      ['count', 2, 1],
      ['avg_duration', 2500, 1000],
      ['total_cost', 0.25, 0.5],
      ['errors', 1, 0],
    ])
    expect(await cards({ entity_type: 'spans', ...days })).toEqual([
      ['count', 2, 1],
      ['avg_duration', 1000, null],
      ['total_cost', 0.25, 0.5],
      ['errors', 1, 0],
    ])
    expect(await cards({ entity_type: 'threads', ...days })).toEqual([
      // A thread begins with its first trace.
      ['count', 0, 1],
      ['avg_duration', null, 2 * 86_400_000 + 2000],
      ['total_cost', 0, 0.75],
    ])
  })

  it('ends now where nothing else is said, and counts what fits', async () => {
    const filters = JSON.stringify(bySdk)
    const open = { entity_type: 'traces', interval_start: days.interval_start }
    expect((await cards({ ...open, filters }))[0]).toEqual(['count', 2, 1])
    expect(await cards({ ...open, interval_start: '2026-07-13T10:01:00Z' })).toEqual([
      ['count', 0, 1],
      ['avg_duration', null, 4000],
      ['total_cost', 0, 0],
      ['errors', 0, 1],
    ])
  })
})

describe('getProjectMetrics', () => {
  interface Metrics {
    results: { name: string; data: { time: string; value: number | null }[] }[]
  }
  const lines = async (metric_type: string, more: object = {}) => {
    const month = { interval: 'DAILY', interval_start: '2026-07-01T09:00:00Z', interval_end: '2026-07-04T01:00:00Z' }
    const body = { metric_type, ...month, ...more }
    const { results } = (await json('POST', `/projects/${project}/metrics`, body)) as Metrics
    return Object.fromEntries(results.map(({ name, data }) => [name, data.map(({ value }) => value)]))
  }

  it('has a point for each interval, and fills the gaps', async () => {
    expect(await lines('TRACE_COUNT')).toEqual({ traces: [1, 0, 2, 0] })
    expect(await lines('SPAN_COUNT')).toEqual({ spans: [1, 0, 2, 0] })
    expect(await lines('THREAD_COUNT')).toEqual({ threads: [1, 0, 0, 0] })
    expect(await lines('COST')).toEqual({ cost: [0.5, 0, 0.25, 0] })
    expect(await lines('TRACE_AVERAGE_DURATION')).toEqual({ trace_average_duration: [1000, null, 2500, null] })
    expect(await lines('TRACE_ERROR_RATE')).toEqual({ trace_error_rate: [0, 0, 50, 0] })
    expect(await lines('TOKEN_USAGE')).toEqual({ total_tokens: [10, 0, 30, 0], prompt_tokens: [0, 0, 20, 0] })
    expect(await lines('DURATION')).toMatchObject({ 'duration.p50': [1000, null, 2500, null] })
    expect(await lines('FEEDBACK_SCORES')).toEqual({ '': [null, null, null, null] })
    expect(await lines('THREAD_DURATION')).toMatchObject({ 'thread_duration.p50': [172_802_000, null, null, null] })
  })

  it.each([
    ['HOURLY', '2026-07-03T10:00:00Z', 3],
    ['DAILY', '2026-07-03T00:00:00Z', 1],
    ['WEEKLY', '2026-06-29T00:00:00Z', 1], // A Monday
    ['TOTAL', '2026-07-03T10:00:00Z', 1],
  ])('begins %s at %s', async (interval, time, points) => {
    const span = { interval_start: '2026-07-03T10:00:00Z', interval_end: '2026-07-03T12:30:00Z' }
    const body = { metric_type: 'TRACE_COUNT', interval, ...span }
    const { results } = (await json('POST', `/projects/${project}/metrics`, body)) as Metrics
    expect(results[0]?.data).toHaveLength(points)
    expect(results[0]?.data[0]?.time).toBe(time)
  })

  it('counts what fits, and ends before the interval that begins at the end', async () => {
    expect(await lines('TRACE_COUNT', { trace_filters: bySdk })).toEqual({ traces: [1, 0, 1, 0] })
    const nobody = [{ id: '1', field: 'name', type: 'string', operator: '=', key: '', value: 'nobody' }]
    expect(await lines('TRACE_COUNT', { trace_filters: nobody })).toEqual({ traces: [0, 0, 0, 0] })
    expect(await lines('TRACE_COUNT', { interval_end: '2026-07-03T00:00:00Z' })).toEqual({ traces: [1, 0] })
  })

  it('is divided by the values of a field', async () => {
    const by = (field: string, more: object = {}) => ({ breakdown: { field, ...more } })
    expect(await lines('TRACE_COUNT', by('tags'))).toEqual({ one: [1], two: [1] })
    expect(await lines('TRACE_COUNT', by('metadata', { metadata_key: 'run' }))).toEqual({ 1: [1], Unknown: [1, 1] })
    expect(await lines('TRACE_COUNT', by('error_info'))).toEqual({ 'No Error': [1, 1], 'Has Error': [1] })
    expect(await lines('SPAN_COUNT', by('type'))).toEqual({ llm: [1, 1], tool: [1] })
    expect(await lines('SPAN_DURATION', by('type', { sub_metric: 'p50' }))).toMatchObject({ tool: [1000] })
    expect(await lines('SPAN_TOKEN_USAGE', by('type', { sub_metric: 'total_tokens' }))).toEqual({ llm: [10, 30] })
  })

  it('leaves gaps open that would be beyond counting', async () => {
    const ages = { interval: 'HOURLY', interval_start: '1970-01-02T00:00:00Z', interval_end: '2200-01-01T00:00:00Z' }
    expect(await lines('TRACE_COUNT', ages)).toEqual({ traces: [1, 1, 1, 1] })
  })
})

describe('getTraceThreads', () => {
  const threads = async (query: string) =>
    (await json('GET', `/traces/threads?project_name=shop&${query}`)) as { total: number; content: { id: string }[] }
  const ids = async (query: string) => (await threads(query)).content.map(({ id }) => id)

  it('makes one of the traces that share a thread_id', async () => {
    const { total, content } = await threads('')
    expect(total).toBe(2)
    expect(content.find(({ id }) => id === 'order 17')).toEqual({
      id: 'order 17',
      thread_model_id: VERSION_7,
      project_id: project,
      ...{ start_time: times[0], end_time: '2026-07-03T10:00:02Z', duration: 2 * 86_400_000 + 2000 },
      ...{ first_message: 'Hello', last_message: 'x'.repeat(20_000), number_of_messages: 4, status: 'active' },
      ...{ usage: { total_tokens: 40, prompt_tokens: 20 }, total_estimated_cost: 0.75 },
      ...{ created_at: '2026-07-13T10:05:00.000Z', created_by: 'admin' },
      ...{ last_updated_at: '2026-07-13T10:05:00.000Z', last_updated_by: 'admin' },
    })
  })

  it('is filtered, sorted, searched and cut', async () => {
    const filter = (field: string, operator: string, value: string) => `filters=${text([{ field, operator, value }])}`
    expect(await ids(filter('number_of_messages', '>', '2'))).toEqual(['order 17'])
    expect(await ids(filter('id', '=', 'ORDER 17'))).toEqual([])
    expect(await ids(filter('first_message', 'ends_with', 'AGAIN"'))).toEqual(['order 18'])
    expect(await ids(filter('duration', '<=', '4000'))).toEqual(['order 18'])
    expect(await ids(filter('status', '!=', 'active'))).toEqual([])
    expect(await ids(filter('status', '=', 'asleep'))).toEqual([])
    expect(await ids(`filters=${text(bySdk)}`)).toHaveLength(2)
    expect(await ids(`sorting=${text([{ field: 'number_of_messages', direction: 'ASC' }])}`)).toEqual([
      'order 18',
      'order 17',
    ])
    expect(await ids('search=again')).toEqual(['order 18'])
    expect(await ids(`from_time=${times[2]}`)).toEqual(['order 18'])
    const [cut] = (await threads(`truncate=true&search=order%2017`)).content
    expect(cut).toMatchObject({ last_message: CUT })
    for (const bad of [filter('name', '=', 'x'), filter('source', '=', 'x'), 'from_time=never'])
      expect((await send('GET', `/traces/threads?project_name=shop&${bad}`)).status).toBe(400)
  })

  it('is made of the traces that a search, a source or times pick, and keeps its id', async () => {
    const whole = (await threads('')).content.find(({ id }) => id === 'order 17')
    const parts = [`search=${encodeURIComponent('where?')}`, `to_time=${times[0]}`]
    for (const query of parts) {
      const [thread] = (await threads(query)).content
      const { id, thread_model_id } = { thread_model_id: undefined, ...whole }
      expect(thread).toMatchObject({ id, thread_model_id, number_of_messages: 2 })
    }
    expect(await ids('search=one')).toEqual([])
    const source = text([{ field: 'source', operator: '!=', value: 'sdk' }])
    expect(await ids(`filters=${source}`)).toEqual([])
    expect(await ids(`from_time=${times[1]}`)).toEqual(['order 18'])
  })

  it('is read alone by its thread_id', async () => {
    const body = { project_id: project, thread_id: 'order 18' }
    expect(await json('POST', '/traces/threads/retrieve', body)).toMatchObject({ id: 'order 18', duration: 4000 })
    const cut = { project_id: project, thread_id: 'order 17', truncate: true }
    expect(await json('POST', '/traces/threads/retrieve/', cut)).toMatchObject({
      last_message: CUT,
    })
  })
})

describe('findProjects', () => {
  it('sorts a project without traces by its own change, and shows it then', async () => {
    const order = `sorting=${text([{ field: 'last_updated_trace_at', direction: 'DESC' }])}`
    const { content } = (await json('GET', `/projects?name=empty&${order}`)) as { content: object[] }
    expect(content).toMatchObject([{ last_updated_trace_at: '2026-07-13T10:05:00.000Z' }])
    const { content: plain } = (await json('GET', '/projects?name=empty')) as { content: object[] }
    expect(plain[0]).not.toHaveProperty('last_updated_trace_at')
  })
})

describe('a page or a size that is none', () => {
  it.each(['projects?page=0', 'projects/stats?size=0', 'traces?project_name=shop&size=-1', 'traces/threads?page=-1'])(
    'is a list of errors: %s',
    async (path) => {
      const { status, body } = await send('GET', `/${path}`)
      expect([status, Object.keys(JSON.parse(body) as object)]).toEqual([400, ['errors']])
    },
  )
})
