/** What is peculiar to traces: how writes meet, and that spans go with their trace. */
import type { CollectionCode, KeptResolver, MadeCode } from '../engine/collection-code.js'
import { isRefused, refused } from '../world/collection.js'
import { projectOfList } from '../computed/named-project.js'
import { create, putAll, update, updateAll } from './ingest-resolvers.js'
import { loadComputed } from '../computed/load-computed.js'
import { views } from '../computed/sources.js'
import { removeTraces } from './trace-removal.js'

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

const deleteTraceById: KeptResolver<'deleteTraceById'> = ({ path }, context) => {
  removeTraces([path.id], undefined, context)
  return {}
}

const deleteTraces: KeptResolver<'deleteTraces'> = ({ body }, context) => {
  removeTraces(body.ids, body.project_id, context)
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
    tracesExist: loadComputed('tracesExist'),
  },
}

export const threadCode: MadeCode<'threads'> = {
  ...views.threads,
  narrow: projectOfList,
  resolvers: {
    getTraceThread: loadComputed('getTraceThread'),
    getTraceThreadStats: loadComputed('getTraceThreadStats'),
    searchTraceThreads: loadComputed('searchTraceThreads'),
  },
}
