/**
 * Everything that answers the operations around runners: most of them are on collections. Pages load it with the first of
 * them. Leaving something out does not compile.
 */
import { neighbourRequestBodies } from '../../generated/neighbour-request-validators.js'
import { neighbourOperations } from '../../kernel/all-operations.js'
import { createCollectionResolver } from '../collections/answer-collection.js'
import { createPlans } from '../engine/plan.js'
import { commentCode, scoreCode } from './annotation-resolvers.js'
import { blueprintCode } from './blueprint-resolvers.js'
import { configurationCode } from './configuration-resolvers.js'
import { environmentCode } from './environment-resolvers.js'
import { insightsIssueCode, insightsJobCode, reportPreferenceCode } from './diagnostic-resolvers.js'
import { projectCode } from './project-resolvers.js'
import { promptCode, promptVersionCode } from './prompt-resolvers.js'
import { spanCode } from './span-resolvers.js'
import { resolveConstant, systemResolvers } from './system-resolvers.js'
import { threadStateCode } from './thread-states.js'
import { threadCode, traceCode } from './trace-resolvers.js'

export { neighbourRequestFields } from '../../generated/request-fields.js'
export { matchNeighbourOperation } from '../../kernel/all-operations.js'

const keep = createCollectionResolver({
  prompts: promptCode,
  promptVersions: promptVersionCode,
  blueprints: blueprintCode,
  configurations: configurationCode,
  environments: environmentCode,
  projects: projectCode,
  traces: traceCode,
  spans: spanCode,
  threads: threadCode,
  threadStates: threadStateCode,
  scores: scoreCode,
  comments: commentCode,
  insightsJobs: insightsJobCode,
  reportPreferences: reportPreferenceCode,
  insightsIssues: insightsIssueCode,
})

/** How the engine answers each of them. */
export const neighbourPlans = createPlans({
  operations: neighbourOperations,
  validators: neighbourRequestBodies,
  resolvers: systemResolvers,
  keep: (id) => resolveConstant(id) ?? keep(id),
})
