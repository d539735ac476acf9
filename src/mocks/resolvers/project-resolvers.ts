/** What is peculiar to projects: they know when their traces have changed last, and what these come to. */
import type { CollectionCode } from '../engine/collection-code.js'
import { later } from '../computed/later.js'
import { viewProject } from '../computed/project-view.js'

export const projectCode: CollectionCode<'projects'> = {
  view: viewProject,
  narrow: undefined,
  resolvers: {
    retrieveProject: later('retrieveProject'),
    getProjectStats: later('getProjectStats'),
    getProjectKpiCards: later('getProjectKpiCards'),
    getProjectMetrics: later('getProjectMetrics'),
    findTokenUsageNames: later('findTokenUsageNames'),
  },
}
