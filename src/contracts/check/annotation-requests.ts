/** Valid requests to the operations on scores, comments and threads, with all they need in place. */
import type { OperationId } from '../../kernel/operation.js'
import type { Context } from './context.js'
import { createdId } from './runner-handle.js'

/** What differs from a request without anything. */
interface RequestParts {
  path?: Readonly<Record<string, string>>
  query?: Readonly<Record<string, string>>
  body?: unknown
}

type Prepare = (context: Context) => Promise<RequestParts>

const score = { name: 'relevance', value: 0.5, source: 'sdk' } as const
const start_time = '2026-07-14T09:30:04.118Z'

/** A trace with a span of the same id, in a thread of its own. */
interface Scene {
  readonly id: string
  readonly project_id: string
  readonly project_name: string
  readonly thread_id: string
}

async function scene(context: Context): Promise<Scene> {
  const { id: project_id, name: project_name } = await context.project()
  const [id, thread_id] = [context.random.uuid(), context.name('thread')]
  const entry = { id, project_name, name: 'contract', start_time }
  await context.expectCall(204, 'createTraces', { body: { traces: [{ ...entry, thread_id }] } })
  await context.expectCall(204, 'createSpans', { body: { spans: [{ ...entry, trace_id: id, type: 'llm' }] } })
  return { id, project_id, project_name, thread_id }
}

/** The same with the id that the server gave to the thread. */
async function threadScene(context: Context): Promise<Scene> {
  const found = await scene(context)
  const { project_name, thread_id } = found
  const { thread_model_id } = await context.expectCall(200, 'getTraceThread', { body: { project_name, thread_id } })
  return { ...found, id: thread_model_id ?? found.id }
}

function about(make: (found: Scene) => RequestParts, stage = scene): Prepare {
  return async (context) => make(await stage(context))
}

const onEntry = (body: unknown, stage = scene): Prepare => about(({ id }) => ({ path: { id }, body }), stage)
const ofProject: Prepare = about(({ project_id }) => ({ query: { project_id } }))
const text = { text: 'Good' }

type CommentOf = 'addTraceComment' | 'addSpanComment' | 'addThreadComment'

/** A comment, named beside what it is on or alone. */
function onComment(add: CommentOf, isNamedAlone: boolean, body?: unknown): Prepare {
  return async (context) => {
    const { id } = await (add === 'addThreadComment' ? threadScene : scene)(context)
    const comment_id = createdId(await context.call(add, { path: { id }, body: text }))
    return { path: isNamedAlone ? { comment_id } : { id, comment_id }, body }
  }
}

/** By operation. */
export const annotationRequests: Partial<Record<OperationId, Prepare>> = {
  addTraceFeedbackScore: onEntry(score),
  addSpanFeedbackScore: onEntry(score),
  deleteTraceFeedbackScore: onEntry({ name: 'relevance' }),
  deleteSpanFeedbackScore: onEntry({ name: 'relevance' }),
  scoreBatchOfTraces: about(({ id, project_name }) => ({ body: { scores: [{ ...score, id, project_name }] } })),
  scoreBatchOfSpans: about(({ id, project_name }) => ({ body: { scores: [{ ...score, id, project_name }] } })),
  scoreBatchOfThreads: about(({ thread_id, project_name }) => ({
    body: { scores: [{ ...score, thread_id, project_name }] },
  })),
  deleteThreadFeedbackScores: about(({ thread_id, project_name }) => ({
    body: { project_name, thread_id, names: ['relevance'] },
  })),
  findTraceScoreNames: ofProject,
  findSpanScoreNames: ofProject,
  findThreadScoreNames: ofProject,
  addTraceComment: onEntry(text),
  addSpanComment: onEntry(text),
  addThreadComment: onEntry(text, threadScene),
  getTraceComment: onComment('addTraceComment', false),
  getSpanComment: onComment('addSpanComment', false),
  getThreadComment: onComment('addThreadComment', false),
  updateTraceComment: onComment('addTraceComment', true, text),
  updateSpanComment: onComment('addSpanComment', true, text),
  updateThreadComment: onComment('addThreadComment', true, text),
  closeTraceThread: about(({ thread_id, project_name }) => ({ body: { project_name, thread_id } })),
  openTraceThread: about(({ thread_id, project_name }) => ({ body: { project_name, thread_id } })),
  deleteTraceThreads: about(({ thread_id, project_name }) => ({ body: { project_name, thread_ids: [thread_id] } })),
  searchTraceThreads: about(({ project_name }) => ({ body: { project_name, limit: 10 } })),
  updateThread: onEntry({ tags: ['one'] }, threadScene),
  batchUpdateThreads: about(({ id }) => ({ body: { ids: [id], update: { tags: ['one'] } } }), threadScene),
  tracesExist: ofProject,
  spansExist: ofProject,
}
