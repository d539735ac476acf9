/** A heartbeat that is refused for a capability keeps the runner alive all the same. */
import type { Deviations } from '../engine/deviations.js'

export const refusedHeartbeatRenews: Deviations = {
  afterRefusal({ operation, world, caller, path }, { rule }) {
    if (operation !== 'heartbeat' || rule.answer !== 400) return
    const runner = world.runners.find(caller, path['runnerId'] ?? '')
    if (runner !== undefined) world.runners.beat(runner)
  },
}
