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
        name: ' greeting ',
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
        ...{ prompt_id: id, template: body.template, type: 'mustache', variables: ['name', 'b.c'] },
        ...{ template_structure: 'text', version_number: 'v1', created_at: START },
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
      expect(await status({ name: 'Greeting' })).toBe(201)
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
      expect(await api.status('getPromptVersions', { path: { id: NOBODY } })).toBe(404)
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
      expect(prompt).toMatchObject({ id: first.prompt_id, requested_version: first, latest_version: newest })
      expect(await api.status('getPromptByCommit', { path: { commit: 'Abcd123' } })).toBe(400)
      expect(await api.status('getPromptByCommit', { path: { commit: 'abcd1234' } })).toBe(404)
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
