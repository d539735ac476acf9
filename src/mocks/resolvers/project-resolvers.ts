/** What is peculiar to projects: they are retrieved by their name, and know what their traces come to. */
import type { CollectionCode } from '../engine/collection-code.js'
import { loadComputed } from '../computed/load-computed.js'
import { viewProject, views } from '../computed/sources.js'

const retrieveWithSums = loadComputed('retrieveProject')

export const projectCode: CollectionCode<'projects'> = {
  ...views.projects,

  /** Nearly every client retrieves a project, and most before it has traces: that needs nothing to be loaded. */
  retrieveProject(input, context) {
    const { projects, traces } = context.world.collections
    const project = projects.findBy(context.caller, 'name', input.body.name)
    if (project === undefined) return { refused: 'unknown', details: {} }
    if (input.body.include_stats !== true) return { body: project }
    const { total } = traces.list(context.caller, { project_id: String(project['id']) }, 0, 0)
    return total === 0 ? { body: viewProject(project, context, undefined) } : retrieveWithSums(input, context)
  },

  getProjectStats: loadComputed('getProjectStats'),
  getProjectKpiCards: loadComputed('getProjectKpiCards'),
  getProjectMetrics: loadComputed('getProjectMetrics'),
  findTokenUsageNames: loadComputed('findTokenUsageNames'),
}
