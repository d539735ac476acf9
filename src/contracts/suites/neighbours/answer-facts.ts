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

/** What breaks a fact; undefined for nothing. */
type Judge = (exchange: JudgedExchange) => string | undefined

const PAGES = ['getTracesByProject', 'getSpansByProject', 'getTraceThreads'] as const
const TRACES = ['getTraceById', 'getTracesByProject', 'searchTraces'] as const
const SPANS = ['getSpanById', 'getSpansByProject', 'searchSpans'] as const

/** What breaks a fact in one of the entries of an answer, which are a page, a stream, or the one that was read. */
const inEach =
  (judge: (entry: Readonly<Record<string, unknown>>) => string | undefined): Judge =>
  ({ body }) =>
    entriesOf(body)
      .map(judge)
      .find((problem) => problem !== undefined)

export const answerFacts: Readonly<Record<string, { readonly of: readonly OperationId[]; readonly judge: Judge }>> = {
  'a page counts its entries': {
    of: PAGES,
    judge: ({ body }) => unless(memberOf(body, 'size') === listOf(memberOf(body, 'content')).length, body),
  },
  'a page names what it can be sorted by, even when it is empty': {
    of: PAGES,
    judge: ({ body }) => {
      const names = listOf(memberOf(body, 'sortable_by'))
      return unless(
        ['id', 'duration', 'usage.*'].every((name) => names.includes(name)),
        names,
      )
    },
  },
  'a trace lists the providers of its spans': {
    of: TRACES,
    judge: inEach((trace) => unless(Array.isArray(trace['providers']), trace)),
  },
  'tags are a set': {
    of: [...TRACES, ...SPANS],
    judge: inEach(({ tags }) => unless(new Set(listOf(tags)).size === listOf(tags).length, tags)),
  },
  'times are in UTC': {
    of: [...TRACES, ...SPANS],
    judge: inEach(({ start_time, end_time }) => unless([start_time, end_time].every(isUtc), { start_time, end_time })),
  },
  'a span that has a price of the server says of which table': {
    of: SPANS,
    judge: inEach((span) => unless(!('total_estimated_cost_version' in span) || 'total_estimated_cost' in span, span)),
  },
  'counts of nothing are left out': {
    of: SPANS,
    judge: inEach((span) => unless(span['total_estimated_cost'] !== 0 && !isEmptyObject(span['usage']), span)),
  },
  'sums of traces name each figure': {
    of: ['getTraceStats'],
    judge: ({ body }) =>
      lackOf(body, ['trace_count', 'duration', 'span_count', 'guardrails_failed_count', 'error_count']),
  },
  'sums of spans name each figure': {
    of: ['getSpanStats'],
    judge: ({ body }) => lackOf(body, ['span_count', 'duration', 'input', 'output', 'error_count']),
  },
  'sums of threads name each figure': {
    of: ['getTraceThreadStats'],
    judge: ({ body }) => lackOf(body, ['thread_count', 'duration', 'input', 'output', 'error_count']),
  },
  'a figure over time has a line, and a point for each interval before the end': {
    of: ['getProjectMetrics'],
    judge({ asked, body }) {
      if (memberOf(memberOf(asked, 'breakdown'), 'field') !== undefined) return undefined
      const lines = listOf(memberOf(body, 'results'))
      const end = Date.parse(String(memberOf(asked, 'interval_end')))
      const late = lines.flatMap((line) => listOf(memberOf(line, 'data'))).find((point) => isLate(point, end))
      const isFilled = lines.length > 0 && lines.every((line) => listOf(memberOf(line, 'data')).length > 0)
      return unless(isFilled, body) ?? (late === undefined ? undefined : JSON.stringify(late))
    },
  },
}

export function brokenFacts(exchange: JudgedExchange): string[] {
  return Object.entries(answerFacts).flatMap(([name, { of, judge }]) => {
    const broken = of.includes(exchange.operation) ? judge(exchange) : undefined
    return broken === undefined ? [] : [`${name}: ${broken.slice(0, 200)}`]
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

function unless(holds: boolean, shown: unknown): string | undefined {
  return holds ? undefined : JSON.stringify({ shown })
}

function isEmptyObject(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0
}

function entriesOf(body: unknown): readonly Readonly<Record<string, unknown>>[] {
  const content = memberOf(body, 'content')
  return (Array.isArray(body) ? listOf(body) : Array.isArray(content) ? listOf(content) : [body]).filter(isObject)
}

function lackOf(body: unknown, names: readonly string[]): string | undefined {
  const found = listOf(memberOf(body, 'stats')).map((each) => memberOf(each, 'name'))
  return found.length === 0 ? undefined : names.find((name) => !found.includes(name))
}
