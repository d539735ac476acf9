/**
 * Figures of projects: what their traces come to and their spans count; one over time, with a point for each hour, day
 * or week, or for all of it; and several of a time beside those of as long a time before it.
 */
import type { RequestBodyOf } from '../../kernel/operation.js'
import type { KeptResolver, KeptContext } from '../engine/collection-code.js'
import { timeOf, readFitting, toText, findFitting } from '../collections/collection-query.js'
import { textOf, valueAt, millisecondsOf } from '../collections/field-values.js'
import { isRefused, refused, type Entry } from '../world/collection.js'
import { findPage } from '../collections/list-page.js'
import { present } from '../base/words.js'
import { averageOf, failedOf, numbersIn, spreadOf, sumOf, usageByName, countThreads, type Spread } from './figures.js'
import { knownProject } from './named-project.js'
import { sourceOf, viewProject } from './sources.js'

type Asked = RequestBodyOf<'getProjectMetrics'>
type Kind = 'traces' | 'spans' | 'threads'

/** A figure of entries; null where there is nothing to take the average of. */
type Point = (entries: readonly Entry[]) => number | null

/** One line of a figure. */
interface Line {
  readonly name: string
  readonly point: Point
}

/** What a figure is of, and its lines, which may depend on what there is. */
interface Metric {
  readonly of: Kind
  readonly lines: (all: readonly Entry[]) => readonly Line[]
}

export const getProjectMetrics: KeptResolver<'getProjectMetrics'> = ({ path, body }, context) => {
  const project = knownProject(path.id, context)
  if (isRefused(project)) return project
  const start = millisecondsOf(body.interval_start)
  const end = body.interval_end === undefined ? context.world.now() : millisecondsOf(body.interval_end)
  if (body.interval_end !== undefined && !(start < end)) return refused('emptyInterval', {})
  const { of, lines } = METRICS[body.metric_type]
  const filters = toText({ traces: body.trace_filters, spans: body.span_filters, threads: body.thread_filters }[of])
  const isInTime = (key: string): boolean => timeOf(key) >= start && timeOf(key) <= end
  const find = readFitting(sourceOf(of, context), { filters })
  if (isRefused(find)) return find
  const { entries } = find(project, isInTime)
  const drawn = (line: Line, name: string, of: readonly Entry[]) => ({
    name,
    data: pointsOf(body.interval, start, end, of).map(({ at, of: those }) => {
      return { time: new Date(at).toISOString(), value: line.point(those) }
    }),
  })
  const all = entries.length === 0 ? [] : lines(entries)
  const { breakdown } = body
  const only = breakdown?.sub_metric === undefined ? all : all.filter(({ name }) => name === breakdown.sub_metric)
  const parts = partsOf(breakdown, entries)
  const results =
    parts === undefined
      ? all.map((line) => drawn(line, line.name, entries))
      : parts.flatMap(([part, those]) =>
          only.map((line) => drawn(line, only.length === 1 ? part : `${part} ${line.name}`, those)),
        )
  const { metric_type, interval } = body
  return { body: { ...project, metric_type, interval, results } }
}

