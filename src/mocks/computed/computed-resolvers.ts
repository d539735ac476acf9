/** Everything that is computed of many entries. Leaving something out does not compile. */
import type { KeptResolver } from '../engine/collection-code.js'
import { getProjectKpiCards } from './kpi-resolvers.js'
import { getProjectMetrics } from './metric-resolvers.js'
import { findTokenUsageNames, getProjectStats, retrieveProject } from './project-sums.js'
import { searchSpans, searchTraces } from './search-resolvers.js'
import { getSpanStats, getTraceStats, getTraceThread, getTraceThreadStats } from './statistics-resolvers.js'

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
}
