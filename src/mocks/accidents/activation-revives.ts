/** A second, correct activation registers the runner again, although it is refused; for another user, too. */
import type { Deviations } from '../world/deviations.js'

export const activationRevives: Deviations = {
  repeatActivation(ground, activation) {
    const runner = ground.get(activation.id)
    if (runner === undefined) {
      ground.activate(activation)
      return
    }
    if (runner.owner.owner !== activation.owner.owner) ground.share(runner, activation.owner)
    ground.rename(runner, activation.name)
  },
}
