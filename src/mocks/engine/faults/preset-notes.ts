/** What each preset is good for, in words for people. */
import type { PresetName } from '../../base/fault.js'

/** Words about a preset. */
export interface PresetNotes {
  /** What happens, in one sentence. */
  readonly title: string
  /** The trouble that it reproduces, and what a client should do about it. */
  readonly reproduces: string
}

/** The words about each preset. */
export const presetNotes: Readonly<Record<PresetName, PresetNotes>> = {
  'flaky-network': {
    title: 'One request in five is slow, and more than one in ten loses its connection.',
    reproduces:
      'A bad link between runner and backend. Clients must retry, and must expect that a call whose answer got lost has taken effect: a repeated createJob may make a second job, a repeated result is a no-op.',
  },
  'rate-limited': {
    title: 'A third of all calls, and two thirds of what is created, answers 429 with Retry-After.',
    reproduces:
      'A backend that limits its callers. Clients must wait as long as they are told, or back off by themselves, and must not take a 429 for a lost runner.',
  },
  'slow-backend': {
    title: 'Every answer takes half a second to three seconds, one in twenty ten more, and some never come.',
    reproduces:
      'An overloaded or cold backend. Clients must set timeouts, keep heartbeats apart from slow calls, and show that they wait.',
  },
  'eviction-storm': {
    title: 'One heartbeat in four finds that the runner has been evicted, and answers 410.',
    reproduces:
      'Several daemons fight for one slot, or a backend loses its state. Runners must stop on 410 instead of beating on, and what shows them must cope with runners that vanish with their jobs.',
  },
  'lossy-polls': {
    title: 'What is handed out gets lost on the way or comes twice, and answers to heartbeats get lost.',
    reproduces:
      'Long polls through proxies that give up. Runners must not execute a job or command twice; who waits for one must not wait forever, since a lost job runs until its timeout; a cancellation may never be announced.',
  },
}
