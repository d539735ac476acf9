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

/**
 * A number that worlds share which can do the same: callers may be exchanged, and the numbers of jobs, commands and waits
 * are names.
 */
export function keyOf(world: SmallWorld): number {
  return Math.min(hashOf(partsOf(world, 0)), hashOf(partsOf(world, 1)))
}

type Part = number | boolean | string

/** All that decides what a world can do, with the callers exchanged or not. */
function partsOf({ sessions, runners, waits, reaper }: SmallWorld, exchange: 0 | 1): readonly Part[] {
  const parts: Part[] = [reaper]
  for (const { left, isActivated } of sessions) parts.push(left, isActivated)
  for (const runner of runners) {
    const { id, owner, founder, cancelled, job, bridgeCommand } = runner
    parts.push('runner', id, owner ^ exchange, founder ^ exchange, runner.isShared, runner.isGone)
    parts.push(runner.beat, runner.dead, runner.hasAgent, runner.hasBridge)
    let unseen = cancelled.length
    for (const work of [...job, ...bridgeCommand]) {
      const { machine, status, isQueued, age, left, handouts, holder, isKept } = work
      const isAnnounced = machine === 'job' && cancelled.includes(work.id)
      if (isAnnounced) unseen--
      parts.push(machine, status, isQueued, age, left, handouts, holder, isKept, isAnnounced)
    }
    parts.push(unseen)
  }
  for (const { on, runner: id, work, most, left, hasHungUp, seen } of waits) {
    const commands = runners.find((each) => each.id === id)?.bridgeCommand ?? []
    parts.push(
      on,
      id,
      commands.findIndex((each) => each.id === work),
      most,
      left,
      hasHungUp,
      seen,
    )
  }
  return parts
}

/** 53 bits: that two of a million worlds share one by chance happens in one of ten thousand walks. */
function hashOf(parts: readonly Part[]): number {
  let [low, high] = [0x811c9dc5, 0x1b873593]
  for (const part of parts) {
    const number = typeof part === 'string' ? numberOf(part) : Number(part)
    low = Math.imul(low ^ (number + 0x100), 0x01000193)
    high = Math.imul(((high << 5) | (high >>> 27)) ^ (number + 7), 0x85ebca6b)
  }
  low = Math.imul(low ^ (low >>> 15), 0x2c1b3c6d)
  high = Math.imul(high ^ (high >>> 13), 0x297a2d39)
  return ((high ^ (high >>> 16)) >>> 11) * 2 ** 32 + ((low ^ (low >>> 14)) >>> 0)
}

const numbers = new Map<string, number>()

/** Names as numbers, in the order in which they come up. */
function numberOf(name: string): number {
  const known = numbers.get(name)
  if (known !== undefined) return known
  numbers.set(name, numbers.size)
  return numbers.size - 1
}
