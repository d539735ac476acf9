// Checks of traces and spans, as far as the SDKs that run jobs need them: sent in batches, in any order, and read back; and of
// values computed from many: searches, sums, cards, lines over time, and threads.
import { checksOn } from '../core/checks-on.js'
import { idsOf } from '../../check/check-steps.js'
import { expectStatusOr } from '../../check/seen-quirks.js'
import { expectEqual, expectFields, expectThat } from '../../target/expectation.js'
import {
  START_TIME,
  traceOf,
  asQuery,
  END_TIME,
  ERROR,
  readSpan,
  readTrace,
  tracedProject,
  momentOf,
  thisHour,
} from '../../check/scenes.js'
import type { Context } from '../../check/context.js'
import { toRecord } from '../../target/answer.js'

const FIELDS = {
  input: { arguments: ['Ada', 3, null] },
  output: { text: 'hi Ada', nothing: null },
  metadata: { run: 7 },
  tags: ['one', 'two'],
  error_info: ERROR,
}

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

export const ingestionChecks = checksOn('createTraces should', (it, at) => {
  it('ingestion/trace-comes-back: A trace can be read by its id with what was sent.', async (context) => {
    const sent = { name: 'answer', end_time: END_TIME, ...FIELDS }
    const { project_id, trace_id: id } = await tracedProject(context, [sent])
    expectFields('the trace', await readTrace(context, id), { ...sent, id, project_id, start_time: START_TIME })
  })
  it('ingestion/traces-of-project [getTracesByProject]: The traces of a project are listed by its id and by its name.', async (context) => {
    const traces = [{}, { start_time: '2026-07-14T10:00:00Z' }]
    const { project_id, project_name, ids } = await tracedProject(context, traces)
    for (const query of [{ project_id }, { project_name }]) {
      const { content, total } = await context.expectCall(200, 'getTracesByProject', { query })
      expectEqual('ids and total', [idsOf(content).toSorted(), total], [ids.toSorted(), 2])
    }
  })
  it('ingestion/trace-updated [updateTrace]: An update replaces the fields that it brings and leaves the others.', async (context) => {
    const sent = { name: 'answer', input: { text: 'hi' }, tags: ['one'] }
    const { project_name, trace_id: id } = await tracedProject(context, [sent])
    const body = { project_name, end_time: END_TIME, output: { text: 'ho' } }
    await context.expectCall(204, 'updateTrace', { path: { id }, body })
    expectFields('the trace', await readTrace(context, id), { ...sent, output: body.output })
  })
  it('ingestion/update-before-create [updateTrace]: An update that comes before its trace is kept; a create completes it, and what the update said stays.', async (context) => {
    const { id, project_name, ...rest } = await traceOf(context)
    const output = { text: 'ho' }
    await context.expectCall(204, 'updateTrace', { path: { id }, body: { project_name, output } })
    const input = { text: 'hi' }
    await context.expectCall(201, 'createTrace', { body: { id, project_name, ...rest, input, output: 'lost' } })
    expectFields('the trace', await readTrace(context, id), { ...rest, input, output })
  })
  it('ingestion/batch-replaces: A batch replaces a trace as a whole; one that was changed earlier than what is there is passed over.', async (context) => {
    const trace = await traceOf(context)
    const send = (fields: object) =>
      context.expectCall(204, 'createTraces', { body: { traces: [{ ...trace, ...fields }] } })
    await send({ input: 'first', last_updated_at: '2026-07-14T09:30:05.000002Z' })
    await send({ output: 'second', last_updated_at: '2026-07-14T09:30:05.000003Z' })
    await send({ input: 'late', last_updated_at: '2026-07-14T09:30:05.000001Z' })
    expectFields('the trace', await readTrace(context, trace.id), { input: undefined, output: 'second' })
  })
  it('ingestion/created-once [createTrace]: A trace that is there cannot be created again (409); a span that is there stays as it is (201).', async (context) => {
    const trace = await traceOf(context)
    for (const status of [201, 409] as const) await context.expectCall(status, 'createTrace', { body: trace })
    const span = { ...trace, id: context.random.uuid(), trace_id: trace.id }
    const { id, name, project_name } = span
    for (const each of [name, 'other']) await context.expectCall(201, 'createSpan', { body: { ...span, name: each } })
    expectFields('the span', await readSpan(context, id), { name, project_name })
  })
  it('ingestion/updated-where-it-is [updateTrace]: An update that names another project, or of a span another trace, is 409.', async (context) => {
    const { project_name, trace_id, span_id } = await tracedProject(context, [{}], [{}])
    const body = { project_name: (await context.newProject()).name }
    await context.expectCall(409, 'updateTrace', { path: { id: trace_id }, body })
    const moved = { project_name, trace_id: context.random.uuid() }
    await context.expectCall(409, 'updateSpan', { path: { id: span_id }, body: moved })
  })
  it('ingestion/trace-sums-up [getTraceById]: A trace shows how long it took and what its spans have used.', async (context) => {
    const spans = [
      { type: 'llm', usage: { total_tokens: 3 } },
      { type: 'tool', usage: { total_tokens: 4 } },
    ]
    const { trace_id } = await tracedProject(context, [{ end_time: END_TIME }], spans)
    const sums = { duration: 2500, usage: { total_tokens: 7 }, span_count: 2, llm_span_count: 1 }
    expectFields('the trace', await readTrace(context, trace_id), sums)
  })
  it('ingestion/trace-deleted [deleteTraceById]: A deleted trace is 404, and its spans are gone; deleting it again is 204.', async (context) => {
    const { ids, trace_id, span_id } = await tracedProject(context, [{}, {}], [{}])
    for (let call = 0; call < 2; call++) {
      await context.expectCall(204, 'deleteTraceById', { path: { id: trace_id } })
      await context.expectCall(204, 'deleteTraces', { body: { ids: ids.slice(1) } })
    }
    for (const id of ids) await context.expectCall(404, 'getTraceById', { path: { id } })
    const left = await context.call('getSpanById', { path: { id: span_id } })
    expectStatusOr(context, left, [404], ['deleted-trace-leaves-spans', [200]])
  })
  it('ingestion/traces-filtered-and-sorted [getTracesByProject]: Traces are listed by filters and in an order that is asked for; what cannot be meant is 400.', async (context) => {
    const { project_id } = await tracedProject(context, [
      { name: 'Alpha', metadata: { run: { no: 3 } }, end_time: END_TIME },
      { name: 'beta', tags: ['slow'] },
      { name: 'gamma alpha' },
    ])
    const names = async (query: object): Promise<string[]> => {
      const list = await context.expectCall(200, 'getTracesByProject', { query: { project_id, ...query } })
      expectEqual('the total', list.total, list.content.length)
      return list.content.map(({ name }) => name ?? '')
    }
    const filtered = async (...filters: object[]) => (await names({ filters: asQuery(...filters) })).toSorted()
    const having = (field: string, operator: string, value: string, key?: string) => ({ field, operator, value, key })
    expectEqual('name contains', await filtered(having('name', 'contains', 'ALPHA')), ['Alpha', 'gamma alpha'])
    expectEqual('duration above', await filtered(having('duration', '>', '2000')), ['Alpha'])
    expectEqual('metadata by key', await filtered(having('metadata', '=', '3', 'run.no')), ['Alpha'])
    expectEqual('tags contain', await filtered(having('tags', 'contains', 'slo')), ['beta'])
    const both = [having('name', 'contains', 'alpha'), having('name', 'starts_with', 'g')]
    expectEqual('both hold', await filtered(...both), ['gamma alpha'])
    const sorting = asQuery({ field: 'name', direction: 'DESC' })
    expectEqual('the order', await names({ sorting }), ['gamma alpha', 'beta', 'Alpha'])
    const wrong = [having('colour', '=', 'x'), having('duration', 'contains', '1'), having('duration', '>', 'x')]
    for (const filter of wrong) {
      await context.expectCall(400, 'getTracesByProject', { query: { project_id, filters: asQuery(filter) } })
    }
  })
  it('ingestion/traces-updated-alike [batchUpdateTraces]: A batch update changes every trace that it names; with merge_tags its tags are added.', async (context) => {
    const { ids } = await tracedProject(context, [{ tags: ['one'] }, { tags: ['two'] }])
    const update = async (tags: string[], merge_tags: boolean) => {
      await context.expectCall(204, 'batchUpdateTraces', { body: { ids, update: { tags }, merge_tags } })
      return Promise.all(ids.map(async (id) => (await readTrace(context, id)).tags?.toSorted()))
    }
    const added = [
      ['new', 'one'],
      ['new', 'two'],
    ]
    expectEqual('tags that were added to', await update(['new'], true), added)
    expectEqual('tags that replace', await update(['only'], false), [['only'], ['only']])
  })
  it('ingestion/project-made-by-name: A trace for a project that does not exist creates it by its name.', async (context) => {
    const { project_name: _, ...trace } = await traceOf(context)
    const name = context.name('traced')
    await context.expectCall(204, 'createTraces', { body: { traces: [{ ...trace, project_name: name }] } })
    const { id } = await context.expectCall(200, 'retrieveProject', { body: { name } })
    context.defer(() => context.call('deleteProjectById', { path: { id } }))
    expectEqual('project_id', (await readTrace(context, trace.id)).project_id, id)
  })
  it`ingestion/unknown-trace [getTraceById]: An unknown trace is 404.
    getTraceById id=?: 404`
  it`ingestion/lists-need-a-project [getTracesByProject]: Lists of traces and spans without a project are 400, of an unknown one 404.
    getTracesByProject project_id=: 400
    getTracesByProject project_id=?: 404
    getSpansByProject project_id=: 400
    getSpansByProject project_id=?: 404`
  it('ingestion/spans-of-trace [createSpans]: The spans of a trace come back with what was sent, and those of other traces do not.', async (context) => {
    const root = { id: context.random.uuid(), name: 'root', type: 'general', ...FIELDS }
    const child = { id: context.random.uuid(), name: 'child', parent_span_id: root.id, type: 'llm', model: 'm' }
    const { project_id, trace_id } = await tracedProject(context, [{}, {}], [root, child, { of: 1 }])
    const query = { project_id, trace_id }
    const { content, total } = await context.expectCall(200, 'getSpansByProject', { query })
    expectEqual('how many spans there are', [content.length, total], [2, 2])
    for (const span of [root, child]) {
      const shown = content.find(({ id }) => id === span.id)
      expectFields('the span', shown, { ...span, trace_id })
    }
  })
  it('ingestion/span-updated [updateSpan]: An update of a span replaces the fields that it brings and leaves the others.', async (context) => {
    const sent = { name: 'answer', input: { text: 'hi' } }
    const { project_id, project_name, trace_id, span_id: id } = await tracedProject(context, [{}], [sent])
    const body = { project_name, trace_id, end_time: END_TIME, output: { text: 'ho' } }
    await context.expectCall(204, 'updateSpan', { path: { id }, body })
    const { content } = await context.expectCall(200, 'getSpansByProject', { query: { project_id, trace_id } })
    expectFields('the span', content[0], { id, ...sent, output: body.output })
  })

  at('getTraceStats should')
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
