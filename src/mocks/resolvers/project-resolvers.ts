/** What is peculiar to projects: they are retrieved by their name, and know when their traces have changed last. */
import type { CollectionCode, KeptResolver, View } from '../engine/collection-code.js'
import { microsecondsOf } from '../collections/parse-instant.js'
import { oncePerList } from '../collections/once-per-list.js'

/** Adds the newest change of its traces, if it has any. */
const view: View = (project, { world, caller }) => {
  const newest = newestChange(world.collections.traces.list(caller, { project_id: String(project['id']) }).entries)
  return newest === undefined ? project : { ...project, last_updated_trace_at: newest }
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

const retrieveProject: KeptResolver<'retrieveProject'> = ({ body }, context) => {
  const project = context.world.collections.projects.findBy(context.caller, 'name', body.name)
  if (project === undefined) return { refused: 'unknown', details: {} }
  return { body: view(project, context, true) }
}

export const projectCode: CollectionCode<'projects'> = { view, narrow: undefined, resolvers: { retrieveProject } }
