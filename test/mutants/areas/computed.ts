// Mistakes about what is computed of many traces and spans: searches, sums, cards, lines over time, threads.
import { type Mutant, type Spoil, defineShould } from '../mutant.js'
import {
  answer,
  isSuccess,
  itemsOf,
  jsonIn,
  membersIn,
  membersOf,
  textIn,
  withBody,
  without,
  type Members,
} from '../reply.js'
import { editReply, editRequest, insteadOf } from '../spoils.js'

/** Changes each member of a list in the body of a success. */
function editItems(list: string, edit: (item: Members) => unknown): Spoil {
  return editReply((reply) => {
    if (!isSuccess(reply)) return reply
    const body = membersIn(reply)
    return withBody(reply, { ...body, [list]: itemsOf(body[list]).map((item) => edit(membersOf(item))) })
  })
}

/** Changes the value of a figure. */
function editFigure(name: string, edit: (value: unknown) => unknown): Spoil {
  return editItems('stats', (each) => (textIn(each, 'name') === name ? { ...each, value: edit(each['value']) } : each))
}

export const computedMutants: readonly Mutant[] = [
  defineShould('ingestion/search-as-one-list', 'A search answers one JSON array.', {
    touches: ['searchTraces', 'searchSpans'],
    spoil: editReply((reply) => (isSuccess(reply) ? answer(200, jsonIn(reply)) : reply)),
  }),
  defineShould('ingestion/search-of-unknown-project-empty', 'A search in an unknown project streams nothing.', {
    touches: ['searchSpans'],
    spoil: editReply((reply) =>
      reply.status === 404 ? { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: '' } : reply,
    ),
  }),
  defineShould('ingestion/sums-of-nothing', 'Where no trace fits, the figures are 0.', {
    touches: ['getTraceStats'],
    spoil: editReply((reply) =>
      isSuccess(reply) && itemsOf(membersIn(reply)['stats']).length === 0
        ? answer(200, { stats: [{ name: 'trace_count', type: 'COUNT', value: 0 }] })
        : reply,
    ),
  }),
  defineShould('ingestion/sums-take-any-filter', 'Sums by an unknown field are empty.', {
    touches: ['getSpanStats', 'getTraceThreadStats'],
    spoil: editReply((reply, { query }) =>
      reply.status === 400 && query.has('filters') ? answer(200, { stats: [] }) : reply,
    ),
  }),
  defineShould('ingestion/threads-one-message-a-trace', 'A trace counts as one message of its thread.', {
    touches: ['getTraceThreads'],
    spoil: editItems('content', (thread) => ({
      ...thread,
      number_of_messages: Number(thread['number_of_messages']) / 2,
    })),
  }),
  defineShould('ingestion/threads-unfiltered', 'The filters of threads are ignored.', {
    touches: ['getTraceThreads'],
    spoil: editRequest(({ query }) => (query.has('filters') ? { query: { filters: undefined } } : undefined)),
  }),
  defineShould('ingestion/threads-counted-by-trace', 'The sum of threads counts traces.', {
    touches: ['getTraceThreadStats'],
    spoil: editFigure('thread_count', (value) => Number(value) + 1),
  }),
  defineShould('ingestion/unknown-thread-empty', 'An unknown thread is an empty object.', {
    touches: ['getTraceThread'],
    spoil: editReply((reply) => (reply.status === 404 ? answer(200, {}) : reply)),
  }),
  defineShould('projects/sums-without-errors', 'The sums of a project count no errors.', {
    touches: ['getProjectStats'],
    spoil: editItems('content', (sums) => without(sums, 'error_count')),
  }),
  defineShould('projects/empty-project-summed-up', 'A project without traces has sums of 0.', {
    touches: ['getProjectStats'],
    spoil: editItems('content', (sums) => ({ trace_count: 0, ...sums })),
  }),
  defineShould('projects/retrieved-without-sums', 'A project that is retrieved by its name has no sums.', {
    touches: ['retrieveProject'],
    spoil: editReply((reply) => (isSuccess(reply) ? withBody(reply, without(membersIn(reply), 'trace_count')) : reply)),
  }),
  defineShould('projects/cards-averages-of-nothing', 'The average of nothing is 0.', {
    touches: ['getProjectKpiCards'],
    spoil: editItems('stats', (card) => ({ ...card, previous_value: card['previous_value'] ?? 0 })),
  }),
  defineShould('projects/cards-errors-of-threads', 'The cards of threads count errors, too.', {
    touches: ['getProjectKpiCards'],
    spoil: editReply((reply) => {
      const stats = itemsOf(membersIn(reply)['stats'])
      const errors = { type: 'errors', current_value: 0, previous_value: 0 }
      return isSuccess(reply) && stats.length === 3 ? withBody(reply, { stats: [...stats, errors] }) : reply
    }),
  }),
  defineShould('projects/cards-backwards', 'Cards of a time that ends when it begins are 400.', {
    touches: ['getProjectKpiCards'],
    spoil: insteadOf(422, 400),
  }),
  defineShould('projects/lines-with-gaps', 'A line has no points where there is nothing to count.', {
    touches: ['getProjectMetrics'],
    spoil: editItems('results', (line) => ({
      ...line,
      data: itemsOf(line['data']).filter((point) => Number(membersOf(point)['value'] ?? 0) !== 0),
    })),
  }),
  defineShould('projects/lines-rate-as-a-part', 'The rate of errors goes from 0 to 1.', {
    touches: ['getProjectMetrics'],
    spoil: editItems('results', (line) =>
      textIn(line, 'name') === 'trace_error_rate'
        ? {
            ...line,
            data: itemsOf(line['data']).map((point) => {
              const { value } = membersOf(point)
              return { ...membersOf(point), value: typeof value === 'number' ? value / 100 : null }
            }),
          }
        : line,
    ),
  }),
  defineShould('projects/names-of-usage-empty', 'No names of usage are listed.', {
    touches: ['findTokenUsageNames'],
    spoil: editReply((reply) => (isSuccess(reply) ? answer(200, { names: [] }) : reply)),
  }),
]
