/** Narrows every list to one project, where there is more than one. */
import { ALL, projectOfLists } from '../../model/requests/log-filters.js'
import { heedWorld, projects } from '../../model/world-state.js'
import { Choice } from '../../parts/search.js'

/** The choice, or nothing. */
export function ProjectChoice() {
  heedWorld()
  if (projects.size < 2) return null
  const names = [...projects.values()].map(
    ({ id, name, workspace }) => [id, workspace === 'default' ? name : `${name} (${workspace})`] as const,
  )
  return <Choice value={projectOfLists} label="Project" options={[[ALL, 'Any project'], ...names]} />
}
