// What is computed of many traces and spans: threads, and the newest change of a project.
import { beforeAll, describe, expect, it } from 'vitest'
import { checkReply } from '../../src/mocks/engine/check-reply.js'
import { createRunnerMock, type RunnerMock } from '../../src/index.js'
import { callerOf } from './harness.js'

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

const send = (...call: [method: string, path: string, body?: object]) => callerOf(mock)(...call)
const json = async (...call: Parameters<typeof send>) => (await send(...call)).body

const text = (list: object[]): string => encodeURIComponent(JSON.stringify(list))
const bySdk = [{ field: 'source', type: 'string', operator: '=', value: 'sdk' }]

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

it('findProjects sorts a project without traces by its own change, and shows it then', async () => {
  const order = `sorting=${text([{ field: 'last_updated_trace_at', direction: 'DESC' }])}`
  const { content } = (await json('GET', `/projects?name=empty&${order}`)) as { content: object[] }
  expect(content).toMatchObject([{ last_updated_trace_at: '2026-07-13T10:05:00.000Z' }])
  const { content: plain } = (await json('GET', '/projects?name=empty')) as { content: object[] }
  expect(plain[0]).not.toHaveProperty('last_updated_trace_at')
})
