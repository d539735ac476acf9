/** The project that a request is about: named by its id or by its name, which may be new where something is written. */
import type { KeptContext, ListQuery } from '../engine/collection-code.js'
import { DEFAULT_PROJECT } from '../base/settings.js'
import { refuseFor } from '../world/collection.js'
import { createEntry } from '../collections/write-entry.js'

export interface ProjectName {
  readonly project_id?: string | undefined
  readonly project_name?: string | undefined
}

/** The project with an id, which must be there. */
export function knownProject(id: string, { world, caller }: KeptContext): { project_id: string } {
  const found = world.collections.projects.find(caller, id) ?? refuseFor('noProject', { project: id })
  return { project_id: String(found['id']) }
}

/** The project that a list names, which must be there. */
export function projectOfList({ project_id: id, project_name: name = '' }: ListQuery, context: KeptContext) {
  if (id !== undefined) return knownProject(String(id), context)
  const project = String(name)
  if (project.trim() === '') refuseFor('unnamedProject')
  return { project_id: findProject(project, context) ?? refuseFor('noProject', { project }) }
}

/** The project that a request names, which must be there. */
export function requireProject({ project_id: id, project_name: name }: ProjectName, context: KeptContext) {
  if (id !== undefined) return knownProject(id, context)
  if (name === undefined) refuseFor('unnamedProject')
  return { project_id: findProject(name, context) ?? refuseFor('noProjectNamed', { name }) }
}

/** The id of the project with a name; undefined for an unknown name. */
export function findProject(name: string = DEFAULT_PROJECT, { world, caller }: KeptContext): string | undefined {
  const project = world.collections.projects.findBy(caller, 'name', spelled(name, world))
  return project && String(project['id'])
}

/** The id of the project that is there; undefined for a name that none has, and where nothing is named. */
export function findNamedProject(
  { project_id: id, project_name: name }: ProjectName,
  context: KeptContext,
): string | undefined {
  if (id !== undefined) return knownProject(id, context).project_id
  return name === undefined ? undefined : findProject(name, context)
}

/** The id of the project that a write names: by its id, which must be there, else by a name that may be new. */
export function projectToWrite(
  { project_id, project_name = DEFAULT_PROJECT }: ProjectName,
  context: KeptContext,
): string {
  return findNamedProject({ project_id, project_name }, context) ?? makeProject(project_name, context)
}

/** The id of a new project of that name, which none has yet. */
export function makeProject(name: string, { world, caller }: KeptContext): string {
  return String(createEntry(world.collections.projects, caller, { name: spelled(name, world) })['id'])
}

/** A name as it is kept: without blanks around it, which made another name before version 2.1. */
function spelled(name: string, world: KeptContext['world']): string {
  return world.isBefore('2.1') ? name : name.trim()
}
