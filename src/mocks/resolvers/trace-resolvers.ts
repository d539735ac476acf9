/** What is peculiar to traces: how writes meet, and that spans go with their trace. */
import type { CollectionCode, KeptContext, KeptResolver, MadeCode } from '../engine/collection-code.js'
import { isRefused, refused } from '../world/collection.js'
import { projectOfList } from '../computed/named-project.js'
import { create, putAll, update, updateAll } from './ingest-resolvers.js'
import { loadComputed } from '../computed/load-computed.js'
import { views } from '../computed/sources.js'

const createTrace: KeptResolver<'createTrace'> = ({ body }, context) => {
  const created = create(context.world.collections.traces, body, { isBound: true, same: [] }, context)
  if (isRefused(created) || !created.isKnown) return created
  return refused('complete', { key: created.made })
}

const createTraces: KeptResolver<'createTraces'> = ({ body }, context) =>
  putAll(context.world.collections.traces, body.traces, context) ?? {}

const updateTrace: KeptResolver<'updateTrace'> = ({ path, body }, context) =>
  update(context.world.collections.traces, path.id, body, [], context) ?? {}

const batchUpdateTraces: KeptResolver<'batchUpdateTraces'> = ({ body }, context) =>
  updateAll(context.world.collections.traces, body, context) ?? {}

const deleteTraceById: KeptResolver<'deleteTraceById'> = ({ path }, context) => remove([path.id], undefined, context)

const deleteTraces: KeptResolver<'deleteTraces'> = ({ body }, context) => remove(body.ids, body.project_id, context)

function remove(ids: readonly string[], project: string | undefined, { world, caller }: KeptContext): object {
  const { traces, spans } = world.collections
  for (const id of ids) {
    const trace = traces.find(caller, id)
    if (project !== undefined && trace?.['project_id'] !== project.toLowerCase()) continue
    traces.delete(caller, id)
    if (world.deviations.keepsSpans === true) continue
    const { entries } = spans.list(caller, { trace_id: id.toLowerCase() })
    const own = entries.map((span) => String(span['id']))
    spans.deleteAll(caller, own)
  }
  return {}
}

export const traceCode: CollectionCode<'traces'> = {
  ...views.traces,
  narrow: projectOfList,
  resolvers: {
    createTrace,
    createTraces,
    updateTrace,
    batchUpdateTraces,
    deleteTraceById,
    deleteTraces,
    searchTraces: loadComputed('searchTraces'),
    getTraceStats: loadComputed('getTraceStats'),
  },
}

export const threadCode: MadeCode<'threads'> = {
  ...views.threads,
  narrow: projectOfList,
  resolvers: {
    getTraceThread: loadComputed('getTraceThread'),
    getTraceThreadStats: loadComputed('getTraceThreadStats'),
  },
}
