// Checks of projects, as far as clients of runners need them; of agent configurations: versions that are whole, masks laid over
// them, environments, history; and of prompts: versions added to the prompt of a name, commits, and what is read of them.
import { idsOf, many } from '../../check/check-steps.js'
import { checksOn } from '../core/checks-on.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectFields, expectStatus, expectThat } from '../../target/expectation.js'
import { createdId } from '../../check/runner-handle.js'
import { configured, createPrompt } from '../../check/scenes.js'

async function createProject(context: Context, name = context.name(), description?: string) {
  // Not run where projects may not be created.
  await context.newProject()
  const answer = await context.call('createProject', {
    body: { name, ...(description !== undefined && { description }) },
  })
  expectStatus(answer, 201)
  const id = createdId(answer)
  context.defer(() => context.call('deleteProjectById', { path: { id } }))
  return { id, name }
}

const read = (context: Context, id: string) => context.expectCall(200, 'getProjectById', { path: { id } })

async function find(context: Context, name: string): Promise<string[]> {
  return idsOf((await context.expectCall(200, 'findProjects', { query: { name, size: 50 } })).content)
}

type Value = Readonly<{ key: string; value: string; type: 'string' | 'float' }>

const MODEL: Value = { key: 'model', value: 'contract-model', type: 'string' }
const temperature = (value: string): Value => ({ key: 'temperature', value, type: 'float' })
const FIRST = [temperature('0.7'), MODEL]

async function add(context: Context, project_id: string, values: Value[], type: 'blueprint' | 'mask' = 'blueprint') {
  const answer = await context.call('updateAgentConfig', { body: { project_id, blueprint: { type, values } } })
  expectStatus(answer, 201)
  return createdId(answer)
}

const readLatest = (context: Context, project_id: string) =>
  context.expectCall(200, 'getLatestBlueprint', { path: { project_id } })
const readVersion = (context: Context, blueprint_id: string, mask_id?: string) =>
  context.expectCall(200, 'getBlueprintById', {
    path: { blueprint_id },
    query: mask_id === undefined ? {} : { mask_id },
  })
const readHistory = (context: Context, project_id: string) =>
  context.expectCall(200, 'getBlueprintHistory', { path: { project_id } })

