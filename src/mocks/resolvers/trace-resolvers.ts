/** What is peculiar to traces: how writes meet, what they show of their spans, and that these go with them. */
import type { CollectionCode, KeptContext, KeptResolver, View } from '../engine/collection-code.js'
import { oncePerList } from '../collections/once-per-list.js'
import type { Entry } from '../world/collection.js'
import { isRefused, refused } from '../world/refused-item.js'
import {
  create,
  durationOf,
  isPartial,
  present,
  projectOfList,
  putAll,
  update,
  updateAll,
  withFirst,
} from './ingest-resolvers.js'

/** Adds what is computed of the trace and of its spans. */
const view: View = (trace, { world, caller }) => {
  const sums = sumsOf(world.collections.spans.list(caller, { trace_id: String(trace['id']) }).entries)
  return present({
    ...trace,
    metadata: withFirst(trace['metadata'], 'providers', sums.providers),
    duration: durationOf(trace),
    ...sums,
    visibility_mode: isPartial(trace) ? undefined : 'default',
  })
}

const sumsOf = oncePerList((spans) => ({
  usage: usageOf(spans),
  total_estimated_cost: costOf(spans),
  span_count: spans.length,
  llm_span_count: spans.filter(({ type }) => type === 'llm').length,
  has_tool_spans: spans.some(({ type }) => type === 'tool'),
  providers: providersOf(spans),
}))

function providersOf(spans: readonly Entry[]): string[] | undefined {
  const named = spans.flatMap(({ provider }) => (typeof provider === 'string' && provider !== '' ? [provider] : []))
  return named.length === 0 ? undefined : [...new Set(named)].toSorted()
}

function usageOf(spans: readonly Entry[]): Record<string, number> | undefined {
  const sums = new Map<string, number>()
  for (const { usage } of spans) {
    if (typeof usage !== 'object' || usage === null) continue
    for (const [name, count] of Object.entries<unknown>({ ...usage }))
      sums.set(name, (sums.get(name) ?? 0) + Number(count))
  }
  return sums.size === 0 ? undefined : Object.fromEntries(sums)
}

function costOf(spans: readonly Entry[]): number | undefined {
  const sum = spans.reduce((total, { total_estimated_cost: cost }) => total + (typeof cost === 'number' ? cost : 0), 0)
  return sum === 0 ? undefined : sum
}

const createTrace: KeptResolver<'createTrace'> = ({ body }, context) => {
  const created = create(context.world.collections.traces, body, context)
  if (isRefused(created) || !created.isKnown) return created
  return refused('complete', { key: created.made })
}

const createTraces: KeptResolver<'createTraces'> = ({ body }, context) =>
  putAll(context.world.collections.traces, body.traces, context) ?? {}

const updateTrace: KeptResolver<'updateTrace'> = ({ path, body }, context) =>
  update(context.world.collections.traces, path.id, body, [], context) ?? {}

const batchUpdateTraces: KeptResolver<'batchUpdateTraces'> = ({ body }, context) => {
  updateAll(context.world.collections.traces, body, context)
  return {}
}

const deleteTraceById: KeptResolver<'deleteTraceById'> = ({ path }, context) => remove([path.id], undefined, context)

const deleteTraces: KeptResolver<'deleteTraces'> = ({ body }, context) => remove(body.ids, body.project_id, context)

function remove(ids: readonly string[], project: string | undefined, { world, caller }: KeptContext): object {
  const { traces, spans } = world.collections
  for (const id of ids) {
    const trace = traces.find(caller, id)
    if (project !== undefined && trace?.['project_id'] !== project.toLowerCase()) continue
    traces.delete(caller, id)
    const own = spans.list(caller, { trace_id: id.toLowerCase() }).entries
    spans.deleteAll(
      caller,
      own.map((span) => String(span['id'])),
    )
  }
  return {}
}

export const traceCode: CollectionCode<'traces'> = {
  view,
  altered: ['metadata'],
  narrow: projectOfList,
  resolvers: { createTrace, createTraces, updateTrace, batchUpdateTraces, deleteTraceById, deleteTraces },
}
