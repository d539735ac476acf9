// Checks of projects, as far as clients of runners need them.
import { idsOf, many } from '../../check/check-steps.js'
import { checksOn } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectStatus, expectThat, expectFields } from '../../target/expectation.js'
import { createdId } from '../../check/runner-handle.js'
import type { Project } from '../../../kernel/types.js'

async function createProject(context: Context, body: { name: string; description?: string }): Promise<string> {
  // Not run where projects may not be created.
  await context.newProject()
  const answer = await context.call('createProject', { body })
  expectStatus(answer, 201)
  const id = createdId(answer)
  context.defer(() => context.call('deleteProjectById', { path: { id } }))
  return id
}

async function find(context: Context, name: string): Promise<readonly Project[]> {
  return (await context.expectCall(200, 'findProjects', { query: { name, size: 50 } })).content
}

export const projectChecks = checksOn('createProject should', (it, at) => {
  it('projects/created: A new project is private, with its name, description and who made it when.', async (context) => {
    const body = { name: context.name(), description: 'Made by a contract check.' }
    const id = await createProject(context, body)
    const project = await context.expectCall(200, 'getProjectById', { path: { id } })
    expectFields('the project', project, { id, ...body, visibility: 'private' })
    expectThat(Number.isFinite(Date.parse(project.created_at)), 'created_at to be a time', project.created_at)
    expectThat(project.created_by !== '', 'created_by to name a user', project.created_by)
  })
  it('projects/without-description: A project without a description shows none.', async (context) => {
    const id = await createProject(context, { name: context.name() })
    const { description } = await context.expectCall(200, 'getProjectById', { path: { id } })
    expectThat(description === undefined || description === '', 'no description', description)
  })
  it('projects/name-taken: A name that the workspace uses already is 409, and changes nothing.', async (context) => {
    const name = context.name()
    const id = await createProject(context, { name })
    expectStatus(await context.call('createProject', { body: { name, description: 'second' } }), 409)
    const found = await find(context, name)
    expectEqual('the projects of that name', idsOf(found), [id])
  })
  it('projects/name-taken-in-any-case: A name that the workspace uses already is 409 in any letter case.', async (context) => {
    const name = context.name('Taken')
    await createProject(context, { name })
    expectStatus(await context.call('createProject', { body: { name: name.toUpperCase() } }), 409)
  })
  it('projects/changed [updateProject]: What a change names of a project is replaced, the rest stays; a name that is taken is 409.', async (context) => {
    const [name, other] = [context.name(), context.name()]
    const id = await createProject(context, { name, description: 'first' })
    await createProject(context, { name: other })
    await context.expectCall(204, 'updateProject', { path: { id }, body: { description: 'second' } })
    expectStatus(await context.call('updateProject', { path: { id }, body: { name: other } }), 409)
    const project = await context.expectCall(200, 'getProjectById', { path: { id } })
    expectFields('the project', project, { name, description: 'second' })
    const unknown = { id: context.random.uuid() }
    expectStatus(await context.call('updateProject', { path: unknown, body: { description: 'x' } }), 404)
  })
  it('projects/sorted [findProjects]: Projects come in the order of their names, when that is asked for; an unknown field changes nothing.', async (context) => {
    const prefix = context.name('sorted')
    for (const end of ['b', 'c', 'a']) await createProject(context, { name: `${prefix}-${end}` })
    const order = async (field: string, direction: string): Promise<string> => {
      const query = { name: prefix, sorting: JSON.stringify([{ field, direction }]) }
      const { content } = await context.expectCall(200, 'findProjects', { query })
      return content.map((each) => each.name.slice(-1)).join('')
    }
    expectEqual('the order by name', await order('name', 'ASC'), 'abc')
    expectEqual('the order by name, backwards', await order('name', 'DESC'), 'cba')
    expectEqual('the order by an unknown field', await order('colour', 'ASC'), 'acb')
    expectStatus(await context.call('findProjects', { query: { sorting: 'name' } }), 400)
  })
  it('projects/retrieved-by-name [retrieveProject]: A project is retrieved by its name.', async (context) => {
    const name = context.name()
    const id = await createProject(context, { name })
    const project = await context.expectCall(200, 'retrieveProject', { body: { name } })
    expectEqual('id of the project', project.id, id)
    expectEqual('the project', project, await context.expectCall(200, 'getProjectById', { path: { id } }))
  })
  it('projects/retrieved-by-whole-name [retrieveProject]: A part of a name retrieves nothing (404).', async (context) => {
    // Cut short, it is the name of no other check's project.
    const name = `${context.name()}-whole`
    await createProject(context, { name })
    expectStatus(await context.call('retrieveProject', { body: { name: name.slice(0, -1) } }), 404)
    expectStatus(await context.call('retrieveProject', { body: { name: `${name}x` } }), 404)
  })
  it('projects/default-project [retrieveProject]: Every workspace has a project named Default Project.', async (context) => {
    const { name } = await context.expectCall(200, 'retrieveProject', { body: { name: 'Default Project' } })
    expectEqual('name of the project', name, 'Default Project')
  })
  it('projects/found-by-part [findProjects]: Projects are found by a part of their name, in any letter case.', async (context) => {
    const name = context.name('Finding')
    const id = await createProject(context, { name })
    for (const part of [name, name.slice(9), name.toUpperCase(), name.toLowerCase()]) {
      const ids = idsOf(await find(context, part))
      expectThat(ids.includes(id), `the project to be found by ${part}`, ids)
    }
  })
  it('projects/not-found-by-other-text [findProjects]: A text that no name contains finds no project.', async (context) => {
    const answer = await context.expectCall(200, 'findProjects', { query: { name: context.name('nowhere') } })
    expectFields('the answer', answer, { content: [], total: 0 })
  })
  it('projects/ten-to-a-page [findProjects]: Projects are found ten to a page, each on one page.', async (context) => {
    const prefix = context.name('many')
    const ids = await many(12, 1, (at) => createProject(context, { name: `${prefix}-${at}` }))
    const first = await context.expectCall(200, 'findProjects', { query: { name: prefix } })
    const second = await context.expectCall(200, 'findProjects', { query: { name: prefix, page: 2 } })
    expectEqual('entries of the pages', [first.content.length, second.content.length], [10, 2])
    expectEqual('the total', first.total, 12)
    const found = idsOf([...first.content, ...second.content])
    expectEqual('the projects of both pages', found.toSorted(), ids.toSorted())
  })
  it('projects/unknown [getProjectById]: An unknown project is 404.', async (context) => {
    expectStatus(await context.call('getProjectById', { path: { id: context.random.uuid() } }), 404)
  })
  it('projects/deleted [deleteProjectById]: A deleted project is 404, is not found, and leaves its name to others; deleting it again is 204.', async (context) => {
    const name = context.name()
    const id = await createProject(context, { name })
    for (let call = 0; call < 2; call++) await context.expectCall(204, 'deleteProjectById', { path: { id } })
    expectStatus(await context.call('getProjectById', { path: { id } }), 404)
    expectStatus(await context.call('retrieveProject', { body: { name } }), 404)
    expectEqual('the projects found', await find(context, name), [])
    await createProject(context, { name })
  })
  it('projects/deleted-at-once [deleteProjectsBatch]: Several projects are deleted at once; unknown ones are passed over.', async (context) => {
    const id = await createProject(context, { name: context.name() })
    const ids = [context.random.uuid(), id]
    await context.expectCall(204, 'deleteProjectsBatch', { body: { ids } })
    expectStatus(await context.call('getProjectById', { path: { id } }), 404)
  })
  at('deleteProjectById should', { other: 'stranger' })
  it('projects/default-stays: The default project cannot be deleted (409).', async (context) => {
    // In the other workspace, so that a server that lets it happen loses nothing that another check needs.
    const identity = 'stranger'
    const { id } = await context.expectCall(200, 'retrieveProject', { body: { name: 'Default Project' }, identity })
    expectStatus(await context.call('deleteProjectById', { path: { id }, identity }), 409)
    await context.expectCall(200, 'getProjectById', { path: { id }, identity })
  })
})
