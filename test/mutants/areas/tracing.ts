// Mistakes about how traces, spans and threads are kept, found, sorted and shown, down to what is missing in them.
import { type Mutant, type Spoil, defineShould } from '../mutant.js'
import {
  answer,
  isSuccess,
  itemsOf,
  membersIn,
  membersOf,
  refusal,
  textIn,
  withBody,
  without,
  type Members,
} from '../reply.js'
import { editReply, editRequest, editRequestBody, editResource } from '../spoils.js'

const lists = ['getTracesByProject', 'getSpansByProject'] as const

/** Changes the page as a whole. */
function editPage(edit: (page: Members) => Members): Spoil {
  return editReply((reply) => (isSuccess(reply) ? withBody(reply, edit(membersIn(reply))) : reply))
}

/** Leaves entries out of a page when it is filtered by a field. */
function losesWhenAsked(parameter: 'filters' | 'search', isLost: (entry: Members, asked: string) => boolean): Spoil {
  return editReply((reply, { query }) => {
    const asked = query.get(parameter)
    if (!isSuccess(reply) || asked === null) return reply
    const page = membersIn(reply)
    const content = itemsOf(page['content']).filter((entry) => !isLost(membersOf(entry), asked))
    return withBody(reply, { ...page, content, size: content.length, total: content.length })
  })
}

/** Without nulls. */
function withoutNulls(body: Members): Members {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null))
}

function figureLost(name: string, operation: 'getTraceStats' | 'getSpanStats' | 'getTraceThreadStats'): Mutant {
  return defineShould(
    `ingestion/no-${name.replaceAll('_', '-')}-of-${operation.toLowerCase()}`,
    `${operation} lacks ${name}.`,
    {
      touches: [operation],
      spoil: editReply((reply) => {
        if (!isSuccess(reply)) return reply
        const stats = itemsOf(membersIn(reply)['stats'])
        return withBody(reply, { stats: stats.filter((each) => textIn(each, 'name') !== name) })
      }),
    },
  )
}

