/** A figure of a project over time: a point for each hour, day or week, or for all of it. */
import type { RequestBodyOf } from '../../kernel/operation.js'
import { addTo } from '../../kernel/group-by.js'
import { toText } from '../collections/collection-query.js'
import { millisecondsOf, printTime, textOf, valueAt } from '../collections/field-values.js'
import type { KeptResolver } from '../engine/collection-code.js'
import { refuseFor, type Entry } from '../world/collection.js'
import {
  averageDuration,
  averageOf,
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
import { knownProject } from './named-project.js'
import { oncePerList } from './shown-fields.js'
import { beginOf, listOf } from './sources.js'

type Asked = RequestBodyOf<'getProjectMetrics'>
type MetricName = NonNullable<Asked['metric_type']>
type Field = NonNullable<NonNullable<Asked['breakdown']>['field']>
type Kind = 'traces' | 'spans' | 'threads'

/** One line of a figure: where nothing has it, it has no part in a breakdown. */
interface Line {
  readonly name: string
  readonly point: Point
  readonly has?: (entry: Entry) => boolean
}

/** What a figure is of, its lines, which may depend on what there is, and by what it may be divided. */
interface Metric {
  readonly of: Kind
  readonly lines: (all: readonly Entry[]) => readonly Line[]
  readonly fields: readonly Field[]
  /** Whether a breakdown must name one of the lines. */
  readonly isNamed?: true
}

export const getProjectMetrics: KeptResolver<'getProjectMetrics'> = ({ path, body }, context) => {
  const project = knownProject(path.id, context)
  const { metric_type, interval, interval_start, breakdown = {} } = body
  if (metric_type === undefined || interval === undefined || interval_start === undefined) {
    refuseFor('incomplete')
  }
  const start = millisecondsOf(interval_start)
  const end = body.interval_end === undefined ? context.world.now() : millisecondsOf(body.interval_end)
  if (body.interval_end !== undefined && !(start < end)) refuseFor('emptyInterval')
  const metric = METRICS[metric_type]
  const { of } = metric
  if (!isPossible(breakdown, metric)) refuseFor('breakdown', { metric: metric_type })
  const filters = toText({ traces: body.trace_filters, spans: body.span_filters, threads: body.thread_filters }[of])
  const list = listOf(of, { filters }, context)
  const { entries } = list.find(project, (entry) => beginOf(entry) >= start && beginOf(entry) <= end)
  const draw = isDivided(breakdown) ? drawDivided : drawLines
  const drawn = draw({ metric, breakdown, interval, start, end, entries })
  const results =
    context.world.hasQuirk('score-averages-mixed') && metric_type.endsWith('SCORES') ? drawn.map(withoutZeros) : drawn
  return { body: { ...project, metric_type, interval, results } }
}

interface Drawing {
  readonly metric: Metric
  readonly breakdown: NonNullable<Asked['breakdown']>
  readonly interval: NonNullable<Asked['interval']>
  readonly start: number
  readonly end: number
  readonly entries: readonly Entry[]
}

interface Drawn {
  readonly name: string
  readonly data: readonly { time: string; value: number | null }[]
}

function withoutZeros({ name, data }: Drawn): Drawn {
  return { name, data: data.map(({ time, value }) => ({ time, value: value === 0 ? null : value })) }
}

/** Each line with a point for every interval. */
function drawLines({ metric, interval, start, end, entries }: Drawing): Drawn[] {
  const points = pointsOf(interval, start, end, entries)
  return metric.lines(entries).map(({ name, point }) => ({ name, data: points.map(drawPoint(point)) }))
}

function drawPoint(point: Point): (interval: Interval) => Drawn['data'][number] {
  return ({ at, of }) => ({ time: printTime(new Date(at).toISOString()), value: point(of) })
}

/** One line for each value of a field, the greatest first, with points where there is something. */
function drawDivided({ metric, breakdown, interval, start, end, entries }: Drawing): Drawn[] {
  const [line] = metric.lines(entries).filter(({ name }) => !metric.isNamed || isNamed(name, breakdown.sub_metric))
  if (line === undefined) return []
  const parts = new Map<string, Entry[]>()
  for (const entry of line.has === undefined ? entries : entries.filter(line.has)) {
    for (const name of partsOf(entry, breakdown)) addTo(parts, name, entry)
  }
  return Array.from(parts, ([name, those]) => ({ name, total: line.point(those) ?? 0, those }))
    .toSorted((a, b) => b.total - a.total || (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
    .map(({ name, those }) => {
      const points = pointsOf(interval, start, end, those).filter(({ of }) => of.length > 0)
      return { name, data: points.map(drawPoint(line.point)) }
    })
}

function isDivided({ field = 'none' }: Drawing['breakdown']): boolean {
  return field !== 'none'
}

function isPossible(breakdown: Drawing['breakdown'], { fields, isNamed: isNameNeeded }: Metric): boolean {
  if (!isDivided(breakdown)) return true
  const { field = 'none', metadata_key = '', sub_metric = '' } = breakdown
  if (field === 'metadata' && metadata_key.trim() === '') return false
  return fields.includes(field) && (isNameNeeded !== true || sub_metric.trim() !== '')
}

/** A percentile goes by its last part. */
function isNamed(name: string, wanted: string | undefined): boolean {
  return name === wanted || name.endsWith(`.${wanted}`)
}

const UNKNOWN = 'Unknown'

/** The values of an entry by which a figure is divided. */
function partsOf(entry: Entry, { field = 'none', metadata_key: key = '' }: Drawing['breakdown']): readonly string[] {
  if (field === 'error_info') return [entry['error_info'] === undefined ? 'No Error' : 'Has Error']
  const paths: Partial<Record<Field, string>> = {
    metadata: `metadata.${key}`,
    error_type: 'error_info.exception_type',
  }
  const value = valueAt(entry, paths[field] ?? field)
  if (Array.isArray(value)) return [...new Set(value.map(textOf))]
  // What has no tags is in no part; a thread never has any.
  if (field === 'tags' && entry['thread_model_id'] === undefined) return []
  return [textOf(value) || UNKNOWN]
}

const DAY_MS = 86_400_000
/** Milliseconds of an interval, and when the first one that is counted from began: weeks begin on Mondays. */
const INTERVALS = {
  HOURLY: { ms: DAY_MS / 24, from: 0 },
  DAILY: { ms: DAY_MS, from: 0 },
  WEEKLY: { ms: 7 * DAY_MS, from: 4 * DAY_MS },
} as const

/** Beyond so many, those without entries are left out. */
const MAX_POINTS = 10_000

interface Interval {
  readonly at: number
  readonly of: readonly Entry[]
}

/** When each interval begins, the last one before the end, and the entries of its time. */
function pointsOf(interval: Drawing['interval'], start: number, end: number, entries: readonly Entry[]): Interval[] {
  if (interval === 'TOTAL') return [{ at: start, of: entries }]
  const { ms, from } = INTERVALS[interval]
  const intervalOf = (time: number): number => Math.floor((time - from) / ms) * ms + from
  const groups = new Map<number, Entry[]>()
  if ((end - start) / ms < MAX_POINTS) for (let at = intervalOf(start); at < end; at += ms) groups.set(at, [])
  for (const entry of entries) addTo(groups, intervalOf(beginOf(entry)), entry)
  return Array.from(groups, ([at, of]) => ({ at, of })).toSorted((a, b) => a.at - b.at)
}

const FIELDS: Readonly<Record<Kind, readonly Field[]>> = {
  traces: ['tags', 'metadata', 'name', 'error_info', 'error_type'],
  spans: ['tags', 'metadata', 'name', 'error_info', 'error_type', 'model', 'provider', 'type'],
  threads: ['tags'],
}

/** A figure of one line. */
function single(of: Kind, name: string, point: Point, fields: readonly Field[] = FIELDS[of]): Metric {
  return { of, lines: () => [{ name, point }], fields }
}

const count: Point = (entries) => entries.length
const errorRate: Point = (entries) => (entries.length === 0 ? 0 : (100 * failedOf(entries).length) / entries.length)

function spread(of: Kind, name: string): Metric {
  const parts: readonly (keyof Spread)[] = ['p50', 'p90', 'p99']
  const line = (part: keyof Spread): Line => ({
    name: `${name}.${part}`,
    point: (entries) => cut(durationsOf(entries)?.[part]),
  })
  return { of, lines: () => parts.map(line), fields: FIELDS[of], isNamed: true }
}

const durationsOf = oncePerList((entries) => spreadOf(numbersIn(entries, 'duration')))

/** Percentiles are cut to nine decimals. */
function cut(value: number | undefined): number | null {
  return value === undefined ? null : Math.trunc(value * 1e9) / 1e9
}

/** A line for each name under which entries have numbers; one line without a name where none has any. */
function named(of: Kind, byName: typeof usageByName, figure: (numbers: readonly number[]) => number | null): Metric {
  const numbersOf = oncePerList((entries) => new Map(byName(entries)))
  const line = (name: string): Line => ({
    name,
    point: (entries) => figure(numbersOf(entries).get(name) ?? []),
    has: (entry) => numbersOf([entry]).has(name),
  })
  const lines = (all: readonly Entry[]): Line[] => {
    const names = [...numbersOf(all).keys()]
    return (names.length === 0 ? [''] : names).map(line)
  }
  return { of, lines, fields: FIELDS[of], isNamed: true }
}

const METRICS: Readonly<Record<MetricName, Metric>> = {
  TRACE_COUNT: single('traces', 'traces', count),
  SPAN_COUNT: single('spans', 'spans', count),
  THREAD_COUNT: single('threads', 'threads', count),
  DURATION: spread('traces', 'duration'),
  SPAN_DURATION: spread('spans', 'span_duration'),
  THREAD_DURATION: spread('threads', 'thread_duration'),
  TRACE_AVERAGE_DURATION: single('traces', 'trace_average_duration', averageDuration, []),
  SPAN_AVERAGE_DURATION: single('spans', 'span_average_duration', averageDuration, []),
  THREAD_AVERAGE_DURATION: single('threads', 'thread_average_duration', averageDuration, []),
  COST: single('traces', 'cost', totalCost),
  SPAN_COST: single('spans', 'span_cost', totalCost, []),
  THREAD_COST: single('threads', 'thread_cost', totalCost, []),
  TRACE_ERROR_RATE: single('traces', 'trace_error_rate', errorRate, []),
  SPAN_ERROR_RATE: single('spans', 'span_error_rate', errorRate, []),
  TOKEN_USAGE: named('traces', usageByName, sumOf),
  SPAN_TOKEN_USAGE: named('spans', usageByName, sumOf),
  FEEDBACK_SCORES: named('traces', scoresByName, averageOf),
  SPAN_FEEDBACK_SCORES: named('spans', scoresByName, averageOf),
  THREAD_FEEDBACK_SCORES: named('threads', scoresByName, averageOf),
  GUARDRAILS_FAILED_COUNT: single('traces', 'failed', () => 0),
}
