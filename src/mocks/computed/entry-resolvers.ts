/**
 * What traces, spans and threads come to, single threads, and searches: all that fits, newest first, as lines of JSON.
 */
import { writeJson } from '../../kernel/json-text.js'
import { listOf as itemsOf } from '../../kernel/json-value.js'
import type { RequestBodyOf } from '../../kernel/operation.js'
import type { Figures, KeptContext, KeptResolver, KeptSuccess, ListQuery } from '../engine/collection-code.js'
import { toText } from '../collections/collection-query.js'
import type { FittingEntries } from '../collections/entry-list.js'
import { refuseFor, type Entry } from '../world/collection.js'
import { isAnythingScored } from './annotations.js'
import {
  averageOf,
  countThreads,
  failedOf,
  numbersIn,
  scoresByName,
  spreadOf,
  sumOf,
  usageByName,
  type Spread,
} from './figures.js'
import { projectOfList, requireProject } from './named-project.js'
import { listOf } from './sources.js'
import { figuresOfSpan } from './trace-view.js'

/** One figure. */
interface Statistic {
  readonly name: string
  readonly type: 'COUNT' | 'AVG' | 'PERCENTAGE'
  readonly value: number | Spread
}

export const getTraceStats: KeptResolver<'getTraceStats'> = ({ query }, context) =>
  sumUp('traces', query, context, ({ entries: traces, kept }) => [
    ...figuresOf('trace_count', traces),
    ...contentsOf(kept),
    average('tags', traces.map(countTags)),
    count('thread_count', countThreads(traces)),
    average('llm_span_count', numbersIn(traces, 'llm_span_count')),
    average('span_count', numbersIn(traces, 'span_count')),
    ...spendingOf(traces),
    ...scoresOf(traces, 'feedback_scores'),
    ...scoresOf(traces, 'span_feedback_scores'),
    count('guardrails_failed_count', 0),
    count('error_count', failedOf(traces).length),
  ])

export const getSpanStats: KeptResolver<'getSpanStats'> = ({ query }, context) =>
  sumUp('spans', query, context, (found) => [
    ...figuresOf('span_count', found.kept, figuresOfSpan),
    ...contentsOf(found.kept),
    average('tags', found.kept.map(countTags)),
    ...spendingOf(found.kept, figuresOfSpan),
    ...(isAnythingScored(context) ? scoresOf(found.entries, 'feedback_scores') : []),
    count('error_count', failedOf(found.kept).length),
  ])

export const getTraceThreadStats: KeptResolver<'getTraceThreadStats'> = ({ query }, context) =>
  sumUp('threads', query, context, ({ entries: threads }) => [
    ...figuresOf('thread_count', threads),
    // The server counts nothing else of threads.
    ...contentsOf([]),
    average('tags', []),
    ...spendingOf(threads),
    ...scoresOf(threads, 'feedback_scores'),
    count('guardrails_failed_count', 0),
    count('error_count', 0),
  ])

export const getTraceThread: KeptResolver<'getTraceThread'> = ({ body }, context) => {
  const { thread_id: id, truncate = false, ...named } = body
  const project = requireProject(named, context)
  const { kept, show } = listOf('threads', { truncate }, context).find(project)
  return { body: show(kept.find((entry) => entry['id'] === id) ?? refuseFor('noThread')) }
}

function sumUp(
  name: 'traces' | 'spans' | 'threads',
  query: ListQuery,
  context: KeptContext,
  figures: (found: FittingEntries) => readonly Statistic[],
) {
  const found = findIn(name, query, context)
  return { body: { stats: found.kept.length === 0 ? [] : figures(found) } }
}

/** What a query finds in the project that it names. */
function findIn(name: 'traces' | 'spans' | 'threads', query: ListQuery, context: KeptContext): FittingEntries {
  const project = projectOfList(query, context)
  return listOf(name, query, context).find(project)
}

/** How many there are and how long they took. */
function figuresOf(name: string, entries: readonly Entry[], computed?: Figures): Statistic[] {
  const { p50, p90, p99 } = spreadOf(numbersIn(entries, 'duration', computed)) ?? { p50: 0, p90: 0, p99: 0 }
  const value = { p50: bounded(p50), p90: bounded(p90), p99: bounded(p99) }
  return [count(name, entries.length), { name: 'duration', type: 'PERCENTAGE', value }]
}

/** The server keeps nine digits of a percentile before the point. */
function bounded(percentile: number): number {
  return Math.max(-1e9, Math.min(1e9, percentile))
}