export const projectChecks = checksOn('createProject should', (it, at) => {
  it('projects/created: A new project is private, with its name, description and who made it when.', async (context) => {
    const description = 'Made by a contract check.'
    const { id, name } = await createProject(context, undefined, description)
    const project = await read(context, id)
    expectFields('the project', project, { id, name, description, visibility: 'private' })
    expectThat(Number.isFinite(Date.parse(project.created_at)), 'created_at to be a time', project.created_at)
    expectThat(project.created_by !== '', 'created_by to name a user', project.created_by)
  })
  it('projects/without-description: A project without a description shows none.', async (context) => {
    const { description } = await read(context, (await createProject(context)).id)
    expectThat(description === undefined || description === '', 'no description', description)
  })
  it('projects/name-taken: A name that the workspace uses already is 409, and changes nothing.', async (context) => {
    const { id, name } = await createProject(context)
    await context.expectCall(409, 'createProject', { body: { name, description: 'second' } })
    expectEqual('the projects of that name', await find(context, name), [id])
  })
  it('projects/name-taken-in-any-case: A name that the workspace uses already is 409 in any letter case.', async (context) => {
    const { name } = await createProject(context, context.name('Taken'))
    await context.expectCall(409, 'createProject', { body: { name: name.toUpperCase() } })
  })
  it('projects/changed [updateProject]: What a change names of a project is replaced, the rest stays; a name that is taken is 409.', async (context) => {
    const { id, name } = await createProject(context, undefined, 'first')
    const other = await createProject(context)
    await context.expectCall(204, 'updateProject', { path: { id }, body: { description: 'second' } })
    await context.expectCall(409, 'updateProject', { path: { id }, body: { name: other.name } })
    expectFields('the project', await read(context, id), { name, description: 'second' })
    const unknown = { id: context.random.uuid() }
    await context.expectCall(404, 'updateProject', { path: unknown, body: { description: 'x' } })
  })
  it('projects/sorted [findProjects]: Projects come in the order of their names, when that is asked for; an unknown field changes nothing.', async (context) => {
    const prefix = context.name('sorted')
    for (const end of ['b', 'c', 'a']) await createProject(context, `${prefix}-${end}`)
    const order = async (field: string, direction: string): Promise<string> => {
      const query = { name: prefix, sorting: JSON.stringify([{ field, direction }]) }
      const { content } = await context.expectCall(200, 'findProjects', { query })
      return content.map((each) => each.name.slice(-1)).join('')
    }
    expectEqual('the order by name', await order('name', 'ASC'), 'abc')
    expectEqual('the order by name, backwards', await order('name', 'DESC'), 'cba')
    expectEqual('the order by an unknown field', await order('colour', 'ASC'), 'acb')
    await context.expectCall(400, 'findProjects', { query: { sorting: 'name' } })
  })
  it('projects/retrieved-by-name [retrieveProject]: A project is retrieved by its name.', async (context) => {
    const { id, name } = await createProject(context)
    const project = await context.expectCall(200, 'retrieveProject', { body: { name } })
    expectEqual('the project', project, await read(context, id))
  })
  it('projects/retrieved-by-whole-name [retrieveProject]: A part of a name retrieves nothing (404).', async (context) => {
    // Cut short, it is the name of no other check's project.
    const { name } = await createProject(context, `${context.name()}-whole`)
    for (const other of [name.slice(0, -1), `${name}x`]) {
      await context.expectCall(404, 'retrieveProject', { body: { name: other } })
    }
  })
  it('projects/default-project [retrieveProject]: Every workspace has a project named Default Project.', async (context) => {
    const { name } = await context.expectCall(200, 'retrieveProject', { body: { name: 'Default Project' } })
    expectEqual('name of the project', name, 'Default Project')
  })
  it('projects/found-by-part [findProjects]: Projects are found by a part of their name, in any letter case.', async (context) => {
    const { id, name } = await createProject(context, context.name('Finding'))
    for (const part of [name, name.slice(9), name.toUpperCase(), name.toLowerCase()]) {
      const ids = await find(context, part)
      expectThat(ids.includes(id), `the project to be found by ${part}`, ids)
    }
  })
  it('projects/not-found-by-other-text [findProjects]: A text that no name contains finds no project.', async (context) => {
    const answer = await context.expectCall(200, 'findProjects', { query: { name: context.name('nowhere') } })
    expectFields('the answer', answer, { content: [], total: 0 })
  })
  it('projects/ten-to-a-page [findProjects]: Projects are found ten to a page, each on one page.', async (context) => {
    const name = context.name('many')
    const ids = idsOf(await many(12, 1, (at) => createProject(context, `${name}-${at}`)))
    const first = await context.expectCall(200, 'findProjects', { query: { name } })
    const second = await context.expectCall(200, 'findProjects', { query: { name, page: 2 } })
    expectEqual('entries and total', [first.content.length, second.content.length, first.total], [10, 2, 12])
    const found = idsOf([...first.content, ...second.content])
    expectEqual('the projects of both pages', found.toSorted(), ids.toSorted())
  })
  it('projects/unknown [getProjectById]: An unknown project is 404.', (context) =>
    context.expectCall(404, 'getProjectById', { path: { id: context.random.uuid() } }))
  it('projects/deleted [deleteProjectById]: A deleted project is 404, is not found, and leaves its name to others; deleting it again is 204.', async (context) => {
    const { id, name } = await createProject(context)
    for (let call = 0; call < 2; call++) await context.expectCall(204, 'deleteProjectById', { path: { id } })
    await context.expectCall(404, 'getProjectById', { path: { id } })
    await context.expectCall(404, 'retrieveProject', { body: { name } })
    expectEqual('the projects found', await find(context, name), [])
    await createProject(context, name)
  })
  it('projects/deleted-at-once [deleteProjectsBatch]: Several projects are deleted at once; unknown ones are passed over.', async (context) => {
    const { id } = await createProject(context)
    await context.expectCall(204, 'deleteProjectsBatch', { body: { ids: [context.random.uuid(), id] } })
    await context.expectCall(404, 'getProjectById', { path: { id } })
  })
  at('deleteProjectById should', { other: 'stranger' })
  it('projects/default-stays: The default project cannot be deleted (409).', async (context) => {
    // In the other workspace, so that a server that lets it happen loses nothing that another check needs.
    const identity = 'stranger'
    const { id } = await context.expectCall(200, 'retrieveProject', { body: { name: 'Default Project' }, identity })
    await context.expectCall(409, 'deleteProjectById', { path: { id }, identity })
    await context.expectCall(200, 'getProjectById', { path: { id }, identity })
  })
})

