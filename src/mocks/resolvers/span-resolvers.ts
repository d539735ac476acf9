/** What is peculiar to spans: how writes meet, and that an update must know where the span belongs. */
import type { CollectionCode, KeptResolver } from '../engine/collection-code.js'
import type { Collection } from '../world/collection.js'
import { projectOfList } from '../computed/named-project.js'
import { create, putAll, update, updateAll, type Write } from './ingest-resolvers.js'
import { loadComputed } from '../computed/load-computed.js'
import { views } from '../computed/sources.js'

/** A span that comes without its trace's id is its own trace's root. */
function rooted<Sent extends Write>(sent: Sent, spans: Collection): Sent {
  if (sent.trace_id !== undefined) return sent
  const id = sent.id ?? spans.newKey()
  return { ...sent, id, trace_id: id }
}

const createSpan: KeptResolver<'createSpan'> = ({ body }, context) => {
  const { spans } = context.world.collections
  return create(spans, rooted(body, spans), context)
}

const createSpans: KeptResolver<'createSpans'> = ({ body }, context) => {
  const { spans } = context.world.collections
  const sent = body.spans.map((span) => rooted(span, spans))
  return putAll(spans, sent, context) ?? {}
}

const updateSpan: KeptResolver<'updateSpan'> = ({ path, body }, context) =>
  update(context.world.collections.spans, path.id, body, ['trace_id', 'parent_span_id'], context) ?? {}

const batchUpdateSpans: KeptResolver<'batchUpdateSpans'> = ({ body }, context) => {
  updateAll(context.world.collections.spans, body, context)
  return {}
}

export const spanCode: CollectionCode<'spans'> = {
  ...views.spans,
  narrow: projectOfList,
  resolvers: {
    createSpan,
    createSpans,
    updateSpan,
    batchUpdateSpans,
    searchSpans: loadComputed('searchSpans'),
    getSpanStats: loadComputed('getSpanStats'),
  },
}
