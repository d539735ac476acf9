/** What is peculiar to spans: how writes meet, and that an update must know where the span belongs. */
import type { KeptResolvers } from '../engine/collection-code.js'
import { create, putAll, update, updateAll } from './ingest-resolvers.js'

export const spanResolvers = {
  createSpan: ({ body }, context) =>
    create(context.world.collections.spans, body, { isBound: false, same: ['trace_id'] }, context),

  createSpans: ({ body }, context) => putAll(context.world.collections.spans, body.spans, context) ?? {},

  updateSpan: ({ path, body }, context) =>
    update(context.world.collections.spans, path.id, body, ['trace_id', 'parent_span_id'], context) ?? {},

  batchUpdateSpans: ({ body }, context) => updateAll(context.world.collections.spans, body, context) ?? {},
} satisfies Partial<KeptResolvers>
