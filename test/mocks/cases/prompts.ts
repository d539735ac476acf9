// Cases of prompts and their versions.
import { describe, expect, it } from 'vitest'
import { newProject } from '../given.js'
import { NOBODY, START, type Stage } from '../harness.js'

const NEW = '01900000-0000-7000-8000-0000cafebabe'
const OTHER_VERSION = '01900000-0000-4000-8000-0000cafebabe'

export function promptCases({ open }: Stage): void {
  describe('createPrompt', () => {
    it('makes a prompt, with its first version where there is a template', async () => {
      const { api } = await open()
      const body = {
        name: 'greeting',
        project_name: 'New',
        template: 'Hi {{name}} and {{ name }}, {{b.c}}',
        tags: ['a'],
      }
      const { createdId: id } = await api.expect(201, 'createPrompt', { body })
      const { id: project_id } = (await api.expect(200, 'retrieveProject', { body: { name: 'New' } })).body
      const prompt = (await api.expect(200, 'getPromptById', { path: { id } })).body
      expect(prompt).toMatchObject({
        ...{ id, name: 'greeting', project_id, template_structure: 'text', tags: ['a'], version_count: 1 },
        ...{ created_at: START, last_updated_at: START },
      })
      const { id: version = '', commit } = prompt.latest_version ?? {}
      expect(commit).toBe(version.slice(-8))
      expect(prompt.latest_version).toMatchObject({
        ...{ template: body.template, type: 'mustache', variables: ['name', 'b.c'] },
        ...{ metadata: null, version_number: 'v1', created_at: START },
      })
      const bare = await api.expect(201, 'createPrompt', {
        body: { name: 'bare', id: NEW, template_structure: 'chat' },
      })
      expect(bare.createdId).toBe(NEW)
      const read = (await api.expect(200, 'getPromptById', { path: { id: NEW } })).body
      expect(read).toMatchObject({ version_count: 0, template_structure: 'chat' })
      expect(read).not.toHaveProperty('latest_version')
    })

    it('refuses a name that the workspace has, and ids that are taken or of another version', async () => {
      const { api } = await open()
      await api.expect(201, 'createPrompt', { body: { name: 'greeting', id: NEW, project_name: 'New' } })
      const status = (body: object) => api.status('createPrompt', { body: { name: 'other', ...body } })
      expect(await status({ name: 'greeting', project_name: 'Elsewhere' })).toBe(409)
      expect(await status({ name: 'GREÉTING' })).toBe(409)
      expect(await status({ id: NEW })).toBe(409)
      expect(await status({ id: OTHER_VERSION })).toBe(400)
      expect(await status({ project_id: NOBODY })).toBe(404)
      expect(await status({ name: ' ' })).toBe(422)
      expect(await status({ template: ' ' })).toBe(422)
      expect(await status({ type: 'plain' })).toBe(400)
      const lab = api.as({ workspace: 'lab' })
      expect(await lab.status('createPrompt', { body: { name: 'greeting' } })).toBe(201)
    })
  })

  describe('versions', () => {
    it('are added to the prompt of their name, or make it', async () => {
      const { api, clock } = await open()
      const add = async (version: object, rest: object = {}) => {
        const body = { name: 'greeting', ...rest, version: { template: 'Hi', ...version } }
        return (await api.expect(200, 'createPromptVersion', { body })).body
      }
      const first = await add({}, { project_name: 'New', template_structure: 'chat' })
      await clock.advance({ minutes: 1 })
      const second = await add(
        { commit: 'Abcd1234', type: 'jinja2', metadata: { a: null } },
        { project_name: 'Elsewhere' },
      )
      expect(second).toMatchObject({ prompt_id: first.prompt_id, commit: 'Abcd1234', type: 'jinja2' })
      expect([first, second].map((each) => [each.version_number, each.template_structure])).toEqual([
        ['v1', 'chat'],
        ['v2', 'chat'],
      ])
      const path = { id: first.prompt_id }
      const prompt = (await api.expect(200, 'getPromptById', { path })).body
      expect([prompt.created_at, prompt.last_updated_at]).toEqual([first.created_at, second.created_at])
      const page = (await api.expect(200, 'getPromptVersions', { path, query: { size: 1 } })).body
      expect(page).toMatchObject({ page: 1, size: 1, total: 2, content: [{ id: second.id }] })
      expect(page.content[0]).not.toHaveProperty('variables')
      const found = async (query: Record<string, string>) =>
        (await api.expect(200, 'getPromptVersions', { path, query })).body.content.map(({ id }) => id)
      expect(await found({ search: 'ABCD' })).toEqual([second.id])
      const filters = JSON.stringify([{ field: 'type', operator: '=', value: 'mustache' }])
      expect(await found({ filters })).toEqual([first.id])
      expect(await api.status('getPromptVersions', { path, query: { filters: '[{"field":"x"}]' } })).toBe(400)
      expect((await api.expect(200, 'getPromptVersionById', { path: { id: second.id } })).body).toEqual(second)
      const status = (version: object) =>
        api.status('createPromptVersion', { body: { name: 'greeting', version: { template: 'Hi', ...version } } })
      expect(await status({ commit: 'Abcd1234' })).toBe(409)
      expect(await status({ id: second.id })).toBe(409)
      expect(await status({ id: OTHER_VERSION })).toBe(400)
      expect(await status({ commit: 'short' })).toBe(422)
      const unknown = { name: 'new', project_id: NOBODY, version: { template: 'Hi' } }
      expect(await api.status('createPromptVersion', { body: unknown })).toBe(404)
    })

    it('are found by name, newest unless a commit is named, whatever the project', async () => {
      const { api } = await open()
      const body = { name: 'greeting', version: { template: 'Hi', commit: 'Abcd1234' } }
      const first = (await api.expect(200, 'createPromptVersion', { body })).body
      const { id } = (await api.expect(200, 'createPromptVersion', { body: { ...body, version: { template: 'Ho' } } }))
        .body
      const find = async (asked: object) =>
        (await api.expect(200, 'retrievePromptVersion', { body: { name: 'greeting', ...asked } })).body
      expect((await find({ commit: null, environment: null, project_name: 'Nowhere' })).id).toBe(id)
      expect(await find({ commit: 'Abcd1234', version_number: null })).toEqual(first)
      expect(await find({ version_number: 'v1' })).toEqual(first)
      expect(await api.status('retrievePromptVersion', { body: { name: 'greeting', commit: 'none' } })).toBe(404)
      expect(await api.status('retrievePromptVersion', { body: { name: 'greeting', version_number: 'v3' } })).toBe(404)
      expect(await api.status('retrievePromptVersion', { body: { name: 'none' } })).toBe(404)
    })

    it('are found by commit, which two prompts may share', async () => {
      const { api } = await open()
      const add = async (name: string, commit: string) => {
        const body = { name, version: { template: 'Hi', commit } }
        return (await api.expect(200, 'createPromptVersion', { body })).body
      }
      const first = await add('one', 'Abcd1234')
      const newest = await add('one', 'Efgh5678')
      const prompt = (await api.expect(200, 'getPromptByCommit', { path: { commit: 'Abcd1234' } })).body
      const { prompt_id: id, template_structure: _structure, environment: _environment, ...shown } = first
      expect(prompt).toMatchObject({ id, version_count: 2, requested_version: shown })
      expect(prompt).not.toHaveProperty('latest_version')
      expect(await api.status('getPromptByCommit', { path: { commit: 'Abcd123' } })).toBe(400)
      expect(await api.status('getPromptByCommit', { path: { commit: 'aBCD1234' } })).toBe(200)
      const commits = ['none', 'Efgh5678']
      expect((await api.expect(200, 'getPromptsByCommits', { body: { commits } })).body).toEqual([
        { commit: 'none' },
        { commit: 'Efgh5678', prompt_version_id: newest.id, prompt_id: first.prompt_id, prompt_name: 'one' },
      ])
      await add('two', 'Abcd1234')
      expect(await api.status('getPromptByCommit', { path: { commit: 'Abcd1234' } })).toBe(409)
      expect(await api.status('getPromptsByCommits', { body: { commits: [] } })).toBe(422)
    })
  })

  describe('masks', () => {
    it('are read by their id alone, and change nothing of their prompt', async () => {
      const { api, clock } = await open()
      const add = async (version: object) => {
        const body = { name: 'greeting', version: { template: 'Hi', ...version } }
        return (await api.expect(200, 'createPromptVersion', { body })).body
      }
      const first = await add({})
      const path = { id: first.prompt_id }
      const before = (await api.expect(200, 'getPromptById', { path })).body
      await clock.advance({ minutes: 1 })
      const mask = await add({ template: 'Draft {{name}}', version_type: 'mask' })
      expect(mask).toMatchObject({ prompt_id: path.id, version_type: 'mask', variables: ['name'] })
      expect(mask).not.toHaveProperty('version_number')
      expect((await api.expect(200, 'getPromptById', { path })).body).toEqual(before)
      const { total, content } = (await api.expect(200, 'getPromptVersions', { path })).body
      expect([total, content.map(({ id }) => id)]).toEqual([1, [first.id]])
      const newest = await api.expect(200, 'retrievePromptVersion', { body: { name: 'greeting' } })
      expect(newest.body).toEqual(first)
      expect(await api.status('getPromptByCommit', { path: { commit: mask.commit } })).toBe(404)
      expect((await api.expect(200, 'getPromptVersionById', { path: { id: mask.id } })).body).toEqual(mask)
      const asked = (await api.expect(200, 'getPromptById', { path, query: { mask_id: mask.id } })).body
      expect(asked).toMatchObject({ latest_version: { id: first.id }, requested_version: { id: mask.id } })
      expect(await api.status('getPromptById', { path, query: { mask_id: first.id } })).toBe(404)
      const ids = [mask.id, NOBODY, first.id]
      const found = await api.expect(200, 'retrievePromptVersionsByIds', { body: { ids } })
      expect(found.body).toEqual([mask, first])
      expect((await add({})).version_number).toBe('v2')
    })
  })

  describe('updatePromptVersions', () => {
    it('replaces the tags of versions, or adds to them, and leaves out what is not there', async () => {
      const { api } = await open()
      const body = { name: 'greeting', version: { template: 'Hi', tags: ['warm'] } }
      const { id } = (await api.expect(200, 'createPromptVersion', { body })).body
      const tag = async (update: { tags?: string[] }, merge_tags: boolean) => {
        await api.expect(204, 'updatePromptVersions', { body: { ids: [NOBODY, id], update, merge_tags } })
        return (await api.expect(200, 'getPromptVersionById', { path: { id } })).body.tags
      }
      expect(await tag({ tags: ['new', 'warm'] }, true)).toEqual(['warm', 'new'])
      expect(await tag({}, false)).toEqual(['warm', 'new'])
      expect(await tag({ tags: ['only'] }, false)).toEqual(['only'])
      expect(await tag({ tags: [] }, false)).toBeUndefined()
    })
  })

  describe('environments of versions', () => {
    it('point to one version of a prompt, which is found by them', async () => {
      const { api } = await open()
      const body = (version: object) => ({ name: 'greeting', version: { template: 'Hi', ...version } })
      const add = async (version: object) =>
        (await api.expect(200, 'createPromptVersion', { body: body(version) })).body
      const set = (versionId: string, environments: string[]) =>
        api.status('setPromptVersionEnvironment', { path: { versionId }, body: { environments } })
      const first = await add({ environments: ['production', 'qa', 'QA'] })
      expect([...(first.environments ?? [])].toSorted()).toEqual(['production', 'qa'])
      const second = await add({})
      const names = (await api.expect(200, 'findEnvironments')).body.content.map(({ name }) => name)
      expect(names.toSorted()).toEqual(['production', 'qa'])
      const found = async (environment: string) => {
        const asked = { name: 'greeting', environment, version_number: 'v2', commit: second.commit }
        const { status, body } = await api.call('retrievePromptVersion', { body: asked })
        return status === 200 ? body.id : status
      }
      expect([await found('Production'), await found('staging')]).toEqual([first.id, 404])
      expect(await api.status('createPromptVersion', { body: body({ environments: ['qa'] }) })).toBe(409)
      expect(await set(second.id, ['PRODUCTION'])).toBe(204)
      expect([await found('production'), await found('qa')]).toEqual([second.id, first.id])
      const path = { id: first.prompt_id }
      const asked = await api.expect(200, 'getPromptById', { path, query: { environment: 'production' } })
      expect(asked.body.requested_version?.id).toBe(second.id)
      expect(await api.status('getPromptById', { path, query: { environment: 'staging' } })).toBe(404)
      const both = { environment: 'qa', mask_id: second.id }
      expect(await api.status('getPromptById', { path, query: both })).toBe(400)
      expect([await set(first.id, []), await found('qa')]).toEqual([204, 404])
      expect(await set(first.id, ['nowhere'])).toBe(409)
      expect(await set(NOBODY, [])).toBe(404)
      const mask = await add({ version_type: 'mask' })
      expect(await set(mask.id, ['qa'])).toBe(400)
      expect(
        await api.status('setPromptVersionEnvironment', { path: { versionId: first.id }, body: {} as never }),
      ).toBe(422)
    })
  })

  describe('a prompt', () => {
    it('is changed, restored to a version and deleted with its versions', async () => {
      const { api } = await open()
      const create = { name: 'greeting', description: 'd', tags: ['a'], template: 'Hi {{name}}' }
      const { createdId: id } = await api.expect(201, 'createPrompt', { body: create })
      await api.expect(201, 'createPrompt', { body: { name: 'other' } })
      const update = (body: { name: string; description?: string }) =>
        api.status('updatePrompt', { path: { id }, body })
      expect(await update({ name: 'OTHER' })).toBe(409)
      expect(await update({ name: 'Greeting' })).toBe(204)
      const read = (await api.expect(200, 'getPromptById', { path: { id } })).body
      expect(read).toMatchObject({ name: 'Greeting', tags: ['a'] })
      expect(read).not.toHaveProperty('description')
      const added = { name: 'Greeting', version: { template: 'Ho' } }
      const second = (await api.expect(200, 'createPromptVersion', { body: added })).body
      const byNumber = (versionNumber: string) => ({ path: { promptId: id, versionNumber } })
      const first = (await api.expect(200, 'getPromptVersionByNumber', byNumber('v1'))).body
      expect(await api.status('getPromptVersionByNumber', byNumber('v9'))).toBe(404)
      expect(await api.status('getPromptVersionByNumber', byNumber('1'))).toBe(400)
      const restore = { path: { promptId: id, versionId: first.id } }
      const restored = (await api.expect(200, 'restorePromptVersion', restore)).body
      expect(restored).toMatchObject({ version_number: 'v3', template: 'Hi {{name}}' })
      expect(restored.change_description).toContain('v1')
      expect(await api.status('deletePrompt', { path: { id } })).toBe(204)
      expect(await api.status('deletePrompt', { path: { id } })).toBe(404)
      expect(await api.status('getPromptVersionById', { path: { id: second.id } })).toBe(404)
    })
  })

  describe('environments', () => {
    it('are listed oldest first, each name once in any case', async () => {
      const { api } = await open()
      const { createdId: id } = await api.expect(201, 'createEnvironment', { body: { name: 'qa', position: 3 } })
      await api.expect(201, 'createEnvironment', { body: { name: 'canary', color: '#000000' } })
      const page = (await api.expect(200, 'findEnvironments')).body
      expect(page).toMatchObject({ page: 1, size: 2, total: 2, sortable_by: ['created_at'] })
      expect(page.content).toMatchObject([
        { name: 'qa', position: 3 },
        { name: 'canary', color: '#000000' },
      ])
      expect(page.content[0]?.color).toMatch(/^#[0-9A-F]{6}$/)
      expect(await api.status('createEnvironment', { body: { name: 'QA' } })).toBe(409)
      expect(await api.status('createEnvironment', { body: { name: 'a b' } })).toBe(422)
      expect(await api.status('updateEnvironment', { path: { id }, body: { name: 'Canary' } })).toBe(409)
      expect(await api.status('updateEnvironment', { path: { id }, body: { description: 'd' } })).toBe(204)
      expect((await api.expect(200, 'getEnvironmentById', { path: { id } })).body).toMatchObject({ description: 'd' })
      expect(await api.status('updateEnvironment', { path: { id: NOBODY }, body: {} })).toBe(404)
      expect(await api.status('deleteEnvironmentsBatch', { body: { ids: [id, NOBODY] } })).toBe(204)
      expect(await api.status('getEnvironmentById', { path: { id } })).toBe(404)
      expect((await api.as({ workspace: 'lab' }).expect(200, 'findEnvironments')).body.total).toBe(0)
    })
  })

  describe('lists of prompts', () => {
    it('are of the workspace or of a project, by a part of the name, filtered and sorted', async () => {
      const { api } = await open()
      const lab = await newProject(api, 'Lab')
      for (const name of ['beta', 'Gamma', 'alpha']) {
        const where = name === 'alpha' ? {} : { project_id: lab }
        await api.expect(201, 'createPrompt', { body: { name, ...where, template: 'Hi' } })
      }
      await api.expect(200, 'createPromptVersion', { body: { name: 'beta', version: { template: 'Ho' } } })
      const names = async (query: object) =>
        (await api.expect(200, 'getPrompts', { query: { ...query } })).body.content.map(({ name }) => name)
      expect(await names({})).toEqual(['alpha', 'Gamma', 'beta'])
      expect(await names({ project_id: lab, name: 'A' })).toEqual(['Gamma', 'beta'])
      const filters = JSON.stringify([{ field: 'name', operator: '=', value: 'alpha' }])
      expect(await names({ filters })).toEqual(['alpha'])
      const sorting = JSON.stringify([{ field: 'version_count', direction: 'DESC' }])
      expect((await names({ sorting }))[0]).toBe('beta')
      expect(await api.status('getPrompts', { query: { filters: '[{"field":"x"}]' } })).toBe(400)
      const ofLab = (await api.expect(200, 'getPromptsByProject', { path: { id: lab } })).body
      expect(ofLab).toMatchObject({ total: 2, content: [{ name: 'Gamma', version_count: 1 }, { version_count: 2 }] })
      expect(ofLab.sortable_by).toContain('version_count')
      expect(ofLab.content[0]).not.toHaveProperty('latest_version')
    })
  })
}
