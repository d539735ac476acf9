// Checks of projects, as far as clients of runners need them.
import { idsOf, many } from '../../check/check-steps.js'
import { checksOn } from '../core/checks-on.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectFields, expectStatus, expectThat } from '../../target/expectation.js'
import { createdId } from '../../check/runner-handle.js'

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
