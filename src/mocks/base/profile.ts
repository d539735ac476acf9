/** The names of profiles: how a mock behaves where servers differ. */

/** Every profile: the sane answer, today's server, and the last version that differs from it. */
export const profileNames = ['spec', 'opik', 'opik@2.0.1'] as const

/** How a mock behaves; see docs/profiles.md. */
export type ProfileName = (typeof profileNames)[number]

/** Whether a value names a profile. */
export function isProfileName(value: unknown): value is ProfileName {
  return profileNames.some((name) => name === value)
}
