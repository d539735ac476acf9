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
  'runners-disabled': {
    title: 'Everything about runners and pairing answers 501; the rest of the API is as ever.',
    reproduces:
      'A server whose runners are switched off, as installations up to 2.0.1 come. Clients must say so and end, or ask again now and then without hurry; agents and traces must not depend on it.',
  },
  waf: {
    title: 'Two polls in five are cut off with 403 after some seconds, and some are never answered; heartbeats pass.',
    reproduces:
      'A firewall for web applications that takes long polls for an attack. Clients must not take that 403 for a key that is wrong, must set a timeout on polls, and poll on with pauses while their heartbeats go through.',
  },
  'proxy-buffers': {
    title:
      'What was answered stays in a proxy until the connection is closed: two polls in five, and some other calls.',
    reproduces:
      'A proxy that buffers answers. The server has handed the job out, and the runner never sees it: clients must set a timeout on every call, and whoever waits for a job must not wait for ever.',
  },
  'stalled-then-burst': {
    title: 'Now and then all answers about a runner are held back for 4 to 12 seconds, and then come at once.',
    reproduces:
      'A link that stalls: a change of networks, a proxy under load. Clients must not take late answers for those of later calls, must keep one heartbeat under way at a time, and must cope with jobs and cancellations that come together.',
  },
  'rolling-restart': {
    title:
      'More than one call in three meets a server that restarts: a reset, 502, or 503 with and without Retry-After.',
    reproduces:
      'A deployment that replaces its servers one by one. Clients must retry with growing pauses, wait as long as they are told, and give up neither their runner nor a result that was refused.',
  },
}
