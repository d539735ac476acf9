/** What is kept of threads beside their traces: whether they were closed or opened, and their tags. */
import type { RequestBodyOf } from '../../kernel/operation.js'
import type { KeptContext, KeptResolvers, KeptSuccess } from '../engine/collection-code.js'
import { requireProject, projectOfList } from '../computed/named-project.js'
import { makeThreads, stateOfThread } from '../computed/thread-view.js'
import { refuseFor, type Entry } from '../world/collection.js'
import { changeTags, MAX_TAGS, removeTraces } from './ingest-resolvers.js'

/** The threads with these `thread_model_id`s that are there, in whatever projects. */
function findThreads(modelIds: readonly string[], context: KeptContext): readonly Entry[] {
  const wanted = new Set(modelIds.map((id) => id.toLowerCase()))
  const found: Entry[] = []
  for (const { id } of context.world.collections.projects.list(context.caller).entries) {
    const threads = makeThreads({ project_id: String(id) }, context, () => true)
    found.push(...threads.filter(({ thread_model_id: each }) => wanted.has(String(each))))
    if (found.length >= wanted.size) break
  }
  return found
}

export function findThread(modelId: string, context: KeptContext): Entry | undefined {
  return findThreads([modelId], context)[0]
}

/** Keeps what has changed of a thread. */
function keep(project_id: string, thread_id: string, changes: Entry, context: KeptContext): void {
  const { threadStates, traces } = context.world.collections
  const known = stateOfThread(project_id, thread_id, context)
  const state_id = known?.['state_id'] ?? threadStates.newKey()
  const stamps = traces.stamp('changed', context.caller)
  threadStates.put(context.caller, { project_id, thread_id, ...known, ...changes, ...stamps, state_id })
}

function turn(project: string, thread: string, status: 'active' | 'inactive', context: KeptContext): void {
  keep(project, thread, { status, status_at: context.world.now() }, context)
}

/** Tags the threads that are there alike, or none of them where one would have too many tags. */
function tag(
  threads: readonly Entry[],
  { tags, tags_to_add: added, tags_to_remove: removed }: RequestBodyOf<'updateThread'>,
  isMerged: boolean,
  context: KeptContext,
): KeptSuccess {
  const isTold = added !== undefined || removed !== undefined
  const changes = threads.map(({ id, project_id, tags: before }) => ({
    ...{ id: String(id), project: String(project_id) },
    tags: isTold ? changeTags(before, added, removed) : changeTags(isMerged ? before : [], tags),
  }))
  const full = changes.find((change) => change.tags.length > MAX_TAGS)
  if (full !== undefined) refuseFor('manyTags', { key: full.id })
  for (const { project, id, tags: left } of changes) keep(project, id, { tags: left }, context)
  return {}
}

export const threadStateResolvers = {
  closeTraceThread({ body: { thread_id: one, thread_ids: many, ...named } }, context) {
    if ((one === undefined) === (many === undefined)) refuseFor('unnamedThread')
    const names = many ?? [one ?? '']
    const project = requireProject(named, context)
    const { entries } = context.world.collections.traces.list(context.caller, project)
    const known = new Set(entries.map(({ thread_id: thread }) => thread))
    if (!names.every((name) => known.has(name))) refuseFor('noThread')
    for (const name of names) turn(project.project_id, name, 'inactive', context)
    return {}
  },

  openTraceThread({ body: { thread_id: name, ...named } }, context) {
    if (name === undefined) refuseFor('unnamedThread')
    const project = requireProject(named, context)
    turn(project.project_id, name, 'active', context)
    return {}
  },

  deleteTraceThreads({ body: { thread_ids, ...named } }, context) {
    const project = projectOfList(named, context)
    const { entries } = context.world.collections.traces.list(context.caller, project)
    const own = entries.filter(({ thread_id: thread }) => thread_ids.includes(String(thread)))
    return removeTraces(
      own.map(({ id }) => id),
      undefined,
      context,
    )
  },

  updateThread({ path: { id }, body }, context) {
    const thread = findThread(id, context) ?? refuseFor('noThreadModel', { key: id })
    return tag([thread], body, false, context)
  },

  batchUpdateThreads: ({ body: { ids, update, merge_tags: isMerged = false } }, context) =>
    tag(findThreads(ids, context), update, isMerged, context),
} satisfies Partial<KeptResolvers>
