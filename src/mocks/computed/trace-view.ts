/** Traces as they are shown: with what is computed of them and of their spans. */
import type { KeptContext, View } from '../engine/collection-code.js'
import { oncePerEntry, oncePerList } from '../collections/once-per-list.js'
import type { Entry } from '../world/collection.js'
import { spanCost } from './model-prices.js'
import { durationOf, isPartial, present, withFirst } from './shown-fields.js'

/** What a trace shows of its spans. */
export interface SpanSums {
  readonly usage: Readonly<Record<string, number>> | undefined
  readonly total_estimated_cost: number | undefined
  readonly span_count: number
  readonly llm_span_count: number
  readonly has_tool_spans: boolean
  readonly providers: readonly string[] | undefined
}

/** Adds what is computed of the trace and of its spans. */
export const viewTrace: View = (trace, context) => withSums(trace, spanSums(trace, context))

const withSums = oncePerEntry((trace, sums: SpanSums) =>
  present({
    ...trace,
    metadata: withFirst(trace['metadata'], 'providers', sums.providers),
    duration: durationOf(trace),
    ...sums,
    visibility_mode: isPartial(trace) ? undefined : 'default',
  }),
)

/** What the spans of a trace come to. */
export function spanSums(trace: Entry, { world, caller }: KeptContext): SpanSums {
  return sumsOf(world.collections.spans.list(caller, { trace_id: String(trace['id']) }).entries)
}

const sumsOf = oncePerList((spans): SpanSums => ({
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

/** What entries have used, by name; undefined where they have used nothing. */
export function usageOf(entries: readonly Entry[]): Record<string, number> | undefined {
  const sums = new Map<string, number>()
  for (const { usage } of entries) {
    if (typeof usage !== 'object' || usage === null) continue
    for (const [name, count] of Object.entries<unknown>({ ...usage }))
      sums.set(name, (sums.get(name) ?? 0) + Number(count))
  }
  return sums.size === 0 ? undefined : Object.fromEntries(sums)
}

/** What spans have cost, or traces; undefined for nothing. */
export function costOf(entries: readonly Entry[]): number | undefined {
  const sum = entries.reduce((total, entry) => total + (spanCost(entry) ?? 0), 0)
  return sum === 0 ? undefined : sum
}
