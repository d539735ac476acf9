// Checks of values computed from many traces and spans: searches, sums, cards, lines over time, and threads.
import { checksOn } from '../core/checks-on.js'
import type { Context } from '../../check/context.js'
import { expectEqual, expectFields, expectThat } from '../../target/expectation.js'
import { toRecord } from '../../target/answer.js'
import { idsOf } from '../../check/check-steps.js'
import { asQuery, ERROR, momentOf, thisHour, tracedProject } from '../../check/scenes.js'

const TWO_DAYS_MS = 172_800_000

/** A project with traces that begin now, one after another; the span of each costs and uses something. */
function costlyProject(context: Context, fields: readonly object[]): ReturnType<typeof tracedProject> {
  const traces = fields.map((own) => ({ name: 'answer', start_time: momentOf(context, 0), ...own }))
  const cost = { type: 'llm', total_estimated_cost: 0.25 }
  const spans = traces.map(({ start_time }, of) => ({
    ...cost,
    of,
    start_time,
    usage: { total_tokens: 10 * (of + 1) },
  }))
  return tracedProject(context, traces, spans)
}

const named = (value: string) => ({ field: 'name', operator: '=', value })
const UNKNOWN = { field: 'colour', operator: '=', value: 'red' }

const figuresOf = ({ stats }: { stats: readonly { name: string; value: unknown }[] }): Record<string, unknown> =>
  Object.fromEntries(stats.map(({ name, value }) => [name, value]))

