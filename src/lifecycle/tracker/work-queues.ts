/** The queues of a runner's jobs and commands as creations and polls meet them, with what has ended in them. */
import { hasQuirk, expectThat, Mismatch } from './mismatch.js'
import type { TimeRange } from './time-range.js'
import { hasEnded, keepingOf, mayBeUnfinished } from './tracked-states.js'
import type { TrackedRunner, TrackedWorld } from './tracked-world.js'

const HANDED_OUT = 'reported-pending-handed-out'

/** Jobs that wait to be handed out, oldest first. What was reported as ended among them is there by a quirk. */
export function queueOf(world: TrackedWorld, runner: TrackedRunner): readonly string[] {
  const { queue } = runner.job
  if (queue.every((id) => isPending(world, id))) return queue
  if (hasQuirk(world, HANDED_OUT, 'now')) return queue
  const pending = queue.filter((id) => isPending(world, id))
  runner.job = { ...runner.job, queue: pending }
  return pending
}

/** Whether one more job may wait. */
export function canTakeJob(world: TrackedWorld, runner: TrackedRunner): boolean {
  const most = world.limits.max_pending_jobs_per_runner
  return runner.job.queue.length < most || queueOf(world, runner).length < most
}

/** The jobs of which a poll gets the first: one that has ended and has expired meanwhile may be passed over. */
export function firstOf(world: TrackedWorld, queue: readonly string[], now: TimeRange): readonly string[] {
  const last = queue.findIndex((id) => isPending(world, id) || isRetained(world, id, now))
  return last === -1 ? queue : queue.slice(0, last + 1)
}

/** Whether a poll of these jobs waits. */
export function jobPollWaits(world: TrackedWorld, { job: { queue } }: TrackedRunner): 'yes' | 'no' | 'maybe' {
  if (queue.some((id) => isPending(world, id))) return 'no'
  const isSo = world.assumed.get(HANDED_OUT)
  return queue.length === 0 || isSo === false ? 'yes' : isSo === true ? 'no' : 'maybe'
}

function isPending(world: TrackedWorld, id: string): boolean {
  const job = world.work.get(id)
  return job === undefined || !hasEnded(job)
}

function isRetained(world: TrackedWorld, id: string, now: TimeRange): boolean {
  const job = world.work.get(id)
  return job !== undefined && keepingOf(world, job, now) === 'kept'
}

/** Something in the queue. */
interface Place {
  id: string
  /** Whether it can be handed out. */
  isPending: 'yes' | 'perhaps' | 'no'
  /** Whether it is in the way when it cannot. */
  isInTheWay: 'yes' | 'perhaps' | 'no'
}

/** What a command in the queue is by now. */
type Kind = 'pending' | 'perhaps' | 'expired' | 'reported'

function kindOf(world: TrackedWorld, id: string, now: TimeRange): Kind {
  const command = world.work.get(id)
  if (command === undefined) return 'expired'
  if (!mayBeUnfinished(command)) return 'reported'
  const keeping = keepingOf(world, command, now)
  return keeping === 'kept' ? 'pending' : keeping === 'open' ? 'perhaps' : 'expired'
}

const quirkOf = (kind: Kind) => (kind === 'reported' ? 'reported-command-in-queue' : 'expired-command-ends-poll')

/** Everything that may be in the queue, oldest first. */
function placesOf(world: TrackedWorld, { bridgeCommand: line }: TrackedRunner, now: TimeRange): Place[] {
  return line.queue.flatMap((id): Place[] => {
    const kind = kindOf(world, id, now)
    if (kind === 'pending') return [{ id, isPending: 'yes', isInTheWay: 'yes' }]
    const isMet = hasQuirk(world, quirkOf(kind), 'now')
    if (kind === 'perhaps') return [{ id, isPending: 'perhaps', isInTheWay: isMet ? 'yes' : 'no' }]
    return isMet ? [{ id, isPending: 'no', isInTheWay: line.takenPerhaps.includes(id) ? 'perhaps' : 'yes' }] : []
  })
}

/** Whether one more command may wait; undefined where it depends on what time has ended. */
export function canTakeCommand(world: TrackedWorld, runner: TrackedRunner, now: TimeRange): boolean | undefined {
  const limit = world.limits.bridge_max_pending_per_runner
  if (runner.bridgeCommand.queue.length < limit) return true
  const places = placesOf(world, runner, now)
  const most = places.filter(({ isPending, isInTheWay }) => isPending !== 'no' || isInTheWay !== 'no').length
  const least = places.filter(({ isInTheWay }) => isInTheWay === 'yes').length
  return least >= limit ? false : most >= limit ? undefined : true
}

/** Whether a poll of these commands waits. */
export function commandPollWaits(
  world: TrackedWorld,
  { bridgeCommand: { queue, takenPerhaps } }: TrackedRunner,
  now: TimeRange,
): 'yes' | 'no' | 'maybe' {
  let waits: 'yes' | 'maybe' = 'yes'
  for (const id of queue) {
    const kind = kindOf(world, id, now)
    const isSo = kind === 'pending' || world.assumed.get(quirkOf(kind))
    if (isSo === true && !takenPerhaps.includes(id)) return 'no'
    if (isSo !== false || kind === 'perhaps') waits = 'maybe'
  }
  return waits
}

/** Refuses an empty answer at the end of a wait that something in the queue would have ended. */
export function expectEmpty(world: TrackedWorld, runner: TrackedRunner, began: number, now: TimeRange): void {
  const places = placesOf(world, runner, now).filter(({ isInTheWay }) => isInTheWay === 'yes')
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
  { ids, most }: { ids: readonly string[]; most: number },
  now: TimeRange,
): boolean {
  const line = runner.bridgeCommand
  expectThat(ids.length <= most, `at most ${most} commands`, ids)
  expectInOrder(line.queue, ids)
  const left: string[] = []
  const perhaps: string[] = [...line.takenPerhaps]
  const handedOut: string[] = []
  const taken = { least: 0, most: 0 }
  for (const { id, isPending, isInTheWay } of placesOf(world, runner, now)) {
    const isReached = taken.most < most
    if (taken.least < most && ids.includes(id) && isPending !== 'no') {
      handedOut.push(id)
      taken.least++
      taken.most++
    } else if (isPending === 'yes') {
      if (isReached) throw new Mismatch(`the oldest pending commands, ${id} among them`, JSON.stringify(ids))
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
  if (stray !== undefined) throw new Mismatch('pending commands for which there is room', stray)
  runner.bridgeCommand = { ...line, queue: left, takenPerhaps: perhaps.filter((id) => left.includes(id)) }
  return taken.most > 0
}

function expectInOrder(queue: readonly string[], ids: readonly string[]): void {
  const places = ids.map((id) => queue.indexOf(id))
  const stray = ids.find((_, at) => places[at] === -1)
  if (stray !== undefined) throw new Mismatch('commands that are pending', `${stray}, which is not`)
  const isInOrder = places.every((place, at) => at === 0 || place > (places[at - 1] ?? 0))
  expectThat(isInOrder, 'the commands oldest first, each once', ids)
}
