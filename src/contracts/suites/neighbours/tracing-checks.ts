// Checks of how traces, spans and threads are kept, found, sorted and shown, down to what is missing in them. What holds of
// single answers, whatever was sent before, are pure functions, so that recorded answers can be judged by them, too.
import { checksOn } from '../core/checks-on.js'
import { expectEqual, expectThat } from '../../target/expectation.js'
import type { Answer } from '../../target/answer.js'
import { having, END_TIME, ERROR, readTrace, traced, withOtherProject } from '../../check/scenes.js'
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

/** Judges what answers say by themselves. */
function expectFacts(asked: unknown, ...answers: readonly Answer[]): void {
  for (const answer of answers) {
    expectEqual('the status', answer.status, 200, answer)
    if (answer.operation === null) continue
    const { operation, text, body } = answer
    const isStream = operation === 'searchTraces' || operation === 'searchSpans'
    const broken = brokenFacts({ operation, asked, body: isStream ? body : JSON.parse(text) })
    expectEqual(`what ${operation} breaks`, broken, [], answer)
  }
}

const thirty = (what: string) => Array.from({ length: 30 }, (_, at) => `${what} ${at}`)

const TALK = [
  { thread_id: 'talk', input: 'Where is the cat?' },
  { thread_id: 'talk', input: 'And the dog?', start_time: END_TIME },
]

export const tracingChecks = checksOn('getTracesByProject should', (it) => {
  it('ingestion/shown-in-full: Traces list the providers of their spans, times in UTC and each tag once; a page counts its entries and names what it can be sorted by.', async (context) => {
    const { project_id, trace_id } = await traced(
      [{ start_time: '2026-07-14T11:30:04.100+02:00', tags: ['one', 'two', 'one'] }, {}],
      [
        { type: 'llm', provider: 'openai', model: 'gpt-4o', usage: { prompt_tokens: 10, completion_tokens: 5 } },
        { usage: {}, total_estimated_cost: 0 },
      ],
    )(context)
    const query = { project_id }
    expectFacts(
      undefined,
      await context.call('getTraceById', { path: { id: trace_id } }),
      await context.call('getTracesByProject', { query }),
      await context.call('getTracesByProject', { query: { ...query, search: context.name('nowhere') } }),
      await context.call('getSpansByProject', { query }),
      await context.call('searchTraces', { body: query }),
      await context.call('getTraceThreads', { query }),
    )
  })
  it('ingestion/sums-name-each-figure [getTraceStats]: Sums name each figure, also those that are 0.', async (context) => {
    const { project_id } = await traced([{ thread_id: context.name('talk') }], [{ type: 'llm' }])(context)
    for (const operation of ['getTraceStats', 'getSpanStats', 'getTraceThreadStats'] as const) {
      expectFacts(undefined, await context.call(operation, { query: { project_id } }))
    }
  })
  it('projects/lines-of-nothing [getProjectMetrics]: Where nothing was traced there is a line with a point for each interval before the end.', async (context) => {
    const { id } = await context.newProject()
    const [interval_start, interval_end] = ['2026-07-14T08:00:00Z', '2026-07-14T12:00:00Z']
    const body = { metric_type: 'TRACE_COUNT' as const, interval: 'HOURLY' as const, interval_start, interval_end }
    const answer = await context.call('getProjectMetrics', { path: { id }, body })
    expectFacts(body, answer)
    const { results } = await context.expectCall(200, 'getProjectMetrics', { path: { id }, body })
    expectEqual('how many points there are', results[0]?.data.length, 4)
    const spread = { ...body, metric_type: 'SPAN_DURATION' as const }
    const lines = await context.expectCall(200, 'getProjectMetrics', { path: { id }, body: spread })
    const names = ['p50', 'p90', 'p99'].map((part) => `span_duration.${part}`)
    expectEqual('the lines of durations', lines.results.map(({ name }) => name).toSorted(), names)
  })
  it('ingestion/null-is-a-value [updateTrace]: An update with null for input, output or metadata leaves null there.', async (context) => {
    const { trace_id: id, project_name } = await traced([{ input: 'in', output: 'out' }])(context)
    await context.expectCall(204, 'updateTrace', { path: { id }, body: { project_name, output: null } })
    const { input, output } = await readTrace(context, id)
    expectThat(input === 'in' && (output ?? null) === null, 'the input alone', { input, output })
  })
  it`ingestion/errors-of-any-parts [createTrace]: An error needs neither a traceback nor a type.
    createTrace error_info={}: 201
    createTrace error_info={"exception_type":"RangeError"}: 201
    createTrace error_info={"message":"no"}: 201`
  it`ingestion/sources-are-known [createTrace]: A source that the server does not know is 400.
    createTrace source="somewhere": 400`
  it`ingestion/search-must-be-accepted [searchTraces]: A search whose Accept leaves streams out is 406.
    ${traced()}
    searchTraces accept="application/json": 406
    searchSpans accept="application/json": 406`
  it`ingestion/missing-numbers-count-as-0 [getSpansByProject]: In filters a missing duration, use or cost counts as 0.
    ${traced([{}], [{}, { end_time: END_TIME, usage: { total_tokens: 5 } }])}
    getSpansByProject filters=${having('duration', '<', '1000')}: 200 content.*.id=[$span_id]
    getSpansByProject filters=${having('usage.total_tokens', '<', '3')}: 200 content.*.id=[$span_id]`
  it`ingestion/missing-values-sorted: Missing texts come before all others, capitals before small letters; a missing duration comes last in both directions.
    ${traced([{ name: 'b' }, { name: 'C', end_time: END_TIME }, {}])}
    getTracesByProject sorting=[{"field":"name","direction":"ASC"}]: 200 content.*.id=[$ids.2,$ids.1,$ids.0]
    getTracesByProject sorting=[{"field":"duration","direction":"ASC"}]: 200 content.0.id=$ids.1
    getTracesByProject sorting=[{"field":"duration","direction":"DESC"}]: 200 content.0.id=$ids.1`
  it`ingestion/wildcards: In a filter and in a search % stands for any text, and _ for one character.
    ${traced([{ name: 'black cat' }, { name: 'white dog' }])}
    getTracesByProject filters=${having('name', 'contains', 'b%c_t')}: 200 content.*.id=[$id]
    getTracesByProject search="b%c_t": 200 content.*.id=[$id]`
  it`ingestion/threads-of-what-is-found [getTraceThreads]: A search of threads finds traces, of which alone the threads are made.
    ${traced(TALK)}
    getTraceThreads search="the dog": 200 content.0.number_of_messages=2 content.0.first_message="And the dog?"`
  it`ingestion/fifty-tags-in-all [batchUpdateTraces]: Tags that are added to others may be fifty in all; more are 422.
    ${traced([{ tags: thirty('old') }])}
    batchUpdateTraces update=${{ tags: thirty('new') }} merge_tags=true: 422`
  it`ingestion/span-of-another-project [createSpan]: A span that is there in another project stays as it is (201); one that an update put into another trace is 409.
    ${withOtherProject(traced([{}], [{ name: 'first' }]))}
    createSpan id=$span_id project_name=$other name="second": 201
    getSpanById id=$span_id: 200 name="first"
    updateSpan id=$unknown project_name=$other trace_id=? output= error_info=${ERROR}: 204
    createSpan id=$unknown project_name=$other name="second": 409`
})
