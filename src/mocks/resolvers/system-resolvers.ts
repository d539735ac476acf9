/** The resolver of the liveness probe. */
import type { Resolvers } from '../engine/resolver.js'

export const systemResolvers: Pick<Resolvers, 'isAlive'> = {
  isAlive() {
    return { body: { healthy: true } }
  },
}
