/** What a call does to a runner, a job or a command by itself: the tracker's rules, as far as the call is about the resource. */
import type { QuirkId } from '../../generated/quirks.js'
import type { ApiAnswer, ApiCall } from '../../kernel/recording/api-call.js'
import { listOf, memberOf, objectsAt, textAt } from '../../kernel/json-value.js'
import { runnerOperations } from '../../kernel/operation.js'
import { isOpen } from '../rule-effects.js'
import { canEmit, roleOf } from '../roles.js'
import { machineFacts, handOut, hasEnded, mayBePurged } from '../tracker/tracked-states.js'
import { isNothingToDo, judge } from '../tracker/judge.js'
import { renews } from '../tracker/judge-runners.js'
import type { Effect } from '../tracker/linearizability.js'
import { among, Mismatch, noteQuirk } from '../tracker/mismatch.js'
import { mayHaveWaited } from '../tracker/time-range.js'
import { copyWorld, edit, findOwnRunner, type TrackedWork, type TrackedWorld } from '../tracker/tracked-world.js'
import type { ObservedCall } from './observed-call.js'
import { WorkEntry, type RunnerEntry } from './tracked-entries.js'
import type { CallEffect, TrackedResource } from './tracked-resource.js'

/** Something that a call does; by default it is a change. What an aborted one does may not happen at all. */
function effectOf(observed: ObservedCall, apply: Effect['apply'], traits: Partial<Effect> = {}): CallEffect {
  return { observed, isOptional: observed.isAborted, ...traits, apply }
}

/** The answer of a call that was not heard, if it has succeeded. */
function answerOf({ operation, answer, isAborted }: ObservedCall): ApiAnswer {
  if (!isAborted) return answer
  const status = runnerOperations[operation].success
  return { ...answer, status, ...(renews(operation) ? { body: { cancelled_job_ids: [] } } : {}) }
}

/** A call as the tracker judges it; `call` and `answer` say in what it is another one to the resource. */
export function judged(
  observed: ObservedCall,
  call: Partial<ApiCall> = {},
  answer: Partial<ApiAnswer> = {},
): CallEffect {
  const asked = { ...observed.call, ...call }
  const told = { ...answerOf(observed), ...answer }
  const isLook = roleOf(asked.operation).isRead
  return effectOf(observed, (world) => judge(world, asked, told, observed.now), { isLook })
}

/** A resource that is shown in a list, as a read of it alone. */
export function listed(observed: ObservedCall, of: RunnerEntry | WorkEntry, body: unknown): CallEffect {
  const isWork = of instanceof WorkEntry
  const operation = isWork ? 'getJob' : 'getRunner'
  return judged(observed, { operation, path: { [isWork ? 'jobId' : 'runnerId']: of.id }, query: {} }, { body })
}

/**
 * A call that only shows whether the runner is the caller's.
 * @param wasGone whether it was surely gone when the call began
 */
export function owning(observed: ObservedCall, id: string, wasGone: boolean): CallEffect {
  const { call, answer, now, waitMs } = observed
  const { status } = answer
  const apply = (world: TrackedWorld) => {
    const isThere = findOwnRunner(world, call.caller, id) !== undefined
    if (isThere === (status !== 404)) return undefined
    // A poll that waits when its runner goes ends in one way or the other.
    if (!isThere && !wasGone && waitMs !== undefined && isNothingToDo(answer.body)) return undefined
    if (isThere) return judge(world, { ...call, operation: 'getRunner' }, answer, now)
    return new Mismatch('404 (the caller has no such runner)', String(status))
  }
  return effectOf(observed, apply, { isLook: true })
}

/** A creation to its runner, which it tells of; what is made has a history of its own. */
export function creation(observed: ObservedCall): CallEffect {
  const { call, answer, now } = observed
  const apply = (world: TrackedWorld) => {
    const outcome = judge(world, call, answer, now)
    return outcome instanceof Mismatch || answer.status >= 400 ? outcome : [world]
  }
  return effectOf(observed, apply, { isLook: true })
}

export function activation(observed: ObservedCall, id: string, isEffective: boolean): CallEffect {
  const { call, answer, now } = observed
  const apply = (world: TrackedWorld) => {
    const runner = world.runners.get(id)
    const isOpen = runner !== undefined && !runner.isGone && mayBePurged(world, runner, now)
    const purged = isOpen
      ? [{ ...world, runners: new Map(world.runners).set(id, { ...runner, isGone: true, isPurged: true }) }]
      : []
    return among([world, ...purged], (each) => judge(each, call, answer, now))
  }
  return effectOf(observed, apply, { isLook: !isEffective })
}

export function runnerEnds(observed: ObservedCall, id: string, isSure: boolean): CallEffect {
  const { call, isAborted } = observed
  const apply = (before: TrackedWorld) => {
    const world = copyWorld(before)
    const runner = edit(world, 'runners', id)
    const isOwn = call.path['runnerId'] !== id || findOwnRunner(world, call.caller, id) !== undefined
    if (runner !== undefined && isOwn) runner.isGone = true
    return [world]
  }
  return effectOf(observed, apply, { isOptional: !isSure || isAborted })
}