function scoresOf(entries: readonly Entry[], field: 'feedback_scores' | 'span_feedback_scores'): Statistic[] {
  return scoresByName(entries, field).map(([name, values]) => average(`${field}.${name}`, values))
}

/** How many have something in these fields, be it null; as they are kept, since providers are shown in metadata. */
function contentsOf(kept: readonly Entry[]): Statistic[] {
  const counts = { input: 0, output: 0, metadata: 0 }
  for (const entry of kept) {
    if (entry['input'] !== undefined) counts.input++
    if (entry['output'] !== undefined) counts.output++
    if (entry['metadata'] !== undefined) counts.metadata++
  }
  return Object.entries(counts).map(([field, value]) => count(field, value))
}

function spendingOf(entries: readonly Entry[], computed?: Figures): Statistic[] {
  const costs = numbersIn(entries, 'total_estimated_cost', computed)
  const usage = usageByName(entries)
  return [
    average('total_estimated_cost', costs),
    { name: 'total_estimated_cost_sum', type: 'AVG', value: sumOf(costs) },
    ...usage.map(([name, numbers]) => average(`usage.${name}`, numbers)),
    ...usage.map(([name, numbers]): Statistic => ({ name: `usage_sum.${name}`, type: 'AVG', value: sumOf(numbers) })),
  ]
}

function countTags({ tags }: Entry): number {
  return Array.isArray(tags) ? tags.length : 0
}

function count(name: string, value: number): Statistic {
  return { name, type: 'COUNT', value }
}

function average(name: string, numbers: readonly number[]): Statistic {
  return { name, type: 'AVG', value: averageOf(numbers) ?? 0 }
}

export const searchTraces: KeptResolver<'searchTraces'> = ({ body }, context) => search('traces', body, context)

export const searchSpans: KeptResolver<'searchSpans'> = ({ body }, context) => search('spans', body, context)

type Search = RequestBodyOf<'searchTraces'> & Pick<RequestBodyOf<'searchSpans'>, 'trace_id' | 'type'>

function search(name: 'traces' | 'spans', asked: Search, context: KeptContext) {
  const { filters, exclude, limit = 500, truncate = true, last_retrieved_id: last, trace_id, ...plain } = asked
  const lists = { filters: toText(filters), exclude: toText(exclude) }
  const found = findIn(name, { ...plain, ...lists, truncate, trace_id: trace_id?.toLowerCase() }, context)
  const left = last === undefined ? found.kept : found.kept.filter(({ id }) => String(id) < last.toLowerCase())
  return stream(left.slice(0, limit).map(found.show))
}

/** Threads come by their `thread_model_id`, the greatest first. */
export const searchTraceThreads: KeptResolver<'searchTraceThreads'> = ({ body }, context) => {
  const { filters, limit = 500, truncate = true, last_retrieved_thread_model_id: last, ...plain } = body
  const found = findIn('threads', { ...plain, truncate, filters: toText(filters) }, context)
  const keyOf = ({ thread_model_id: key }: Entry): string => String(key)
  const left = found.kept
    .filter((thread) => last === undefined || keyOf(thread) < last.toLowerCase())
    .toSorted((one, other) => (keyOf(one) < keyOf(other) ? 1 : -1))
  return stream(left.slice(0, limit).map(found.show))
}

export const tracesExist: KeptResolver<'tracesExist'> = ({ query }, context) =>
  exists('traces', query, context, ({ thread_id }) => !query.thread_only || thread_id !== undefined)

export const spansExist: KeptResolver<'spansExist'> = ({ query }, context) =>
  exists('spans', query, context, () => true)

function exists(
  name: 'traces' | 'spans',
  { project_id, project_name, source }: ListQuery,
  { world, caller }: KeptContext,
  fits: (entry: Entry) => boolean,
) {
  const project = projectOfList({ project_id, project_name }, { world, caller })
  const { entries } = world.collections[name].list(caller, project)
  const isOf = (entry: Entry): boolean => source === undefined || (entry['source'] ?? 'sdk') === source
  return { body: { exists: entries.some((entry) => isOf(entry) && fits(entry)) } }
}

function stream(entries: readonly Entry[]): KeptSuccess {
  return {
    body: entries,
    write(body) {
      const lines = itemsOf(body).map((entry) => `${writeJson(entry)}\r\n`)
      return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: lines.join('') }
    },
  }
}
