// Mistakes about projects, as far as clients of runners need them.
import { type Mutant, defineShould } from '../mutant.js'
import { answer, isSuccess, itemsOf, membersIn, membersOf, refusal, textIn, withBody } from '../reply.js'
import { editReply, editResource } from '../spoils.js'

const reads = ['getProjectById', 'retrieveProject', 'findProjects'] as const

export const projectMutants: readonly Mutant[] = [
  defineShould('projects/public-by-default', 'A new project is public.', {
    touches: reads,
    spoil: editResource((project) => ({ ...project, visibility: 'public' })),
  }),
  defineShould('projects/description-made-up', 'A project without a description shows its name as one.', {
    touches: ['getProjectById'],
    spoil: editResource((project) => ({ description: project['name'], ...project })),
  }),
  defineShould('projects/maker-unknown', 'A project does not name its maker.', {
    touches: ['getProjectById'],
    // The survey before the checks tells users apart by it.
    spoil: editResource((project) =>
      textIn(project, 'description') === '' ? project : { ...project, created_by: '' },
    ),
  }),
  defineShould('projects/retrieved-without-times', 'A project that is retrieved by its name was made now.', {
    touches: ['retrieveProject'],
    spoil: editResource((project, _, stage) => ({
      ...project,
      created_at: new Date(stage.now() + 1000).toISOString(),
    })),
  }),
  defineShould('projects/no-default-project', 'A workspace has no default project until somebody makes it.', {
    touches: ['retrieveProject'],
    spoil: editReply((reply, { members }) => (members['name'] === 'Default Project' ? refusal(404) : reply)),
  }),
  defineShould('projects/found-by-beginning', 'Projects are found by the beginning of their name.', {
    touches: ['findProjects'],
    spoil: editReply((reply, { query }) => {
      const page = membersIn(reply)
      const content = itemsOf(page['content']).filter((project) =>
        textIn(project, 'name')
          .toLowerCase()
          .startsWith((query.get('name') ?? '').toLowerCase()),
      )
      return isSuccess(reply) ? withBody(reply, { ...page, content, size: content.length }) : reply
    }),
  }),
  defineShould('projects/found-in-exact-case', 'Projects are found in the letter case of their name only.', {
    touches: ['findProjects'],
    spoil: editReply((reply, { query }) => {
      const page = membersIn(reply)
      const content = itemsOf(page['content']).filter((project) =>
        textIn(project, 'name').includes(query.get('name') ?? ''),
      )
      return isSuccess(reply) ? withBody(reply, { ...page, content, size: content.length }) : reply
    }),
  }),
  defineShould('projects/total-unfiltered', 'The total of projects that are found counts all of the workspace.', {
    touches: ['findProjects'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      const { body } = await call.ask('findProjects', {})
      return isSuccess(reply) ? withBody(reply, { ...membersIn(reply), total: membersOf(body)['total'] }) : reply
    },
  }),
  defineShould('projects/deleted-keeps-name', 'The name of a deleted project stays taken.', {
    touches: ['createProject', 'deleteProjectById'],
    spoil: () => {
      const taken = new Set<string>()
      return async (call) => {
        if (call.operation === 'createProject' && taken.has(textIn(call.body, 'name'))) return refusal(409)
        if (call.operation === 'deleteProjectById') {
          const { body } = await call.ask('getProjectById', { path: call.path })
          taken.add(textIn(body, 'name'))
        }
        return call.proceed()
      }
    },
  }),
  defineShould('projects/deleted-twice-unknown', 'Deleting a project that is gone is 404.', {
    touches: ['deleteProjectById'],
    spoil: () => async (call) => {
      const { status } = await call.ask('getProjectById', { path: call.path })
      return status === 404 ? refusal(404) : call.proceed()
    },
  }),
  defineShould('projects/default-deleted', 'The default project can be deleted.', {
    touches: ['deleteProjectById'],
    spoil: editReply((reply) => (reply.status === 409 ? answer(204) : reply)),
  }),
]
