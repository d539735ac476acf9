/** A figure of a project over time: one point for each hour, day or week, or one for all of it. */
import type { KeptResolver } from '../engine/collection-code.js'
import type { RequestBodyOf } from '../../kernel/operation.js'
import { timeOf } from '../collections/collection-query.js'
import { averageOf, failedOf, numbersIn, spreadOf, sumOf, usageByName, type Spread } from './figures.js'
import { readFitting, toText } from '../collections/fitting-entries.js'
import { textOf, valueAt } from '../collections/filter-values.js'
import { millisecondsOf } from '../collections/parse-instant.js'
import type { Entry } from '../world/collection.js'
import { isRefused, refused } from '../world/refused-item.js'
import { knownProject } from './named-project.js'
import { sourceOf } from './sources.js'

type Asked = RequestBodyOf<'getProjectMetrics'>
type Kind = 'traces' | 'spans' | 'threads'

/** One line of a figure; its point is null where there is nothing to take the average of. */
interface Line {
  readonly name: string
  readonly point: (entries: readonly Entry[]) => number | null
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

function counted(of: Kind): Metric {
  return { of, lines: () => [{ name: of, point: (entries) => entries.length }] }
}

function averaged(of: Kind, name: string): Metric {
  return { of, lines: () => [{ name, point: (entries) => averageOf(numbersIn(entries, 'duration')) }] }
}

function spread(of: Kind): Metric {
  const parts: readonly (keyof Spread)[] = ['p50', 'p90', 'p99']
  const line = (part: keyof Spread): Line => ({
    name: `duration.${part}`,
    point: (entries) => spreadOf(numbersIn(entries, 'duration'))?.[part] ?? null,
  })
  return { of, lines: () => parts.map(line) }
}

function spent(of: Kind, name: string): Metric {
  return { of, lines: () => [{ name, point: (entries) => sumOf(numbersIn(entries, 'total_estimated_cost')) }] }
}

function failing(of: Kind, name: string): Metric {
  const point: Line['point'] = (entries) =>
    entries.length === 0 ? null : (100 * failedOf(entries).length) / entries.length
  return { of, lines: () => [{ name, point }] }
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
  TRACE_COUNT: counted('traces'),
  SPAN_COUNT: counted('spans'),
  THREAD_COUNT: counted('threads'),
  DURATION: spread('traces'),
  SPAN_DURATION: spread('spans'),
  THREAD_DURATION: spread('threads'),
  TRACE_AVERAGE_DURATION: averaged('traces', 'trace_average_duration'),
  SPAN_AVERAGE_DURATION: averaged('spans', 'span_average_duration'),
  THREAD_AVERAGE_DURATION: averaged('threads', 'thread_average_duration'),
  COST: spent('traces', 'cost'),
  SPAN_COST: spent('spans', 'span_cost'),
  THREAD_COST: spent('threads', 'thread_cost'),
  TRACE_ERROR_RATE: failing('traces', 'trace_error_rate'),
  SPAN_ERROR_RATE: failing('spans', 'span_error_rate'),
  TOKEN_USAGE: used('traces'),
  SPAN_TOKEN_USAGE: used('spans'),
  FEEDBACK_SCORES: nothing('traces'),
  SPAN_FEEDBACK_SCORES: nothing('spans'),
  THREAD_FEEDBACK_SCORES: nothing('threads'),
  GUARDRAILS_FAILED_COUNT: nothing('traces'),
}
