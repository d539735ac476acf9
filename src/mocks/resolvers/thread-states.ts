/** What is kept of threads beside their traces: whether they were closed or opened, and their tags. */
import type { CollectionCode, KeptContext, KeptResolver } from '../engine/collection-code.js'
import { projectOfList, projectOfThreads } from '../computed/named-project.js'
import { stateOfThread } from '../computed/thread-state.js'
import { makeThreads } from '../computed/thread-view.js'
import { isRefused, refused, type Entry, type Refused } from '../world/collection.js'
import { changeTags, MAX_TAGS } from './ingest-resolvers.js'
import { removeTraces } from './trace-resolvers.js'

/** The thread with a `thread_model_id`, in whatever project. */
export function findThread(modelId: string, context: KeptContext): Entry | undefined {
  const wanted = modelId.toLowerCase()
  for (const { id } of context.world.collections.projects.list(context.caller).entries) {
    const threads = makeThreads({ project_id: String(id) }, context, () => true)
    const found = threads.find(({ thread_model_id: each }) => each === wanted)
    if (found !== undefined) return found
  }
  return undefined
}

/** Keeps what has changed of a thread. */
function keep(project_id: string, thread_id: string, changes: Entry, context: KeptContext): void {
  const { threadStates, traces } = context.world.collections
  const known = stateOfThread(project_id, thread_id, context)
  const state_id = known?.['state_id'] ?? threadStates.newKey()
  const stamps = traces.stamp('changed', context.caller)
  threadStates.put(context.caller, { project_id, thread_id, ...known, ...changes, ...stamps, state_id })
}

const closeTraceThread: KeptResolver<'closeTraceThread'> = ({ body }, context) => {
  const { thread_id: one, thread_ids: many, ...named } = body
  if ((one === undefined) === (many === undefined)) return refused('unnamedThread', {})
  const names = many ?? [one ?? '']
  const project = projectOfThreads(named, context)
  if (isRefused(project)) return project
  const { entries } = context.world.collections.traces.list(context.caller, project)
  const known = new Set(entries.map(({ thread_id: thread }) => thread))
  if (!names.every((name) => known.has(name))) return refused('noThread', {})
  for (const name of names) turn(project.project_id, name, 'inactive', context)
  return {}
}

const openTraceThread: KeptResolver<'openTraceThread'> = ({ body }, context) => {
  const { thread_id: name, ...named } = body
  if (name === undefined) return refused('unnamedThread', {})
  const project = projectOfThreads(named, context)
  if (isRefused(project)) return project
  turn(project.project_id, name, 'active', context)
  return {}
}

function turn(project: string, thread: string, status: 'active' | 'inactive', context: KeptContext): void {
  keep(project, thread, { status, status_at: context.world.now() }, context)
}

const deleteTraceThreads: KeptResolver<'deleteTraceThreads'> = ({ body }, context) => {
  const { thread_ids, ...named } = body
  const project = projectOfList(named, context)
  if (isRefused(project)) return project
  const { traces } = context.world.collections
  const { entries } = traces.list(context.caller, project)
  const own = entries.filter(({ thread_id: thread }) => thread_ids.includes(String(thread)))
  removeTraces(
    own.map(({ id }) => String(id)),
    undefined,
    context,
  )
  return {}
}

interface TagUpdate {
  readonly tags?: readonly string[] | undefined
  readonly tags_to_add?: readonly string[] | undefined
  readonly tags_to_remove?: readonly string[] | undefined
}

/** Tags threads alike, or none of them where one would have too many tags. */
function tag(
  threads: readonly Entry[],
  { tags, tags_to_add: added, tags_to_remove: removed }: TagUpdate,
  isMerged: boolean,
  context: KeptContext,
): Refused<'manyTags', 'key'> | undefined {
  const isTold = added !== undefined || removed !== undefined
  const changes = threads.map((thread) => ({
    thread,
    tags: isTold ? changeTags(thread['tags'], added, removed) : changeTags(isMerged ? thread['tags'] : [], tags),
  }))
  const full = changes.find((change) => change.tags.length > MAX_TAGS)
  if (full !== undefined) return refused('manyTags', { key: String(full.thread['id']) })
  for (const { thread, tags: left } of changes) {
    keep(String(thread['project_id']), String(thread['id']), { tags: left }, context)
  }
  return undefined
}

const updateThread: KeptResolver<'updateThread'> = ({ path, body }, context) => {
  const thread = findThread(path.id, context)
  if (thread === undefined) return refused('noThreadModel', { key: path.id })
  return tag([thread], body, false, context) ?? {}
}

const batchUpdateThreads: KeptResolver<'batchUpdateThreads'> = ({ body }, context) => {
  const threads = body.ids.flatMap((id) => {
    const found = findThread(id, context)
    return found === undefined ? [] : [found]
  })
  return tag(threads, body.update, body.merge_tags === true, context) ?? {}
}

export const threadStateCode: CollectionCode<'threadStates'> = {
  view: undefined,
  narrow: undefined,
  resolvers: {
    closeTraceThread,
    openTraceThread,
    deleteTraceThreads,
    updateThread,
    batchUpdateThreads,
  },
}
