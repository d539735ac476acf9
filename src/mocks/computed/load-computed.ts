/** Resolvers of values computed from many entries: pages load them with the first of these. */
import type { KeptResolver } from '../engine/collection-code.js'
import type { ComputedId } from './computed-resolvers.js'

/** Answers an operation by code that is loaded when it is first asked for. */
export function loadComputed<Id extends ComputedId>(id: Id): KeptResolver<Id> {
  return (input, context) =>
    context.world
      .during(import('./computed-resolvers.js'))
      .then(({ computedResolvers }) => computedResolvers[id](input, context))
}
