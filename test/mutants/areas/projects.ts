// Mistakes about projects, as far as clients of runners need them.
import { defineMutant, type Mutant, type MutantDefinition } from '../mutant.js'
import { answer, isSuccess, itemsOf, membersIn, membersOf, refusal, textIn, withBody, without } from '../reply.js'
import { editReply, editRequest, editRequestBody, editResource, insteadOf } from '../spoils.js'

/** Clients get by without what is promised of projects. */
function projectMutant(definition: MutantDefinition): Mutant {
  return defineMutant({ severity: 'should', ...definition })
}

const reads = ['getProjectById', 'retrieveProject', 'findProjects'] as const

export const projectMutants: readonly Mutant[] = [
  projectMutant({
    id: 'projects/public-by-default',
    mistake: 'A new project is public.',
    touches: reads,
    spoil: editResource((project) => ({ ...project, visibility: 'public' })),
  }),
  projectMutant({
    id: 'projects/description-lost',
    mistake: 'The description of a project is not kept.',
    touches: ['createProject'],
    spoil: editRequestBody((project) => without(project, 'description')),
  }),
  projectMutant({
    id: 'projects/description-made-up',
    mistake: 'A project without a description shows its name as one.',
    touches: ['getProjectById'],
    spoil: editResource((project) => ({ description: project['name'], ...project })),
  }),
  projectMutant({
    id: 'projects/maker-unknown',
    mistake: 'A project does not name its maker.',
    touches: ['getProjectById'],
    // The survey before the checks tells users apart by it.
    spoil: editResource((project) =>
      textIn(project, 'description') === '' ? project : { ...project, created_by: '' },
    ),
  }),
  projectMutant({
    id: 'projects/taken-name-as-bad-request',
    mistake: 'A name that is taken is 400 instead of 409.',
    touches: ['createProject'],
    spoil: insteadOf(409, 400),
  }),
  projectMutant({
    id: 'projects/retrieved-by-part',
    mistake: 'A part of its name retrieves a project.',
    touches: ['retrieveProject'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      const { body } = await call.ask('findProjects', { query: { name: textIn(call.body, 'name') } })
      const [found] = itemsOf(membersOf(body)['content'])
      return reply.status === 404 && found !== undefined ? answer(200, found) : reply
    },
  }),
  projectMutant({
    id: 'projects/retrieved-without-times',
    mistake: 'A project that is retrieved by its name shows when it was made as now.',
    touches: ['retrieveProject'],
    spoil: editResource((project, _, stage) => ({
      ...project,
      created_at: new Date(stage.now() + 1000).toISOString(),
    })),
  }),
  projectMutant({
    id: 'projects/no-default-project',
    mistake: 'A workspace has no default project until somebody makes it.',
    touches: ['retrieveProject'],
    spoil: editReply((reply, { members }) => (members['name'] === 'Default Project' ? refusal(404) : reply)),
  }),
  projectMutant({
    id: 'projects/found-by-beginning',
    mistake: 'Projects are found by the beginning of their name.',
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
  projectMutant({
    id: 'projects/found-in-exact-case',
    mistake: 'Projects are found in the letter case of their name only.',
    touches: ['findProjects'],
    spoil: editReply((reply, { query }) => {
      const page = membersIn(reply)
      const content = itemsOf(page['content']).filter((project) =>
        textIn(project, 'name').includes(query.get('name') ?? ''),
      )
      return isSuccess(reply) ? withBody(reply, { ...page, content, size: content.length }) : reply
    }),
  }),
  projectMutant({
    id: 'projects/name-filter-ignored',
    mistake: 'The name that projects are looked for by is ignored.',
    touches: ['findProjects'],
    spoil: editRequest(() => ({ query: { name: undefined } })),
  }),
  projectMutant({
    id: 'projects/total-unfiltered',
    mistake: 'The total of projects that are found counts all of the workspace.',
    touches: ['findProjects'],
    spoil: () => async (call) => {
      const reply = await call.proceed()
      const { body } = await call.ask('findProjects', {})
      return isSuccess(reply) ? withBody(reply, { ...membersIn(reply), total: membersOf(body)['total'] }) : reply
    },
  }),
  projectMutant({
    id: 'projects/unknown-as-empty',
    mistake: 'An unknown project is an empty object.',
    touches: ['getProjectById'],
    spoil: editReply((reply) => (reply.status === 404 ? answer(200, {}) : reply)),
  }),
  projectMutant({
    id: 'projects/deleted-keeps-name',
    mistake: 'The name of a deleted project stays taken.',
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
  projectMutant({
    id: 'projects/deleted-twice-unknown',
    mistake: 'Deleting a project that is gone is 404.',
    touches: ['deleteProjectById'],
    spoil: () => async (call) => {
      const { status } = await call.ask('getProjectById', { path: call.path })
      return status === 404 ? refusal(404) : call.proceed()
    },
  }),
  projectMutant({
    id: 'projects/default-deleted',
    mistake: 'The default project can be deleted.',
    touches: ['deleteProjectById'],
    spoil: editReply((reply) => (reply.status === 409 ? answer(204) : reply)),
  }),
]
