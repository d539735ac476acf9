/** The polls and readers of a sequence that wait: which are open, which must be answered by now. */
import type { OpenCall } from '../../target/client.js'
import type { ModelCall } from '../rules/call.js'
import { readerSeconds } from '../../target/waiting.js'
import { doesWait } from '../rules/judge-call.js'
import { hasPassed } from '../rules/time-bounds.js'
import { ownRunner, type Moment, type World } from '../rules/model-world.js'

/** A call that waits. */
export interface Poll {
  number: number
  call: ModelCall
  open: OpenCall
  opened: Moment
}

/** The open polls of one sequence. */
export interface Polls {
  all(): readonly Poll[]
  /** Those of runners that have gone. */
  dropped(): readonly Poll[]
  /** Only so many wait for the same thing. */
  hasRoomFor(call: ModelCall): boolean
  add(call: ModelCall, open: OpenCall, opened: Moment): Poll
  remove(poll: Poll): void
  /** Some that wait for one thing which is there now: one of them must be answered. */
  due(now: Moment): readonly Poll[]
  /** Those whose time to wait is over. */
  outdated(now: Moment): readonly Poll[]
  /** What becomes of a poll whose runner has gone is open (alternative pollOfGoneRunner); readers wake. */
  dropOfGoneRunners(): void
  longestWaitMs(call: ModelCall): number
}

/** Several pollers may wait for a queue. One reader for a command: a second need not wake (alternative oneWaiterWakes). */
const MOST = { nextJob: 2, nextBridgeCommands: 2, getBridgeCommand: 1 } as const

/** Creates the list of polls, empty. */
export function createPolls(world: World): Polls {
  let polls: readonly Poll[] = []
  const dropped: Poll[] = []
  let count = 0
  const isThere = ({ call }: Poll): boolean =>
    ownRunner(world, call.identity, call.path['runnerId'] ?? '') !== undefined
  const longestWaitMs = ({ operation, query }: ModelCall): number => {
    if (operation === 'nextJob') return 1000 * world.limits.next_job_poll_timeout_seconds
    if (operation === 'nextBridgeCommands') return 1000 * world.limits.bridge_poll_timeout_seconds
    const asked = query['timeout']
    return 1000 * readerSeconds(world.limits, asked === undefined ? undefined : Number(asked))
  }
  const remove = (poll: Poll): void => {
    polls = polls.filter((each) => each !== poll)
  }
  return {
    all: () => polls,
    dropped: () => dropped,
    hasRoomFor: (call) => polls.filter((each) => isSame(each.call, call)).length < mostOf(call),
    add(call, open, opened) {
      const poll = { number: ++count, call, open, opened }
      polls = [...polls, poll]
      return poll
    },
    remove,
    due(now) {
      const first = polls.find(({ call }) => !doesWait(world, call, now))
      return first === undefined ? [] : polls.filter(({ call }) => isSame(call, first.call))
    },
    outdated: (now) => polls.filter(({ call, opened }) => hasPassed(opened, now, longestWaitMs(call))),
    dropOfGoneRunners() {
      for (const poll of polls) {
        if (isThere(poll) || poll.call.operation === 'getBridgeCommand') continue
        dropped.push(poll)
        remove(poll)
      }
    },
    longestWaitMs,
  }
}

function mostOf({ operation }: ModelCall): number {
  if (operation === 'nextJob' || operation === 'nextBridgeCommands') return MOST[operation]
  return MOST.getBridgeCommand
}

/** Whether two calls wait for the same thing. */
function isSame(one: ModelCall, other: ModelCall): boolean {
  return (
    one.operation === other.operation &&
    one.path['runnerId'] === other.path['runnerId'] &&
    one.path['commandId'] === other.path['commandId']
  )
}
