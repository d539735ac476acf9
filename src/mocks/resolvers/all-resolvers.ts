/** Everything that answers operations, by the names of the spec. Leaving something out does not compile. */
import { validators } from '../engine/body.js'
import { createPlans } from '../engine/plan.js'
import type { Resolvers } from '../engine/resolver.js'
import { bridgeCommand, bridgeResolvers } from './bridge-resolvers.js'
import { job, jobResolvers } from './job-resolvers.js'
import { pairingResolvers, pairingSession, prove } from './pairing-resolvers.js'
import { runner, runnerResolvers } from './runner-resolvers.js'
import { systemResolvers } from './system-resolvers.js'

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
  validators,
  loadKept: () => import('./kept-resolvers.js'),
})
