// Checks of traces and spans, as far as the SDKs that run jobs need them: sent in batches, in any order, and read back.
import { defineCheck } from '../check.js'
import type { Context, OwnProject } from '../context.js'
import { expectEqual, expectStatus, expectThat } from '../expectation.js'

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

/** The members of a trace or span that `wanted` names. */
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

export const ingestionChecks = [
  defineCheck({
    id: 'ingestion/trace-comes-back',
    title: 'A trace can be read by its id with what was sent.',
    rule: { operation: 'createTraces' },
    severity: 'should',
    async run(context) {
      const { project_name, start_time, ...rest } = { ...(await sample(context)), ...FIELDS }
      await context.expectCall(204, 'createTraces', {
        body: { traces: [{ project_name, start_time, end_time: END, ...rest }] },
      })
      const trace = await context.expectCall(200, 'getTraceById', { path: { id: rest.id } })
      expectEqual('the trace', pick(trace, rest), rest)
      expectEqual('project_id', trace.project_id, (await context.project()).id)
      expectThat(isSameTime(trace.start_time, start_time), `start_time ${start_time}`, trace.start_time)
      expectThat(isSameTime(trace.end_time, END), `end_time ${END}`, trace.end_time)
    },
  }),
  defineCheck({
    id: 'ingestion/traces-of-project',
    title: 'The traces of a project are listed by its id and by its name.',
    rule: { operation: 'getTracesByProject' },
    severity: 'should',
    async run(context) {
      const project = await context.newProject()
      const first = await sample(context, project)
      const second = { ...(await sample(context, project)), start_time: '2026-07-14T10:00:00Z' }
      await context.expectCall(204, 'createTraces', { body: { traces: [first] } })
      await context.expectCall(204, 'createTraces', { body: { traces: [second] } })
      const { id, name } = project
      for (const query of [{ project_id: id }, { project_name: name }]) {
        const { content, total } = await context.expectCall(200, 'getTracesByProject', { query })
        const ids = content.map((each) => each.id).toSorted()
        expectEqual('ids and total', [ids, total], [[first.id, second.id].toSorted(), 2])
      }
    },
  }),
  defineCheck({
    id: 'ingestion/trace-updated',
    title: 'An update replaces the fields that it brings and leaves the others.',
    rule: { operation: 'updateTrace' },
    severity: 'should',
    async run(context) {
      const trace = { ...(await sample(context)), input: { text: 'hi' }, tags: ['one'] }
      await context.expectCall(204, 'createTraces', { body: { traces: [trace] } })
      const body = { project_name: trace.project_name, end_time: END, output: { text: 'ho' } }
      await context.expectCall(204, 'updateTrace', { path: { id: trace.id }, body })
      const read = await context.expectCall(200, 'getTraceById', { path: { id: trace.id } })
      const wanted = { name: trace.name, input: trace.input, output: body.output, tags: ['one'] }
      expectEqual('the trace', pick(read, wanted), wanted)
    },
  }),
  defineCheck({
    id: 'ingestion/update-before-create',
    title: 'An update that comes before its trace is kept, and the create completes it.',
    rule: { operation: 'updateTrace' },
    severity: 'should',
    async run(context) {
      const trace = await sample(context)
      const body = { project_name: trace.project_name, output: { text: 'ho' } }
      await context.expectCall(204, 'updateTrace', { path: { id: trace.id }, body })
      await context.expectCall(204, 'createTraces', { body: { traces: [{ ...trace, input: { text: 'hi' } }] } })
      const read = await context.expectCall(200, 'getTraceById', { path: { id: trace.id } })
      const wanted = { name: trace.name, input: { text: 'hi' }, output: { text: 'ho' } }
      expectEqual('the trace', pick(read, wanted), wanted)
    },
  }),
  defineCheck({
    id: 'ingestion/traces-updated-alike',
    title: 'A batch update changes every trace that it names; with merge_tags its tags are added.',
    rule: { operation: 'batchUpdateTraces' },
    severity: 'should',
    async run(context) {
      const traces = [
        { ...(await sample(context)), tags: ['one'] },
        { ...(await sample(context)), tags: ['two'] },
      ]
      await context.expectCall(204, 'createTraces', { body: { traces } })
      const ids = traces.map(({ id }) => id)
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
    },
  }),
  defineCheck({
    id: 'ingestion/project-made-by-name',
    title: 'A trace for a project that does not exist creates it by its name.',
    rule: { operation: 'createTraces' },
    severity: 'should',
    async run(context) {
      const name = context.name('traced')
      const trace = { id: context.random.uuid(), project_name: name, start_time: START }
      await context.expectCall(204, 'createTraces', { body: { traces: [trace] } })
      const project = await context.expectCall(200, 'retrieveProject', { body: { name } })
      context.defer(() => context.call('deleteProjectById', { path: { id: project.id } }))
      const read = await context.expectCall(200, 'getTraceById', { path: { id: trace.id } })
      expectEqual('project_id', read.project_id, project.id)
    },
  }),
  defineCheck({
    id: 'ingestion/unknown-trace',
    title: 'An unknown trace is 404.',
    rule: { operation: 'getTraceById' },
    severity: 'should',
    async run(context) {
      expectStatus(await context.call('getTraceById', { path: { id: context.random.uuid() } }), 404)
    },
  }),
  defineCheck({
    id: 'ingestion/lists-need-a-project',
    title: 'Lists of traces and spans without a project are 400, of an unknown one 404.',
    rule: { operation: 'getTracesByProject' },
    severity: 'should',
    async run(context) {
      expectStatus(await context.call('getTracesByProject'), 400)
      expectStatus(await context.call('getSpansByProject'), 400)
      const query = { project_id: context.random.uuid() }
      expectStatus(await context.call('getTracesByProject', { query }), 404)
      expectStatus(await context.call('getSpansByProject', { query }), 404)
    },
  }),
  defineCheck({
    id: 'ingestion/spans-of-trace',
    title: 'The spans of a trace come back with what was sent, and those of other traces do not.',
    rule: { operation: 'createSpans' },
    severity: 'should',
    async run(context) {
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
    },
  }),
  defineCheck({
    id: 'ingestion/span-updated',
    title: 'An update of a span replaces the fields that it brings and leaves the others.',
    rule: { operation: 'updateSpan' },
    severity: 'should',
    async run(context) {
      const trace_id = context.random.uuid()
      const span = { ...(await sample(context)), trace_id, input: { text: 'hi' } }
      await context.expectCall(204, 'createSpans', { body: { spans: [span] } })
      const body = { project_name: span.project_name, trace_id, end_time: END, output: { text: 'ho' } }
      await context.expectCall(204, 'updateSpan', { path: { id: span.id }, body })
      const query = { project_id: (await context.project()).id, trace_id }
      const { content } = await context.expectCall(200, 'getSpansByProject', { query })
      const wanted = { id: span.id, name: span.name, input: span.input, output: body.output }
      expectEqual('the span', pick(content[0] ?? {}, wanted), wanted)
    },
  }),
]
