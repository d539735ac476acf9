// Cases of what real clients need around the runner API: projects, traces and spans, the liveness probe.
import { describe, expect, it } from 'vitest'
import type { Api } from '../api.js'
import { defaultProject } from '../given.js'
import { NOBODY, type Stage } from '../harness.js'

const OTHER = '01900000-0000-7000-8000-00000000beef'

export function aroundCases(stage: Stage): void {
  describe('projects', () => projectCases(stage))
  describe('traces and spans', () => ingestionCases(stage))
}

function projectCases({ open }: Stage): void {
  it('begin with one in every workspace, always under the same id', async () => {
    const { api } = await open()
    const ids = [await defaultProject(api), await defaultProject(api.as({ workspace: 'lab' }))]
    expect(new Set(ids).size).toBe(2)
    const again = await open()
    expect([await defaultProject(again.api), await defaultProject(again.api.as({ workspace: 'lab' }))]).toEqual(ids)
  })
}

function ingestionCases({ open }: Stage): void {
  const trace = {
    id: NOBODY,
    project_name: 'Lab',
    name: 'echo',
    start_time: '2026-07-01T12:00:00Z',
    input: { a: null },
  }
  const span = {
    id: OTHER,
    trace_id: NOBODY,
    project_name: 'Lab',
    name: 'call',
    start_time: '2026-07-01T12:00:00.250Z',
  }

  async function ingested(api: Api): Promise<string> {
    await api.expect(204, 'createTraces', { body: { traces: [trace] } })
    await api.expect(204, 'createSpans', { body: { spans: [span] } })
    return (await api.expect(200, 'retrieveProject', { body: { name: 'Lab' } })).body.id
  }

  const read = async (api: Api) => (await api.expect(200, 'getTraceById', { path: { id: NOBODY } })).body
  const batch = (api: Api, fields: object) =>
    api.expect(204, 'createTraces', { body: { traces: [{ ...trace, ...fields }] } })

  it('change their tags alike', async () => {
    const { api } = await open()
    await batch(api, { tags: ['a', 'b'] })
    const change = async (update: object, merge_tags = false) => {
      await api.expect(204, 'batchUpdateTraces', { body: { ids: [NOBODY, OTHER], update, merge_tags } })
      return (await read(api)).tags
    }
    expect(await change({ tags: ['c', 'a'] }, true)).toEqual(['a', 'b', 'c'])
    expect(await change({ tags: ['x'], tags_to_add: ['d'], tags_to_remove: ['a'] })).toEqual(['b', 'c', 'd'])
    expect(await change({ tags: ['x'], tags_to_remove: ['b'] }, true)).toEqual(['c', 'd'])
    expect(await change({ tags: ['e'] })).toEqual(['e'])
    expect(await change({ tags: [] })).toBeUndefined()
    expect(await api.status('getTraceById', { path: { id: OTHER } })).toBe(404)
    const update = { tags: Array.from({ length: 51 }, (_, index) => `t${index}`) }
    expect(await api.status('batchUpdateTraces', { body: { ids: [NOBODY], update } })).toBe(422)
  })

  it('are out of reach without their project', async () => {
    const { api } = await open()
    const id = await ingested(api)
    await api.expect(204, 'deleteProjectById', { path: { id } })
    for (const [operation, key] of [
      ['getTraceById', NOBODY],
      ['getSpanById', OTHER],
    ] as const)
      expect(await api.status(operation, { path: { id: key } })).toBe(404)
    const query = { trace_id: NOBODY, path: btoa('http://app.test/api') }
    expect(await api.status('projectsRedirect', { query })).toBe(404)
    expect(await api.status('getTracesByProject', { query: { project_id: id } })).toBe(404)
  })

  it('have ids of version 7 and times that can be', async () => {
    const { api } = await open()
    const id = 'c56a4180-65aa-42ec-a945-5fd21dec0538'
    expect(await api.status('createTraces', { body: { traces: [trace, { ...trace, id }] } })).toBe(400)
    expect(await api.status('getTraceById', { path: { id: NOBODY } })).toBe(404)
    expect(await api.status('updateTrace', { path: { id }, body: {} })).toBe(400)
    expect(await api.status('createSpan', { body: { ...span, id } })).toBe(400)
    expect(await api.status('createSpan', { body: { ...span, trace_id: id } })).toBe(201)
    expect(await api.status('createTrace', { body: { ...trace, start_time: '2262-04-11T23:47:16Z' } })).toBe(422)
  })

  it('tell what failed, and count in whole numbers', async () => {
    const { api } = await open()
    const status = (fields: object) => api.status('createSpans', { json: { spans: [{ ...span, ...fields }] } })
    const error_info = { exception_type: 'RangeError', traceback: 'at answer' }
    expect(await status({ error_info, usage: { total_tokens: 2_147_483_647 } })).toBe(204)
    expect(await status({ error_info: {} })).toBe(204)
    for (const total_tokens of [1.5, 2_147_483_648, '3']) expect(await status({ usage: { total_tokens } })).toBe(400)
  })
}
