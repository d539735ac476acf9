/** Traces and spans as they are shown: with what is computed of them, and of a trace's spans. */
import { isObject } from '../../kernel/json-value.js'
import { sumOf } from './figures.js'
import type { Figures, KeptContext, EntryView } from '../engine/collection-code.js'
import type { Entry } from '../world/collection.js'
import { extended } from '../world/item-store.js'
import { withAnnotations } from './annotations.js'
import { priceOf, PRICE_VERSION } from './prices.js'
import { durationOf, isPartial, oncePerEntry, oncePerList, withFirst } from './shown-fields.js'

/** What a trace shows of its spans. */
interface SpanSums {
  readonly usage: Readonly<Record<string, number>> | undefined
  readonly total_estimated_cost: number | undefined
  readonly span_count: number
  readonly llm_span_count: number
  readonly has_tool_spans: boolean
  readonly providers: readonly string[]
}

/** Adds what is computed of the trace and of its spans. */
export const viewTrace: EntryView = (trace, context) =>
  withAnnotations(withSums(trace, spanSums(trace, context)), 'trace', context)

const withSums = oncePerEntry((trace, sums: SpanSums) =>
  extended(trace, {
    metadata: withFirst(trace['metadata'], 'providers', sums.providers.length === 0 ? undefined : sums.providers),
    duration: durationOf(trace),
    ...sums,
    visibility_mode: visibilityOf(trace),
  }),
)

/** Counts that are left out count nothing; the providers stay in metadata that are left out. */
export function insteadOfTrace({ providers }: Entry, excluded: readonly string[]): Entry {
  const counts = Object.entries({ span_count: 0, llm_span_count: 0, has_tool_spans: false, providers: [] })
  const named = Array.isArray(providers) && providers.length > 0 && !excluded.includes('providers')
  return {
    ...Object.fromEntries(counts.filter(([name]) => excluded.includes(name))),
    ...(named && excluded.includes('metadata') ? { metadata: { providers } } : {}),
  }
}

/** The provider stays in metadata that are left out. */
export function insteadOfSpan({ provider }: Entry, excluded: readonly string[]): Entry {
  return provider !== undefined && excluded.includes('metadata') && !excluded.includes('provider')
    ? { metadata: { provider } }
    : {}
}

export const figuresOfTrace: Figures = { duration: durationOf }

function visibilityOf(trace: Entry): unknown {
  return trace['visibility_mode'] ?? (isPartial(trace) ? undefined : 'default')
}

/** What the spans of a trace come to. */
export function spanSums(trace: Entry, { world, caller }: KeptContext): SpanSums {
  return sumsOf(world.collections.spans.list(caller, { trace_id: String(trace['id']) }).entries)
}

const sumsOf = oncePerList((newestFirst): SpanSums => {
  const spans = newestFirst.toReversed()
  const providers = spans.flatMap(({ provider }) => (typeof provider === 'string' && provider !== '' ? [provider] : []))
  return {
    usage: usageOf(spans),
    total_estimated_cost: costOf(spans),
    span_count: spans.length,
    llm_span_count: spans.filter(({ type }) => type === 'llm').length,
    has_tool_spans: spans.some(({ type }) => type === 'tool'),
    providers: [...new Set(providers)].toSorted(),
  }
})

/** What entries have used, by name; undefined where they have used nothing. */
export function usageOf(entries: readonly Entry[]): Record<string, number> | undefined {
  const totals = new Map<string, number>()
  for (const { usage } of entries) {
    if (!isObject(usage)) continue
    for (const name of Object.keys(usage)) totals.set(name, (totals.get(name) ?? 0) + Number(usage[name]))
  }
  return totals.size === 0 ? undefined : Object.fromEntries(totals)
}

/** What spans have cost, or traces; undefined for nothing. */
export function costOf(entries: readonly Entry[]): number | undefined {
  const sum = sumOf(entries.map((entry) => spanCost(entry) ?? 0))
  return sum === 0 ? undefined : sum
}

/** Adds what is computed, and the project's name where a span is read alone. */
export const viewSpan: EntryView = (span, context, query) => {
  const { world, caller } = context
  const shown = withAnnotations(withComputed(span, undefined), 'span', context)
  const project = query === undefined ? world.collections.projects.find(caller, String(span['project_id'])) : undefined
  return project === undefined ? shown : { ...shown, project_name: project['name'] }
}

export const figuresOfSpan: Figures = { duration: durationOf, total_estimated_cost: spanCost }

const withComputed = oncePerEntry((span, _nothing: undefined) => {
  const { provider, metadata, total_estimated_cost: told } = span
  const cost = spanCost(span)
  const shown = extended(span, {
    metadata: typeof provider === 'string' && provider !== '' ? withFirst(metadata, 'provider', provider) : undefined,
    duration: durationOf(span),
    total_estimated_cost: cost,
    total_estimated_cost_version: told === undefined && cost !== undefined ? PRICE_VERSION : undefined,
  })
  if (told === undefined || cost !== undefined) return shown
  // It cost nothing.
  const { total_estimated_cost: _cost, ...left } = shown
  return left
})

/** The cost of a span: as it says, which is nothing for 0, else by its model, provider and usage. */
function spanCost(span: Entry): number | undefined {
  const { total_estimated_cost: told } = span
  if (typeof told === 'number') return told === 0 ? undefined : told
  return priceOf(span)
}
