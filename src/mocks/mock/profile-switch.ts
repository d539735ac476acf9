// The profile of one mock, and what it does otherwise than the rules say. Under `spec` that is nothing; the code of the
// others is loaded when one of them is asked for.
import type { ProfileName, Settings } from '../base/settings.js'
import type { Deviations } from '../engine/deviations.js'

export class ProfileSwitch {
  /** What the profile does otherwise; always the same object. */
  readonly deviations: Deviations = {}
  name: ProfileName = 'spec'
  private readonly settings: Settings

  /** @param settings of the mock, as they are at any time */
  constructor(settings: Settings) {
    this.settings = settings
  }

  /** Takes another profile; a promise while its code is being loaded, until which the one before is in force. */
  turnTo(name: ProfileName): Promise<void> | undefined {
    this.name = name
    if (name === 'spec') {
      this.fill({})
      return undefined
    }
    return import('../quirks/choose-profile.js').then(({ deviationsOf }) => {
      // Another one may have been asked for meanwhile.
      if (this.name === name) this.fill(deviationsOf(name, this.settings))
    })
  }

  private fill(deviations: Deviations): void {
    for (const point of Object.keys(this.deviations)) Reflect.deleteProperty(this.deviations, point)
    Object.assign(this.deviations, deviations)
  }
}
