/** Sets of limits to run a server with, for `limits --preset`: what each is for, and which values it takes. */
import { defaultSettings, type Settings } from '../mocks/base/settings.js'

/** Values of each preset; what is left out is the spec's default. */
const presets = {
  default: {},
  /**
   * Spans as short as they can sensibly be: a heartbeat lasts longer than any poll, commands than the calls about them,
   * and whatever ends can be read for several seconds. A real server allows no purge time under an hour.
   */
  fast: {
    heartbeat_ttl_seconds: 8,
    next_job_poll_timeout_seconds: 5,
    bridge_poll_timeout_seconds: 6,
    reaper_interval_seconds: 2,
    dead_runner_purge_seconds: 3600,
    job_timeout_seconds: 10,
    completed_job_ttl_seconds: 15,
    bridge_default_command_timeout_seconds: 10,
    bridge_max_command_timeout_seconds: 20,
    bridge_completed_command_ttl_seconds: 15,
  },
} as const satisfies Record<string, Partial<Settings>>

/** Name of a preset. */
export type PresetName = keyof typeof presets

export const presetNames: readonly PresetName[] = ['default', 'fast']

/** All settings of a preset. */
export function presetOf(name: PresetName): Settings {
  return { ...defaultSettings(), ...presets[name] }
}
