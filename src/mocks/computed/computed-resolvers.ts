/** Everything that is computed of many entries. Leaving something out does not compile. */
import type { KeptResolver } from '../engine/collection-code.js'
import { getProjectKpiCards, findTokenUsageNames, getProjectStats, retrieveProject } from './project-figures.js'
import { getProjectMetrics } from './project-metrics.js'
import {
  searchSpans,
  searchTraces,
  getSpanStats,
  getTraceStats,
  getTraceThread,
  getTraceThreadStats,
  searchTraceThreads,
  tracesExist,
  spansExist,
} from './entry-resolvers.js'

/** The operations that it answers. */
export type ComputedId =
  | 'retrieveProject'
  | 'getProjectStats'
  | 'getProjectKpiCards'
  | 'getProjectMetrics'
  | 'findTokenUsageNames'
  | 'searchTraces'
  | 'searchSpans'
  | 'getTraceStats'
  | 'getSpanStats'
  | 'getTraceThread'
  | 'getTraceThreadStats'
  | 'searchTraceThreads'
  | 'tracesExist'
  | 'spansExist'

export const computedResolvers: { readonly [Id in ComputedId]: KeptResolver<Id> } = {
  retrieveProject,
  getProjectStats,
  getProjectKpiCards,
  getProjectMetrics,
  findTokenUsageNames,
  searchTraces,
  searchSpans,
  getTraceStats,
  getSpanStats,
  getTraceThread,
  getTraceThreadStats,
  searchTraceThreads,
  tracesExist,
  spansExist,
}
