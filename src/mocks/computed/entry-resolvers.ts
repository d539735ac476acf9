/**
 * What traces, spans, threads and projects come to, single threads, and searches: all that fits, newest first, as lines of
 * JSON.
 */
import { writeJson } from '../../kernel/json-text.js'
import { listOf as itemsOf } from '../../kernel/json-value.js'
import type { RequestBodyOf } from '../../kernel/operation.js'
import type { Figures, KeptContext, KeptResolver, KeptSuccess, ListQuery } from '../engine/collection-code.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { toText } from '../collections/collection-query.js'
import type { EntryList, FittingEntries } from '../collections/entry-list.js'
import { millisecondsOf, timeOf } from '../collections/field-values.js'
import { Refused, refuseFor, type Entry } from '../world/collection.js'
import { isAnythingScored } from './annotations.js'
import {
  averageDuration,
  averageOf,
  countThreads,
  failedOf,
  numbersIn,
  scoresByName,
  spreadOf,
  sumOf,
  totalCost,
  usageByName,
  type Point,
  type Spread,
} from './figures.js'
import { knownProject, projectOfList, requireProject } from './named-project.js'
import { beginOf, listOf, viewProject } from './sources.js'
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

export const getProjectKpiCards: KeptResolver<'getProjectKpiCards'> = ({ path, body }, context) => {
  const start = millisecondsOf(body.interval_start)
  const end = body.interval_end === undefined ? context.world.now() : millisecondsOf(body.interval_end)
  if (!(start < end)) refuseFor('emptyInterval')
  const { entity_type: kind, filters } = body
  const list = listOf(kind, { filters }, context)
  const project = { project_id: path.id.toLowerCase() }
  const between = (from: number, to: number): readonly Entry[] => {
    const isIn = (entry: Entry): boolean => beginOf(entry) >= from && beginOf(entry) <= to
    return list.find(project, isIn, (trace) => beginOf(trace) <= end).entries
  }
  const [current, previous] = [between(start, end), between(start - (end - start), start - 1)]
  const cards = CARDS.filter(({ type }) => type !== 'errors' || kind !== 'threads')
  const stats = cards.map(({ type, figure }) => ({
    type,
    current_value: figure(current),
    previous_value: figure(previous),
  }))
  return { body: { stats } }
}

const CARDS: readonly { type: string; figure: Point }[] = [
  { type: 'count', figure: (entries) => entries.length },
  { type: 'avg_duration', figure: averageDuration },
  { type: 'total_cost', figure: totalCost },
  { type: 'errors', figure: (entries) => failedOf(entries).length },
]

export const retrieveProject: KeptResolver<'retrieveProject'> = ({ body }, context) => {
  const project = context.world.collections.projects.findBy(context.caller, 'name', body.name) ?? refuseFor('unknown')
  if (body.include_stats !== true) return { body: project }
  const { entries } = listOf('traces', {}, context).find({ project_id: String(project['id']) })
  return { body: { ...viewProject(project, context, undefined), ...sumsOf(entries, context, [String(project['id'])]) } }
}

export const getProjectStats: KeptResolver<'getProjectStats'> = ({ query }, context) => {
  const { filters, from_time, to_time, ...asked } = query
  const traces = tracesBetween({ filters, from_time, to_time }, context)
  const projects = listOf('projects', asked, context)
  const shown = projects.page({}).content.map(({ id }) => String(id))
  const content = shown.map((id): Entry => {
    const project = { project_id: id }
    const { entries } = traces.find(project)
    return entries.length === 0
      ? project
      : { ...project, thread_count: countThreads(entries), ...sumsOf(entries, context, shown) }
  })
  return { body: { content } }
}

/** Times that leave nothing between them are passed over. */
function tracesBetween({ filters, ...times }: ListQuery, context: KeptContext): EntryList {
  try {
    return listOf('traces', { filters, ...times }, context)
  } catch (error) {
    if (error instanceof Refused && error.refused === 'backwards') return listOf('traces', { filters }, context)
    throw error
  }
}

export const findTokenUsageNames: KeptResolver<'findTokenUsageNames'> = ({ path }, context) => {
  const project = knownProject(path.id, context)
  const spans = context.world.collections.spans.list(context.caller, project).entries
  return { body: { names: usageByName(spans).map(([name]) => name) } }
}

/**
 * Without traces nothing.
 * @param projects those of the page
 */
function sumsOf(traces: readonly Entry[], context: KeptContext, projects: readonly string[] = []): Entry {
  if (traces.length === 0) return {}
  const costs = numbersIn(traces, 'total_estimated_cost')
  const usage = usageByName(traces).map(([name, numbers]) => [name, averageOf(numbers)] as const)
  const scored = context.world.hasQuirk('score-averages-mixed') ? scoredIn(traces, projects, context) : traces
  const scores = scoresByName(scored).map(([name, values]) => ({ name, value: averageOf(values) }))
  return omitUndefined({
    feedback_scores: scores,
    trace_count: traces.length,
    duration: spreadOf(numbersIn(traces, 'duration')) ?? { p50: 0, p90: 0, p99: 0 },
    total_estimated_cost: averageOf(costs) ?? 0,
    total_estimated_cost_sum: sumOf(costs),
    usage: Object.fromEntries(usage),
    guardrails_failed_count: 0,
    error_count: errorsOf(traces, context.world.now()),
  })
}

/** Traces with the scores that they were given in any of the projects. */
function scoredIn(traces: readonly Entry[], projects: readonly string[], { world, caller }: KeptContext): Entry[] {
  return traces.map(({ id }) => {
    const { entries } = world.collections.scores.list(caller, { entity_id: String(id) })
    return { feedback_scores: entries.filter(({ project_id: project }) => projects.includes(String(project))) }
  })
}

const WEEK_MS = 7 * 86_400_000

/** How many have failed, how many of them in the last seven days, and what part of the others these are. */
function errorsOf(traces: readonly Entry[], now: number): Entry {
  const failed = failedOf(traces)
  const ages = failed.map(({ id }) => now - timeOf(String(id)))
  const recent = ages.filter((age) => age < WEEK_MS).length
  const before = failed.length - recent
  const share = before === 0 ? undefined : Math.round((100 * recent) / before)
  return omitUndefined({ count: failed.length, deviation: recent, deviation_percentage: share })
}
