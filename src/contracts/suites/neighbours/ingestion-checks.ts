// Checks of traces and spans, as far as the SDKs that run jobs need them: sent in batches, in any order, and read back; and of
// values computed from many: searches, sums, cards, lines over time, and threads.
import { checksOn } from '../core/checks-on.js'
import { expectEqual, expectFields, expectThat } from '../../target/expectation.js'
import {
  START_TIME,
  traceOf,
  asQuery,
  having,
  END_TIME,
  ERROR,
  traced,
  momentOf,
  thisHour,
  withOtherProject,
  futureProject,
} from '../../check/scenes.js'
import type { Context } from '../../check/context.js'
import type { LinePart } from '../../check/request-lines.js'

const FIELDS = {
  input: { arguments: ['Ada', 3, null] },
  output: { text: 'hi Ada', nothing: null },
  metadata: { run: 7 },
  tags: ['one', 'two'],
  error_info: ERROR,
}
const SENT = { name: 'answer', end_time: END_TIME, ...FIELDS }

const TWO_DAYS_MS = 172_800_000

const using = (total_tokens: number) => ({ usage: { total_tokens } })

/** A batch of the one trace of a scene, with other fields. */
const changed = (fields: object): LinePart => {
  return (_, { id, project_name, name, start_time }) => [{ id, project_name, name, start_time, ...fields }]
}

interface CostlyTrace {
  /** Milliseconds from now until it begins and ends. */
  after?: number
  end?: number
  [field: string]: unknown
}

/** A project with traces that begin now; the span of each costs and uses something. An hour around them, and the newest first. */
const costly = (fields: readonly CostlyTrace[]) => async (context: Context) => {
  const traces = fields.map(({ after = 0, end, ...own }) => ({
    ...{ name: 'answer', start_time: momentOf(context, after), ...own },
    ...(end !== undefined && { end_time: momentOf(context, end) }),
  }))
  const spans = traces.map(({ start_time }, of) => ({
    ...{ type: 'llm', total_estimated_cost: 0.25, of, start_time, ...using(10 * (of + 1)) },
  }))
  const found = await traced(traces, spans)(context)
  return { ...found, ...thisHour(context), newest: found.ids.toSorted().toReversed() }
}

const HOUR = 'interval_start=$interval_start interval_end=$interval_end'

const UNKNOWN = having('colour', '=', 'red')
const ALPHA_AND_G = asQuery(
  { field: 'name', operator: 'contains', value: 'alpha' },
  { field: 'name', operator: 'starts_with', value: 'g' },
)

const TALK = { number_of_messages: 4, duration: 3500, first_message: 'Hello', last_message: 'Done' }

