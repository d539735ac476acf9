/** What is peculiar to spans: how writes meet, and that an update must know where the span belongs. */
import type { CollectionCode, KeptResolver, View } from '../engine/collection-code.js'
import {
  create,
  durationOf,
  present,
  projectOfList,
  putAll,
  update,
  updateAll,
  withFirst,
  type Write,
} from './ingest-resolvers.js'

/** Adds what is computed; read alone, it knows its project's name. */
const view: View = (span, { world, caller }, isAlone) => {
  const { provider } = span
  const named = typeof provider === 'string' && provider !== '' ? provider : undefined
  const project = isAlone ? world.collections.projects.find(caller, String(span['project_id'])) : undefined
  return present({
    ...span,
    project_name: project?.['name'],
    metadata: withFirst(span['metadata'], 'provider', named),
    duration: durationOf(span),
  })
}

/** A span that comes without its trace's id is its own trace's root. */
function rooted<Sent extends Write>(sent: Sent, newKey: () => string): Sent {
  if (sent.trace_id !== undefined) return sent
  const id = sent.id ?? newKey()
  return { ...sent, id, trace_id: id }
}

const createSpan: KeptResolver<'createSpan'> = ({ body }, context) => {
  const { spans } = context.world.collections
  return create(
    spans,
    rooted(body, () => spans.newKey()),
    context,
  )
}

const createSpans: KeptResolver<'createSpans'> = ({ body }, context) => {
  const { spans } = context.world.collections
  return (
    putAll(
      spans,
      body.spans.map((span) => rooted(span, () => spans.newKey())),
      context,
    ) ?? {}
  )
}

const updateSpan: KeptResolver<'updateSpan'> = ({ path, body }, context) =>
  update(context.world.collections.spans, path.id, body, ['trace_id', 'parent_span_id'], context) ?? {}

const batchUpdateSpans: KeptResolver<'batchUpdateSpans'> = ({ body }, context) => {
  updateAll(context.world.collections.spans, body, context)
  return {}
}

export const spanCode: CollectionCode<'spans'> = {
  view,
  altered: ['metadata'],
  narrow: projectOfList,
  resolvers: { createSpan, createSpans, updateSpan, batchUpdateSpans },
}
