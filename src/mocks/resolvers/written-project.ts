/** The project that a write names, by its id or by a name that may be new. */
import { createEntry } from '../collections/write-entry.js'
import type { KeptContext } from '../engine/collection-code.js'
import { isRefused, refused, type Refused } from '../world/refused-item.js'

/** How requests name a project. */
export interface ProjectName {
  readonly project_id?: string | undefined
  readonly project_name?: string | undefined
}

/** The id of the project that is there; undefined for a name that none has, and where nothing is named. */
export function namedProject(
  { project_id: id, project_name: name }: ProjectName,
  { world, caller }: KeptContext,
): string | undefined | Refused<'noProject', 'project'> {
  const { projects } = world.collections
  if (id === undefined) return idOf(name === undefined ? undefined : projects.findBy(caller, 'name', name))
  return idOf(projects.find(caller, id)) ?? refused('noProject', { project: id })
}

/** The id of a new project of that name, which none has yet. */
export function makeProject(name: string, { world, caller }: KeptContext): string {
  const made = createEntry(world.collections.projects, caller, { name })
  if (isRefused(made)) throw new Error(`There is a project named ${name} already.`)
  return String(made['id'])
}

function idOf(project: { readonly [field: string]: unknown } | undefined): string | undefined {
  return project && String(project['id'])
}
