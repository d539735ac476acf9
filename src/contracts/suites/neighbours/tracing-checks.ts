// Checks of how traces, spans and threads are kept, found, sorted and shown, down to what is missing in them.
import { checksOn } from '../../check/check.js'
import type { Context } from '../../check/context.js'
import { idsOf } from '../../check/check-steps.js'
import { expectEqual, expectStatus, expectThat } from '../../target/expectation.js'
import type { Answer } from '../../target/answer.js'
import { toRecord } from '../../target/answer.js'
import { brokenFacts } from './answer-facts.js'

const START = '2026-07-14T09:30:04.100Z'
const END = '2026-07-14T09:30:06.600Z'
const ERROR = { exception_type: 'RangeError', traceback: 'at answer (agent.ts:12)' }

/** A project of its own with traces, and with spans of the first of them. */
async function tracedProject(context: Context, traces: readonly object[], spans: readonly object[] = []) {
  const { id: project_id, name: project_name } = await context.newProject()
  const whole = (fields: object) => ({ id: context.random.uuid(), project_name, start_time: START, ...fields })
  const made = traces.map(whole)
  const trace_id = made[0]?.id ?? context.random.uuid()
  const own = spans.map((fields) => ({ ...whole(fields), trace_id }))
  if (made.length > 0) await context.expectCall(204, 'createTraces', { body: { traces: made } })
  if (own.length > 0) await context.expectCall(204, 'createSpans', { body: { spans: own } })
  return { project_id, project_name, trace_id, ids: idsOf(made), spanIds: idsOf(own) }
}

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

/** The status of the answer to a trace that the types do not have. */
async function createRaw(context: Context, trace: object): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  const request = { method: 'POST', path: '/v1/private/traces', headers, body: JSON.stringify(trace) }
  return (await context.raw({ ...request, operation: 'createTrace' })).status
}

const asQuery = (value: object): string => JSON.stringify([value])

