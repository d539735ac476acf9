/**
 * A small world in which everything is known: plain data without clock or I/O. Times are seconds from now, so that two worlds
 * that can do the same are the same data.
 */
import type { WorkMachine } from '../roles.js'

/** A job or a command. */
export interface SmallWork {
  readonly machine: WorkMachine
  /** The lowest number that was free when it was made. */
  readonly id: number
  status: string
  /** Whether it stands in the queue: what is pending, and by some quirks what is not any more. */
  isQueued: boolean
  /** Seconds since it was handed out; -1 while it is not. */
  age: number
  /** Seconds until it disappears; -1 while nothing removes it. */
  left: number
  /** To how many callers it was handed who were still there. */
  handouts: number
  /** Who works on it. */
  holder: Holder
  /** Whether it stays when its time is over, by a quirk. */
  isKept: boolean
}

/** The third: it was handed to a caller that had hung up. */
export type Holder = 'none' | 'caller' | 'nobody'

/** A runner that was activated. It stays here when it is gone. */
export interface SmallRunner {
  /** That of its session. */
  readonly id: number
  owner: number
  /** Who activated it first. */
  readonly founder: number
  isShared: boolean
  isGone: boolean
  /** Seconds until its heartbeat lapses; below zero, since it has. */
  beat: number
  /** Seconds since the reaper saw it dead; -1 while it did not. */
  dead: number
  hasAgent: boolean
  hasBridge: boolean
  /** Jobs whose cancellation the next heartbeat announces. */
  cancelled: readonly number[]
  job: SmallWork[]
  bridgeCommand: SmallWork[]
}

/** A pairing session. */
export interface SmallSession {
  readonly id: number
  /** Seconds until it expires; 0 once it has. */
  left: number
  isActivated: boolean
}

/** A call that waits. */
export interface Wait {
  readonly id: number
  readonly on: 'nextJob' | 'nextBridgeCommands' | 'getBridgeCommand'
  readonly runner: number
  /** The command that a reader waits for; -1 for polls. */
  readonly work: number
  /** How many commands a poll takes. */
  readonly most: number
  /** Seconds until its time is up. */
  left: number
  /** By a quirk a poll stays whose caller has hung up. */
  hasHungUp: boolean
  /** The state of the command when the wait began. */
  readonly seen: string
}

export interface SmallWorld {
  readonly sessions: SmallSession[]
  /** In the order of activation. */
  readonly runners: SmallRunner[]
  /** In the order in which they came. */
  readonly waits: Wait[]
  /** Seconds until the reaper looks. */
  reaper: number
}

/** Seconds until the reaper looks for the first time: in the middle of a step of the walk. */
export const FIRST_LOOK_SECONDS = 10

/** A world without anything in it. */
export function emptyWorld(reaper = FIRST_LOOK_SECONDS): SmallWorld {
  return { sessions: [], runners: [], waits: [], reaper }
}

/** A copy that shares nothing that can change. */
export function copyOf(world: SmallWorld): SmallWorld {
  return {
    sessions: world.sessions.map((each) => ({ ...each })),
    runners: world.runners.map((each) => ({
      ...each,
      job: each.job.map((work) => ({ ...work })),
      bridgeCommand: each.bridgeCommand.map((work) => ({ ...work })),
    })),
    waits: world.waits.map((each) => ({ ...each })),
    reaper: world.reaper,
  }
}

/** The lowest number that none of them has. */
export function freeId(taken: readonly { readonly id: number }[], also: readonly number[] = []): number {
  let id = 0
  while (also.includes(id) || taken.some((each) => each.id === id)) id++
  return id
}
