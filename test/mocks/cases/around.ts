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
      expect((await api.expect(200, 'isAlive')).body).toEqual({ healthy: true })
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
    expect(await api.status('createProject', { body: { name: 'Lab' } })).toBe(409)
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

  it('are deleted, but for the default one', async () => {
    const { api } = await open()
    const id = await newProject(api, 'Short-lived')
    expect(await api.status('deleteProjectById', { path: { id } })).toBe(204)
    expect(await api.status('getProjectById', { path: { id } })).toBe(404)
    expect(await api.status('createProject', { body: { name: 'Short-lived' } })).toBe(201)
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

  it('grow by what comes later, whichever way it comes', async () => {
    const { api } = await open()
    await ingested(api)
    const path = { id: NOBODY }
    await api.expect(204, 'updateTrace', { path, body: { end_time: '2026-07-01T12:00:02Z', output: 1 } })
    await api.expect(204, 'createTraces', { body: { traces: [{ ...trace, tags: ['a', 'b'] }] } })
    await api.expect(204, 'batchUpdateTraces', { body: { ids: [NOBODY], update: { tags: ['c'] }, merge_tags: true } })
    const read = await api.expect(200, 'getTraceById', { path })
    expect(read.body).toMatchObject({ name: 'echo', output: 1, duration: 2000, tags: ['a', 'b', 'c'] })
    await api.expect(204, 'batchUpdateTraces', { body: { ids: [NOBODY], update: { tags: ['d'] } } })
    expect((await api.expect(200, 'getTraceById', { path })).body.tags).toEqual(['d'])
    await api.expect(204, 'updateSpan', { path: { id: OTHER }, body: { trace_id: NOBODY, output: { b: 2 } } })
    const spans = await api.expect(200, 'getSpansByProject', { query: { project_name: 'Lab' } })
    expect(spans.body.content).toMatchObject([{ id: OTHER, name: 'call', output: { b: 2 } }])
  })

  it('belong to their workspace', async () => {
    const { api } = await open()
    await ingested(api.as({ workspace: 'lab' }))
    expect(await api.status('getTraceById', { path: { id: NOBODY } })).toBe(404)
    expect(await api.status('getTracesByProject', { query: { project_name: 'Lab' } })).toBe(404)
    expect(await api.status('getTracesByProject')).toBe(400)
  })
}