/** Heartbeats, as far as they could announce a job. One that overlaps the cancellation may leave it to a later one. */
export function announcement(observed: ObservedCall, job: WorkEntry): CallEffect {
  const { id } = job
  const { answer, call, isAborted, now } = observed
  const isTold = listOf(memberOf(answer.body, 'cancelled_job_ids')).includes(id)
  const told = { ...answer, body: { cancelled_job_ids: isTold ? [id] : [] } }
  return effectOf(observed, (before) => {
    const isDuring = !isTold && job.rivalsOf(observed).some(({ operation }) => canEmit(operation, CANCELLATION))
    if (!isAborted) return isDuring ? undefined : judge(before, { ...call, body: undefined }, told, now)
    const world = copyWorld(before)
    const runner = edit(world, 'runners', call.path['runnerId'] ?? '')
    if (runner !== undefined) runner.unannounced = []
    return [world]
  })
}

export const CANCELLATION = 'job.cancellation_announced'

/** What a poll was given whose caller had hung up. */
export function lostHandOut(observed: ObservedCall, { id, machine }: WorkEntry): CallEffect {
  const { now, until } = observed
  const apply = (before: TrackedWorld) => {
    const world = copyWorld(before)
    const work = edit(world, 'work', id)
    const runner = edit(world, 'runners', work?.runnerId ?? '')
    const isWaiting =
      machine === 'job' ? runner?.job.queue.includes(id) === true : work?.states[0]?.status === 'pending'
    if (work === undefined || runner === undefined || !isWaiting)
      return new Mismatch('something that is pending', 'nothing')
    runner[machine] = { ...runner[machine], queue: [] }
    Object.assign(work, { started: { from: now.from, to: machine === 'job' ? now.to : until }, times: {} })
    work.states = work.states.map((state) => handOut(state, machine, now))
    noteQuirk(world, LOST)
    return [world]
  }
  return effectOf(observed, apply, { isOptional: true, isRepeatable: true })
}

const LOST: QuirkId = 'hung-up-poller-swallows'

/** A reader of a command. One whose time is over may tell what was so when it began. */
export function reading(observed: ObservedCall, resource: TrackedResource): CallEffect {
  const { call, answer, now, waitMs: own } = observed
  if (own === undefined) return judged(observed)
  const isRival = ({ waitMs }: ObservedCall): boolean => waitMs !== undefined
  const apply = (before: TrackedWorld) => {
    const world = copyWorld(before)
    return (
      endOfWait(world, observed, () => resource.rivalsOf(observed).some(isRival)) ?? judge(world, call, answer, now)
    )
  }
  // An end is told as soon as there is one; what is still open was so to the last.
  return effectOf(observed, apply, { isLate: isOpen('bridgeCommand', textAt(answer.body, 'status')), isLook: true })
}

/** What only the end of a wait may tell; undefined where it is a read like any other. */
function endOfWait(world: TrackedWorld, observed: ObservedCall, hasRival: () => boolean) {
  const { call, answer, waitMs = 0 } = observed
  const shown = textAt(answer.body, 'status')
  const isGone = world.runners.get(call.path['runnerId'] ?? '')?.isGone === true
  const command = world.work.get(call.path['commandId'] ?? '')
  const [state] = command?.states ?? []
  if (isGone && shown === 'timed_out') return [world]
  if (isOpen('bridgeCommand', shown)) {
    const isStale = isGone ? mayHaveWaited(answer, waitMs) : state !== undefined && state.status !== shown
    if (isStale) noteQuirk(world, 'stale-wait')
    if (isStale && isGone) return [world]
  }
  if (command === undefined || !wakesLate(command, observed)) return undefined
  if (!hasRival()) return new Mismatch('the reader to wake at the end of the command', 'later')
  noteQuirk(world, 'one-waiter-wakes')
  return undefined
}

/** Whether a reader is answered long after the end that it waited for. */
function wakesLate(command: TrackedWork, { now }: ObservedCall): boolean {
  const ended = hasEnded(command) ? command.states[0]?.ended : undefined
  return ended !== undefined && now.from < ended.from && now.to - ended.to > WAKE_MS
}

/** Longer than any server takes to wake a caller that waits. */
export const WAKE_MS = 2000

/** What a poll hands out, as one job or command meets it. */
export function handOutOf(observed: ObservedCall, id: string): CallEffect {
  if (roleOf(observed.operation).handsOut === 'job') return judged(observed)
  const { idField } = machineFacts.bridgeCommand
  const commands = objectsAt(observed.answer.body, 'commands').filter((each) => each[idField] === id)
  return judged(observed, { body: undefined }, { body: { commands } })
}
