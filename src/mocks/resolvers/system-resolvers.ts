/** The resolver of the liveness probe. */
import type { NeighbourResolvers } from '../engine/resolver.js'

export const systemResolvers: Pick<NeighbourResolvers, 'isAlive'> = {
  isAlive() {
    return { body: { healthy: true } }
  },
}
