/** Resolvers of the project operations that clients need before they can pair, and of the liveness probe. */
import { fillPath, operations } from '../../operation.js'
import type { Project } from '../../types.js'
import { refusedReply, type Resolvers } from '../engine/resolver.js'
import { isRefusal, refuse, type Refusal } from '../refusal.js'

type ProjectOperation =
  | 'createProject'
  | 'retrieveProject'
  | 'getProjectById'
  | 'findProjects'
  | 'deleteProjectById'
  | 'isAlive'

export const projectResolvers: Pick<Resolvers, ProjectOperation> = {
  isAlive() {
    return { status: 200, body: { healthy: true } }
  },

  createProject({ body }, { world, caller, locate }) {
    const project = world.projects.create(caller, body)
    if (isRefusal(project)) return refusedReply(project)
    return { status: 201, headers: { location: locate(fillPath(operations.getProjectById, { id: project.id })) } }
  },

  retrieveProject({ body }, { world, caller }) {
    const project = found(world.projects.findByName(caller, body.name.trim()), `named '${body.name}'`)
    return isRefusal(project) ? refusedReply(project) : { status: 200, body: project }
  },

  getProjectById({ path }, { world, caller }) {
    const project = found(world.projects.find(caller, path.id), path.id)
    return isRefusal(project) ? refusedReply(project) : { status: 200, body: project }
  },

  findProjects({ query }, { world, caller }) {
    return { status: 200, body: world.projects.page(caller, query) }
  },

  deleteProjectById({ path }, { world, caller }) {
    const refusal = world.projects.delete(caller, path.id)
    return refusal === undefined ? { status: 204 } : refusedReply(refusal)
  },
}

function found(project: Project | undefined, which: string): Project | Refusal<404> {
  return project ?? refuse(404, `No project ${which} in this workspace; create it first.`)
}
