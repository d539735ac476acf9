/** The project that a write names, by its id or by a name that may be new. */
import { createEntry } from '../collections/write-entry.js'
import type { KeptContext } from '../engine/collection-code.js'
import { findProject, knownProject, type NoProject } from '../computed/named-project.js'
import { isRefused } from '../world/refused-item.js'

/** How requests name a project. */
export interface ProjectName {
  readonly project_id?: string | undefined
  readonly project_name?: string | undefined
}

/** The id of the project that is there; undefined for a name that none has, and where nothing is named. */
export function namedProject(
  { project_id: id, project_name: name }: ProjectName,
  context: KeptContext,
): string | undefined | NoProject {
  if (id === undefined) return name === undefined ? undefined : findProject(name, context)
  const found = knownProject(id, context)
  return isRefused(found) ? found : found.project_id
}

/** The id of a new project of that name, which none has yet. */
export function makeProject(name: string, { world, caller }: KeptContext): string {
  const made = createEntry(world.collections.projects, caller, { name })
  if (isRefused(made)) throw new Error(`There is a project named ${name} already.`)
  return String(made['id'])
}
