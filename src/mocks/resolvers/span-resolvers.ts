/** What is peculiar to spans: how writes meet, and that an update must know where the span belongs. */
import type { KeptContext, KeptResolvers } from '../engine/collection-code.js'
import { create, putAll, update, updateAll } from './ingest-resolvers.js'
import { spanSums } from '../computed/trace-view.js'

export const spanResolvers = {
  createSpan: ({ body }, context) =>
    create(context.world.collections.spans, body, { isBound: false, same: ['trace_id'] }, context),

  createSpans({ body }, context) {
    const refusal = putAll(context.world.collections.spans, body.spans, context)
    if (refusal !== undefined) return refusal
    countOn(body.spans, context)
    return {}
  },

  updateSpan: ({ path, body }, context) =>
    update(context.world.collections.spans, path.id, body, ['trace_id', 'parent_span_id'], context) ?? {},

  batchUpdateSpans: ({ body }, context) => updateAll(context.world.collections.spans, body, context) ?? {},
} satisfies Partial<KeptResolvers>

/** Adds spans to the sums of their traces while they are at hand: the first sums of all would take long. */
function countOn(spans: readonly { readonly trace_id: string }[], context: KeptContext): void {
  for (const id of new Set(spans.map(({ trace_id }) => trace_id.toLowerCase()))) {
    if (context.world.collections.spans.group(context.caller, 'trace_id', id).entries.length <= MAX_COUNTED)
      spanSums({ id }, context)
  }
}

/** Longer sums may have to begin again with every span. */
const MAX_COUNTED = 1000
