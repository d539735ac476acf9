/** The entries of each collection as a caller sees them, for what is computed of many of them. */
import type { KeptContext, ListQuery } from '../engine/collection-code.js'
import { createSource, type Source } from '../collections/source.js'
import { viewProject } from './project-view.js'
import { viewSpan } from './span-view.js'
import { makeThreads, viewThread } from './thread-view.js'
import { viewTrace } from './trace-view.js'

/** How the entries of each collection are shown, and what makes those that nothing keeps. */
export const views = {
  projects: { view: viewProject },
  traces: { view: viewTrace, altered: ['metadata'] },
  spans: { view: viewSpan, altered: ['metadata', 'total_estimated_cost'] },
  threads: { make: makeThreads, view: viewThread },
}

/** What a list of them is made from. */
export function sourceOf(name: keyof typeof views, context: KeptContext, query: ListQuery = {}): Source {
  return createSource(name, views[name], context, query)
}