export const configurationChecks = checksOn('updateAgentConfig should', (it, at) => {
  it('configurations/first-version [createAgentConfig]: The first version is v1, with its values in their order, and prod points to it.', async (context) => {
    const { project_id, blueprint_id } = await configured(context)
    const read = await context.expectCall(200, 'getBlueprintByEnv', { path: { project_id, env_name: 'prod' } })
    const wanted = { id: blueprint_id, name: 'v1', type: 'blueprint', envs: ['prod'], values: FIRST }
    expectFields('the blueprint of prod', read, wanted)
  })
  it('configurations/versions-are-whole: A version holds the values that were given for it, and none of the version before.', async (context) => {
    const { project_id } = await configured(context)
    const id = await add(context, project_id, [temperature('0.9')])
    expectFields('the newest version', await readLatest(context, project_id), { id, values: [temperature('0.9')] })
  })
  it('configurations/masks-do-not-count: A mask is no version: it takes no name, is not the newest, and its id reads no blueprint.', async (context) => {
    const { project_id, blueprint_id } = await configured(context)
    const mask = await add(context, project_id, [temperature('0.1')], 'mask')
    await context.expectCall(404, 'getBlueprintById', { path: { blueprint_id: mask } })
    expectEqual('the newest version', (await readLatest(context, project_id)).id, blueprint_id)
    const id = await add(context, project_id, [MODEL])
    const named = await context.expectCall(200, 'getBlueprintByName', { path: { project_id, name: 'v2' } })
    expectEqual('the version v2', named.id, id)
  })
  it('configurations/mask-laid-over [getBlueprintById]: A mask replaces values in their place and adds others behind, in that answer alone.', async (context) => {
    const { project_id, blueprint_id } = await configured(context)
    const added: Value = { key: 'contract', value: 'x', type: 'string' }
    const mask = await add(context, project_id, [added, temperature('0.1')], 'mask')
    const laid = await readVersion(context, blueprint_id, mask)
    expectEqual('the values with the mask', laid.values, [temperature('0.1'), MODEL, added])
    expectEqual('the values without', (await readVersion(context, blueprint_id)).values, FIRST)
  })
  it('configurations/environment-moves [createOrUpdateEnvs]: An environment points to one version only, and others stay where they are.', async (context) => {
    const { project_id, blueprint_id: first } = await configured(context)
    const second = await add(context, project_id, [MODEL])
    for (const blueprint_id of [first, second]) {
      const envs = [{ env_name: 'staging', blueprint_id }]
      await context.expectCall(204, 'createOrUpdateEnvs', { body: { project_id, envs } })
    }
    expectEqual('the environments of v1', (await readVersion(context, first)).envs, ['prod'])
    expectEqual('the environments of v2', (await readVersion(context, second)).envs, ['staging'])
  })
  it('configurations/history [getBlueprintHistory]: The history lists versions without masks, newest first; envs is absent where none points.', async (context) => {
    const { project_id, blueprint_id: first } = await configured(context)
    await add(context, project_id, [MODEL], 'mask')
    const second = await add(context, project_id, [MODEL])
    const { total, content } = await readHistory(context, project_id)
    expectEqual('ids of the history, and total', [idsOf(content), total], [[second, first], 2])
    expectEqual(
      'its environments',
      content.map(({ envs }) => envs),
      [undefined, ['prod']],
    )
  })
  it('configurations/keys-removed [removeConfigKeys]: A version without some keys is the newest one without them.', async (context) => {
    const { project_id, blueprint_id } = await configured(context)
    await context.expectCall(201, 'removeConfigKeys', { body: { project_id, keys: ['temperature'] } })
    expectFields('the newest version', await readLatest(context, project_id), { name: 'v2', values: [MODEL] })
    expectEqual('the values before', (await readVersion(context, blueprint_id)).values, FIRST)
  })
  it('configurations/last-key-removed [removeConfigKeys]: Without its last key a configuration has a version without values, which is read as any other.', async (context) => {
    const { project_id } = await configured(context)
    const keys = ['temperature', MODEL.key]
    await context.expectCall(201, 'removeConfigKeys', { body: { project_id, keys } })
    expectFields('the newest version', await readLatest(context, project_id), { name: 'v2', values: [] })
    expectEqual('how many versions there are', (await readHistory(context, project_id)).content.length, 2)
  })
  it('configurations/timeouts-refused [upsertWorkspaceConfiguration]: A timeout of a workspace that is no duration is 400, one of no time or of more than seven days 422.', async (context) => {
    for (const [timeout, status] of Object.entries({ '15 minutes': 400, PT0S: 422, P8D: 422 } as const)) {
      const body = { timeout_to_mark_thread_as_inactive: timeout }
      await context.expectCall(status, 'upsertWorkspaceConfiguration', { body })
    }
  })
  it('configurations/names-in-any-case [getBlueprintByEnv]: Environments and versions are found by their names in any letter case.', async (context) => {
    const { project_id, blueprint_id } = await configured(context)
    const byEnv = await context.expectCall(200, 'getBlueprintByEnv', { path: { project_id, env_name: 'PROD' } })
    const byName = await context.expectCall(200, 'getBlueprintByName', { path: { project_id, name: 'V1' } })
    expectEqual('the versions', [byEnv.id, byName.id], [blueprint_id, blueprint_id])
  })

  at('createPromptVersion should')
  it('prompts/name-taken-in-any-case [createPrompt]: A name that the workspace uses already is 409 in any letter case.', async (context) => {
    const { name } = await createPrompt(context)
    await context.expectCall(409, 'createPrompt', { body: { name: name.toUpperCase() } })
  })
  it('prompts/commit: The commit of a version is the end of its id, and finds its prompt.', async (context) => {
    const { versionId: id, id: prompt_id, commit } = await createPrompt(context)
    expectEqual('the commit', commit, id.slice(-8))
    const prompt = await context.expectCall(200, 'getPromptByCommit', { path: { commit } })
    expectEqual('prompt and version', [prompt.id, prompt.requested_version?.id], [prompt_id, id])
  })
  it('prompts/newest-version [retrievePromptVersion]: Without a commit the newest version is retrieved, with the names in its template.', async (context) => {
    const { name, id: prompt_id, versionId: first, commit } = await createPrompt(context)
    const body = { name, version: { template: 'Hello {{first}} {{last}}' } }
    const second = await context.expectCall(200, 'createPromptVersion', { body })
    expectEqual('the prompt of the second version', second.prompt_id, prompt_id)
    const newest = await context.expectCall(200, 'retrievePromptVersion', { body: { name } })
    expectEqual('the newest version', [newest.id, newest.variables?.toSorted()], [second.id, ['first', 'last']])
    const named = await context.expectCall(200, 'retrievePromptVersion', { body: { name, commit } })
    expectEqual('the version of the commit', named.id, first)
  })
  it('prompts/versions-listed [getPromptVersions]: The versions of a prompt are listed newest first, and counted.', async (context) => {
    const { name, id, versionId: first } = await createPrompt(context)
    const body = { name, version: { template: 'Hello' } }
    const { id: second } = await context.expectCall(200, 'createPromptVersion', { body })
    const { content } = await context.expectCall(200, 'getPromptVersions', { path: { id } })
    expectEqual('the versions', idsOf(content), [second, first])
    const { version_count, latest_version } = await context.expectCall(200, 'getPromptById', { path: { id } })
    expectEqual('count and newest version', [version_count, latest_version?.id], [2, second])
  })
})