/** The entries by the values of a field, in alphabetical order; undefined where the figure is not to be divided. */
function partsOf(breakdown: Asked['breakdown'], entries: readonly Entry[]): [string, Entry[]][] | undefined {
  const { field = 'none', metadata_key: key = '' } = breakdown ?? {}
  if (field === 'none') return undefined
  const paths: Partial<Record<typeof field, string>> = {
    metadata: `metadata.${key}`,
    error_info: 'error_info.message',
    error_type: 'error_info.exception_type',
  }
  const parts = new Map<string, Entry[]>()
  for (const entry of entries) {
    const value = valueAt(entry, paths[field] ?? field)
    for (const name of new Set((Array.isArray(value) ? value : [value]).map(textOf))) {
      if (name !== '') parts.set(name, [...(parts.get(name) ?? []), entry])
    }
  }
  return [...parts].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

const DAY_MS = 86_400_000
/** Milliseconds of an interval, and when the first one that is counted from began: weeks begin on Mondays. */
const INTERVALS = {
  HOURLY: { ms: DAY_MS / 24, from: 0 },
  DAILY: { ms: DAY_MS, from: 0 },
  WEEKLY: { ms: 7 * DAY_MS, from: 4 * DAY_MS },
} as const

/** Beyond so many, those without entries are left out. */
const MOST_POINTS = 10_000

/** When each interval begins, and the entries of its time. */
function pointsOf(
  interval: Asked['interval'],
  start: number,
  end: number,
  entries: readonly Entry[],
): { at: number; of: readonly Entry[] }[] {
  if (interval === 'TOTAL') return [{ at: start, of: entries }]
  const { ms, from } = INTERVALS[interval]
  const beginOf = (time: number): number => Math.floor((time - from) / ms) * ms + from
  const groups = new Map<number, Entry[]>()
  if ((end - start) / ms < MOST_POINTS) for (let at = beginOf(start); at <= end; at += ms) groups.set(at, [])
  for (const entry of entries) {
    const at = beginOf(timeOf(String(entry['thread_model_id'] ?? entry['id'])))
    const group = groups.get(at)
    if (group === undefined) groups.set(at, [entry])
    else group.push(entry)
  }
  return Array.from(groups, ([at, of]) => ({ at, of })).toSorted((a, b) => a.at - b.at)
}

/** A figure of one line. */
function single(of: Kind, name: string, point: Point): Metric {
  return { of, lines: () => [{ name, point }] }
}

const count: Point = (entries) => entries.length
const averageDuration: Point = (entries) => averageOf(numbersIn(entries, 'duration'))
const totalCost: Point = (entries) => sumOf(numbersIn(entries, 'total_estimated_cost'))
const errorRate: Point = (entries) => (entries.length === 0 ? null : (100 * failedOf(entries).length) / entries.length)

function spread(of: Kind): Metric {
  const parts: readonly (keyof Spread)[] = ['p50', 'p90', 'p99']
  const line = (part: keyof Spread): Line => ({
    name: `duration.${part}`,
    point: (entries) => spreadOf(numbersIn(entries, 'duration'))?.[part] ?? null,
  })
  return { of, lines: () => parts.map(line) }
}

function used(of: Kind): Metric {
  const line = (name: string): Line => ({ name, point: (entries) => sumOf(numbersIn(entries, `usage.${name}`)) })
  return { of, lines: (all) => usageByName(all).map(([name]) => line(name)) }
}

/** What nothing here has, such as feedback. */
function nothing(of: Kind): Metric {
  return { of, lines: () => [] }
}

const METRICS: Readonly<Record<Asked['metric_type'], Metric>> = {
  TRACE_COUNT: single('traces', 'traces', count),
  SPAN_COUNT: single('spans', 'spans', count),
  THREAD_COUNT: single('threads', 'threads', count),
  DURATION: spread('traces'),
  SPAN_DURATION: spread('spans'),
  THREAD_DURATION: spread('threads'),
  TRACE_AVERAGE_DURATION: single('traces', 'trace_average_duration', averageDuration),
  SPAN_AVERAGE_DURATION: single('spans', 'span_average_duration', averageDuration),
  THREAD_AVERAGE_DURATION: single('threads', 'thread_average_duration', averageDuration),
  COST: single('traces', 'cost', totalCost),
  SPAN_COST: single('spans', 'span_cost', totalCost),
  THREAD_COST: single('threads', 'thread_cost', totalCost),
  TRACE_ERROR_RATE: single('traces', 'trace_error_rate', errorRate),
  SPAN_ERROR_RATE: single('spans', 'span_error_rate', errorRate),
  TOKEN_USAGE: used('traces'),
  SPAN_TOKEN_USAGE: used('spans'),
  FEEDBACK_SCORES: nothing('traces'),
  SPAN_FEEDBACK_SCORES: nothing('spans'),
  THREAD_FEEDBACK_SCORES: nothing('threads'),
  GUARDRAILS_FAILED_COUNT: nothing('traces'),
}

export const getProjectKpiCards: KeptResolver<'getProjectKpiCards'> = ({ path, body }, context) => {
  const project = knownProject(path.id, context)
  if (isRefused(project)) return project
  const start = millisecondsOf(body.interval_start)
  const end = body.interval_end === undefined ? context.world.now() : millisecondsOf(body.interval_end)
  if (!(start < end)) return refused('emptyInterval', {})
  const { entity_type: kind, filters } = body
  const find = readFitting(sourceOf(kind, context), { filters })
  if (isRefused(find)) return find
  const between = (from: number, to: number) => find(project, (key) => timeOf(key) >= from && timeOf(key) <= to).entries
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
  { type: 'count', figure: count },
  { type: 'avg_duration', figure: averageDuration },
  { type: 'total_cost', figure: totalCost },
  { type: 'errors', figure: (entries) => failedOf(entries).length },
]

export const retrieveProject: KeptResolver<'retrieveProject'> = ({ body }, context) => {
  const project = context.world.collections.projects.findBy(context.caller, 'name', body.name)
  if (project === undefined) return { refused: 'unknown', details: {} }
  const { entries } = findFitting(sourceOf('traces', context), {}, { project_id: String(project['id']) })
  return { body: { ...viewProject(project, context, undefined), ...sumsOf(entries, context) } }
}

export const getProjectStats: KeptResolver<'getProjectStats'> = async ({ query }, context) => {
  const { filters, from_time, to_time, ...asked } = query
  const traces = sourceOf('traces', context)
  const bounded = readFitting(traces, { filters, from_time, to_time })
  // Times that leave nothing between them are passed over.
  const isBackwards = isRefused(bounded) && bounded.refused === 'backwards'
  const find = isBackwards ? readFitting(traces, { filters }) : bounded
  if (isRefused(find)) return find.refused === 'filters' ? find : refused('times', {})
  const page = await findPage(sourceOf('projects', context, asked), asked, {}, context)
  // Of what a list may be refused for, only an order is asked for here.
  if (isRefused(page)) return { refused: 'sorting', details: {} }
  const content = page.content.map(({ id }): Entry => {
    const project = { project_id: String(id) }
    const { entries } = find(project)
    return entries.length === 0
      ? project
      : { ...project, thread_count: countThreads(entries), ...sumsOf(entries, context) }
  })
  return { body: { content } }
}

export const findTokenUsageNames: KeptResolver<'findTokenUsageNames'> = ({ path }, context) => {
  const project = knownProject(path.id, context)
  if (isRefused(project)) return project
  const spans = context.world.collections.spans.list(context.caller, project).entries
  return { body: { names: usageByName(spans).map(([name]) => name) } }
}

/** Without traces nothing. */
function sumsOf(traces: readonly Entry[], context: KeptContext): Entry {
  if (traces.length === 0) return {}
  const costs = numbersIn(traces, 'total_estimated_cost')
  const usage = usageByName(traces).map(([name, numbers]) => [name, averageOf(numbers)] as const)
  return present({
    trace_count: traces.length,
    feedback_scores: [],
    duration: spreadOf(numbersIn(traces, 'duration')),
    total_estimated_cost: averageOf(costs) ?? 0,
    total_estimated_cost_sum: sumOf(costs),
    usage: usage.length === 0 ? undefined : Object.fromEntries(usage),
    guardrails_failed_count: 0,
    error_count: errorsOf(traces, context.world.now()),
  })
}

/** Of nothing before there is no share, unless nothing of late has failed either. */
function noShare(failed: readonly Entry[], recent: number): number | undefined {
  return failed.length > 0 && recent === 0 ? 0 : undefined
}

const WEEK_MS = 7 * 86_400_000

/** How many have failed, and how many more in the last seven days than in the seven before. */
function errorsOf(traces: readonly Entry[], now: number): Entry {
  const failed = failedOf(traces)
  const ages = failed.map(({ id }) => now - timeOf(String(id)))
  const recent = ages.filter((age) => age < WEEK_MS).length
  const before = ages.filter((age) => age >= WEEK_MS && age < 2 * WEEK_MS).length
  const deviation = recent - before
  const share = before === 0 ? noShare(failed, recent) : Math.round((100 * deviation) / before)
  return present({ count: failed.length, deviation, deviation_percentage: share })
}
