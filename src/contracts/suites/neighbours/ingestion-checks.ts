// Checks of traces and spans, as far as the SDKs that run jobs need them: sent in batches, in any order, and read back.
import { checksOn } from '../../check/check.js'
import type { Context, OwnProject } from '../../check/context.js'
import { expectStatusOr } from '../../check/seen-quirks.js'
import { expectEqual, expectStatus, expectThat, expectFields } from '../../target/expectation.js'
import { idsOf } from '../../check/check-steps.js'

const START = '2026-07-14T09:30:04.118Z'
const END = '2026-07-14T09:30:06.618Z'

interface Sample {
  id: string
  project_name: string
  name: string
  start_time: string
}

async function sample(context: Context, project?: OwnProject): Promise<Sample> {
  const { name } = project ?? (await context.project())
  return { id: context.random.uuid(), project_name: name, name: 'answer', start_time: START }
}

function pick(from: object, wanted: object): Record<string, unknown> {
  return Object.fromEntries(Object.keys(wanted).map((name) => [name, Reflect.get(from, name)]))
}

const isSameTime = (actual: string | undefined, expected: string): boolean =>
  Date.parse(actual ?? '') === Date.parse(expected)

const FIELDS = {
  input: { arguments: ['Ada', 3, null] },
  output: { text: 'hi Ada', nothing: null },
  metadata: { run: 7 },
  tags: ['one', 'two'],
  error_info: { exception_type: 'RangeError', message: 'no', traceback: 'at answer (agent.ts:12)' },
}