export const computedChecks = checksOn('getTraceStats should', (it) => {
  it('ingestion/search-streams [searchTraces]: A search streams the traces or spans that fit as lines of JSON, newest first, and goes on behind the last one.', async (context) => {
    const { project_id, project_name, ids, spanIds } = await costlyProject(context, [{}, { name: 'other' }, {}])
    const [newest = '', second = '', oldest = ''] = ids.toSorted().toReversed()
    const search = async (body: object) =>
      idsOf(await context.expectCall(200, 'searchTraces', { body: { project_name, ...body } }))
    expectEqual('all traces', await search({}), [newest, second, oldest])
    expectEqual('the first two', await search({ limit: 2 }), [newest, second])
    expectEqual('those after the first', await search({ last_retrieved_id: newest }), [second, oldest])
    expectEqual('those that fit', await search({ filters: [named('other')] }), ids.slice(1, 2))
    const spans = await context.expectCall(200, 'searchSpans', { body: { project_id, trace_id: ids[0] ?? '' } })
    expectEqual('the spans of a trace', idsOf(spans), spanIds.slice(0, 1))
  })
  it`ingestion/search-needs-a-project [searchSpans]: A search in an unknown project is 404; one that cannot be meant is 400.
    searchTraces project_id=?: 404
    searchTraces filters=${asQuery(UNKNOWN)}: 400
    searchSpans project_id=?: 404
    searchSpans filters=${asQuery(UNKNOWN)}: 400`
  it('ingestion/sums-of-traces: The sums of traces and of spans are those of the ones that a list has; where there are none there is no figure.', async (context) => {
    const { project_id, ids } = await costlyProject(context, [{}, { name: 'other', error_info: ERROR }, {}])
    const sums = async (query: object = {}) =>
      figuresOf(await context.expectCall(200, 'getTraceStats', { query: { project_id, ...query } }))
    const wanted = { trace_count: 3, error_count: 1, 'usage.total_tokens': 20, total_estimated_cost_sum: 0.75 }
    expectFields('the traces', await sums(), wanted)
    const ofTrace = { project_id, trace_id: ids[2] ?? '' }
    const ofSpan = figuresOf(await context.expectCall(200, 'getSpanStats', { query: ofTrace }))
    expectFields('the span', ofSpan, { span_count: 1, 'usage.total_tokens': 30 })
    expectFields('those that fit', await sums({ filters: asQuery(named('other')) }), { trace_count: 1 })
    expectEqual('the figures of nothing', await sums({ filters: asQuery(named('nobody')) }), {})
  })
  it('ingestion/sums-refuse: Sums by a filter that cannot be meant are 400.', async (context) => {
    const query = { project_id: (await context.project()).id, filters: asQuery(UNKNOWN) }
    for (const operation of ['getTraceStats', 'getSpanStats', 'getTraceThreadStats', 'getTraceThreads'] as const) {
      await context.expectCall(400, operation, { query })
    }
  })
  it('ingestion/threads [getTraceThreads]: Traces with the same thread_id are one thread, listed, filtered, summed up and read alone.', async (context) => {
    const [talk, chat] = [context.name('talk'), context.name('chat')]
    const at = (ms: number): string => momentOf(context, ms)
    const { project_id } = await costlyProject(context, [
      { thread_id: talk, start_time: at(0), end_time: at(1000), input: 'Hello', output: 'Hi' },
      { thread_id: talk, start_time: at(2000), end_time: at(3500), input: 'And?', output: 'Done' },
      { thread_id: chat, start_time: at(0), input: 'Well' },
      {},
    ])
    const query = { project_id }
    const { content, total } = await context.expectCall(200, 'getTraceThreads', { query })
    expectEqual('the threads', [idsOf(content).toSorted(), total], [[talk, chat].toSorted(), 2])
    const wanted = { number_of_messages: 4, duration: 3500, first_message: 'Hello', last_message: 'Done' }
    const read = await context.expectCall(200, 'getTraceThread', { body: { project_id, thread_id: talk } })
    for (const thread of [read, content.find(({ id }) => id === talk)]) {
      expectFields('the thread', toRecord(thread), wanted)
    }
    const filters = asQuery({ field: 'number_of_messages', operator: '>', value: '2' })
    const long = await context.expectCall(200, 'getTraceThreads', { query: { ...query, filters } })
    expectEqual('the long threads', idsOf(long.content), [talk])
    const sums = figuresOf(await context.expectCall(200, 'getTraceThreadStats', { query }))
    expectEqual('thread_count', sums['thread_count'], 2)
    await context.expectCall(404, 'getTraceThread', { body: { project_id, thread_id: context.name('nobody') } })
  })
  it('projects/sums [getProjectStats]: Each project of a page comes with the sums of its traces, one without traces with its id alone.', async (context) => {
    const traces = [{ thread_id: 'one' }, { name: 'other', error_info: ERROR }]
    const { project_id, project_name: name } = await costlyProject(context, traces)
    const stats = async (query: object) =>
      (await context.expectCall(200, 'getProjectStats', { query: { size: 50, ...query } })).content
    const [sums, ...others] = await stats({ name })
    expectEqual('how many projects there are besides', others.length, 0)
    const counts = { trace_count: 2, thread_count: 1, total_estimated_cost_sum: 0.5, usage: { total_tokens: 15 } }
    expectFields('the project', toRecord(sums), { project_id, ...counts })
    expectEqual('error_count', sums?.error_count?.count, 1)
    const [fitting] = await stats({ name, filters: asQuery(named('other')) })
    expectEqual('trace_count of those that fit', fitting?.trace_count, 1)
    const empty = await context.newProject()
    expectEqual('an empty project', await stats({ name: empty.name }), [{ project_id: empty.id }])
    const found = await context.expectCall(200, 'retrieveProject', { body: { name, include_stats: true } })
    expectEqual('trace_count of the project that is retrieved', found.trace_count, 2)
  })
  it('projects/cards [getProjectKpiCards]: The cards of a project compare a time with the one before it.', async (context) => {
    const fields = { end_time: momentOf(context, 1000), start_time: momentOf(context, 0) }
    const { project_id: id } = await costlyProject(context, [fields, { ...fields, error_info: ERROR }])
    const hour = thisHour(context)
    const cards = async (entity_type: 'traces' | 'threads') =>
      (await context.expectCall(200, 'getProjectKpiCards', { path: { id }, body: { entity_type, ...hour } })).stats
    const values = (await cards('traces')).map((each) => [each.type, each.current_value, each.previous_value])
    expectEqual('the cards', values, [
      ['count', 2, 0],
      ['avg_duration', 1000, null],
      ['total_cost', 0.5, 0],
      ['errors', 1, 0],
    ])
    const types = (await cards('threads')).map(({ type }) => type)
    expectEqual('the cards of threads', types, ['count', 'avg_duration', 'total_cost'])
    const backwards = { entity_type: 'traces' as const, ...hour, interval_end: hour.interval_start }
    await context.expectCall(422, 'getProjectKpiCards', { path: { id }, body: backwards })
  })
  it('projects/lines [getProjectMetrics]: A figure of a project has a point for each interval.', async (context) => {
    const { project_id: id } = await costlyProject(context, [{}, { name: 'other', error_info: ERROR }])
    const interval_start = momentOf(context, -TWO_DAYS_MS)
    const asked = { interval: 'DAILY' as const, interval_start, interval_end: thisHour(context).interval_end }
    const lines = async (metric_type: 'TRACE_COUNT' | 'TRACE_ERROR_RATE') => {
      const body = { metric_type, ...asked }
      return (await context.expectCall(200, 'getProjectMetrics', { path: { id }, body })).results
    }
    const [count] = await lines('TRACE_COUNT')
    expectEqual('the name of the line', count?.name, 'traces')
    const values = count.data.map(({ value }) => value ?? 0)
    expectThat(values.length >= 3, 'a point for each day', values)
    expectEqual('the first point, and all together', [values[0], values.reduce((a, b) => a + b, 0)], [0, 2])
    const [rate] = await lines('TRACE_ERROR_RATE')
    expectThat(rate?.data.some(({ value }) => value === 50) === true, 'half of the traces to have failed', rate)
    expectEqual('a rate of nothing', rate.data[0]?.value ?? 0, 0)
    const body = { metric_type: 'COST' as const, ...asked }
    const backwards = { ...body, interval_end: interval_start }
    await context.expectCall(400, 'getProjectMetrics', { path: { id }, body: backwards })
    await context.expectCall(404, 'getProjectMetrics', { path: { id: context.random.uuid() }, body })
  })
  it('projects/names-of-usage [findTokenUsageNames]: What the spans of a project have counted is listed by name; of an unknown project it is 404.', async (context) => {
    const { project_id: id } = await costlyProject(context, [{}])
    const { names } = await context.expectCall(200, 'findTokenUsageNames', { path: { id } })
    expectEqual('the names', names, ['total_tokens'])
    await context.expectCall(404, 'findTokenUsageNames', { path: { id: context.random.uuid() } })
  })
})
