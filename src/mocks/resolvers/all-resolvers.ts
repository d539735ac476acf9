/** Everything that answers operations, by the names of the spec. Leaving something out does not compile. */
import { requestBodies } from '../../generated/request-validators.js'
import { runnerOperations } from '../../kernel/operation.js'
import { Directory, createPlans } from '../engine/plan.js'
import type { RunnerResolvers } from '../engine/resolver.js'
import { bridgeCommand, bridgeResolvers } from './bridge-resolvers.js'
import { CallView } from './call-view.js'
import { job, jobResolvers } from './job-resolvers.js'
import { pairingResolvers, pairingSession, prove } from './pairing-resolvers.js'
import { runner, runnerResolvers } from './runner-resolvers.js'

const resolvers: RunnerResolvers = { ...pairingResolvers, ...runnerResolvers, ...jobResolvers, ...bridgeResolvers }

/** How the engine answers each operation. */
export const directory = new Directory(
  createPlans({
    operations: runnerOperations,
    validators: requestBodies,
    resources: { pairingSession, runner, job, bridgeCommand },
    viewOf: (call) => new CallView(call),
    proofs: { activatePairingSession: prove },
    resolvers,
  }),
  () => import('./neighbour-resolvers.js'),
)
