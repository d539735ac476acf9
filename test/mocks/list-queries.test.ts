// What may be asked of a list: filters by the type of their field, order, search, times, fields left out, texts cut.
import { beforeAll, describe, expect, it } from 'vitest'
import { checkReply } from '../../src/mocks/engine/check-reply.js'
import { createRunnerMock, type RunnerMock } from '../../src/index.js'

const PROJECT = 'project_name=Default%20Project'
const idAt = (time: string, end: string): string => {
  const hex = Date.parse(time).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-00000000000${end}`
}
const PICTURES = [
  'data:image/png;base64,AAAA',
  ...['iVBORw0KGgo', '/9j/', 'R0lGODlh', 'UklGR'].map((start) => `${start}${'AB+/'.repeat(5)}==`),
]
const traces = [
  {
    id: idAt('2026-07-01T10:00:00Z', '1'),
    name: 'Alpha',
    start_time: '2026-07-01T10:00:00Z',
    end_time: '2026-07-01T10:00:02.5Z',
    input: { question: 'Where?' },
    metadata: { run: { no: 3, steps: [{ kind: 'plan' }] }, pictures: PICTURES },
    tags: ['slow', 'Nightly'],
    thread_id: 'Th-1',
  },
  {
    id: idAt('2026-07-01T11:00:00Z', '2'),
    name: 'beta',
    start_time: '2026-07-01T11:00:00Z',
    end_time: '2026-07-01T11:00:00.010Z',
    output: 'x'.repeat(20_000),
    metadata: { run: { no: 12 }, note: null, share: '50%_x' },
    source: 'playground',
    error_info: { exception_type: 'RangeError', traceback: 'here' },
  },
  {
    id: idAt('2026-07-01T12:00:00Z', '3'),
    start_time: '2026-07-01T12:00:00.5Z',
    source: 'sdk',
    thread_id: 'a+b%',
    error_info: {},
  },
]
const EARLY = idAt('2026-07-01T13:00:00Z', '4')

let mock: RunnerMock
beforeAll(async () => {
  mock = createRunnerMock({ now: '2026-07-01T14:00:00Z', frozen: true, checkReply })
  await send('POST', '/v1/private/traces/batch', { traces })
  await send('PATCH', `/v1/private/traces/${EARLY}`, { name: 'early' })
  const trace_id = traces[0]?.id
  const usage = { total_tokens: 9, 'original_usage.tokens': 8 }
  await send('POST', '/v1/private/spans/batch', {
    spans: [
      { id: idAt('2026-07-01T10:00:00Z', '5'), trace_id, type: 'llm', start_time: '2026-07-01T10:00:00Z', usage },
      {
        id: idAt('2026-07-01T11:00:00Z', '6'),
        trace_id: traces[1]?.id,
        type: 'tool',
        start_time: '2026-07-01T11:00:00Z',
        usage: { total_tokens: 0 },
      },
    ],
  })
})

async function send(method: string, url: string, body?: object): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  return (await mock.handle({ method, url, headers, body: body && JSON.stringify(body) })).status
}

interface Shown {
  readonly id: string
  readonly [field: string]: unknown
}

async function list(query: string, of = 'traces'): Promise<{ status: number; content: Shown[] }> {
  const { status, body } = await mock.handle({ method: 'GET', url: `/v1/private/${of}?${PROJECT}&${query}` })
  const { content = [] } = JSON.parse(body) as { content?: Shown[] }
  return { status, content }
}

/** The last digits of the ids. */
async function found(query: string, of?: string): Promise<string> {
  const { status, content } = await list(query, of)
  return status === 200 ? content.map(({ id }) => id.slice(-1)).join('') : String(status)
}

type Filter = [field: string, operator: string, value?: string, key?: string]

function filters(...given: Filter[]): string {
  const entries = given.map(([field, operator, value, key]) => ({ field, operator, value, key, type: 'any' }))
  return `filters=${encodeURIComponent(JSON.stringify(entries))}`
}

describe('filters', () => {
  it.each<{ filter: Filter; finds: string }>([
    { filter: ['name', 'contains', 'ALPH'], finds: '1' },
    { filter: ['name', 'not_contains', 'a'], finds: '3' },
    { filter: ['name', '=', 'BETA'], finds: '2' },
    { filter: ['name', 'starts_with', 'e'], finds: '4' },
    { filter: ['name', 'ends_with', 'a'], finds: '21' },
    { filter: ['name', '>', 'b'], finds: '42' },
    { filter: ['name', '=', ' '], finds: '400' },
    { filter: ['thread_id', '=', 'Th-1'], finds: '1' },
    { filter: ['thread_id', '=', 'th-1'], finds: '' },
    { filter: ['thread_id', '=', 'a+b%'], finds: '3' },
    { filter: ['thread_id', 'contains', 'b\\'], finds: '3' },
    { filter: ['id', '=', EARLY], finds: '4' },
    { filter: ['error_type', '=', 'rangeerror'], finds: '2' },
    { filter: ['start_time', '>=', '2026-07-01T11:00:00.000Z'], finds: '32' },
    { filter: ['start_time', '=', '2026-07-01T12:00:00.500Z'], finds: '3' },
    { filter: ['start_time', '>', '1782900000000'], finds: '400' },
    { filter: ['start_time', '>', '2026-07-01T11:00Z'], finds: '400' },
    { filter: ['start_time', '>', '2026-07-01T11%3A00%3A00Z'], finds: '3' },
    { filter: ['start_time', '>', '2026-02-30T00:00:00Z'], finds: '400' },
    { filter: ['created_at', '<', '2000-01-01T00:00:00Z'], finds: '' },
    { filter: ['created_at', '<', 'yesterday'], finds: '400' },
    { filter: ['duration', '>', '10'], finds: '1' },
    { filter: ['duration', '<=', '10'], finds: '432' },
    { filter: ['duration', '>', 'long'], finds: '400' },
    { filter: ['duration', '<', '0x100'], finds: '400' },
    { filter: ['duration', '<', 'Infinity'], finds: '400' },
    { filter: ['duration', '<', '1000'], finds: '432' },
    { filter: ['duration', '<', '1e3'], finds: '400' },
    { filter: ['duration', 'contains', '1'], finds: '400' },
    { filter: ['llm_span_count', '=', '1'], finds: '1' },
    { filter: ['usage.total_tokens', '>=', '9'], finds: '1' },
    { filter: ['tags', 'contains', 'night'], finds: '1' },
    { filter: ['tags', '=', 'night'], finds: '' },
    { filter: ['tags', '!=', 'slow'], finds: '432' },
    { filter: ['tags', 'is_empty', ''], finds: '432' },
    { filter: ['tags', 'is_empty'], finds: '400' },
    { filter: ['tags', 'contains', '%'], finds: '400' },
    { filter: ['tags', '=', 'Slow'], finds: '' },
    { filter: ['tags', 'is_not_empty', ''], finds: '1' },
    { filter: ['metadata', '=', '3', 'run.no'], finds: '1' },
    { filter: ['metadata', '>', '3', 'run.no'], finds: '2' },
    { filter: ['metadata', 'contains', 'PLA', 'run.steps[0].kind'], finds: '1' },
    { filter: ['metadata', 'is_empty', '', 'run'], finds: '4321' },
    { filter: ['metadata', 'is_empty', '', 'run.no'], finds: '43' },
    { filter: ['metadata', '=', '', 'run.no'], finds: '43' },
    { filter: ['metadata', 'contains', 'no', 'run'], finds: '' },
    { filter: ['metadata', '=', '3', '$.run.no'], finds: '1' },
    { filter: ['metadata', '=', '3'], finds: '400' },
    { filter: ['metadata', '=', 'null', 'note'], finds: '2' },
    { filter: ['metadata', 'contains', '0__X', 'share'], finds: '2' },
    { filter: ['metadata', 'contains', String.raw`0\%25\_x`, 'share'], finds: '2' },
    { filter: ['metadata', 'contains', String.raw`0\__`, 'share'], finds: '' },
    { filter: ['metadata', 'contains', 'o', 'constructor'], finds: '' },
    { filter: ['metadata', 'is_empty', '', 'run.toString'], finds: '4321' },
    { filter: ['metadata', '>', '0', 'run.steps.length'], finds: '' },
    { filter: ['input_json', 'starts_with', 'where', 'question'], finds: '1' },
    { filter: ['custom', '=', 'where?', 'input.question'], finds: '1' },
    { filter: ['custom', 'contains', 'WHERE', '$.input'], finds: '1' },
    { filter: ['custom', 'contains', '3', 'metadata.run.no'], finds: '400' },
    { filter: ['feedback_scores', 'is_empty', '', 'taste'], finds: '4321' },
    { filter: ['error_info', 'is_not_empty', ''], finds: '32' },
    { filter: ['error_info', '=', 'x'], finds: '400' },
    { filter: ['source', '=', 'sdk'], finds: '431' },
    { filter: ['source', '!=', 'sdk'], finds: '2' },
    { filter: ['source', 'in', 'sdk, playground'], finds: '4321' },
    { filter: ['source', '=', 'ui'], finds: '400' },
    { filter: ['environment', 'is_empty', ''], finds: '4321' },
    { filter: ['source', 'not_in', 'sdk'], finds: '2' },
    { filter: ['visibility_mode', 'in', 'default,secret'], finds: '400' },
    { filter: ['visibility_mode', '=', 'default'], finds: '321' },
    { filter: ['visibility_mode', '=', 'unknown'], finds: '4' },
    { filter: ['visibility_mode', '=', 'secret'], finds: '400' },
    { filter: ['colour', '=', 'red'], finds: '400' },
    { filter: ['toString', '=', 'red'], finds: '400' },
    { filter: ['name', 'constructor', 'x'], finds: '400' },
  ])('find $finds by $filter', async ({ filter, finds }) => {
    expect(await found(filters(filter))).toBe(finds)
  })

  it('must all hold', async () => {
    expect(await found(filters(['name', 'ends_with', 'a'], ['duration', '>', '10']))).toBe('1')
    expect(await found(filters())).toBe('4321')
  })

  it.each(['{', '{}', 'null', '["name"]', '[{"field":"name"}]', '[{"field":"name","operator":"=","value":{}}]'])(
    'cannot be %s',
    async (text) => expect(await found(`filters=${encodeURIComponent(text)}`)).toBe('400'),
  )

  it('have fields of their own for spans', async () => {
    expect(await found(filters(['type', '=', 'llm']), 'spans')).toBe('5')
    expect(await found(filters(['type', '=', 'lama']), 'spans')).toBe('400')
    expect(await found(filters(['thread_id', '=', 'x']), 'spans')).toBe('400')
    expect(await found(filters(['trace_id', '=', traces[0]?.id ?? '']), 'spans')).toBe('5')
  })
})

describe('sorting', () => {
  const sorted = (...entries: object[]) => found(`sorting=${encodeURIComponent(JSON.stringify(entries))}`)

  it.each([
    { field: 'name', direction: 'ASC', finds: '3124' },
    { field: 'name', direction: 'DESC', finds: '4213' },
    { field: 'duration', direction: 'DESC', finds: '1243' },
    { field: 'start_time', direction: 'DESC', finds: '3214' },
    { field: 'usage.total_tokens', direction: 'ASC', finds: '4321' },
    { field: 'usage.total_tokens', direction: 'DESC', finds: '1243' },
    { field: 'usage.original_usage.tokens', direction: 'DESC', finds: '1432' },
    { field: 'usage.constructor', direction: 'ASC', finds: '4321' },
    { field: 'colour', direction: 'ASC', finds: '4321' },
  ])('puts $finds in order by $field $direction', async ({ field, direction, finds }) => {
    expect(await sorted({ field, direction }, { field: 'id', direction: 'ASC' })).toBe(finds)
  })

  it('must be readable', async () => {
    for (const text of ['name', '{"field":"name"}', '[{"field":"name","direction":"UP"}]', '[1]']) {
      expect(await found(`sorting=${encodeURIComponent(text)}`)).toBe('400')
    }
  })

  it('goes over all pages', async () => {
    const query = `sorting=${encodeURIComponent('[{"field":"name","direction":"ASC"}]')}&size=3`
    expect([await found(`${query}&page=1`), await found(`${query}&page=2`), await found(`${query}&page=3`)]).toEqual([
      '312',
      '4',
      '',
    ])
  })
})

describe('the rest of a query', () => {
  it('searches texts, lists and objects', async () => {
    expect(await found('search=WHERE')).toBe('1')
    expect(await found('search=nightly')).toBe('1')
    expect(await found('search=rangeerror')).toBe('2')
  })

  it('bounds the time of the id, both milliseconds included', async () => {
    const [ten, twelve] = [Date.parse('2026-07-01T10:00:00Z'), '2026-07-01T12:00:00.000Z']
    expect(await found(`from_time=${ten}&to_time=${twelve}`)).toBe('321')
    expect(await found(`from_time=${ten + 1}&to_time=${twelve}&size=1`)).toBe('3')
    expect(await found(`to_time=2026-07-01T11:59:59.999Z`)).toBe('21')
    const within = 'from_time=2026-07-01T10:00:00.000100Z&to_time=2026-07-01T10:00:00.000900Z'
    expect(await found(within)).toBe('1')
    for (const wrong of [`from_time=soon`, `from_time=${twelve}&to_time=${twelve}`, 'from_time=2026-02-30T00:00:00Z'])
      expect(await found(wrong)).toBe('400')
  })

  it('leaves fields out', async () => {
    const { content } = await list('exclude=["name","experiment"]&size=1&page=3')
    expect(content[0]).not.toHaveProperty('name')
    expect(content[0]).toHaveProperty('duration')
    for (const wrong of ['["colour"]', 'name', '[1]']) expect(await found(`exclude=${wrong}`)).toBe('400')
  })

  it('cuts long texts and takes images out, when asked to', async () => {
    const { content } = await list('truncate=true')
    const [, , beta, alpha] = content
    expect([typeof beta?.['output'], String(beta?.['output']).length]).toEqual(['string', 10_001])
    expect(alpha).toMatchObject({ input: { question: 'Where?' }, metadata: { run: { no: 3 } } })
    expect(alpha?.['metadata']).toMatchObject({ pictures: PICTURES.map(() => '[image]') })
    expect((await list('truncate=false')).content[2]?.['output']).toHaveLength(20_000)
  })

  it('keeps how numbers are written where it adds and cuts', async () => {
    const other = createRunnerMock({ now: '2026-07-01T14:00:00Z', frozen: true })
    const own = '"ratio":1.0,"count":12345678901234567890,"picture":"data:image/png;base64,AAAA"'
    const span = `{"trace_id":"${EARLY}","start_time":"2026-07-01T10:00:00Z","provider":"openai","input":{${own}},"metadata":{${own}}}`
    const url = '/v1/private/spans'
    const headers = { 'content-type': 'application/json' }
    await other.handle({ method: 'POST', url: `${url}/batch`, headers, body: `{"spans":[${span}]}` })
    for (const isCut of [false, true]) {
      const { body } = await other.handle({ method: 'GET', url: `${url}?${PROJECT}&truncate=${isCut}` })
      const shown = isCut ? own.replace(/data:[^"]*/, '[image]') : own
      expect(body).toContain(`"input":{${shown}},"metadata":{"provider":"openai",${shown}}`)
    }
    await other.close()
  })
})
