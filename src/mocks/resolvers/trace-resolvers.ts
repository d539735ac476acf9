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

/**
 * How traces go, and with them their spans and what was said of either.
 * @param project the one that they must be of; undefined for any
 */
export function removeTraces(ids: readonly string[], project: string | undefined, context: KeptContext): void {
  const { traces, spans, scores, comments } = context.world.collections
  const { caller, world } = context
  for (const each of ids) {
    const id = each.toLowerCase()
    const trace = traces.find(caller, id)
    if (project !== undefined && trace?.['project_id'] !== project.toLowerCase()) continue
    traces.delete(caller, id)
    const said = [...scores.list(caller, { entity_id: id }).entries, ...scores.list(caller, { trace_id: id }).entries]
    scores.deleteAll(
      caller,
      said.map((score) => String(score['score_id'])),
    )
    comments.deleteAll(
      caller,
      comments.list(caller, { entity_id: id }).entries.map((comment) => String(comment['id'])),
    )
    if (world.deviations.keepsSpans === true) continue
    const { entries } = spans.list(caller, { trace_id: id })
    spans.deleteAll(
      caller,
      entries.map((span) => String(span['id'])),
    )
  }
}

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
