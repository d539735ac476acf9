// Mistakes about traces and spans, as far as the SDKs that run jobs need them.
import { type Mutant, type Spoil, defineShould } from '../mutant.js'
import { itemsOf, membersOf, refusal, textIn, without, type Members } from '../reply.js'
import { editRequestBody, editResource } from '../spoils.js'

/** Changes every trace, or every span, that is sent. */
function editSent(list: 'traces' | 'spans', edit: (sent: Members) => Members): Spoil {
  return editRequestBody((body) => ({ ...body, [list]: itemsOf(body[list]).map((each) => edit(membersOf(each))) }))
}

function lost(field: string): Mutant {
  return defineShould(`ingestion/${field.replaceAll('_', '-')}-lost`, `The ${field} of a trace is not kept.`, {
    touches: ['createTraces'],
    spoil: editSent('traces', (trace) => without(trace, field)),
  })
}

export const ingestionMutants: readonly Mutant[] = [
  ...['input', 'output', 'metadata', 'tags', 'error_info', 'end_time'].map(lost),
  defineShould('ingestion/first-of-batch-only', 'Of a batch of spans only the first is kept.', {
    touches: ['createSpans'],
    spoil: editRequestBody((body) => ({ ...body, spans: itemsOf(body['spans']).slice(0, 1) })),
  }),
  defineShould('ingestion/parent-lost', 'A span does not keep its parent.', {
    touches: ['createSpans'],
    spoil: editSent('spans', (span) => without(span, 'parent_span_id')),
  }),
  defineShould('ingestion/early-update-refused', 'An update that comes before its trace is 404.', {
    touches: ['updateTrace'],
    spoil: () => async (call) => {
      const { status } = await call.ask('getTraceById', { path: call.path })
      return status === 404 ? refusal(404) : call.proceed()
    },
  }),
  defineShould('ingestion/batch-updates-one', 'A batch update changes the first trace that it names.', {
    touches: ['batchUpdateTraces'],
    spoil: editRequestBody((body) => ({ ...body, ids: itemsOf(body['ids']).slice(0, 1) })),
  }),
  defineShould('ingestion/tags-always-merged', 'The tags of a batch update are always added.', {
    touches: ['batchUpdateTraces'],
    spoil: editRequestBody((body) => ({ ...body, merge_tags: true })),
  }),
  defineShould('ingestion/unknown-project-refused', 'A trace for a project that does not exist is refused (404).', {
    touches: ['createTraces'],
    spoil: () => async (call) => {
      const [first] = itemsOf(call.members['traces'])
      const { status } = await call.ask('retrieveProject', { body: { name: textIn(first, 'project_name') } })
      return textIn(first, 'project_name') !== '' && status === 404 ? refusal(404) : call.proceed()
    },
  }),
  defineShould('ingestion/everything-in-default-project', 'Every trace goes to the default project.', {
    touches: ['createTraces'],
    spoil: editSent('traces', (trace) => without(trace, 'project_name')),
  }),
  defineShould('ingestion/start-cut-to-seconds', 'Times of traces are cut to whole seconds.', {
    touches: ['getTraceById'],
    spoil: editResource((trace) => ({ ...trace, start_time: textIn(trace, 'start_time').replace(/\.\d+/, '') })),
  }),
]
