/** What is peculiar to spans: how writes meet, and that an update must know where the span belongs. */
import type { CollectionCode, KeptResolver } from '../engine/collection-code.js'
import { projectOfList } from '../computed/named-project.js'
import { create, putAll, update, updateAll } from './ingest-resolvers.js'
import { loadComputed } from '../computed/load-computed.js'
import { views } from '../computed/sources.js'

const createSpan: KeptResolver<'createSpan'> = ({ body }, context) =>
  create(context.world.collections.spans, body, { isBound: false, same: ['trace_id'] }, context)

const createSpans: KeptResolver<'createSpans'> = ({ body }, context) =>
  putAll(context.world.collections.spans, body.spans, context) ?? {}

const updateSpan: KeptResolver<'updateSpan'> = ({ path, body }, context) =>
  update(context.world.collections.spans, path.id, body, ['trace_id', 'parent_span_id'], context) ?? {}

const batchUpdateSpans: KeptResolver<'batchUpdateSpans'> = ({ body }, context) =>
  updateAll(context.world.collections.spans, body, context) ?? {}

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
    spansExist: loadComputed('spansExist'),
  },
}