export const tracingChecks = checksOn('getTracesByProject should', (it) => {
  it('ingestion/shown-in-full: Traces list the providers of their spans, times in UTC and each tag once; a page counts its entries and names what it can be sorted by.', async (context) => {
    const { project_id, trace_id } = await tracedProject(
      context,
      [{ start_time: '2026-07-14T11:30:04.100+02:00', tags: ['one', 'two', 'one'] }, {}],
      [
        { type: 'llm', provider: 'openai', model: 'gpt-4o', usage: { prompt_tokens: 10, completion_tokens: 5 } },
        { usage: {}, total_estimated_cost: 0 },
      ],
    )
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
    const { project_id } = await tracedProject(context, [{ thread_id: context.name('talk') }], [{ type: 'llm' }])
    const query = { project_id }
    expectFacts(undefined, await context.call('getTraceStats', { query }))
    expectFacts(undefined, await context.call('getSpanStats', { query }))
    expectFacts(undefined, await context.call('getTraceThreadStats', { query }))
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
    const { trace_id: id, project_name } = await tracedProject(context, [{ input: 'in', output: 'out' }])
    await context.expectCall(204, 'updateTrace', { path: { id }, body: { project_name, output: null } })
    const { input, output } = await context.expectCall(200, 'getTraceById', { path: { id } })
    expectThat(input === 'in' && (output ?? null) === null, 'the input alone', { input, output })
  })
  it('ingestion/errors-of-any-parts [createTrace]: An error needs neither a traceback nor a type.', async (context) => {
    const { project_name } = await tracedProject(context, [])
    for (const error_info of [{}, { exception_type: 'RangeError' }, { message: 'no' }]) {
      const id = context.random.uuid()
      expectEqual('the status', await createRaw(context, { id, project_name, start_time: START, error_info }), 201)
    }
  })
  it('ingestion/sources-are-known [createTrace]: A source that the server does not know is 400.', async (context) => {
    const { project_name } = await tracedProject(context, [])
    expectEqual('the status', await createRaw(context, { project_name, start_time: START, source: 'somewhere' }), 400)
  })
  it('ingestion/search-must-be-accepted [searchTraces]: A search whose Accept leaves streams out is 406.', async (context) => {
    const { project_id } = await tracedProject(context, [{}])
    const headers = { accept: 'application/json' }
    for (const operation of ['searchTraces', 'searchSpans'] as const)
      expectStatus(await context.call(operation, { body: { project_id }, headers }), 406)
  })
  it('ingestion/missing-numbers-count-as-0 [getSpansByProject]: In filters a missing duration, use or cost counts as 0.', async (context) => {
    const { project_id, spanIds } = await tracedProject(
      context,
      [{}],
      [{}, { end_time: END, usage: { total_tokens: 5 } }],
    )
    const [open = ''] = spanIds
    for (const [field, value] of [
      ['duration', '1000'],
      ['usage.total_tokens', '3'],
    ] as const) {
      const query = { project_id, filters: asQuery({ field, operator: '<', value }) }
      const { content } = await context.expectCall(200, 'getSpansByProject', { query })
      expectEqual(`the spans whose ${field} is small`, idsOf(content), [open])
    }
  })
  it('ingestion/missing-values-sorted: Missing texts come before all others, capitals before small letters; a missing duration comes last in both directions.', async (context) => {
    const { project_id, ids } = await tracedProject(context, [{ name: 'b' }, { name: 'C', end_time: END }, {}])
    const order = async (field: string, direction: string): Promise<readonly string[]> => {
      const query = { project_id, sorting: asQuery({ field, direction }) }
      return idsOf((await context.expectCall(200, 'getTracesByProject', { query })).content)
    }
    const [small = '', capital = '', nameless = ''] = ids
    expectEqual('the order of names', await order('name', 'ASC'), [nameless, capital, small])
    expectEqual('the first by duration', (await order('duration', 'ASC'))[0], capital)
    expectEqual('the first by duration, backwards', (await order('duration', 'DESC'))[0], capital)
  })
  it('ingestion/wildcards: In a filter and in a search % stands for any text, and _ for one character.', async (context) => {
    const { project_id, ids } = await tracedProject(context, [{ name: 'black cat' }, { name: 'white dog' }])
    const filters = asQuery({ field: 'name', operator: 'contains', value: 'b%c_t' })
    for (const query of [
      { project_id, filters },
      { project_id, search: 'b%c_t' },
    ]) {
      const { content } = await context.expectCall(200, 'getTracesByProject', { query })
      expectEqual('the traces', idsOf(content), ids.slice(0, 1))
    }
  })
  it('ingestion/threads-of-what-is-found [getTraceThreads]: A search of threads finds traces, of which alone the threads are made.', async (context) => {
    const thread_id = context.name('talk')
    const { project_id } = await tracedProject(context, [
      { thread_id, input: 'Where is the cat?' },
      { thread_id, input: 'And the dog?', start_time: END },
    ])
    const { content } = await context.expectCall(200, 'getTraceThreads', { query: { project_id, search: 'the dog' } })
    const [thread] = content.map(toRecord)
    expectEqual('the thread', [thread?.['number_of_messages'], thread?.['first_message']], [2, 'And the dog?'])
  })
  it('ingestion/fifty-tags-in-all [batchUpdateTraces]: Tags that are added to others may be fifty in all; more are 422.', async (context) => {
    const { ids } = await tracedProject(context, [{ tags: Array.from({ length: 30 }, (_, at) => `old ${at}`) }])
    const tags = Array.from({ length: 30 }, (_, at) => `new ${at}`)
    const body = { ids, update: { tags }, merge_tags: true }
    expectStatus(await context.call('batchUpdateTraces', { body }), 422)
  })
  it('ingestion/span-of-another-project [createSpan]: A span that is there in another project stays as it is (201); one that an update put into another trace is 409.', async (context) => {
    const { spanIds, trace_id } = await tracedProject(context, [{}], [{ name: 'first' }])
    const [id = ''] = spanIds
    const other = await context.newProject()
    const span = { id, trace_id, project_name: other.name, start_time: START, name: 'second' }
    expectStatus(await context.call('createSpan', { body: span }), 201)
    expectEqual('its name', (await context.expectCall(200, 'getSpanById', { path: { id } })).name, 'first')
    const early = context.random.uuid()
    const moved = { project_name: other.name, trace_id: context.random.uuid(), error_info: { ...ERROR, message: 'no' } }
    await context.expectCall(204, 'updateSpan', { path: { id: early }, body: moved })
    expectStatus(await context.call('createSpan', { body: { ...span, id: early } }), 409)
  })
})
