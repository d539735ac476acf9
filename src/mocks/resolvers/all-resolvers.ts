/** Everything that answers operations, by the names of the spec. Leaving something out does not compile. */
import type { OperationId } from '../../kernel/operation.js'
import type { ResolveKept } from '../collections/answer-collection.js'
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

let loaded: ((id: OperationId) => ResolveKept) | undefined

/** What answers for collections is loaded with the first such request: pages that use runners alone do without it. */
function keep(id: OperationId): ResolveKept {
  let resolve: ResolveKept | undefined
  const load = async (): Promise<ResolveKept> => {
    loaded ??= (await import('./kept-resolvers.js')).keep
    return (resolve = loaded(id))
  }
  return (input, context) => {
    resolve ??= loaded?.(id)
    if (resolve !== undefined) return resolve(input, context)
    return context.world.during(load().then((late) => late(input, context)))
  }
}

/** How the engine answers each operation. */
export const plans = createPlans({
  resources: { pairingSession, runner, job, bridgeCommand },
  preparations: { activatePairingSession: prove },
  resolvers,
  keep,
})
