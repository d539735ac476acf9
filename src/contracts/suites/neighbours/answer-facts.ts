// What holds of single answers about traces, spans and threads, whatever was sent before: pure functions, so that recorded
// answers can be judged by them, too.
import type { OperationId } from '../../../kernel/operation.js'
import { isObject, listOf, memberOf } from '../../../kernel/json-value.js'

/** A successful answer and what it answers. */
export interface JudgedExchange {
  readonly operation: OperationId
  readonly asked: unknown
  readonly body: unknown
}

type Members = Readonly<Record<string, unknown>>

/** What holds of the answers of some operations: of each entry, or of the body as a whole. */
interface AnswerFact {
  readonly of: readonly OperationId[]
  readonly each?: (entry: Members) => boolean
  readonly whole?: (body: Members, asked: unknown) => boolean
}

const PAGES = ['getTracesByProject', 'getSpansByProject', 'getTraceThreads'] as const
const TRACES = ['getTraceById', 'getTracesByProject', 'searchTraces'] as const
const SPANS = ['getSpanById', 'getSpansByProject', 'searchSpans'] as const

/** Whether sums, where there are any, have these figures. */
const areNamed =
  (...names: readonly string[]) =>
  ({ stats }: Members): boolean => {
    const found = listOf(stats).map((each) => memberOf(each, 'name'))
    return found.length === 0 || names.every((name) => found.includes(name))
  }

export const answerFacts: Readonly<Record<string, AnswerFact>> = {
  'a page counts its entries': { of: PAGES, whole: ({ size, content }) => size === listOf(content).length },
  'a page names what it can be sorted by, even when it is empty': {
    of: PAGES,
    whole: ({ sortable_by: names }) => ['id', 'duration', 'usage.*'].every((name) => listOf(names).includes(name)),
  },
  'a trace lists the providers of its spans': { of: TRACES, each: ({ providers }) => Array.isArray(providers) },
  'tags are a set': {
    of: [...TRACES, ...SPANS],
    each: ({ tags }) => new Set(listOf(tags)).size === listOf(tags).length,
  },
  'times are in UTC': {
    of: [...TRACES, ...SPANS],
    each: ({ start_time, end_time }) => [start_time, end_time].every(isUtc),
  },
  'a span that has a price of the server says of which table': {
    of: SPANS,
    each: (span) => !('total_estimated_cost_version' in span) || 'total_estimated_cost' in span,
  },
  'counts of nothing are left out': {
    of: SPANS,
    each: ({ total_estimated_cost, usage }) => total_estimated_cost !== 0 && !isEmptyObject(usage),
  },
  'sums of traces name each figure': {
    of: ['getTraceStats'],
    whole: areNamed('trace_count', 'duration', 'span_count', 'guardrails_failed_count', 'error_count'),
  },
  'sums of spans name each figure': {
    of: ['getSpanStats'],
    whole: areNamed('span_count', 'duration', 'input', 'output', 'error_count'),
  },
  'sums of threads name each figure': {
    of: ['getTraceThreadStats'],
    whole: areNamed('thread_count', 'duration', 'input', 'output', 'error_count'),
  },
  'a figure over time has a line, and a point for each interval before the end': {
    of: ['getProjectMetrics'],
    whole({ results }, asked) {
      if (memberOf(memberOf(asked, 'breakdown'), 'field') !== undefined) return true
      const lines = listOf(results).map((line) => listOf(memberOf(line, 'data')))
      const end = Date.parse(String(memberOf(asked, 'interval_end')))
      return lines.length > 0 && lines.every((line) => line.length > 0 && !line.some((point) => isLate(point, end)))
    },
  },
}

export function brokenFacts({ operation, asked, body }: JudgedExchange): string[] {
  const whole = isObject(body) ? body : {}
  const content = Array.isArray(body) ? body : (whole['content'] ?? [body])
  return Object.entries(answerFacts).flatMap(([name, { of, each, whole: holds }]) => {
    if (!of.includes(operation)) return []
    const broken =
      holds?.(whole, asked) === false
        ? whole
        : listOf(content).find((entry) => isObject(entry) && each?.(entry) === false)
    return broken === undefined ? [] : [`${name}: ${JSON.stringify(broken).slice(0, 200)}`]
  })
}

/** The interval that begins at the end is there for what it holds alone. */
function isLate(point: unknown, end: number): boolean {
  const time = Date.parse(String(memberOf(point, 'time')))
  const value = memberOf(point, 'value')
  return time > end || (time === end && (value === 0 || value === null))
}

const UTC_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/

const isUtc = (time: unknown): boolean => time === undefined || (typeof time === 'string' && UTC_TIME.test(time))

const isEmptyObject = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0
