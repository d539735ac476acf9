/** Everything that answers operations, by the names of the spec. Leaving something out does not compile. */
import { createPlans } from '../engine/plan.js'
import type { Resolvers } from '../engine/resolver.js'
import { bridgeCommand, bridgeResolvers } from './bridge.js'
import { ingestionResolvers } from './ingestion.js'
import { job, jobResolvers } from './jobs.js'
import { pairingResolvers, pairingSession, prove } from './pairing.js'
import { projectResolvers } from './projects.js'
import { runner, runnerResolvers } from './runners.js'

const resolvers: Resolvers = {
  ...pairingResolvers,
  ...runnerResolvers,
  ...jobResolvers,
  ...bridgeResolvers,
  ...projectResolvers,
  ...ingestionResolvers,
}

/** How the engine answers each operation. */
export const plans = createPlans({
  resources: { pairingSession, runner, job, bridgeCommand },
  preparations: { activatePairingSession: prove },
  resolvers,
})
