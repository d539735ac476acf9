/** Everything that is computed of many entries: exactly the operations that `load-computed.ts` answers. */
export { getProjectKpiCards, findTokenUsageNames, getProjectStats, retrieveProject } from './project-figures.js'
export { getProjectMetrics } from './project-metrics.js'
export * from './entry-resolvers.js'
