/** The queues of a runner's jobs and commands as creations and polls meet them, with what has ended in them. */
import type { QuirkId } from '../../generated/quirks.js'
import type { WorkMachine } from '../roles.js'
import { hasQuirk, expectThat, Mismatch } from './mismatch.js'
import { NAMES } from './shown.js'
import type { TimeRange } from './time-range.js'
import { keepingOf, mayBeUnfinished } from './tracked-states.js'
import type { TrackedRunner, TrackedWorld } from './tracked-world.js'

/** Something in the queue. */
interface Place {
  id: string
  /** Whether it can be handed out. */
  isPending: 'yes' | 'perhaps' | 'no'
  /** Whether it is in the way when it cannot. */
  isInTheWay: 'yes' | 'perhaps' | 'no'
}

/** What a job or command in the queue is by now. */
type Kind = 'pending' | 'perhaps' | 'expired' | 'reported'

function kindOf(world: TrackedWorld, id: string, now: TimeRange): Kind {
  const work = world.work.get(id)
  if (work === undefined) return 'expired'
  if (!mayBeUnfinished(work)) return 'reported'
  const keeping = work.machine === 'job' ? 'kept' : keepingOf(world, work, now)
  return keeping === 'kept' ? 'pending' : keeping === 'open' ? 'perhaps' : 'expired'
}

/** The quirk by which what is over is met in the queue: a job is handed out all the same, a command is in the way. */
function quirkOfKind(machine: WorkMachine, kind: Kind): QuirkId {
  if (machine === 'job') return 'reported-pending-handed-out'
  return kind === 'reported' ? 'reported-command-in-queue' : 'expired-command-ends-poll'
}

/** The quirk by which something is met in the queue that is over; undefined while it may be pending. */
export function quirkInQueue(
  world: TrackedWorld,
  machine: WorkMachine,
  id: string,
  now: TimeRange,
): QuirkId | undefined {
  const kind = kindOf(world, id, now)
  return kind === 'pending' || kind === 'perhaps' ? undefined : quirkOfKind(machine, kind)
}

/** Everything that may be in the queue, oldest first. */
function placesOf(world: TrackedWorld, runner: TrackedRunner, machine: WorkMachine, now: TimeRange): Place[] {
  const { queue, takenPerhaps } = runner[machine]
  return queue.flatMap((id): Place[] => {
    const kind = kindOf(world, id, now)
    if (kind === 'pending') return [{ id, isPending: 'yes', isInTheWay: 'yes' }]
    const isMet = hasQuirk(world, quirkOfKind(machine, kind))
    if (kind === 'perhaps') return [{ id, isPending: 'perhaps', isInTheWay: isMet ? 'yes' : 'no' }]
    if (!isMet) return []
    const work = world.work.get(id)
    if (machine === 'bridgeCommand' || work === undefined)
      return [{ id, isPending: 'no', isInTheWay: takenPerhaps.includes(id) ? 'perhaps' : 'yes' }]
    // One that has expired meanwhile may be passed over.
    const isKept = keepingOf(world, work, now) === 'kept'
    return [{ id, isPending: isKept ? 'yes' : 'perhaps', isInTheWay: isKept ? 'yes' : 'no' }]
  })
}

/** Whether one more job or command may wait; undefined where it depends on what time has ended. */
export function canTake(
  world: TrackedWorld,
  runner: TrackedRunner,
  machine: WorkMachine,
  now: TimeRange,
): boolean | undefined {
  const { max_pending_jobs_per_runner: jobs, bridge_max_pending_per_runner: commands } = world.limits
  const limit = machine === 'job' ? jobs : commands
  if (runner[machine].queue.length < limit) return true
  const places = placesOf(world, runner, machine, now)
  const most = places.filter(({ isPending, isInTheWay }) => isPending !== 'no' || isInTheWay !== 'no').length
  const least = places.filter(({ isInTheWay }) => isInTheWay === 'yes').length
  return least >= limit ? false : most >= limit ? undefined : true
}

/** Whether a poll of the queue waits. */
export function pollWaits(
  world: TrackedWorld,
  runner: TrackedRunner,
  machine: WorkMachine,
  now: TimeRange,
): 'yes' | 'no' | 'maybe' {
  const { queue, takenPerhaps } = runner[machine]
  let waits: 'yes' | 'maybe' = 'yes'
  for (const id of queue) {
    const kind = kindOf(world, id, now)
    const isSo = kind === 'pending' || world.assumed.get(quirkOfKind(machine, kind))
    if (isSo === true && !takenPerhaps.includes(id)) return 'no'
    if (isSo !== false || kind === 'perhaps') waits = 'maybe'
  }
  return waits
}

/** Refuses an empty answer at the end of a wait that something in the queue would have ended. */
export function expectEmpty(
  world: TrackedWorld,
  { runner, machine, began }: { runner: TrackedRunner; machine: WorkMachine; began: number },
  now: TimeRange,
): void {
  const places = placesOf(world, runner, machine, now).filter(({ isInTheWay }) => isInTheWay === 'yes')
  const missed = places.find(({ id }) => (world.work.get(id)?.created.to ?? now.to) < began)
  if (missed !== undefined) throw new Mismatch(`no wait, since ${missed.id} was in the queue when it began`, '[]')
}

/**
 * Takes a batch out of the queue: the oldest, of which those that are over are not shown. It holds `most` at most.
 * @returns whether it may be a batch, be it an empty one
 */
export function takeBatch(
  world: TrackedWorld,
  runner: TrackedRunner,
  { machine, ids, most }: { machine: WorkMachine; ids: readonly string[]; most: number },
  now: TimeRange,
): boolean {
  const line = runner[machine]
  const what = `pending ${NAMES[machine]}`
  expectThat(ids.length <= most, `${most} ${what} at most`, ids)
  expectInOrder(what, line.queue, ids)
  const left: string[] = []
  const perhaps: string[] = [...line.takenPerhaps]
  const handedOut: string[] = []
  const taken = { least: 0, most: 0 }
  for (const { id, isPending, isInTheWay } of placesOf(world, runner, machine, now)) {
    const isReached = taken.most < most
    if (taken.least < most && ids.includes(id) && isPending !== 'no') {
      handedOut.push(id)
      taken.least++
      taken.most++
    } else if (isPending === 'yes') {
      if (isReached) throw new Mismatch(`the oldest ${what}, ${id}`, ids.join(', ') || 'nothing')
      // The batch was full before it.
      taken.least = most
      left.push(id)
    } else {
      if (!isReached) left.push(id)
      if (!isReached && taken.least < most) perhaps.push(id)
      if (isInTheWay !== 'no') taken.most++
      if (isInTheWay === 'yes') taken.least++
    }
  }
  const stray = ids.find((id) => !handedOut.includes(id))
  if (stray !== undefined) throw new Mismatch(`a ${what} for which there is room`, stray)
  runner[machine] = { ...line, queue: left, takenPerhaps: perhaps.filter((id) => left.includes(id)) }
  return taken.most > 0
}

function expectInOrder(what: string, queue: readonly string[], ids: readonly string[]): void {
  const places = ids.map((id) => queue.indexOf(id))
  const stray = ids.find((_, at) => places[at] === -1)
  if (stray !== undefined) throw new Mismatch(`a ${what}`, `${stray}, which is none`)
  const isInOrder = places.every((place, at) => at === 0 || place > (places[at - 1] ?? 0))
  expectThat(isInOrder, `each ${what} once, the oldest first`, ids)
}