export const ingestionChecks = checksOn('createTraces should', (it) => {
  it('ingestion/trace-comes-back: A trace can be read by its id with what was sent.', async (context) => {
    const { project_name, start_time, ...rest } = { ...(await sample(context)), ...FIELDS }
    await context.expectCall(204, 'createTraces', {
      body: { traces: [{ project_name, start_time, end_time: END, ...rest }] },
    })
    const trace = await context.expectCall(200, 'getTraceById', { path: { id: rest.id } })
    expectEqual('the trace', pick(trace, rest), rest)
    expectEqual('project_id', trace.project_id, (await context.project()).id)
    expectThat(isSameTime(trace.start_time, start_time), `start_time ${start_time}`, trace.start_time)
    expectThat(isSameTime(trace.end_time, END), `end_time ${END}`, trace.end_time)
  })
  it('ingestion/traces-of-project [getTracesByProject]: The traces of a project are listed by its id and by its name.', async (context) => {
    const project = await context.newProject()
    const first = await sample(context, project)
    const second = { ...(await sample(context, project)), start_time: '2026-07-14T10:00:00Z' }
    await context.expectCall(204, 'createTraces', { body: { traces: [first] } })
    await context.expectCall(204, 'createTraces', { body: { traces: [second] } })
    const { id, name } = project
    for (const query of [{ project_id: id }, { project_name: name }]) {
      const { content, total } = await context.expectCall(200, 'getTracesByProject', { query })
      const ids = idsOf(content).toSorted()
      expectEqual('ids and total', [ids, total], [[first.id, second.id].toSorted(), 2])
    }
  })
  it('ingestion/trace-updated [updateTrace]: An update replaces the fields that it brings and leaves the others.', async (context) => {
    const trace = { ...(await sample(context)), input: { text: 'hi' }, tags: ['one'] }
    await context.expectCall(204, 'createTraces', { body: { traces: [trace] } })
    const body = { project_name: trace.project_name, end_time: END, output: { text: 'ho' } }
    await context.expectCall(204, 'updateTrace', { path: { id: trace.id }, body })
    const read = await context.expectCall(200, 'getTraceById', { path: { id: trace.id } })
    const wanted = { name: trace.name, input: trace.input, output: body.output, tags: ['one'] }
    expectEqual('the trace', pick(read, wanted), wanted)
  })
  it('ingestion/update-before-create [updateTrace]: An update that comes before its trace is kept; a create completes it, and what the update said stays.', async (context) => {
    const trace = await sample(context)
    const body = { project_name: trace.project_name, output: { text: 'ho' } }
    await context.expectCall(204, 'updateTrace', { path: { id: trace.id }, body })
    const late = { ...trace, input: { text: 'hi' }, output: { text: 'lost' } }
    expectStatus(await context.call('createTrace', { body: late }), 201)
    const read = await context.expectCall(200, 'getTraceById', { path: { id: trace.id } })
    const wanted = { name: trace.name, input: { text: 'hi' }, output: { text: 'ho' } }
    expectEqual('the trace', pick(read, wanted), wanted)
    expectThat(isSameTime(read.start_time, trace.start_time), `start_time ${trace.start_time}`, read.start_time)
  })
  it('ingestion/batch-replaces: A batch replaces a trace as a whole; one that was changed earlier than what is there is passed over.', async (context) => {
    const trace = await sample(context)
    const send = async (fields: object): Promise<void> => {
      await context.expectCall(204, 'createTraces', { body: { traces: [{ ...trace, ...fields }] } })
    }
    await send({ input: 'first', last_updated_at: '2026-07-14T09:30:05.000002Z' })
    await send({ output: 'second', last_updated_at: '2026-07-14T09:30:05.000003Z' })
    await send({ input: 'late', last_updated_at: '2026-07-14T09:30:05.000001Z' })
    const { input, output } = await context.expectCall(200, 'getTraceById', { path: { id: trace.id } })
    expectEqual('input and output', [input, output], [undefined, 'second'])
  })
  it('ingestion/created-once [createTrace]: A trace that is there cannot be created again (409); a span that is there stays as it is (201).', async (context) => {
    const trace = await sample(context)
    expectStatus(await context.call('createTrace', { body: trace }), 201)
    expectStatus(await context.call('createTrace', { body: trace }), 409)
    const span = { ...trace, id: context.random.uuid(), trace_id: trace.id }
    expectStatus(await context.call('createSpan', { body: span }), 201)
    expectStatus(await context.call('createSpan', { body: { ...span, name: 'other' } }), 201)
    const read = await context.expectCall(200, 'getSpanById', { path: { id: span.id } })
    expectFields('the span', read, { name: span.name, project_name: span.project_name })
  })
  it('ingestion/updated-where-it-is [updateTrace]: An update that names another project, or of a span another trace, is 409.', async (context) => {
    const trace = await sample(context)
    const span = { ...trace, id: context.random.uuid(), trace_id: trace.id }
    await context.expectCall(204, 'createTraces', { body: { traces: [trace] } })
    await context.expectCall(204, 'createSpans', { body: { spans: [span] } })
    const project_name = (await context.newProject()).name
    expectStatus(await context.call('updateTrace', { path: { id: trace.id }, body: { project_name } }), 409)
    const body = { project_name: trace.project_name, trace_id: context.random.uuid() }
    expectStatus(await context.call('updateSpan', { path: { id: span.id }, body }), 409)
  })
  it('ingestion/trace-sums-up [getTraceById]: A trace shows how long it took and what its spans have used.', async (context) => {
    const trace = { ...(await sample(context)), end_time: END }
    const span = (type: 'llm' | 'tool', tokens: number) => ({
      ...{ ...trace, id: context.random.uuid(), trace_id: trace.id, type },
      usage: { total_tokens: tokens },
    })
    await context.expectCall(204, 'createTraces', { body: { traces: [trace] } })
    await context.expectCall(204, 'createSpans', { body: { spans: [span('llm', 3), span('tool', 4)] } })
    const read = await context.expectCall(200, 'getTraceById', { path: { id: trace.id } })
    const wanted = { duration: 2500, usage: { total_tokens: 7 }, span_count: 2, llm_span_count: 1 }
    expectEqual('the trace', pick(read, wanted), wanted)
  })
  it('ingestion/trace-deleted [deleteTraceById]: A deleted trace is 404, and its spans are gone; deleting it again is 204.', async (context) => {
    const [first, second] = [await sample(context), await sample(context)]
    const span = { ...first, id: context.random.uuid(), trace_id: first.id }
    await context.expectCall(204, 'createTraces', { body: { traces: [first, second] } })
    await context.expectCall(204, 'createSpans', { body: { spans: [span] } })
    for (let call = 0; call < 2; call++) {
      await context.expectCall(204, 'deleteTraceById', { path: { id: first.id } })
      await context.expectCall(204, 'deleteTraces', { body: { ids: [second.id] } })
    }
    for (const { id } of [first, second]) expectStatus(await context.call('getTraceById', { path: { id } }), 404)
    const left = await context.call('getSpanById', { path: { id: span.id } })
    expectStatusOr(context, left, [404], ['deleted-trace-leaves-spans', [200]])
  })
  it('ingestion/traces-filtered-and-sorted [getTracesByProject]: Traces are listed by filters and in an order that is asked for; what cannot be meant is 400.', async (context) => {
    const project = await context.newProject()
    const traces = [
      { ...(await sample(context, project)), name: 'Alpha', metadata: { run: { no: 3 } }, end_time: END },
      { ...(await sample(context, project)), name: 'beta', tags: ['slow'] },
      { ...(await sample(context, project)), name: 'gamma alpha' },
    ]
    await context.expectCall(204, 'createTraces', { body: { traces } })
    const names = async (query: object): Promise<string[]> => {
      const answer = await context.expectCall(200, 'getTracesByProject', {
        query: { project_id: project.id, ...query },
      })
      expectEqual('the total', answer.total, answer.content.length)
      return answer.content.map(({ name }) => name ?? '')
    }
    const filtered = async (...filters: object[]) => (await names({ filters: JSON.stringify(filters) })).toSorted()
    const having = (field: string, operator: string, value: string, key?: string) => ({ field, operator, value, key })
    expectEqual('name contains', await filtered(having('name', 'contains', 'ALPHA')), ['Alpha', 'gamma alpha'])
    expectEqual('duration above', await filtered(having('duration', '>', '2000')), ['Alpha'])
    expectEqual('metadata by key', await filtered(having('metadata', '=', '3', 'run.no')), ['Alpha'])
    expectEqual('tags contain', await filtered(having('tags', 'contains', 'slo')), ['beta'])
    const both = [having('name', 'contains', 'alpha'), having('name', 'starts_with', 'g')]
    expectEqual('both hold', await filtered(...both), ['gamma alpha'])
    const sorting = JSON.stringify([{ field: 'name', direction: 'DESC' }])
    expectEqual('the order', await names({ sorting }), ['gamma alpha', 'beta', 'Alpha'])
    const wrong = [having('colour', '=', 'x'), having('duration', 'contains', '1'), having('duration', '>', 'x')]
    for (const filter of wrong) {
      const query = { project_id: project.id, filters: JSON.stringify([filter]) }
      expectStatus(await context.call('getTracesByProject', { query }), 400)
    }
  })
  it('ingestion/traces-updated-alike [batchUpdateTraces]: A batch update changes every trace that it names; with merge_tags its tags are added.', async (context) => {
    const traces = [
      { ...(await sample(context)), tags: ['one'] },
      { ...(await sample(context)), tags: ['two'] },
    ]
    await context.expectCall(204, 'createTraces', { body: { traces } })
    const ids = idsOf(traces)
    await context.expectCall(204, 'batchUpdateTraces', { body: { ids, update: { tags: ['new'] }, merge_tags: true } })
    for (const { id, tags } of traces) {
      const read = await context.expectCall(200, 'getTraceById', { path: { id } })
      expectEqual('tags of the trace', read.tags?.toSorted(), [...tags, 'new'].toSorted())
    }
    await context.expectCall(204, 'batchUpdateTraces', { body: { ids, update: { tags: ['only'] } } })
    const [first = ''] = ids
    expectEqual('tags that replace', (await context.expectCall(200, 'getTraceById', { path: { id: first } })).tags, [
      'only',
    ])
  })
  it('ingestion/project-made-by-name: A trace for a project that does not exist creates it by its name.', async (context) => {
    const name = context.name('traced')
    const trace = { id: context.random.uuid(), project_name: name, start_time: START }
    await context.expectCall(204, 'createTraces', { body: { traces: [trace] } })
    const project = await context.expectCall(200, 'retrieveProject', { body: { name } })
    context.defer(() => context.call('deleteProjectById', { path: { id: project.id } }))
    const read = await context.expectCall(200, 'getTraceById', { path: { id: trace.id } })
    expectEqual('project_id', read.project_id, project.id)
  })
  it('ingestion/unknown-trace [getTraceById]: An unknown trace is 404.', async (context) => {
    expectStatus(await context.call('getTraceById', { path: { id: context.random.uuid() } }), 404)
  })
  it('ingestion/lists-need-a-project [getTracesByProject]: Lists of traces and spans without a project are 400, of an unknown one 404.', async (context) => {
    expectStatus(await context.call('getTracesByProject'), 400)
    expectStatus(await context.call('getSpansByProject'), 400)
    const query = { project_id: context.random.uuid() }
    expectStatus(await context.call('getTracesByProject', { query }), 404)
    expectStatus(await context.call('getSpansByProject', { query }), 404)
  })
  it('ingestion/spans-of-trace [createSpans]: The spans of a trace come back with what was sent, and those of other traces do not.', async (context) => {
    const [trace_id, other] = [context.random.uuid(), context.random.uuid()]
    const root = { ...(await sample(context)), trace_id, type: 'general' as const, ...FIELDS }
    const child = { ...(await sample(context)), trace_id, parent_span_id: root.id, type: 'llm' as const, model: 'm' }
    const foreign = { ...(await sample(context)), trace_id: other }
    await context.expectCall(204, 'createSpans', { body: { spans: [root, child, foreign] } })
    const query = { project_id: (await context.project()).id, trace_id }
    const { content, total } = await context.expectCall(200, 'getSpansByProject', { query })
    expectEqual('how many spans there are', [content.length, total], [2, 2])
    for (const { project_name: _project, start_time: _start, ...wanted } of [root, child]) {
      const span = content.find(({ id }) => id === wanted.id) ?? {}
      expectEqual('the span', pick(span, wanted), wanted)
    }
  })
  it('ingestion/span-updated [updateSpan]: An update of a span replaces the fields that it brings and leaves the others.', async (context) => {
    const trace_id = context.random.uuid()
    const span = { ...(await sample(context)), trace_id, input: { text: 'hi' } }
    await context.expectCall(204, 'createSpans', { body: { spans: [span] } })
    const body = { project_name: span.project_name, trace_id, end_time: END, output: { text: 'ho' } }
    await context.expectCall(204, 'updateSpan', { path: { id: span.id }, body })
    const query = { project_id: (await context.project()).id, trace_id }
    const { content } = await context.expectCall(200, 'getSpansByProject', { query })
    const wanted = { id: span.id, name: span.name, input: span.input, output: body.output }
    expectEqual('the span', pick(content[0] ?? {}, wanted), wanted)
  })
})
