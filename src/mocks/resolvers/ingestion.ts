/** Resolvers that keep the traces and spans of jobs and read them back. */
import type { Identity } from '../identity.js'
import { refuse, isRefusal, type Refusal } from '../refusal.js'
import { refusedReply, type Resolvers } from '../engine/resolver.js'
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
    return { status: 204 }
  },

  updateTrace({ path, body }, { world, caller }) {
    world.traces.update(caller, path.id, body)
    return { status: 204 }
  },

  batchUpdateTraces({ body }, { world, caller }) {
    world.traces.updateAll(caller, body.ids, body.update, body.merge_tags ?? false)
    return { status: 204 }
  },

  getTraceById({ path }, { world, caller }) {
    const trace = world.traces.find(caller, path.id)
    if (trace === undefined) return refusedReply(refuse(404, `No trace ${path.id} in this workspace.`))
    return { status: 200, body: trace }
  },

  getTracesByProject({ query }, { world, caller }) {
    const projectId = resolveProject(world, caller, query)
    if (isRefusal(projectId)) return refusedReply(projectId)
    return { status: 200, body: world.traces.page(caller, { projectId, page: query.page, size: query.size }) }
  },

  createSpans({ body }, { world, caller }) {
    world.spans.createAll(caller, body.spans)
    return { status: 204 }
  },

  updateSpan({ path, body }, { world, caller }) {
    world.spans.update(caller, path.id, body)
    return { status: 204 }
  },

  batchUpdateSpans({ body }, { world, caller }) {
    world.spans.updateAll(caller, body.ids, body.update, body.merge_tags ?? false)
    return { status: 204 }
  },

  getSpansByProject({ query }, { world, caller }) {
    const projectId = resolveProject(world, caller, query)
    if (isRefusal(projectId)) return refusedReply(projectId)
    const { trace_id: traceId, page, size } = query
    return { status: 200, body: world.spans.page(caller, { projectId, traceId, page, size }) }
  },
}

/** The project that a list is asked for: by id, else by name. */
function resolveProject(
  world: World,
  caller: Identity,
  query: { project_id?: string; project_name?: string },
): string | Refusal<400 | 404> {
  const { project_id: id, project_name: name } = query
  if (id === undefined && name === undefined) return refuse(400, 'Name a project: project_id or project_name.')
  const project = id === undefined ? world.projects.findByName(caller, name ?? '') : world.projects.find(caller, id)
  return project?.id ?? refuse(404, `No project ${id ?? `named '${name ?? ''}'`} in this workspace.`)
}
