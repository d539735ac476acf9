/** Projects as they are shown: with the newest change of their traces. */
import type { View } from '../engine/collection-code.js'
import { parseList } from '../collections/json-list.js'
import { oncePerList } from '../collections/once-per-list.js'
import { microsecondsOf } from '../collections/parse-instant.js'

/**
 * Adds the newest change of its traces. A project without traces has none, unless a list is sorted by it: then it is the
 * project's own.
 */
export const viewProject: View = (project, { world, caller }, query) => {
  const newest = newestChange(world.collections.traces.list(caller, { project_id: String(project['id']) }).entries)
  const shown =
    newest ?? (isSortedBy('last_updated_trace_at', query?.['sorting']) ? project['last_updated_at'] : undefined)
  return shown === undefined ? project : { ...project, last_updated_trace_at: shown }
}

const newestChange = oncePerList((traces) => {
  let newest: unknown
  let greatest = -Infinity
  for (const { last_updated_at: at } of traces) {
    if (at === newest) continue
    const moment = microsecondsOf(at)
    if (moment > greatest) [newest, greatest] = [at, moment]
  }
  return newest
})

function isSortedBy(field: string, sorting: unknown): boolean {
  const [first] = sorting === undefined ? [] : (parseList(sorting) ?? [])
  return typeof first === 'object' && first !== null && 'field' in first && first.field === field
}