export const ingestionChecks = checksOn('createTraces should', (it, at) => {
  it`ingestion/trace-comes-back: A trace can be read by its id with what was sent.
    ${traced([SENT])}
    getTraceById: 200 ${SENT} id=$id project_id=$project_id start_time="${START_TIME}"`
  it`ingestion/traces-of-project [getTracesByProject]: The traces of a project are listed by its id and by its name.
    ${traced([{}, { start_time: '2026-07-14T10:00:00Z' }])}
    getTracesByProject: 200 content.*.id~$ids total=2
    getTracesByProject project_id= project_name=$project_name: 200 content.*.id~$ids total=2`
  it`ingestion/trace-updated [updateTrace]: An update replaces the fields that it brings and leaves the others.
    ${traced([{ name: 'answer', input: { text: 'hi' }, tags: ['one'] }])}
    updateTrace end_time="${END_TIME}" output={"text":"ho"}: 204
    getTraceById: 200 name="answer" input={"text":"hi"} tags=["one"] output={"text":"ho"}`
  it`ingestion/update-before-create [updateTrace]: An update that comes before its trace is kept; a create completes it, and what the update said stays.
    ${traceOf}
    updateTrace output={"text":"ho"}: 204
    createTrace input={"text":"hi"} output="lost": 201
    getTraceById: 200 name=$name start_time=$start_time input={"text":"hi"} output={"text":"ho"}`
  it`ingestion/batch-replaces: A batch replaces a trace as a whole; one that was changed earlier than what is there is passed over.
    ${traceOf}
    createTraces traces=${changed({ input: 'first', last_updated_at: '2026-07-14T09:30:05.000002Z' })}: 204
    createTraces traces=${changed({ output: 'second', last_updated_at: '2026-07-14T09:30:05.000003Z' })}: 204
    createTraces traces=${changed({ input: 'late', last_updated_at: '2026-07-14T09:30:05.000001Z' })}: 204
    getTraceById: 200 input= output="second"`
  it`ingestion/created-once [createTrace]: A trace that is there cannot be created again (409); a span that is there stays as it is (201).
    ${traceOf}
    createTrace: 201
    createTrace: 409
    createSpan id=$unknown trace_id=$id: 201
    createSpan id=$unknown trace_id=$id name="other": 201
    getSpanById id=$unknown: 200 name=$name project_name=$project_name`
  it`ingestion/updated-where-it-is [updateTrace]: An update that names another project, or of a span another trace, is 409.
    ${withOtherProject(traced([{}], [{}]))}
    updateTrace project_name=$other: 409
    updateSpan id=$span_id trace_id=?: 409`
  it`ingestion/trace-sums-up [getTraceById]: A trace shows how long it took and what its spans have used.
    ${traced(
      [{ end_time: END_TIME }],
      [
        { type: 'llm', ...using(3) },
        { type: 'tool', ...using(4) },
      ],
    )}
    getTraceById: 200 duration=2500 usage={"total_tokens":7} span_count=2 llm_span_count=1`
  it`ingestion/trace-deleted [deleteTraceById]: A deleted trace is 404, and its spans are gone; deleting it again is 204.
    ${traced([{}, {}], [{}])}
    deleteTraceById: 204
    deleteTraces ids=[$ids.1]: 204
    deleteTraceById: 204
    deleteTraces ids=[$ids.1]: 204
    getTraceById: 404
    getTraceById id=$ids.1: 404
    getSpanById id=$span_id: 404, deleted-trace-leaves-spans 200`
  it`ingestion/traces-filtered-and-sorted [getTracesByProject]: Traces are listed by filters and in an order that is asked for; what cannot be meant is 400.
    ${traced([{ name: 'Alpha', metadata: { run: { no: 3 } }, end_time: END_TIME }, { name: 'beta', tags: ['slow'] }, { name: 'gamma alpha' }])}
    getTracesByProject filters=${having('name', 'contains', 'ALPHA')}: 200 content.*.name~["Alpha","gamma alpha"] total=2
    getTracesByProject filters=${having('duration', '>', '2000')}: 200 content.*.name=["Alpha"] total=1
    getTracesByProject filters=${having('metadata', '=', '3', 'run.no')}: 200 content.*.name=["Alpha"] total=1
    getTracesByProject filters=${having('tags', 'contains', 'slo')}: 200 content.*.name=["beta"] total=1
    getTracesByProject filters=${ALPHA_AND_G}: 200 content.*.name=["gamma alpha"] total=1
    getTracesByProject sorting=[{"field":"name","direction":"DESC"}]: 200
      content.*.name=["gamma alpha","beta","Alpha"] total=3
    getTracesByProject filters=${having('colour', '=', 'x')}: 400
    getTracesByProject filters=${having('duration', 'contains', '1')}: 400
    getTracesByProject filters=${having('duration', '>', 'x')}: 400`
  it`ingestion/traces-updated-alike [batchUpdateTraces]: A batch update changes every trace that it names; with merge_tags its tags are added.
    ${traced([{ tags: ['one'] }, { tags: ['two'] }])}
    batchUpdateTraces update={"tags":["new"]} merge_tags=true: 204
    getTraceById: 200 tags~["new","one"]
    getTraceById id=$ids.1: 200 tags~["new","two"]
    batchUpdateTraces update={"tags":["only"]} merge_tags=false: 204
    getTraceById: 200 tags=["only"]
    getTraceById id=$ids.1: 200 tags=["only"]`
  it`ingestion/project-made-by-name: A trace for a project that does not exist creates it by its name.
    ${futureProject}
    createTraces traces.*.id=$unknown traces.*.project_name=$name: 204
    retrieveProject: 200 id->project_id
    getTraceById id=$unknown: 200 project_id=$project_id`
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
    const { project_id, trace_id } = await traced([{}, {}], [root, child, { of: 1 }])(context)
    const query = { project_id, trace_id }
    const { content, total } = await context.expectCall(200, 'getSpansByProject', { query })
    expectEqual('how many spans there are', [content.length, total], [2, 2])
    for (const span of [root, child]) {
      const shown = content.find(({ id }) => id === span.id)
      expectFields('the span', shown, { ...span, trace_id })
    }
  })
  it`ingestion/span-updated [updateSpan]: An update of a span replaces the fields that it brings and leaves the others.
    ${traced([{}], [{ name: 'answer', input: { text: 'hi' } }])}
    updateSpan id=$span_id end_time="${END_TIME}" output={"text":"ho"}: 204
    getSpansByProject trace_id=$id: 200 content.0.id=$span_id content.0.name="answer" content.0.input={"text":"hi"}
      content.0.output={"text":"ho"}`

  at('getTraceStats should')
  it`ingestion/search-streams [searchTraces]: A search streams the traces or spans that fit as lines of JSON, newest first, and goes on behind the last one.
    ${costly([{}, { name: 'other' }, {}])}
    searchTraces project_id= project_name=$project_name limit=: 200 *.id=$newest
    searchTraces limit=2: 200 *.id=[$newest.0,$newest.1]
    searchTraces last_retrieved_id=$newest.0: 200 *.id=[$newest.1,$newest.2]
    searchTraces filters=${having('name', '=', 'other')}: 200 *.id=[$ids.1]
    searchSpans trace_id=$id: 200 *.id=[$span_id]`
  it`ingestion/search-needs-a-project [searchSpans]: A search in an unknown project is 404; one that cannot be meant is 400.
    searchTraces project_id=?: 404
    searchTraces filters=${UNKNOWN}: 400
    searchSpans project_id=?: 404
    searchSpans filters=${UNKNOWN}: 400`
  it`ingestion/sums-of-traces: The sums of traces and of spans are those of the ones that a list has; where there are none there is no figure.
    ${costly([{}, { name: 'other', error_info: ERROR }, {}])}
    getTraceStats: 200 stats.trace_count.value=3 stats.error_count.value=1 stats.usage.total_tokens.value=20
      stats.total_estimated_cost_sum.value=0.75
    getSpanStats trace_id=$ids.2: 200 stats.span_count.value=1 stats.usage.total_tokens.value=30
    getTraceStats filters=${having('name', '=', 'other')}: 200 stats.trace_count.value=1
    getTraceStats filters=${having('name', '=', 'nobody')}: 200 stats=[]`
  it`ingestion/sums-refuse: Sums by a filter that cannot be meant are 400.
    getTraceStats filters=${UNKNOWN}: 400
    getSpanStats filters=${UNKNOWN}: 400
    getTraceThreadStats filters=${UNKNOWN}: 400
    getTraceThreads filters=${UNKNOWN}: 400`
  it`ingestion/threads [getTraceThreads]: Traces with the same thread_id are one thread, listed, filtered, summed up and read alone.
    ${costly([
      { thread_id: 'talk', end: 1000, input: 'Hello', output: 'Hi' },
      { thread_id: 'talk', after: 2000, end: 3500, input: 'And?', output: 'Done' },
      { thread_id: 'chat', input: 'Well' },
      {},
    ])}
    getTraceThreads: 200 content.*.id~["talk","chat"] total=2
    getTraceThread thread_id="talk": 200 ${TALK}
    getTraceThreads filters=${having('number_of_messages', '>', '2')}: 200 content.*.id=["talk"]
      content.0.number_of_messages=4 content.0.duration=3500 content.0.first_message="Hello"
      content.0.last_message="Done"
    getTraceThreadStats: 200 stats.thread_count.value=2
    getTraceThread thread_id="nobody": 404`
  it`projects/sums [getProjectStats]: Each project of a page comes with the sums of its traces, one without traces with its id alone.
    ${withOtherProject(costly([{ thread_id: 'one' }, { name: 'other', error_info: ERROR }]))}
    getProjectStats name=$project_name size=50: 200 content.*.project_id=[$project_id] content.0.trace_count=2
      content.0.thread_count=1 content.0.total_estimated_cost_sum=0.5 content.0.usage={"total_tokens":15}
      content.0.error_count.count=1
    getProjectStats name=$project_name filters=${having('name', '=', 'other')}: 200 content.0.trace_count=1
    getProjectStats name=$other: 200 content=[{"project_id":$other_id}]
    retrieveProject name=$project_name include_stats=true: 200 trace_count=2`
  it`projects/cards [getProjectKpiCards]: The cards of a project compare a time with the one before it.
    ${costly([
      { after: 0, end: 1000 },
      { after: 0, end: 1000, error_info: ERROR },
    ])}
    getProjectKpiCards id=$project_id entity_type="traces" ${HOUR}: 200 stats.*.current_value=[2,1000,0.5,1]
      stats.*.type=["count","avg_duration","total_cost","errors"] stats.*.previous_value=[0,null,0,0]
    getProjectKpiCards id=$project_id entity_type="threads" ${HOUR}: 200
      stats.*.type=["count","avg_duration","total_cost"]
    getProjectKpiCards id=$project_id interval_start=$interval_start interval_end=$interval_start: 422`
  it('projects/lines [getProjectMetrics]: A figure of a project has a point for each interval.', async (context) => {
    const { project_id: id } = await costly([{}, { name: 'other', error_info: ERROR }])(context)
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
  it`projects/names-of-usage [findTokenUsageNames]: What the spans of a project have counted is listed by name; of an unknown project it is 404.
    ${costly([{}])}
    findTokenUsageNames id=$project_id: 200 names=["total_tokens"]
    findTokenUsageNames id=?: 404`
})
