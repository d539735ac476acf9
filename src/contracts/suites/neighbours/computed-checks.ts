// Checks of values computed from many traces and spans: searches, sums, cards, lines over time, and threads.
import { checksOn } from '../../check/check.js'
import type { Context, OwnProject } from '../../check/context.js'
import { expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import { toRecord } from '../../target/answer.js'
import { idsOf } from '../../check/check-steps.js'

const DAY_MS = 86_400_000
const ERROR = { exception_type: 'RangeError', message: 'no', traceback: 'at answer (agent.ts:12)' }

/** Milliseconds since 1970 that the check's ids tell: by these, not by the times of traces, intervals are bound. */
function timeOfIds(context: Context): number {
  return Number.parseInt(context.random.uuid().replaceAll('-', '').slice(0, 12), 16)
}

/** A project of its own with traces that begin now, one after another; their spans cost and use something. */
async function tracedProject(context: Context, fields: readonly object[]) {
  const project = await context.newProject()
  const traces = fields.map((own) => {
    const start_time = new Date(timeOfIds(context)).toISOString()
    return { id: context.random.uuid(), project_name: project.name, name: 'answer', start_time, ...own }
  })
  const spans = traces.map((trace, place) => ({
    ...{ id: context.random.uuid(), project_name: project.name, trace_id: trace.id, start_time: trace.start_time },
    ...{ type: 'llm' as const, usage: { total_tokens: 10 * (place + 1) }, total_estimated_cost: 0.25 },
  }))
  await context.expectCall(204, 'createTraces', { body: { traces } })
  await context.expectCall(204, 'createSpans', { body: { spans } })
  return { project, traces, spans, ids: idsOf(traces), spanIds: idsOf(spans) }
}

function thisHour(context: Context) {
  const at = (ms: number): string => new Date(timeOfIds(context) + ms).toISOString()
  return { interval_start: at(-3_600_000), interval_end: at(3_600_000) }
}

function newestFirst(ids: readonly string[]): string[] {
  return ids.toSorted().toReversed()
}

function figure(stats: readonly { name: string; value: unknown }[], name: string): unknown {
  return stats.find((each) => each.name === name)?.value
}

const named = ({ name }: OwnProject, value: string) => ({
  project_name: name,
  filters: [{ field: 'name', operator: '=', value }],
})

export const computedChecks = checksOn('getTraceStats should', (it) => {
  it('ingestion/search-streams [searchTraces]: A search streams the traces or spans that fit as lines of JSON, newest first, and goes on behind the last one.', async (context) => {
    const { project, ids, spanIds } = await tracedProject(context, [{}, { name: 'other' }, {}])
    const [newest = '', second = '', oldest = ''] = newestFirst(ids)
    const search = async (body: object): Promise<string[]> => {
      const found = await context.expectCall(200, 'searchTraces', { body: { project_name: project.name, ...body } })
      return idsOf(found)
    }
    expectEqual('all traces', await search({}), [newest, second, oldest])
    expectEqual('the first two', await search({ limit: 2 }), [newest, second])
    expectEqual('those after the first', await search({ last_retrieved_id: newest }), [second, oldest])
    expectEqual('those that fit', await search(named(project, 'other')), ids.slice(1, 2))
    const body = { project_id: project.id, trace_id: ids[0] ?? '' }
    const spans = await context.expectCall(200, 'searchSpans', { body })
    expectEqual('the spans of a trace', idsOf(spans), spanIds.slice(0, 1))
  })
  it('ingestion/search-needs-a-project [searchSpans]: A search in an unknown project is 404; one that cannot be meant is 400.', async (context) => {
    const project_id = context.random.uuid()
    expectStatus(await context.call('searchTraces', { body: { project_id } }), 404)
    expectStatus(await context.call('searchSpans', { body: { project_id } }), 404)
    const filters = [{ field: 'colour', operator: '=', value: 'red' }]
    const body = { project_id: (await context.project()).id, filters }
    expectStatus(await context.call('searchTraces', { body }), 400)
    expectStatus(await context.call('searchSpans', { body }), 400)
  })
  it('ingestion/sums-of-traces: The sums of traces and of spans are those of the ones that a list has; where there are none there is no figure.', async (context) => {
    const { project, traces } = await tracedProject(context, [{}, { name: 'other', error_info: ERROR }, {}])
    const query = { project_id: project.id }
    const { stats } = await context.expectCall(200, 'getTraceStats', { query })
    const wanted = { trace_count: 3, error_count: 1, 'usage.total_tokens': 20, total_estimated_cost_sum: 0.75 }
    for (const [name, value] of Object.entries(wanted)) expectEqual(name, figure(stats, name), value)
    const ofTrace = { ...query, trace_id: traces[2]?.id ?? '' }
    const ofSpans = await context.expectCall(200, 'getSpanStats', { query: ofTrace })
    expectEqual('span_count', figure(ofSpans.stats, 'span_count'), 1)
    expectEqual('usage.total_tokens of the span', figure(ofSpans.stats, 'usage.total_tokens'), 30)
    const filters = (name: string) => JSON.stringify(named(project, name).filters)
    const other = await context.expectCall(200, 'getTraceStats', { query: { ...query, filters: filters('other') } })
    expectEqual('trace_count of those that fit', figure(other.stats, 'trace_count'), 1)
    const none = await context.expectCall(200, 'getTraceStats', { query: { ...query, filters: filters('nobody') } })
    expectEqual('the figures of nothing', none.stats, [])
  })
  it('ingestion/sums-refuse: Sums by a filter that cannot be meant are 400.', async (context) => {
    const query = {
      project_id: (await context.project()).id,
      filters: '[{"field":"colour","operator":"=","value":"x"}]',
    }
    expectStatus(await context.call('getTraceStats', { query }), 400)
    expectStatus(await context.call('getSpanStats', { query }), 400)
    expectStatus(await context.call('getTraceThreadStats', { query }), 400)
    expectStatus(await context.call('getTraceThreads', { query }), 400)
  })
  it('ingestion/threads [getTraceThreads]: Traces with the same thread_id are one thread, listed, filtered, summed up and read alone.', async (context) => {
    const [talk, chat] = [context.name('talk'), context.name('chat')]
    const at = (ms: number): string => new Date(timeOfIds(context) + ms).toISOString()
    const { project } = await tracedProject(context, [
      { thread_id: talk, start_time: at(0), end_time: at(1000), input: 'Hello', output: 'Hi' },
      { thread_id: talk, start_time: at(2000), end_time: at(3500), input: 'And?', output: 'Done' },
      { thread_id: chat, start_time: at(0), input: 'Well' },
      {},
    ])
    const query = { project_id: project.id }
    const { content, total } = await context.expectCall(200, 'getTraceThreads', { query })
    expectEqual('the threads', [idsOf(content).toSorted(), total], [[talk, chat].toSorted(), 2])
    const wanted = { number_of_messages: 4, duration: 3500, first_message: 'Hello', last_message: 'Done' }
    const body = { project_id: project.id, thread_id: talk }
    const read = toRecord(await context.expectCall(200, 'getTraceThread', { body }))
    const listed = toRecord(content.find(({ id }) => id === talk))
    for (const [name, value] of Object.entries(wanted)) {
      expectEqual(`${name} as it is read`, read[name], value)
      expectEqual(`${name} as it is listed`, listed[name], value)
    }
    const filters = JSON.stringify([{ field: 'number_of_messages', operator: '>', value: '2' }])
    const long = await context.expectCall(200, 'getTraceThreads', { query: { ...query, filters } })
    expectEqual('the long threads', idsOf(long.content), [talk])
    const { stats } = await context.expectCall(200, 'getTraceThreadStats', { query })
    expectEqual('thread_count', figure(stats, 'thread_count'), 2)
    const unknown = { project_id: project.id, thread_id: context.name('nobody') }
    expectStatus(await context.call('getTraceThread', { body: unknown }), 404)
  })
  it('projects/sums [getProjectStats]: Each project of a page comes with the sums of its traces, one without traces with its id alone.', async (context) => {
    const { project } = await tracedProject(context, [{ thread_id: 'one' }, { name: 'other', error_info: ERROR }])
    const stats = async (query: object) =>
      (await context.expectCall(200, 'getProjectStats', { query: { size: 50, ...query } })).content
    const [sums, ...others] = await stats({ name: project.name })
    expectEqual('how many projects there are besides', others.length, 0)
    const wanted = { project_id: project.id, trace_count: 2, thread_count: 1, total_estimated_cost_sum: 0.5 }
    const shown = toRecord(sums)
    for (const [name, value] of Object.entries(wanted)) expectEqual(name, shown[name], value)
    expectEqual('usage', sums?.usage, { total_tokens: 15 })
    expectEqual('error_count', sums.error_count?.count, 1)
    const [fitting] = await stats({ name: project.name, filters: JSON.stringify(named(project, 'other').filters) })
    expectEqual('trace_count of those that fit', fitting?.trace_count, 1)
    const empty = await context.newProject()
    expectEqual('an empty project', await stats({ name: empty.name }), [{ project_id: empty.id }])
    const { trace_count } = await context.expectCall(200, 'retrieveProject', {
      body: { name: project.name, include_stats: true },
    })
    expectEqual('trace_count of the project that is retrieved', trace_count, 2)
  })
  it('projects/cards [getProjectKpiCards]: The cards of a project compare a time with the one before it.', async (context) => {
    const end_time = new Date(timeOfIds(context) + 1000).toISOString()
    const fields = { end_time, start_time: new Date(timeOfIds(context)).toISOString() }
    const { project } = await tracedProject(context, [fields, { ...fields, error_info: ERROR }])
    const body = { entity_type: 'traces' as const, ...thisHour(context) }
    const { stats } = await context.expectCall(200, 'getProjectKpiCards', { path: { id: project.id }, body })
    const values = stats.map(({ type, current_value, previous_value }) => [type, current_value, previous_value])
    expectEqual('the cards', values, [
      ['count', 2, 0],
      ['avg_duration', 1000, null],
      ['total_cost', 0.5, 0],
      ['errors', 1, 0],
    ])
    const ofThreads = { ...body, entity_type: 'threads' as const }
    const threads = await context.expectCall(200, 'getProjectKpiCards', { path: { id: project.id }, body: ofThreads })
    const cards = threads.stats.map(({ type }) => type)
    expectEqual('the cards of threads', cards, ['count', 'avg_duration', 'total_cost'])
    const backwards = { ...body, interval_end: body.interval_start }
    expectStatus(await context.call('getProjectKpiCards', { path: { id: project.id }, body: backwards }), 422)
  })
  it('projects/lines [getProjectMetrics]: A figure of a project has a point for each interval.', async (context) => {
    const { project } = await tracedProject(context, [{}, { name: 'other', error_info: ERROR }])
    const interval_start = new Date(timeOfIds(context) - 2 * DAY_MS).toISOString()
    const { interval_end } = thisHour(context)
    const asked = { interval: 'DAILY' as const, interval_start, interval_end }
    const lines = async (metric_type: 'TRACE_COUNT' | 'TRACE_ERROR_RATE' | 'COST', more: object = {}) => {
      const body = { metric_type, ...asked, ...more }
      return (await context.expectCall(200, 'getProjectMetrics', { path: { id: project.id }, body })).results
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
    expectStatus(await context.call('getProjectMetrics', { path: { id: project.id }, body: backwards }), 400)
    expectStatus(await context.call('getProjectMetrics', { path: { id: context.random.uuid() }, body }), 404)
  })
  it('projects/names-of-usage [findTokenUsageNames]: What the spans of a project have counted is listed by name; of an unknown project it is 404.', async (context) => {
    const { project } = await tracedProject(context, [{}])
    const { names } = await context.expectCall(200, 'findTokenUsageNames', { path: { id: project.id } })
    expectEqual('the names', names, ['total_tokens'])
    expectStatus(await context.call('findTokenUsageNames', { path: { id: context.random.uuid() } }), 404)
  })
})
