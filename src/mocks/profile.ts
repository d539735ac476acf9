/**
 * Profiles: how a mock behaves where servers differ. `spec` is the sane answer everywhere; what the others do is code
 * that is loaded when one of them is asked for.
 */
import type { Deviations } from './world/deviations.js'

/** Every profile: the sane answer, today's server, and the last version that differs from it. */
export const profileNames = ['spec', 'opik', 'opik@2.0.1'] as const

/** How a mock behaves; see docs/profiles.md. */
export type ProfileName = (typeof profileNames)[number]

/** Whether a value names a profile. */
export function isProfileName(value: unknown): value is ProfileName {
  return profileNames.some((name) => name === value)
}

/** The profile of one mock. */
export class ProfileSwitch {
  /** What the profile does otherwise; always the same object. */
  readonly deviations: Deviations = {}
  name: ProfileName = 'spec'

  /** Takes another profile; a promise while its code is being loaded, until which the one before is in force. */
  turnTo(name: ProfileName): Promise<void> | undefined {
    this.name = name
    if (name === 'spec') return this.fill({})
    return import('./accidents/profiles.js').then(({ deviationsOf }) => {
      // Another one may have been asked for meanwhile.
      if (this.name === name) this.fill(deviationsOf(name))
    })
  }

  private fill(deviations: Deviations): undefined {
    for (const point of Object.keys(this.deviations)) Reflect.deleteProperty(this.deviations, point)
    Object.assign(this.deviations, deviations)
  }
}
