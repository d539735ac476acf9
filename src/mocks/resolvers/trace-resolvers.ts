/** What is peculiar to traces: how writes meet, and that spans go with their trace. */
import type { KeptContext, KeptResolvers } from '../engine/collection-code.js'
import { isRefused, refused } from '../world/collection.js'
import { create, putAll, update, updateAll } from './ingest-resolvers.js'

/**
 * How traces go, and with them their spans and what was said of either.
 * @param project the one that they must be of; undefined for any
 */
export function removeTraces(ids: readonly unknown[], project: string | undefined, context: KeptContext): void {
  const { traces, spans, scores, comments } = context.world.collections
  const { caller, world } = context
  for (const each of ids) {
    const id = String(each).toLowerCase()
    const trace = traces.find(caller, id)
    if (project !== undefined && trace?.['project_id'] !== project.toLowerCase()) continue
    traces.delete(caller, id)
    scores.deleteWhere(caller, { entity_id: id })
    scores.deleteWhere(caller, { trace_id: id })
    comments.deleteWhere(caller, { entity_id: id })
    if (world.deviations.keepsSpans !== true) spans.deleteWhere(caller, { trace_id: id })
  }
}

export const traceResolvers = {
  createTrace({ body }, context) {
    const created = create(context.world.collections.traces, body, { isBound: true, same: [] }, context)
    if (isRefused(created) || !created.isKnown) return created
    return refused('complete', { key: created.created })
  },

  createTraces: ({ body }, context) => putAll(context.world.collections.traces, body.traces, context) ?? {},

  updateTrace: ({ path, body }, context) => update(context.world.collections.traces, path.id, body, [], context) ?? {},

  batchUpdateTraces: ({ body }, context) => updateAll(context.world.collections.traces, body, context) ?? {},

  deleteTraceById({ path }, context) {
    removeTraces([path.id], undefined, context)
    return {}
  },

  deleteTraces({ body }, context) {
    removeTraces(body.ids, body.project_id, context)
    return {}
  },
} satisfies Partial<KeptResolvers>
