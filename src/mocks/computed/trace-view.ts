/**
 * Traces, spans and threads as they are shown: with what is computed of them, and of a trace's spans. Nothing keeps
 * threads, they are what traces with the same `thread_id` come to.
 */
import type { KeptContext, View, MakeEntries } from '../engine/collection-code.js'
import type { Entry } from '../world/collection.js'
import { microsecondsOf, secondsOf } from '../collections/field-values.js'
import { hashText, present } from '../base/words.js'
import { priceOf, PRICE_VERSION } from './prices.js'
import { oncePerEntry, oncePerList, durationOf, isPartial, withFirst } from './shown-fields.js'

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
export const viewTrace: View = (trace, context) => withSums(trace, spanSums(trace, context))

const withSums = oncePerEntry((trace, sums: SpanSums) =>
  present({
    ...trace,
    metadata: withFirst(trace['metadata'], 'providers', sums.providers.length === 0 ? undefined : sums.providers),
    duration: durationOf(trace),
    ...sums,
    visibility_mode: isPartial(trace) ? undefined : 'default',
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

/** What the spans of a trace come to. */
function spanSums(trace: Entry, { world, caller }: KeptContext): SpanSums {
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

function providersOf(spans: readonly Entry[]): string[] {
  const named = spans.flatMap(({ provider }) => (typeof provider === 'string' && provider !== '' ? [provider] : []))
  return [...new Set(named)].toSorted()
}

/** What entries have used, by name; undefined where they have used nothing. */
function usageOf(entries: readonly Entry[]): Record<string, number> | undefined {
  const sums = new Map<string, number>()
  for (const { usage } of entries) {
    if (typeof usage !== 'object' || usage === null) continue
    for (const [name, count] of Object.entries<unknown>({ ...usage }))
      sums.set(name, (sums.get(name) ?? 0) + Number(count))
  }
  return sums.size === 0 ? undefined : Object.fromEntries(sums)
}

/** What spans have cost, or traces; undefined for nothing. */
function costOf(entries: readonly Entry[]): number | undefined {
  const sum = entries.reduce((total, entry) => total + (spanCost(entry) ?? 0), 0)
  return sum === 0 ? undefined : sum
}

/** Adds what is computed, and the project's name where a span is read alone. */
export const viewSpan: View = (span, { world, caller }, query) => {
  const shown = withComputed(span, undefined)
  const project = query === undefined ? world.collections.projects.find(caller, String(span['project_id'])) : undefined
  return project === undefined ? shown : { ...shown, project_name: project['name'] }
}

const withComputed = oncePerEntry((span, _nothing: undefined) => {
  const { provider } = span
  const named = typeof provider === 'string' && provider !== '' ? provider : undefined
  return present({
    ...span,
    metadata: withFirst(span['metadata'], 'provider', named),
    duration: durationOf(span),
    total_estimated_cost: spanCost(span),
    total_estimated_cost_version:
      span['total_estimated_cost'] === undefined && spanCost(span) !== undefined ? PRICE_VERSION : undefined,
  })
})

/** The cost of a span: as it says, which is nothing for 0, else by its model, provider and usage. */
function spanCost(span: Entry): number | undefined {
  const { total_estimated_cost: told } = span
  if (typeof told === 'number') return told === 0 ? undefined : told
  return priceOf(span)
}

/** How long after its last change a thread is inactive, unless the workspace is configured otherwise. */
const INACTIVE_AFTER = 'PT15M'

function inactiveAfterMs({ world, caller }: KeptContext): number {
  const [configuration] = world.collections.configurations.list(caller).entries
  const timeout = configuration?.['timeout_to_mark_thread_as_inactive']
  return 1000 * secondsOf(typeof timeout === 'string' ? timeout : INACTIVE_AFTER)
}

/** The threads of the traces that count, the one with the newest change first. */
export const makeThreads: MakeEntries = (where, context, isPart) => {
  const groups = new Map<string, Entry[]>()
  for (const trace of context.world.collections.traces.list(context.caller, where).entries) {
    const { thread_id: thread } = trace
    if (typeof thread !== 'string' || isPartial(trace) || !isPart(trace)) continue
    const group = groups.get(thread)
    if (group === undefined) groups.set(thread, [trace])
    else group.push(trace)
  }
  const threads = Array.from(groups, ([thread, traces]) => {
    const changed = Math.max(...traces.map(({ last_updated_at: at }) => microsecondsOf(at)))
    return { changed, entry: threadOf(thread, traces, changed, context) }
  })
  return threads.toSorted((a, b) => b.changed - a.changed).map(({ entry }) => entry)
}

/** Without what filters and times ask for alone. */
export const viewThread: View = ({ source: _source, first_trace_id: _first, has_error: _error, ...thread }) => thread

function threadOf(id: string, traces: readonly Entry[], changed: number, context: KeptContext): Entry {
  const first = extreme(traces, 'start_time', -1)
  const ended = extreme(traces, 'end_time', 1)
  const made = extreme(traces, 'created_at', -1)
  const last = traces.find(({ last_updated_at: at }) => microsecondsOf(at) === changed)
  const sums = traces.map((trace): Entry => ({ ...spanSums(trace, context) }))
  const duration = (microsecondsOf(ended?.['end_time']) - microsecondsOf(first?.['start_time'])) / 1000
  return present({
    id,
    thread_model_id: modelId(String(traces.at(-1)?.['id']), id),
    project_id: first?.['project_id'],
    start_time: first?.['start_time'],
    end_time: ended?.['end_time'],
    duration: Number.isNaN(duration) ? undefined : duration,
    first_message: first?.['input'],
    last_message: ended?.['output'],
    number_of_messages: 2 * traces.length,
    status: context.world.now() - changed / 1000 < inactiveAfterMs(context) ? 'active' : 'inactive',
    usage: usageOf(sums),
    total_estimated_cost: costOf(sums),
    created_at: made?.['created_at'],
    created_by: made?.['created_by'],
    last_updated_at: last?.['last_updated_at'],
    last_updated_by: last?.['last_updated_by'],
    environment: traces.find(({ environment }) => environment !== undefined)?.['environment'],
    source: traces.find(({ source }) => source !== undefined)?.['source'],
    first_trace_id: traces.at(-1)?.['id'],
    has_error: traces.some(({ error_info: error }) => error !== undefined),
  })
}

/**
 * The trace with the least (-1) or greatest (1) time in a field, of several the oldest or newest; undefined where none
 * has it.
 * @param traces newest first
 */
function extreme(traces: readonly Entry[], field: string, turn: 1 | -1): Entry | undefined {
  let found: Entry | undefined
  let best = -Infinity
  for (const trace of traces) {
    const moment = turn * microsecondsOf(trace[field])
    if (moment > best || (turn < 0 && moment === best)) [found, best] = [trace, moment]
  }
  return found
}

/** An id that a thread keeps while its oldest trace is there: with the time of that one, and a mark of the thread's own. */
function modelId(oldest: string, thread: string): string {
  return `${oldest.slice(0, -12)}0000${hashText(thread).toString(16).padStart(8, '0')}`
}