export const tracingMutants: readonly Mutant[] = [
  defineShould('ingestion/nulls-passed-over', 'An update with null leaves the value that is there.', {
    touches: ['updateTrace'],
    spoil: editRequestBody(withoutNulls),
  }),
  defineShould('ingestion/traceback-demanded', 'An error without a traceback is 422.', {
    touches: ['createTrace'],
    spoil: () => (call) => {
      const error = call.members['error_info']
      return error !== undefined && textIn(error, 'traceback') === '' ? refusal(422) : call.proceed()
    },
  }),
  defineShould('ingestion/any-source-taken', 'A source that is none is taken for sdk.', {
    touches: ['createTrace'],
    spoil: editRequestBody((body) => ({ ...body, source: 'sdk' })),
  }),
  defineShould('ingestion/search-accepts-json', 'A search streams whatever is accepted.', {
    touches: ['searchTraces', 'searchSpans'],
    spoil: editRequest(() => ({ headers: { accept: '*/*' } })),
  }),
  defineShould('ingestion/no-providers', 'A trace lists no providers where there are none.', {
    touches: ['getTraceById', 'getTracesByProject'],
    spoil: editResource((trace) => (itemsOf(trace['providers']).length === 0 ? without(trace, 'providers') : trace)),
  }),
  defineShould('ingestion/times-as-sent', 'Times come back with the offset with which they were sent.', {
    touches: ['getTraceById'],
    spoil: editResource((trace) => ({ ...trace, start_time: textIn(trace, 'start_time').replace('Z', '+00:00') })),
  }),
  defineShould('ingestion/tags-twice', 'A tag that was sent twice is there twice.', {
    touches: ['getTraceById', 'getTracesByProject'],
    spoil: editResource((trace) => {
      const tags = Array.isArray(trace['tags']) ? Array.from<unknown>(trace['tags']) : []
      return tags.length === 0 ? trace : { ...trace, tags: [...tags, tags[0]] }
    }),
  }),
  defineShould('ingestion/empty-page-unsortable', 'An empty page names nothing that it can be sorted by.', {
    touches: lists,
    spoil: editPage((page) => (itemsOf(page['content']).length === 0 ? { ...page, sortable_by: [] } : page)),
  }),
  defineShould('ingestion/cost-of-0', 'A span that cost nothing says so.', {
    touches: ['getSpansByProject'],
    spoil: editResource((span) => ({ total_estimated_cost: 0, ...span })),
  }),
  figureLost('guardrails_failed_count', 'getTraceStats'),
  figureLost('duration', 'getSpanStats'),
  figureLost('output', 'getTraceThreadStats'),
  defineShould('projects/no-line-of-nothing', 'Where nothing was traced there is no line.', {
    touches: ['getProjectMetrics'],
    spoil: editPage((body) => ({ ...body, results: [] })),
  }),
  defineShould('projects/durations-by-one-name', 'Durations of spans are drawn as those of traces.', {
    touches: ['getProjectMetrics'],
    spoil: editPage((body) => ({
      ...body,
      results: itemsOf(body['results']).map((line) => {
        return { ...membersOf(line), name: textIn(line, 'name').replace('span_duration', 'duration') }
      }),
    })),
  }),
  defineShould('projects/point-at-the-end', 'The interval that begins at the end has a point.', {
    touches: ['getProjectMetrics'],
    spoil: editReply((reply, { members }) => {
      if (!isSuccess(reply)) return reply
      const body = membersIn(reply)
      const point = { time: textIn(members, 'interval_end'), value: 0 }
      const results = itemsOf(body['results']).map((line) => {
        return { ...membersOf(line), data: [...itemsOf(membersOf(line)['data']), point] }
      })
      return withBody(reply, { ...body, results })
    }),
  }),
  defineShould('ingestion/missing-numbers-never-fit', 'What has no duration is neither short nor long.', {
    touches: ['getSpansByProject'],
    spoil: losesWhenAsked('filters', (span, asked) => asked.includes('duration') && !('end_time' in span)),
  }),
  defineShould('ingestion/missing-names-last', 'What has no name comes last.', {
    touches: ['getTracesByProject'],
    spoil: editReply((reply, { query }) => {
      if (!isSuccess(reply) || query.get('sorting')?.includes('name') !== true) return reply
      const page = membersIn(reply)
      const content = itemsOf(page['content'])
      const [named, nameless] = [true, false].map((is) => content.filter((each) => 'name' in membersOf(each) === is))
      return withBody(reply, { ...page, content: [...(named ?? []), ...(nameless ?? [])] })
    }),
  }),
  defineShould('ingestion/no-wildcards', 'A search finds % and _ as they are.', {
    touches: ['getTracesByProject'],
    spoil: losesWhenAsked('search', (_, asked) => asked.includes('%')),
  }),
  defineShould('ingestion/threads-found-whole', 'A search finds threads with all of their traces.', {
    touches: ['getTraceThreads'],
    spoil: editReply(async (reply, call) => {
      if (!isSuccess(reply) || call.query.get('search') === null) return reply
      const { body } = await call.ask('getTraceThreads', {
        query: { project_id: call.query.get('project_id') ?? '' },
      })
      return answer(200, body)
    }),
  }),
  defineShould('ingestion/tags-counted-in-requests', 'A request may bring fifty tags, however many there are.', {
    touches: ['batchUpdateTraces'],
    spoil: editReply((reply) => (reply.status === 422 ? answer(204) : reply)),
  }),
  defineShould('ingestion/span-of-another-project-refused', 'A span that is there in another project is 409.', {
    touches: ['createSpan'],
    spoil: () => async (call) => {
      const { status, body } = await call.ask('getSpanById', { path: { id: textIn(call.body, 'id') } })
      const isElsewhere = textIn(body, 'project_name') !== textIn(call.body, 'project_name')
      return status === 200 && isElsewhere ? refusal(409) : call.proceed()
    },
  }),
]
