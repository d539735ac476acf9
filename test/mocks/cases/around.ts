// Cases of what real clients need around the runner API: projects, traces and spans, the liveness probe.
import { describe, expect, it } from 'vitest'
import type { Api } from '../api.js'
import { defaultProject, newProject } from '../given.js'
import { NOBODY, START, type Stage } from '../harness.js'

const OTHER = '01900000-0000-7000-8000-00000000beef'

export function aroundCases(stage: Stage): void {
  describe('isAlive', () => {
    it('says that the server is up', async () => {
      const { api } = await stage.open()
      expect((await api.expect(200, 'isAlive')).body).toEqual({ healthy: true, message: 'Healthy Server' })
    })
  })
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

  it('are created, found by name and by id, and refused twice', async () => {
    const { api } = await open()
    const body = { name: ' Lab ', description: 'd' }
    const { createdId: id } = await api.as({ apiKey: 'ada' }).expect(201, 'createProject', { body })
    const read = await api.expect(200, 'getProjectById', { path: { id: id.toUpperCase() } })
    expect(read.body).toMatchObject({ id, name: 'Lab', description: 'd', visibility: 'private', created_at: START })
    expect(read.body.created_by).toBe(read.body.last_updated_by)
    expect((await api.expect(200, 'retrieveProject', { body: { name: 'Lab' } })).body).toEqual(read.body)
    expect(await api.status('createProject', { body: { name: 'LAB' } })).toBe(409)
    expect(await api.status('createProject', { body: { name: 'long', description: 'd'.repeat(256) } })).toBe(422)
    expect(await api.status('createProject', { body: { name: ' ' } })).toBe(422)
    expect(await api.as({ workspace: 'lab' }).status('createProject', { body: { name: 'Lab' } })).toBe(201)
  })

  it('answer 404 to what the workspace does not have', async () => {
    const { api } = await open()
    const lab = api.as({ workspace: 'lab' })
    const id = await newProject(lab, 'Mine')
    expect(await api.status('getProjectById', { path: { id } })).toBe(404)
    expect(await api.status('retrieveProject', { body: { name: 'Mine' } })).toBe(404)
    expect(await api.status('deleteProjectById', { path: { id } })).toBe(204)
    expect(await lab.status('getProjectById', { path: { id } })).toBe(200)
  })

  it('are listed in pages from 1, by a part of the name in any case', async () => {
    const { api } = await open()
    for (let count = 1; count <= 12; count++) await newProject(api, `Robot ${count}`)
    const page = async (query: object) => (await api.expect(200, 'findProjects', { query: { ...query } })).body
    const first = await page({ name: 'ROBOT' })
    expect([first.page, first.total, first.content.length]).toEqual([1, 12, 10])
    expect(first.content[0]?.name).toBe('Robot 12')
    const second = await page({ name: 'robot', page: 2 })
    expect(second.content.map(({ name }) => name)).toEqual(['Robot 2', 'Robot 1'])
    expect((await page({})).total).toBe(13)
    expect((await page({ name: 'nothing' })).content).toEqual([])
    expect(await api.status('findProjects', { query: { page: 0 } })).toBe(400)
  })

  it('are changed field by field', async () => {
    const { api, clock } = await open()
    const id = await newProject(api, 'Lab')
    await newProject(api, 'Other')
    await clock.advance({ seconds: 1 })
    await api.expect(204, 'updateProject', { path: { id }, body: { description: 'd', visibility: 'public' } })
    await api.expect(204, 'updateProject', { path: { id }, body: { name: 'LAB' } })
    const { body } = await api.expect(200, 'getProjectById', { path: { id } })
    const last_updated_at = '2026-07-01T12:00:31.000Z'
    expect(body).toMatchObject({
      name: 'LAB',
      description: 'd',
      visibility: 'public',
      created_at: START,
      last_updated_at,
    })
    expect(await api.status('updateProject', { path: { id }, body: { name: 'other' } })).toBe(409)
    expect(await api.status('updateProject', { path: { id: NOBODY }, body: { name: 'New' } })).toBe(404)
  })

  it('are sorted by one field', async () => {
    const { api } = await open()
    for (const name of ['beta', 'Gamma', 'alpha']) await newProject(api, name)
    const names = async (field: string, direction: string) => {
      const query = { sorting: JSON.stringify([{ field, direction }]) }
      return (await api.expect(200, 'findProjects', { query })).body.content.map(({ name }) => name)
    }
    expect(await names('name', 'ASC')).toEqual(['alpha', 'beta', 'Default Project', 'Gamma'])
    expect(await names('created_at', 'DESC')).toEqual(['alpha', 'Gamma', 'beta', 'Default Project'])
    expect(await names('colour', 'ASC')).toEqual(['alpha', 'Gamma', 'beta', 'Default Project'])
  })

  it('are deleted, but for the default one', async () => {
    const { api } = await open()
    const id = await newProject(api, 'Short-lived')
    expect(await api.status('deleteProjectById', { path: { id } })).toBe(204)
    expect(await api.status('getProjectById', { path: { id } })).toBe(404)
    expect(await api.status('createProject', { body: { name: 'Short-lived' } })).toBe(201)
    const ids = [await newProject(api, 'Other'), NOBODY, await defaultProject(api)]
    await api.expect(204, 'deleteProjectsBatch', { body: { ids } })
    expect((await api.expect(200, 'findProjects')).body.content.map(({ name }) => name)).toEqual([
      'Short-lived',
      'Default Project',
    ])
    expect(await api.status('deleteProjectById', { path: { id: await defaultProject(api) } })).toBe(409)
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

  it('make the project that they name, and are read back by project and id', async () => {
    const { api } = await open()
    const project_id = await ingested(api)
    const { body } = await api.expect(200, 'getTraceById', { path: { id: NOBODY } })
    expect(body).toMatchObject({ id: NOBODY, name: 'echo', project_id, input: { a: null } })
    for (const query of [{ project_id }, { project_name: 'Lab' }]) {
      expect((await api.expect(200, 'getTracesByProject', { query })).body.content).toEqual([body])
      const spans = await api.expect(200, 'getSpansByProject', { query })
      expect(spans.body.content).toMatchObject([{ id: OTHER, trace_id: NOBODY, project_id }])
    }
    const others = await api.expect(200, 'getSpansByProject', { query: { project_id, trace_id: OTHER } })
    expect(others.body).toMatchObject({ total: 0, content: [] })
  })

  const project_name = 'Lab'
  const read = async (api: Api) => (await api.expect(200, 'getTraceById', { path: { id: NOBODY } })).body
  const batch = (api: Api, fields: object) =>
    api.expect(204, 'createTraces', { body: { traces: [{ ...trace, ...fields }] } })

  it('are replaced as a whole by later batches, and not by earlier ones', async () => {
    const { api, clock } = await open()
    await batch(api, { output: 1, last_updated_at: '2026-07-01T12:00:01.000002Z' })
    await batch(api, { tags: ['a'], last_updated_at: '2026-07-01T12:00:01.000003Z' })
    await batch(api, { output: 2, last_updated_at: '2026-07-01T12:00:01.000001Z' })
    expect(await read(api)).toMatchObject({ tags: ['a'] })
    expect(await read(api)).not.toHaveProperty('output')
    await clock.advance({ seconds: 1 })
    await api.expect(204, 'createTraces', { body: { traces: [trace, { ...trace, name: 'last' }] } })
    expect(await read(api)).toMatchObject({ name: 'last', created_at: '2026-07-01T12:00:31.000Z' })
  })

  it('are changed field by field, where they are', async () => {
    const { api } = await open()
    await ingested(api)
    const path = { id: NOBODY }
    const body = { project_name, end_time: '2026-07-01T12:00:02.000250Z', output: 1, name: '', start_time: START }
    await api.expect(204, 'updateTrace', { path, body })
    expect(await read(api)).toMatchObject({ name: 'echo', start_time: trace.start_time, output: 1, duration: 2000.25 })
    for (const output of ['', ' ', 0, false, []]) {
      await api.expect(204, 'updateTrace', { path, body: { project_name, output, name: ' ', thread_id: ' ' } })
      expect(await read(api)).toMatchObject({ name: 'echo', output })
    }
    expect(await api.status('updateTrace', { path, body: { output: 2 } })).toBe(409)
    expect(await api.status('updateTrace', { path, body: { project_id: OTHER } })).toBe(404)
    await api.expect(204, 'updateSpan', {
      path: { id: OTHER },
      body: { ...{ project_name, trace_id: NOBODY }, output: {} },
    })
    for (const other of [{ trace_id: OTHER }, { trace_id: NOBODY, parent_span_id: NOBODY }]) {
      expect(await api.status('updateSpan', { path: { id: OTHER }, body: { project_name, ...other } })).toBe(409)
    }
    expect((await api.expect(200, 'getSpanById', { path: { id: OTHER } })).body).toMatchObject({
      output: {},
      project_name,
    })
  })

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

  it('may be changed before they are made; what the change said stays', async () => {
    const { api, clock } = await open()
    await api.expect(204, 'updateTrace', { path: { id: NOBODY }, body: { project_name, output: 1 } })
    const partial = await read(api)
    expect(partial).toMatchObject({ start_time: '1970-01-01T00:00:00Z', output: 1, created_at: START })
    expect(partial).not.toHaveProperty('visibility_mode')
    await clock.advance({ seconds: 1 })
    expect(await api.status('createTrace', { body: { ...trace, project_name: 'Other' } })).toBe(409)
    const { createdId } = await api.expect(201, 'createTrace', { body: { ...trace, output: 2 } })
    expect(createdId).toBe(NOBODY)
    const whole = { start_time: trace.start_time, input: trace.input, output: 1, created_at: START }
    expect(await read(api)).toMatchObject({ ...whole, visibility_mode: 'default' })
    expect(await api.status('createTrace', { body: trace })).toBe(409)
    await api.expect(201, 'createSpan', { body: span })
    await api.expect(201, 'createSpan', { body: { ...span, name: 'other' } })
    expect((await api.expect(200, 'getSpanById', { path: { id: OTHER } })).body.name).toBe('call')
  })

  it('sum up their spans', async () => {
    const { api } = await open()
    await ingested(api)
    expect(await read(api)).toMatchObject({ span_count: 1, llm_span_count: 0, has_tool_spans: false })
    const child = (end: string, fields: object) => ({ ...span, id: NOBODY.slice(0, -4) + end, ...fields })
    const spans = [
      child('0001', { type: 'llm', provider: 'openai', usage: { total_tokens: 3 }, total_estimated_cost: 0.25 }),
      child('0002', { type: 'llm', provider: 'azure', usage: { total_tokens: 4, prompt_tokens: 1 } }),
      child('0003', { type: 'tool', provider: '', end_time: '2026-07-01T12:00:00Z' }),
    ]
    await api.expect(204, 'createSpans', { body: { spans } })
    expect(await read(api)).toMatchObject({
      ...{ span_count: 4, llm_span_count: 2, has_tool_spans: true, providers: ['azure', 'openai'] },
      ...{ usage: { total_tokens: 7, prompt_tokens: 1 }, total_estimated_cost: 0.25 },
      metadata: { providers: ['azure', 'openai'] },
    })
    const { content } = (await api.expect(200, 'getSpansByProject', { query: { project_name, type: 'tool' } })).body
    expect(content).toMatchObject([{ duration: -250 }])
    const project = (await api.expect(200, 'retrieveProject', { body: { name: 'LAB', include_stats: true } })).body
    expect(project.last_updated_trace_at).toBe(START)
  })

  it('are deleted with what belongs to them', async () => {
    const { api } = await open()
    const project_id = await ingested(api)
    const elsewhere = { ids: [NOBODY], project_id: OTHER }
    await api.expect(204, 'deleteTraces', { body: elsewhere })
    expect((await read(api)).project_id).toBe(project_id)
    for (let call = 0; call < 2; call++) await api.expect(204, 'deleteTraceById', { path: { id: NOBODY } })
    expect(await api.status('getTraceById', { path: { id: NOBODY } })).toBe(404)
    expect(await api.status('getSpanById', { path: { id: OTHER } })).toBe(404)
    expect((await api.expect(200, 'getTracesByProject', { query: { project_id } })).body).toEqual({
      ...{ page: 1, size: 0, total: 0, content: [], sortable_by: [] },
    })
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
    expect(await api.status('createSpan', { body: { ...span, trace_id: id } })).toBe(400)
    expect(await api.status('createTrace', { body: { ...trace, start_time: '2300-01-01T00:00:00Z' } })).toBe(422)
  })

  it('tell what failed, and count in whole numbers', async () => {
    const { api } = await open()
    const status = (fields: object) => api.status('createSpans', { json: { spans: [{ ...span, ...fields }] } })
    const error_info = { exception_type: 'RangeError', traceback: 'at answer' }
    expect(await status({ error_info, usage: { total_tokens: 2_147_483_647 } })).toBe(204)
    for (const blank of [{ exception_type: '' }, { traceback: ' ' }]) {
      expect(await status({ error_info: { ...error_info, ...blank } })).toBe(422)
    }
    for (const total_tokens of [1.5, 2_147_483_648, '3']) expect(await status({ usage: { total_tokens } })).toBe(400)
  })

  it('are streamed and summed up', async () => {
    const { api } = await open()
    const project_id = await ingested(api)
    const found = await api.expect(200, 'searchTraces', { body: { project_id } })
    expect(found.body).toMatchObject([{ id: NOBODY, project_id }])
    expect((await api.expect(200, 'searchSpans', { body: { project_id, trace_id: OTHER } })).body).toEqual([])
    const { stats } = (await api.expect(200, 'getTraceStats', { query: { project_id } })).body
    expect(stats).toContainEqual({ name: 'span_count', type: 'AVG', value: 1 })
    const { content } = (await api.expect(200, 'getProjectStats', { suffix: '/', query: { name: 'lab' } })).body
    expect(content).toMatchObject([{ project_id, trace_count: 1 }])
  })

  it('belong to their workspace', async () => {
    const { api } = await open()
    await ingested(api.as({ workspace: 'lab' }))
    expect(await api.status('getTraceById', { path: { id: NOBODY } })).toBe(404)
    expect(await api.status('getTracesByProject', { query: { project_name: 'Lab' } })).toBe(404)
    expect(await api.status('getTracesByProject')).toBe(400)
  })
}
