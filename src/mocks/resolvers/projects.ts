/** Resolvers of the project operations that clients need before they can pair, and of the liveness probe. */
import type { Resolvers } from '../engine/resolver.js'

type ProjectOperation =
  | 'createProject'
  | 'retrieveProject'
  | 'getProjectById'
  | 'findProjects'
  | 'deleteProjectById'
  | 'isAlive'

export const projectResolvers: Pick<Resolvers, ProjectOperation> = {
  isAlive() {
    return { body: { healthy: true } }
  },

  createProject({ body }, { world, caller }) {
    const project = world.projects.create(caller, body)
    return project === undefined ? { refused: 'taken' } : { created: project.id }
  },

  retrieveProject({ body }, { world, caller }) {
    const project = world.projects.findByName(caller, body.name.trim())
    return project === undefined ? { refused: 'unknown' } : { body: project }
  },

  getProjectById({ path }, { world, caller }) {
    const project = world.projects.find(caller, path.id)
    return project === undefined ? { refused: 'unknown' } : { body: project }
  },

  findProjects: ({ query }, { world, caller }) => ({ body: world.projects.page(caller, query) }),

  deleteProjectById({ path }, { world, caller }) {
    if (!world.projects.delete(caller, path.id)) return { refused: 'kept' }
    return {}
  },
}
