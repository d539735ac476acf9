/** What each preset is good for, in words for people. */
import type { PresetName } from '../../base/fault.js'

export interface PresetNotes {
  readonly title: string
  /** The trouble that it reproduces, and what a client should do about it. */
  readonly reproduces: string
}

export const presetNotes: Readonly<Record<PresetName, PresetNotes>> = {
  'flaky-network': {
    title: 'One request in five is slow, and more than one in ten loses its connection.',
    reproduces:
      'A bad link between runner and backend. Clients must retry, and must expect that a call with a lost response has taken effect: a repeated createJob may create a second job, a repeated result is a no-op.',
  },
  'rate-limited': {
    title: 'A third of all calls, and two thirds of calls that create something, are answered 429 with Retry-After.',
    reproduces:
      'A backend with rate limits. Clients must wait for the time in Retry-After, or back off by themselves, and must not treat a 429 as a lost runner.',
  },
  'slow-backend': {
    title:
      'Every response takes half a second to three seconds, one in twenty takes ten seconds more, and some never arrive.',
    reproduces:
      'An overloaded or cold backend. Clients must set timeouts, send heartbeats independently of slow calls, and show that they wait.',
  },
  'eviction-storm': {
    title: 'One heartbeat in four evicts the runner and is answered 410.',
    reproduces:
      'Several daemons compete for one slot, or a backend loses its state. Runners must stop on 410, and pages must handle runners that disappear with their jobs.',
  },
  'lossy-polls': {
    title: 'Jobs and commands are lost on the way to the runner or arrive twice, and responses to heartbeats are lost.',
    reproduces:
      'Long polls through proxies with timeouts. Runners must not execute a job or command twice. Clients that wait for a job must not wait forever: a lost job runs until its timeout. A runner may never hear of a cancellation.',
  },
  'runners-disabled': {
    title: 'Every call about runners and pairing is answered 501; the rest of the API works.',
    reproduces:
      'A server with runners switched off, the default of installations up to 2.0.1. Clients must report this and end, or retry slowly; agents and traces must not depend on it.',
  },
  waf: {
    title: 'Two polls in five end with 403 after some seconds, and some are never answered; heartbeats pass.',
    reproduces:
      'A web application firewall that treats long polls as an attack. Clients must not treat that 403 as an invalid key, must set a timeout on polls, and must continue to poll, with pauses, while their heartbeats succeed.',
  },
  'proxy-buffers': {
    title:
      'The responses to two polls in five, and to some other calls, stay in a proxy until the connection is closed.',
    reproduces:
      'A proxy that buffers responses. The server has handed out a job that the runner never sees. Clients must set a timeout on every call, and must not wait forever for a job.',
  },
  'stalled-then-burst': {
    title: 'From time to time all responses about a runner are held back for 4 to 12 seconds, and then arrive at once.',
    reproduces:
      'A link that stalls: a change of networks, a proxy under load. Clients must match late responses to the right calls, must send one heartbeat at a time, and must handle jobs and cancellations that arrive together.',
  },
  'rolling-restart': {
    title:
      'More than one call in three reaches a restarting server: a connection reset, 502, or 503 with and without Retry-After.',
    reproduces:
      'A deployment that replaces its servers one by one. Clients must retry with growing pauses, wait for the time in Retry-After, and keep both their runner and a result that was refused.',
  },
}
