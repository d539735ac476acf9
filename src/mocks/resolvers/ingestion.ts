/** Resolvers that keep the traces and spans of jobs and read them back. */
import type { Identity } from '../identity.js'
import type { Resolvers } from '../engine/resolver.js'
import type { World } from '../world/world.js'

type IngestionOperation =
  | 'createTraces'
  | 'batchUpdateTraces'
  | 'updateTrace'
  | 'getTracesByProject'
  | 'getTraceById'
  | 'createSpans'
  | 'batchUpdateSpans'
  | 'updateSpan'
  | 'getSpansByProject'

export const ingestionResolvers: Pick<Resolvers, IngestionOperation> = {
  createTraces({ body }, { world, caller }) {
    world.traces.createAll(caller, body.traces)
    return {}
  },

  updateTrace({ path, body }, { world, caller }) {
    world.traces.update(caller, path.id, body)
    return {}
  },

  batchUpdateTraces({ body }, { world, caller }) {
    world.traces.updateAll(caller, body.ids, body.update, body.merge_tags ?? false)
    return {}
  },

  getTraceById({ path }, { world, caller }) {
    const trace = world.traces.find(caller, path.id)
    return trace === undefined ? { refused: 'unknown' } : { body: trace }
  },

  getTracesByProject({ query }, { world, caller }) {
    const projectId = resolveProject(world, caller, query)
    if (typeof projectId !== 'string') return projectId
    return { body: world.traces.page(caller, { projectId, page: query.page, size: query.size }) }
  },

  createSpans({ body }, { world, caller }) {
    world.spans.createAll(caller, body.spans)
    return {}
  },

  updateSpan({ path, body }, { world, caller }) {
    world.spans.update(caller, path.id, body)
    return {}
  },

  batchUpdateSpans({ body }, { world, caller }) {
    world.spans.updateAll(caller, body.ids, body.update, body.merge_tags ?? false)
    return {}
  },

  getSpansByProject({ query }, { world, caller }) {
    const projectId = resolveProject(world, caller, query)
    if (typeof projectId !== 'string') return projectId
    const { trace_id: traceId, page, size } = query
    return { body: world.spans.page(caller, { projectId, traceId, page, size }) }
  },
}

/** The project that a list is asked for: by id, else by name. */
function resolveProject(
  world: World,
  caller: Identity,
  query: { project_id?: string; project_name?: string },
): string | { refused: 'unnamed' | 'unknown' } {
  const { project_id: id, project_name: name } = query
  if (id === undefined && name === undefined) return { refused: 'unnamed' }
  const project = id === undefined ? world.projects.findByName(caller, name ?? '') : world.projects.find(caller, id)
  return project?.id ?? { refused: 'unknown' }
}
