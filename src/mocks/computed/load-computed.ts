/** Resolvers of values computed from many entries: pages load them with the first of these. */
import type { KeptResolver } from '../engine/collection-code.js'
import type * as computedResolvers from './computed-resolvers.js'

type ComputedId = keyof typeof computedResolvers

/** Answers an operation by code that is loaded when it is first asked for. */
export function loadComputed<Id extends ComputedId>(id: Id): KeptResolver<Id> {
  return (input, context) =>
    context.world
      .during(import('./computed-resolvers.js'))
      .then((computed: { readonly [Each in ComputedId]: KeptResolver<Each> }) => computed[id](input, context))
}
