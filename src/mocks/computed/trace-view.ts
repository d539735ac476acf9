/** Traces and spans as they are shown: with what is computed of them, and of a trace's spans. */
import { isObject } from '../../kernel/json-value.js'
import { sumOf } from './figures.js'
import type { Figures, KeptContext, EntryView } from '../engine/collection-code.js'
import type { Entry } from '../world/collection.js'
import { extended } from '../world/item-store.js'
import { withAnnotations } from './annotations.js'
import { priceOf, PRICE_VERSION } from './prices.js'
import { durationOf, isPartial, oncePerEntry, runningSum, withFirst } from './shown-fields.js'

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
  return sumsOf(world.collections.spans.group(caller, 'trace_id', String(trace['id'])))
}

const sumsOf = runningSum({
  start: () => ({
    usage: new Usage(),
    cost: 0,
    spans: 0,
    llmSpans: 0,
    hasTools: false,
    providers: new Set<string>(),
  }),
  add(total, span) {
    const { type, provider, usage } = span
    total.usage.add(usage)
    total.cost += spanCost(span) ?? 0
    total.spans++
    if (type === 'llm') total.llmSpans++
    if (type === 'tool') total.hasTools = true
    if (typeof provider === 'string' && provider !== '') total.providers.add(provider)
  },
  result: ({ usage, cost, spans, llmSpans, hasTools, providers }): SpanSums => ({
    usage: usage.sums(),
    total_estimated_cost: cost === 0 ? undefined : sumOf([cost]),
    span_count: spans,
    llm_span_count: llmSpans,
    has_tool_spans: hasTools,
    providers: [...providers].toSorted(),
  }),
})

/** What entries have used, by name; undefined where they have used nothing. */
export function usageOf(entries: readonly Entry[]): Record<string, number> | undefined {
  const total = new Usage()
  for (const { usage } of entries) total.add(usage)
  return total.sums()
}

/** A sum of usage by name. */
class Usage {
  private readonly names: string[] = []
  private readonly totals: number[] = []

  add(usage: unknown): void {
    if (!isObject(usage)) return
    let at = 0
    for (const name of Object.keys(usage)) {
      // Most use the same, in the same order.
      if (this.names[at] !== name) at = this.names.includes(name) ? this.names.indexOf(name) : this.names.push(name) - 1
      this.totals[at] = (this.totals[at] ?? 0) + Number(usage[name])
      at++
    }
  }

  sums(): Record<string, number> | undefined {
    const { names, totals } = this
    return names.length === 0 ? undefined : Object.fromEntries(names.map((name, at) => [name, totals[at] ?? 0]))
  }
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
