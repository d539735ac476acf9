/** Every resolver by operationId. Leaving one out does not compile. */
import type { Resolvers } from '../engine/resolver.js'
import { bridgeResolvers } from './bridge.js'
import { ingestionResolvers } from './ingestion.js'
import { jobResolvers } from './jobs.js'
import { pairingResolvers } from './pairing.js'
import { projectResolvers } from './projects.js'
import { runnerResolvers } from './runners.js'

export const resolvers: Resolvers = {
  ...pairingResolvers,
  ...runnerResolvers,
  ...jobResolvers,
  ...bridgeResolvers,
  ...projectResolvers,
  ...ingestionResolvers,
}
