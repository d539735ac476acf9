/** Everything that answers operations, by the names of the spec. Leaving something out does not compile. */
import { createKeep } from '../collections/answer.js'
import { createPlans } from '../engine/plan.js'
import type { Resolvers } from '../engine/resolver.js'
import { bridgeCommand, bridgeResolvers } from './bridge.js'
import { job, jobResolvers } from './jobs.js'
import { keptCode } from './kept.js'
import { pairingResolvers, pairingSession, prove } from './pairing.js'
import { runner, runnerResolvers } from './runners.js'
import { systemResolvers } from './system.js'

const resolvers: Resolvers = {
  ...pairingResolvers,
  ...runnerResolvers,
  ...jobResolvers,
  ...bridgeResolvers,
  ...systemResolvers,
}

/** How the engine answers each operation. */
export const plans = createPlans({
  resources: { pairingSession, runner, job, bridgeCommand },
  preparations: { activatePairingSession: prove },
  resolvers,
  keep: createKeep(keptCode),
})
