/** The resolver of the liveness probe. */
import type { Resolvers } from '../engine/resolver.js'

export const systemResolvers: Pick<Resolvers, 'isAlive'> = {
  isAlive() {
    return { status: 200, body: { healthy: true } }
  },
}
