// Cases of what pages ask before they show anything: who and where they are, and lists that are always empty.
import { describe, expect, it } from 'vitest'
import { NOBODY, START, type Stage } from '../harness.js'

export function workspaceCases({ open }: Stage): void {
  describe('constant answers', () => {
    it('are those that pages need', async () => {
      const { api } = await open()
      expect((await api.expect(200, 'version')).body).toEqual({ version: '2.1.24' })
      expect((await api.expect(204, 'checkAccess')).body).toBeUndefined()
      expect((await api.expect(200, 'getWorkspaceVersion')).body).toEqual({ opik_version: 'version_2' })
      expect((await api.expect(200, 'getDatasetExportJobs')).body).toEqual([])
      expect((await api.expect(200, 'findTraceScoreNames')).body).toEqual({ scores: [] })
      const toggles = (await api.expect(200, 'getServiceToggles')).body
      expect(toggles).toMatchObject({ export_enabled: true, opik_aienabled: false, guardrails_enabled: false })
    })

    it('echo the page that was asked for, and refuse one that is none', async () => {
      const { api } = await open()
      const page = { page: 3, size: 0, content: [] }
      expect((await api.expect(200, 'findAlerts', { query: { page: 3 } })).body).toMatchObject({ ...page, total: 0 })
      const third = await api.expect(200, 'findFeedbackDefinitions', { query: { page: 3 } })
      expect(third.body).toEqual({ ...page, total: 1 })
      const { content } = (await api.expect(200, 'findFeedbackDefinitions')).body
      expect(content).toMatchObject([{ name: 'User feedback', type: 'categorical' }])
      expect(await api.status('findAlerts', { query: { page: 0 } })).toBe(400)
    })
  })

  describe('projectsRedirect', () => {
    it('leads to the page of a trace, beside the API that the path names', async () => {
      const { api } = await open()
      const lab = api.as({ workspace: 'lab' })
      const made = await lab.expect(201, 'createTrace', { body: { start_time: START } })
      const trace_id = made.createdId
      const { project_id } = (await lab.expect(200, 'getTraceById', { path: { id: trace_id } })).body
      const ask = (path: string, query: object = {}) =>
        api.status('projectsRedirect', { query: { trace_id, path, workspace_name: 'lab', ...query } })
      for (const path of ['http://app.test/opik/api', 'http://app.test/opik/api/v1/ÿ?~']) {
        const bytes = btoa(path)
        for (const text of [bytes, bytes.replaceAll('+', '-').replaceAll('/', '_')]) {
          const query = { trace_id, path: text, workspace_name: 'lab' }
          const { headers } = await api.expect(303, 'projectsRedirect', { query })
          expect(headers['location']).toBe(
            `http://app.test/opik/lab/projects/${project_id}/traces?tab=logs&logsType=traces&trace=${trace_id}`,
          )
        }
      }
      expect(await ask(btoa('http://app.test/opik'))).toBe(400)
      expect(await ask('%%')).toBe(400)
      expect(await ask('')).toBe(400)
      expect(await ask(btoa('http://app.test/api'), { trace_id: NOBODY })).toBe(404)
      expect(await ask(btoa('http://app.test/api'), { workspace_name: 'other' })).toBe(404)
    })
  })

  describe('attachmentList', () => {
    it('wants to know of what, and by which server', async () => {
      const { api } = await open()
      const query = { project_id: NOBODY, entity_type: 'span', entity_id: NOBODY, path: 'YQ==' } as const
      expect((await api.expect(200, 'attachmentList', { query })).body.content).toEqual([])
      for (const name of Object.keys(query)) {
        expect([name, await api.status('attachmentList', { query: { ...query, [name]: '' } })]).toEqual([name, 400])
      }
      expect(await api.status('attachmentList', { query: { ...query, path: ' ' } })).toBe(400)
    })
  })

  describe('the caller', () => {
    it('is told the workspace that it names, and who it is', async () => {
      const { api } = await open()
      const ada = api.as({ workspace: 'lab', apiKey: 'ada' })
      expect((await ada.expect(200, 'getWorkspaceName')).body).toEqual({ workspace_name: 'lab' })
      const { body } = await ada.expect(200, 'getWorkspaceUserPermissions')
      const { createdId: id } = await ada.expect(201, 'createProject', { body: { name: 'Mine' } })
      const { created_by: user_name } = (await ada.expect(200, 'getProjectById', { path: { id } })).body
      expect(body).toEqual({ user_name, workspace_name: 'lab', permissions: [] })
    })
  })

  describe('the configuration of a workspace', () => {
    it('is absent, then what was stored last, for that workspace alone', async () => {
      const { api } = await open()
      expect(await api.status('getWorkspaceConfiguration')).toBe(404)
      await api.expect(204, 'deleteWorkspaceConfiguration')
      const first = { timeout_to_mark_thread_as_inactive: 'PT15M', truncation_on_tables: true }
      await api.expect(204, 'upsertWorkspaceConfiguration', { body: first })
      expect((await api.expect(200, 'getWorkspaceConfiguration')).body).toEqual(first)
      const second = { truncation_on_tables: true, color_map: { good: '#00AA55' } }
      await api.expect(204, 'upsertWorkspaceConfiguration', { body: { color_map: second.color_map } })
      expect((await api.expect(200, 'getWorkspaceConfiguration')).body).toEqual(second)
      expect(await api.as({ workspace: 'lab' }).status('getWorkspaceConfiguration')).toBe(404)
      await api.expect(204, 'deleteWorkspaceConfiguration')
      expect(await api.status('getWorkspaceConfiguration')).toBe(404)
    })

    it.each([
      ['PT1H', 204],
      ['P7D', 204],
      ['P6DT23H59M60S', 204],
      ['P7DT1S', 422],
      ['PT0.5S', 422],
      ['PT0S', 422],
      ['-PT1M', 422],
      ['P', 400],
      ['PT', 400],
      ['15 minutes', 400],
    ] as const)('takes %s as a duration with %i', async (duration, status) => {
      const { api } = await open()
      const body = { timeout_to_mark_thread_as_inactive: duration }
      expect(await api.status('upsertWorkspaceConfiguration', { body })).toBe(status)
    })

    it('tells its timeout in hours, minutes and seconds', async () => {
      const { api } = await open()
      const stored = async (timeout_to_mark_thread_as_inactive: string) => {
        await api.expect(204, 'upsertWorkspaceConfiguration', { body: { timeout_to_mark_thread_as_inactive } })
        return (await api.expect(200, 'getWorkspaceConfiguration')).body.timeout_to_mark_thread_as_inactive
      }
      expect([await stored('P1DT90M'), await stored('pt61s')]).toEqual(['PT25H30M', 'PT1M1S'])
    })

    it('has colours of six digits, by labels that are not too long', async () => {
      const { api } = await open()
      const put = (color_map: Record<string, string>) =>
        api.status('upsertWorkspaceConfiguration', { body: { color_map } })
      expect(await put({ ['x'.repeat(256)]: '#aAbB01' })).toBe(204)
      expect(await put({ ['x'.repeat(257)]: '#aAbB01' })).toBe(422)
      for (const colour of ['red', '#abc', '#12345G', '123456']) expect(await put({ a: colour })).toBe(422)
      const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, place) => [`l${place}`, '#000000']))
      expect(await put(many)).toBe(422)
    })
  })
}
