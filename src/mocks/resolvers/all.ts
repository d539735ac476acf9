/** Every resolver by operationId. Leaving one out does not compile. */
import type { Resolvers } from '../engine/resolver.js'
import { bridgeResolvers } from './bridge.js'
import { jobResolvers } from './jobs.js'
import { pairingResolvers } from './pairing.js'
import { runnerResolvers } from './runners.js'
import { systemResolvers } from './system.js'

export const resolvers: Resolvers = {
  ...pairingResolvers,
  ...runnerResolvers,
  ...jobResolvers,
  ...bridgeResolvers,
  ...systemResolvers,
}
