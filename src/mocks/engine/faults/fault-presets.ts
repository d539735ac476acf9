/**
 * The presets: troubles that clients of this API really meet, as data. What each is good for stands in preset-notes.ts,
 * which a browser need not load.
 */
import type { Fault, PresetName } from '../../base/fault.js'

/** The faults of each preset. */
export const presets: Readonly<Record<PresetName, readonly Fault[]>> = {
  'flaky-network': [
    { delay: { from: 50, to: 800 }, probability: 0.2 },
    { drop: 'before', probability: 0.05 },
    { drop: 'after', probability: 0.05 },
    { body: 'truncated', probability: 0.03 },
  ],
  'rate-limited': [
    {
      operation: ['createJob', 'createBridgeCommand', 'createPairingSession'],
      status: 429,
      retry_after: 2,
      probability: 0.5,
    },
    { status: 429, retry_after: 1, probability: 0.33 },
  ],
  'slow-backend': [
    { delay: { from: 500, to: 3000 } },
    { delay: { ms: 10_000 }, probability: 0.05 },
    { hang: 'before', probability: 0.01 },
  ],
  'eviction-storm': [{ operation: 'heartbeat', evict: true, probability: 0.25 }],
  'lossy-polls': [
    { operation: ['nextJob', 'nextBridgeCommands'], drop: 'after', probability: 0.2 },
    { operation: ['nextJob', 'nextBridgeCommands'], duplicate: true, probability: 0.25 },
    { operation: 'heartbeat', drop: 'after', probability: 0.2 },
  ],
}

/** Names of all presets. */
export const presetNames: readonly PresetName[] = Object.keys(presets).filter(isPresetName)

/** Whether a text names a preset. */
export function isPresetName(name: unknown): name is PresetName {
  return typeof name === 'string' && Object.hasOwn(presets, name)
}
