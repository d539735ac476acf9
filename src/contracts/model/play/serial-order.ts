/**
 * Finds a serial order of calls that overlapped: one in which each answer is what the model says, and no call comes
 * before one that had ended when it began. Where such an order is no promise of the rules, calls count as several.
 */
import { describeCall, fieldOf, recordsOf, textOf, type ModelAnswer, type ModelCall } from '../rules/call.js'
import { judge } from '../rules/judge-call.js'
import type { Mismatch } from '../rules/mismatch.js'
import { copyWorld, ownRunner, type Moment, type World } from '../rules/model-world.js'

/** A call that was made, with its answer. */
export interface HistoryCall {
  call: ModelCall
  answer: ModelAnswer
  /** Readings of our stopwatch. */
  sent: number
  received: number
  now: Moment
}

/** How far an order could be found. */
export type Order =
  | { isFound: true; excused: World['excused'] }
  | {
      isFound: false
      /** The longest beginning of an order that explains its answers. */
      calls: readonly string[]
      /** What is wrong with each call that could come next. */
      problems: readonly string[]
    }

/** Most worlds that are looked at; more than any history of the sequences needs. */
const MOST_WORLDS = 20_000

/** Looks for an order, starting from a world. */
export function findSerialOrder(world: World, history: readonly HistoryCall[]): Order {
  const search = new OrderSearch(history.flatMap(split))
  if (search.extend(world, new Set(), [])) return { isFound: true, excused: search.excused }
  return search.worlds > MOST_WORLDS ? { isFound: true, excused: new Set() } : { isFound: false, ...search.furthest }
}

interface Event extends HistoryCall {
  /** The part of the same call that comes before this one. */
  after: Event | undefined
}

/** Batches that overlap need not be picked up in one go: each command counts as a hand-out of its own. */
function split(each: HistoryCall, _: number, history: readonly HistoryCall[]): Event[] {
  const { call, answer } = each
  const isRival = (other: HistoryCall): boolean =>
    other !== each && other.call.operation === call.operation && doOverlap(other, each)
  const isBatch = call.operation === 'nextBridgeCommands' && history.some(isRival)
  const items = isBatch ? recordsOf(fieldOf(answer.body, 'commands')) : []
  if (items.length === 0) return [{ ...each, after: undefined }]
  let after: Event | undefined
  return items.map((item) => {
    const one = { ...call, body: { max_commands: 1 } }
    after = { ...each, call: one, answer: { ...answer, body: { commands: [item] } }, after }
    return after
  })
}

function doOverlap(one: HistoryCall, other: HistoryCall): boolean {
  return one.sent <= other.received && other.sent <= one.received
}

class OrderSearch {
  worlds = 0
  /** Accidents without which the order that was found would be none. */
  excused: World['excused'] = new Set()
  furthest: { calls: readonly string[]; problems: readonly string[] } = { calls: [], problems: [] }
  private readonly events: readonly Event[]
  private readonly seen = new Set<string>()

  constructor(events: readonly Event[]) {
    this.events = events
  }

  /** Whether the events that are left can follow. */
  extend(world: World, done: ReadonlySet<Event>, order: readonly Event[]): boolean {
    if (done.size === this.events.length) {
      this.excused = world.excused
      return true
    }
    if (this.isSeen(world, done)) return false
    const left = this.events.filter((event) => !done.has(event))
    const firstEnd = Math.min(...left.map(({ received }) => received))
    const next = left.filter(({ sent, after }) => sent <= firstEnd && (after === undefined || done.has(after)))
    const problems: string[] = []
    for (const event of next) {
      const world2 = copyWorld(world)
      const mismatch = this.apply(world2, event, left)
      if (mismatch === undefined) {
        if (this.extend(world2, new Set([...done, event]), [...order, event])) return true
      } else {
        problems.push(`${describeCall(event.call)}: expected ${mismatch.expected}, got ${mismatch.actual}`)
      }
    }
    if (order.length >= this.furthest.calls.length && problems.length > 0) {
      this.furthest = { calls: order.map(({ call }) => describeCall(call)), problems }
    }
    return false
  }

  private isSeen(world: World, done: ReadonlySet<Event>): boolean {
    if (++this.worlds > MOST_WORLDS) return true
    const { runners, jobs, commands } = world
    const places = this.events.flatMap((event, at) => (done.has(event) ? [at] : []))
    const key = JSON.stringify([places, [...runners.values()], [...jobs.values()], [...commands.values()]])
    if (this.seen.has(key)) return true
    this.seen.add(key)
    return false
  }

  private apply(world: World, event: Event, left: readonly Event[]): Mismatch | undefined {
    if (event.call.operation !== 'heartbeat') return judge(world, event.call, event.answer, event.now)
    return this.applyHeartbeat(world, event, left)
  }

  /** A job whose cancellation was under way may be announced by this heartbeat or by a later one. */
  private applyHeartbeat(world: World, event: Event, left: readonly Event[]): Mismatch | undefined {
    const { call, answer, now } = event
    const runner = ownRunner(world, call.identity, call.path['runnerId'] ?? '')
    const overlapping = this.events.filter(
      (other) => other.call.operation === 'cancelJob' && !left.includes(other) && other.received >= event.sent,
    )
    const open = new Set(overlapping.map(({ call: { path } }) => path['jobId']))
    const late = runner?.unannounced.filter(({ id }) => open.has(id)) ?? []
    if (runner !== undefined) {
      runner.unannounced = runner.unannounced.map((each) => (open.has(each.id) ? { ...each, isCertain: false } : each))
    }
    const mismatch = judge(world, call, answer, now)
    const told = fieldOf(answer.body, 'cancelled_job_ids')
    runner?.unannounced.push(...late.filter(({ id }) => !(Array.isArray(told) && told.includes(id))))
    return mismatch
  }
}

/** The ids of jobs or commands that an answer names, in its order. */
export function idsIn(body: unknown, list: string, field: string): string[] {
  return recordsOf(fieldOf(body, list)).map((each) => textOf(each, field))
}
