/**
 * Everything that answers the operations around runners: most of them are on collections. Pages load it with the first of
 * them. Leaving something out does not compile.
 */
import { neighbourRequestBodies } from '../../generated/neighbour-request-validators.js'
import { neighbourOperations } from '../../kernel/all-operations.js'
import { answerByRole } from '../collections/answer-collection.js'
import * as entryFigures from '../computed/entry-resolvers.js'
import * as projectFigures from '../computed/project-figures.js'
import * as projectMetrics from '../computed/project-metrics.js'
import { views } from '../computed/sources.js'
import type { KeptResolvers } from '../engine/collection-code.js'
import { createPlans } from '../engine/plan.js'
import type { NeighbourResolvers } from '../engine/resolver.js'
import { commentResolvers, scoreResolvers } from './annotation-resolvers.js'
import { blueprintResolvers } from './blueprint-resolvers.js'
import { configurationResolvers } from './configuration-resolvers.js'
import { environmentResolvers } from './environment-resolvers.js'
import { insightsIssueResolvers, insightsJobResolvers, reportPreferenceResolvers } from './diagnostic-resolvers.js'
import { promptResolvers, promptVersionResolvers, promptViews } from './prompt-resolvers.js'
import { spanResolvers, traceResolvers } from './ingest-resolvers.js'
import { resolveConstant, systemResolvers } from './system-resolvers.js'
import { threadStateResolvers } from './thread-states.js'

export { neighbourRequestFields } from '../../generated/request-fields.js'
export { matchNeighbourOperation } from '../../kernel/all-operations.js'

const resolvers: NeighbourResolvers & KeptResolvers = {
  ...systemResolvers,
  ...{ ...promptResolvers, ...promptVersionResolvers, ...blueprintResolvers },
  ...{ ...configurationResolvers, ...environmentResolvers },
  ...{ ...traceResolvers, ...spanResolvers, ...threadStateResolvers, ...scoreResolvers, ...commentResolvers },
  ...{ ...insightsJobResolvers, ...insightsIssueResolvers, ...reportPreferenceResolvers },
  ...{ ...entryFigures, ...projectFigures, ...projectMetrics },
}

const allViews = { ...views, ...promptViews }

/** How the engine answers each of them. */
export const neighbourPlans = createPlans({
  operations: neighbourOperations,
  validators: neighbourRequestBodies,
  resolvers,
  keep: (id) => resolveConstant(id) ?? answerByRole(id, allViews),
})
