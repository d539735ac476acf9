// The presets: troubles that clients of this API really meet, as data. What each is good for stands in preset-notes.ts,
// which a browser need not load.
import { HAND_OUTS, type Fault, type PresetName } from '../../base/fault.js'

/** What waits in proxies. */
const operation = HAND_OUTS

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
    { operation, drop: 'after', probability: 0.2 },
    { operation, duplicate: true, probability: 0.25 },
    { operation: 'heartbeat', drop: 'after', probability: 0.2 },
  ],
  'runners-disabled': [
    { path: '/v1/private/local-runners**', status: 501 },
    { path: '/v1/private/pairing/**', status: 501 },
  ],
  waf: [
    { operation, delay: { from: 1000, to: 5000 }, status: 403, probability: 0.4 },
    { operation, hang: 'before', probability: 0.2 },
  ],
  'proxy-buffers': [
    { operation, hang: 'after', probability: 0.4 },
    { hang: 'after', probability: 0.05 },
  ],
  'stalled-then-burst': [{ hold: { from: 4000, to: 12_000 }, probability: 0.3 }],
  'rolling-restart': [
    { drop: 'before', probability: 0.1 },
    { drop: 'after', probability: 0.05 },
    { status: 502, probability: 0.1 },
    { status: 503, probability: 0.1 },
    { status: 503, retry_after: 1, probability: 0.1 },
  ],
}

export const presetNames: readonly PresetName[] = Object.keys(presets).filter(isPresetName)

export function isPresetName(name: unknown): name is PresetName {
  return typeof name === 'string' && Object.hasOwn(presets, name)
}
