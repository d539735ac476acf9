/** The presets: troubles that clients of this API really meet, as data. */
import type { Fault, PresetName } from './fault.js'

/** A named set of faults. */
export interface Preset {
  /** What happens, in one sentence. */
  readonly title: string
  /** The trouble that it reproduces, and what a client should do about it. */
  readonly reproduces: string
  readonly faults: readonly Fault[]
}

/** All presets by name. */
export const presets: Readonly<Record<PresetName, Preset>> = {
  'flaky-network': {
    title: 'One request in five is slow, and more than one in ten loses its connection.',
    reproduces:
      'A bad link between runner and backend. Clients must retry, and must expect that a call whose answer got lost has taken effect: a repeated createJob may make a second job, a repeated result is a no-op.',
    faults: [
      { delay: { from: 50, to: 800 }, probability: 0.2 },
      { drop: 'before', probability: 0.05 },
      { drop: 'after', probability: 0.05 },
      { body: 'truncated', probability: 0.03 },
    ],
  },
  'rate-limited': {
    title: 'A third of all calls, and two thirds of what is created, answers 429 with Retry-After.',
    reproduces:
      'A backend that limits its callers. Clients must wait as long as they are told, or back off by themselves, and must not take a 429 for a lost runner.',
    faults: [
      {
        operation: ['createJob', 'createBridgeCommand', 'createPairingSession'],
        status: 429,
        retry_after: 2,
        probability: 0.5,
      },
      { status: 429, retry_after: 1, probability: 0.33 },
    ],
  },
  'slow-backend': {
    title: 'Every answer takes half a second to three seconds, one in twenty ten more, and some never come.',
    reproduces:
      'An overloaded or cold backend. Clients must set timeouts, keep heartbeats apart from slow calls, and show that they wait.',
    faults: [
      { delay: { from: 500, to: 3000 } },
      { delay: { ms: 10_000 }, probability: 0.05 },
      { hang: 'before', probability: 0.01 },
    ],
  },
  'eviction-storm': {
    title: 'One heartbeat in four finds that the runner has been evicted, and answers 410.',
    reproduces:
      'Several daemons fight for one slot, or a backend loses its state. Runners must stop on 410 instead of beating on, and what shows them must cope with runners that vanish with their jobs.',
    faults: [{ operation: 'heartbeat', evict: true, probability: 0.25 }],
  },
  'lossy-polls': {
    title: 'What is handed out gets lost on the way or comes twice, and answers to heartbeats get lost.',
    reproduces:
      'Long polls through proxies that give up. Runners must not execute a job or command twice; who waits for one must not wait forever, since a lost job runs until its timeout; a cancellation may never be announced.',
    faults: [
      { operation: ['nextJob', 'nextBridgeCommands'], drop: 'after', probability: 0.2 },
      { operation: ['nextJob', 'nextBridgeCommands'], duplicate: true, probability: 0.25 },
      { operation: 'heartbeat', drop: 'after', probability: 0.2 },
    ],
  },
}

/** Names of all presets. */
export const presetNames: readonly PresetName[] = Object.keys(presets).filter(isPresetName)

/** Whether a text names a preset. */
export function isPresetName(name: unknown): name is PresetName {
  return typeof name === 'string' && Object.hasOwn(presets, name)
}
