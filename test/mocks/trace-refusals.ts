// Requests for reasons for which operations on traces, spans and threads refuse, beside those that any request for nothing
// meets, and beside those of lists and single writes; and what must be there before them.
import type { OperationId } from '../../src/kernel/operation.js'
import type { Given } from './neighbour-refusals.js'

const [UNKNOWN, RANDOM] = ['01900000-0000-7000-8000-0000000000ff', '3f0c9a52-7a44-4d0e-9a39-0f8f5d6b1c11']
const [LOST, FULL] = ['01900000-0000-7000-8000-000000000021', '01900000-0000-7000-8000-000000000022']
const PARTIAL = '01900000-0000-7000-8000-000000000023'
const [start_time, far] = ['2026-07-01T12:00:00Z', '2999-07-01T12:00:00Z']
const tags = Array.from({ length: 50 }, (_, at) => `t${at}`)

/** Sent in this order, before anything is refused. */
export const beforeTraceRefusals: readonly [OperationId, Given][] = [
  ['createTrace', { body: { id: LOST, start_time, project_name: 'Lost' } }],
  ['createSpan', { body: { id: LOST, trace_id: LOST, start_time, project_name: 'Lost' } }],
  ['createTrace', { body: { id: FULL, start_time, project_name: 'Taken', thread_id: 'full', tags } }],
  ['createSpan', { body: { id: FULL, trace_id: FULL, start_time, project_name: 'Taken', tags } }],
  ['updateSpan', { path: { id: PARTIAL }, body: { trace_id: FULL, project_name: 'Taken' } }],
]

const score = { name: 'relevance', value: 1, source: 'sdk' }
const updates = (extra: object): Record<string, Given> => ({
  farTime: { body: { ids: [FULL], update: { ...extra, end_time: far } } },
  manyTags: { body: { ids: [FULL], update: { ...extra, tags_to_add: ['one more'] } } },
})
const batch: Record<string, Given> = {
  wrongVersion: { body: { scores: [{ ...score, id: RANDOM }] } },
  noProject: { body: { scores: [{ ...score, id: FULL, project_id: UNKNOWN }] } },
}
const unfound = (body: object): Record<string, Given> => ({
  unnamedProject: { body },
  noProject: { body: { ...body, project_name: 'Nowhere' } },
})
const ofThread = {
  ...unfound({ thread_id: 'full' }),
  noProject: { body: { thread_id: 'full', project_id: UNKNOWN } },
  noProjectNamed: { body: { thread_id: 'full', project_name: 'Nowhere' } },
}
const named = { ...ofThread, unnamedThread: { body: { project_name: 'Taken' } } }
const noThread = { body: { thread_id: 'none', project_name: 'Taken' } }
const unknownProject: Given = { query: { project_id: UNKNOWN } }

/**
 * By operation and reason.
 * @param project any one
 * @param thread the id that the server gave to the thread `full`
 */
export function traceProvocations(
  project: string,
  thread: string,
): Partial<Record<OperationId, Record<string, Given>>> {
  const metric = { metric_type: 'TRACE_COUNT', interval: 'DAILY', interval_start: start_time }
  return {
    getTraceById: { lost: { path: { id: LOST } } },
    getSpanById: { lost: { path: { id: LOST } } },
    createSpan: {
      wrongVersion: { body: { start_time, trace_id: FULL, id: RANDOM } },
      farTime: { body: { start_time: far, trace_id: FULL } },
      elsewhere: { body: { start_time, trace_id: UNKNOWN, id: PARTIAL, project_name: 'Taken' } },
    },
    batchUpdateTraces: updates({}),
    batchUpdateSpans: updates({ trace_id: FULL }),
    getProjectMetrics: {
      filters: { path: { id: project }, body: { ...metric, trace_filters: [{ field: 'colour', operator: '=' }] } },
      emptyInterval: { path: { id: project }, body: { ...metric, interval_end: start_time } },
      incomplete: { path: { id: project }, body: {} },
      breakdown: { path: { id: project }, body: { ...metric, breakdown: { field: 'model' } } },
    },
    findTraceScoreNames: { noProject: unknownProject },
    findThreadScoreNames: { noProject: unknownProject },
    findSpanScoreNames: { noProject: unknownProject },
    findFeedbackScoreNamesByProjectIds: { badIds: { query: { project_ids: 'these' } } },
    scoreBatchOfTraces: batch,
    scoreBatchOfSpans: batch,
    scoreBatchOfThreads: { noProject: { body: { scores: [{ ...score, thread_id: 'a', project_id: UNKNOWN }] } } },
    deleteThreadFeedbackScores: unfound({ thread_id: 'full', names: ['relevance'] }),
    getTraceThread: { ...ofThread, noThread },
    closeTraceThread: { ...named, noThread },
    openTraceThread: named,
    deleteTraceThreads: unfound({ thread_ids: ['full'] }),
    updateThread: { manyTags: { path: { id: thread }, body: { tags_to_add: ['one more'] } } },
    batchUpdateThreads: { manyTags: { body: { ids: [thread], update: { tags_to_add: ['one more'] } } } },
    tracesExist: { noProject: unknownProject },
    spansExist: { noProject: unknownProject },
  }
}

/** What is sent once the thread is known. */
export function tagThread(thread: string): [OperationId, Given] {
  return ['updateThread', { path: { id: thread }, body: { tags } }]
}
