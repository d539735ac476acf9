/** A second, correct activation registers the runner again with all it had, although it is refused; for another user, too. */
import type { Deviations } from '../engine/deviations.js'

export const activationRevives: Deviations = {
  remembersGoneRunners: true,
  afterRefusal({ operation, world, caller, path, body }, { rule }) {
    if (operation !== 'activatePairingSession' || rule.answer !== 409) return
    const session = world.sessions.find(caller, path['sessionId'] ?? '')
    if (session === undefined) return
    const name = String(Reflect.get(Object(body), 'runner_name'))
    const { runnerId: id, projectId, type, fields = {} } = session
    const runner = world.runners.get(id)
    if (runner === undefined) {
      world.jobs.readAgain(world.runners.revive({ id, owner: caller, projectId, name, type, fields }))
      return
    }
    if (runner.owner.owner !== caller.owner) world.runners.share(runner, caller)
    world.runners.rename(runner, name)
  },
}
