// Checks of traces and spans, as far as the SDKs that run jobs need them: sent in batches, in any order, and read back.
import { checksOn } from '../core/checks-on.js'
import { idsOf } from '../../check/check-steps.js'
import { expectStatusOr } from '../../check/seen-quirks.js'
import { expectEqual, expectFields } from '../../target/expectation.js'
import {
  START_TIME,
  traceOf,
  asQuery,
  END_TIME,
  ERROR,
  readSpan,
  readTrace,
  tracedProject,
} from '../../check/scenes.js'

const FIELDS = {
  input: { arguments: ['Ada', 3, null] },
  output: { text: 'hi Ada', nothing: null },
  metadata: { run: 7 },
  tags: ['one', 'two'],
  error_info: ERROR,
}

export const ingestionChecks = checksOn('createTraces should', (it) => {
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
})
