// What may be asked of a list that no recording has: bounds to the millisecond, texts cut, numbers kept as written.
import { beforeAll, describe, expect, it } from 'vitest'
import { checkReply } from '../../src/mocks/engine/check-reply.js'
import { createRunnerMock, type RunnerMock } from '../../src/index.js'
import { callerOf } from './harness.js'

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
  const send = callerOf(mock)
  await send('POST', '/traces/batch', { traces })
  await send('PATCH', `/traces/${EARLY}`, { name: 'early' })
  const trace_id = traces[0]?.id
  const usage = { total_tokens: 9, 'original_usage.tokens': 8 }
  await send('POST', '/spans/batch', {
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

interface Shown {
  readonly id: string
  readonly [field: string]: unknown
}

async function list(query: string, of = 'traces'): Promise<{ status: number; content: Shown[] }> {
  const { status, body } = await callerOf(mock)('GET', `/${of}?${PROJECT}&${query}`)
  const { content = [] } = body as { content?: Shown[] }
  return { status, content }
}

/** The last digits of the ids. */
async function found(query: string, of?: string): Promise<string> {
  const { status, content } = await list(query, of)
  return status === 200 ? content.map(({ id }) => id.slice(-1)).join('') : String(status)
}

it.each<[field: string, operator: string, value: string, finds: string, key?: string]>([
  ['tags', 'contains', '%', '400'],
  ['source', 'in', 'sdk, playground', '4321'],
  ['source', 'not_in', 'sdk', '2'],
  ['visibility_mode', 'in', 'default,secret', '400'],
  ['visibility_mode', '=', 'unknown', '4'],
  ['thread_id', '=', 'a+b%', '3'],
  ['thread_id', 'contains', 'b\\', '3'],
  ['error_info', 'is_not_empty', '', '32'],
  ['metadata', '=', 'null', '2', 'note'],
  ['metadata', 'contains', '0__X', '2', 'share'],
  ['metadata', 'contains', String.raw`0\%25\_x`, '2', 'share'],
  ['metadata', 'contains', String.raw`0\__`, '', 'share'],
])('filters that no recording has find by %s %s %s', async (field, operator, value, finds, key) => {
  const filters = JSON.stringify([{ field, operator, value, key, type: 'any' }])
  expect(await found(`filters=${encodeURIComponent(filters)}`)).toBe(finds)
})

describe('the rest of a query', () => {
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
