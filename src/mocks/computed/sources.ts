/** The entries of each collection as a caller sees them: for lists, and for what is computed of many of them. */
import type { CollectionView, KeptContext, ListQuery, EntryView } from '../engine/collection-code.js'
import { EntryList } from '../collections/entry-list.js'
import { microsecondsOf, parseList, timeOf } from '../collections/field-values.js'
import type { Entry } from '../world/collection.js'
import { projectOfList } from './named-project.js'
import { makeThreads, viewThread } from './thread-view.js'
import { figuresOfSpan, figuresOfTrace, insteadOfSpan, insteadOfTrace, viewSpan, viewTrace } from './trace-view.js'
import { oncePerList } from './shown-fields.js'

/**
 * A project with the newest change of its traces. A project without traces has none, unless a list is sorted by it:
 * then it is the project's own.
 */
export const viewProject: EntryView = (project, { world, caller }, query) => {
  const newest = newestChange(world.collections.traces.list(caller, { project_id: String(project['id']) }).entries)
  const shown =
    newest ?? (isSortedBy('last_updated_trace_at', query?.['sorting']) ? project['last_updated_at'] : undefined)
  return shown === undefined ? project : { ...project, last_updated_trace_at: shown }
}

const newestChange = oncePerList((traces) => {
  let newest: unknown
  let greatest = -Infinity
  for (const { last_updated_at: at } of traces) {
    if (at === newest) continue
    const moment = microsecondsOf(at)
    if (moment > greatest) [newest, greatest] = [at, moment]
  }
  return newest
})

function isSortedBy(field: string, sorting: unknown): boolean {
  const [first] = sorting === undefined ? [] : (parseList(sorting) ?? [])
  return typeof first === 'object' && first !== null && 'field' in first && first.field === field
}

/** A trace or span goes with its project. */
function isLost({ project_id: project }: Entry, { world, caller }: KeptContext): boolean {
  return world.collections.projects.find(caller, String(project)) === undefined
}

/** What spans show beside themselves. */
function annotationsAround({ world, caller }: KeptContext): readonly unknown[] {
  return [world.collections.scores, world.collections.comments].map((each) => each.list(caller).entries)
}

function listsAround(context: KeptContext): readonly unknown[] {
  return [...annotationsAround(context), context.world.collections.spans.list(context.caller).entries]
}

/** How the entries of each collection are shown, and what makes those that nothing keeps. */
export const views = {
  projects: { view: viewProject },
  traces: {
    view: viewTrace,
    figures: figuresOfTrace,
    besides: listsAround,
    instead: insteadOfTrace,
    isLost,
    narrow: projectOfList,
  },
  spans: {
    view: viewSpan,
    figures: figuresOfSpan,
    altered: ['total_estimated_cost'],
    besides: annotationsAround,
    instead: insteadOfSpan,
    isLost,
    narrow: projectOfList,
  },
  threads: {
    make: makeThreads,
    view: viewThread,
    timeKey: 'first_trace_id',
    narrow: projectOfList,
  },
} satisfies Readonly<Record<string, CollectionView>>

/** What a query asks for of them. */
export function listOf(name: keyof typeof views, query: ListQuery, context: KeptContext): EntryList {
  return new EntryList({ name, code: views[name], context, query })
}

/** When something began, by its id, in milliseconds: a thread with its first trace. */
export function beginOf({ first_trace_id: first, id }: Entry): number {
  return timeOf(String(first ?? id))
}
