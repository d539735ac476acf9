/** What each call is to a runner, a job or a command by itself: the tracker's rules, as far as the call is about the resource. */
import type { QuirkId } from '../../generated/quirks.js'
import type { ApiAnswer, ApiCall } from '../../kernel/recording/api-call.js'
import { isObject, listOf, memberOf, objectsAt, textAt } from '../../kernel/json-value.js'
import { runnerOperations } from '../../kernel/operation.js'
import { handOutRules, isOpen } from '../../lifecycle/rule-effects.js'
import { roleOf, type WorkMachine } from '../../lifecycle/roles.js'
import { waitParameterOf } from '../../lifecycle/timers.js'
import { factsOfMachine, handOut, hasEnded, lose } from '../../lifecycle/tracker/work-states.js'
import { isNothingToDo, judge } from '../../lifecycle/tracker/judge.js'
import { renews } from '../../lifecycle/tracker/judge-runners.js'
import type { Effect } from '../../lifecycle/tracker/linearizability.js'
import { among, Mismatch, noteQuirk } from '../../lifecycle/tracker/mismatch.js'
import { mayBePurged } from '../../lifecycle/tracker/runner-states.js'
import { mayHaveWaited } from '../../lifecycle/tracker/time-range.js'
import {
  editRunner,
  editWork,
  EMPTY_LINE,
  findOwnRunner,
  type TrackedWork,
  type TrackedWorld,
} from '../../lifecycle/tracker/tracked-world.js'
import { inWords, type ObservedCall } from './observed-call.js'

type Apply = Effect['apply']

/** Something that a call does. What an aborted one does may not happen at all. */
export function effectOf(observed: ObservedCall, apply: Apply, more: Partial<Effect> = {}): Effect {
  return { what: `#${observed.id} ${inWords(observed)}`, isOptional: observed.isAborted, ...more, apply }
}

/** The answer of a call that was not heard, if it has succeeded. */
function answerOf({ operation, answer, isAborted }: ObservedCall): ApiAnswer {
  if (!isAborted) return answer
  const status = runnerOperations[operation].success
  return { ...answer, status, ...(renews(operation) ? { body: { cancelled_job_ids: [] } } : {}) }
}

export function judged(observed: ObservedCall, call: Partial<ApiCall> = {}, answer: Partial<ApiAnswer> = {}): Effect {
  const asked = { ...observed.call, ...call }
  const told = { ...answerOf(observed), ...answer }
  return effectOf(observed, (world) => judge(world, asked, told, observed.now), { keepsWorld: true })
}

/** A heartbeat to its runner: what it announces, the jobs judge. */
export function beat(observed: ObservedCall): Effect {
  return judged(observed, {}, observed.answer.status === 200 ? { body: { cancelled_job_ids: [] } } : {})
}

/**
 * A call that only shows whether the runner is the caller's.
 * @param wasGone whether it was surely gone when the call began
 */
export function owning({ ...observed }: ObservedCall, id: string, wasGone: boolean): Effect {
  const { call, answer, now, waitMs } = observed
  const { status } = answer
  return effectOf(observed, (world) => {
    const isThere = findOwnRunner(world, call.caller, id) !== undefined
    if (isThere === (status !== 404)) return undefined
    // A poll that waits when its runner goes ends in one way or the other.
    if (!isThere && !wasGone && waitMs !== undefined && isNothingToDo(answer.body)) return undefined
    if (isThere && status === 404) return judge(world, { ...call, operation: 'getRunner' }, answer, now)
    return new Mismatch('404 (the caller has no such runner)', String(status))
  })
}

/** A creation to its runner, which it tells of; what is made has a history of its own. */
export function creation(observed: ObservedCall, id: string): Effect {
  const plain = judged(observed)
  return {
    ...plain,
    apply(world) {
      const outcome = plain.apply(world)
      if (outcome instanceof Mismatch || outcome === undefined) return outcome
      for (const next of outcome) empty(next, id)
      return outcome
    },
  }
}

function empty(world: TrackedWorld, id: string): void {
  world.work.clear()
  const runner = editRunner(world, id)
  if (runner === undefined) return
  Object.assign(runner, { job: EMPTY_LINE, bridgeCommand: EMPTY_LINE })
  runner.accepted = { all: 0, writes: 0, refusedWrites: 0 }
}

export function activation(observed: ObservedCall, id: string): Effect {
  const { call, answer, now } = observed
  return effectOf(observed, (world) => {
    const runner = world.runners.get(id)
    const isOpen = runner !== undefined && !runner.isGone && mayBePurged(world, runner, now)
    const purged = isOpen
      ? [{ ...world, runners: new Map(world.runners).set(id, { ...runner, isGone: true, isPurged: true }) }]
      : []
    return among([world, ...purged], (each) => judge(each, call, answer, now))
  })
}

/** The end of a runner's work, which may be seen before the runner is gone. */
export function workEnds(observed: ObservedCall): Effect {
  return effectOf(
    observed,
    (world) => {
      for (const id of [...world.work.keys()]) {
        const each = editWork(world, id)
        if (each === undefined) continue
        const lost = lose(each, each.created)
        // Whether its end is dated yet is open.
        each.states = lost.flatMap((state, at) =>
          state === each.states[at] ? [state] : [{ ...state, fields: { ...state.fields, completed_at: MAYBE_TIME } }],
        )
      }
      return undefined
    },
    { isOptional: true, isRepeatable: true },
  )
}

const MAYBE_TIME = { values: [], mayBeAbsent: true, mayBeAnyText: true }

export function runnerEnds(observed: ObservedCall, id: string, isSure: boolean): Effect {
  const { call, isAborted } = observed
  const isByPath = call.path['runnerId'] === id
  return effectOf(
    observed,
    (world) => {
      const runner = editRunner(world, id)
      const isOwn = !isByPath || findOwnRunner(world, call.caller, id) !== undefined
      if (runner !== undefined && isOwn) runner.isGone = true
      return undefined
    },
    { isOptional: !isSure || isAborted },
  )
}

/** Heartbeats, as far as they could announce a job. One that overlaps the cancellation may leave it to a later one. */
export function announcement(observed: ObservedCall, id: string, isDuring: () => boolean): Effect {
  const isTold = listOf(memberOf(observed.answer.body, 'cancelled_job_ids')).includes(id)
  const call = { ...observed.call, body: undefined }
  const answer = { ...observed.answer, body: { cancelled_job_ids: isTold ? [id] : [] } }
  return effectOf(observed, (world) => {
    if (observed.isAborted) {
      for (const each of [...world.runners.keys()]) {
        const runner = editRunner(world, each)
        if (runner !== undefined) runner.unannounced = []
      }
      return undefined
    }
    if (isDuring() && !isTold) return undefined
    return judge(world, call, answer, observed.now)
  })
}

/** What a poll was given whose caller had hung up. */
export function lostHandOut(observed: ObservedCall, machine: WorkMachine, id: string): Effect {
  const { now, until } = observed
  const rule = handOutRules[machine]
  return effectOf(
    observed,
    (world) => {
      const work = editWork(world, id)
      const runner = editRunner(world, work?.runnerId ?? '')
      const line = runner?.[machine]
      const isWaiting = machine === 'job' ? line?.queue.includes(id) === true : work?.states[0]?.status === 'pending'
      if (work === undefined || runner === undefined || line === undefined || !isWaiting)
        return new Mismatch('something that is pending', 'nothing')
      runner[machine] = { ...line, queue: [] }
      work.started = { from: now.from, to: machine === 'job' ? now.to : until }
      work.times = {}
      work.states = work.states.map((state) => handOut(state, machine, rule, now))
      noteQuirk(world, LOST)
      return undefined
    },
    { isOptional: true, isRepeatable: true },
  )
}

const LOST: QuirkId = 'hung-up-poller-swallows'

/** What a report brings may be seen before the end that it reports. */
export function firstHalf(observed: ObservedCall): Effect {
  const body = { ...(isObject(observed.call.body) ? observed.call.body : {}), status: 'running' }
  return { ...judged(observed, { body }), isOptional: true }
}

/** A reader of a command. One whose time is over may tell what was so when it began. */
export function reading(observed: ObservedCall, runnerId: string, hasRival: () => boolean): Effect {
  const { operation, call, answer } = observed
  const plain = judged(observed)
  const parameter = waitParameterOf(operation)
  // An end is told as soon as there is one; what is still open was so to the last.
  const isLate = isOpen('bridgeCommand', textAt(answer.body, 'status'))
  return parameter !== undefined && call.query[parameter] === true
    ? {
        ...plain,
        isLate,
        keepsWorld: false,
        apply: (world) => wait(world, observed, runnerId, hasRival) ?? plain.apply(world),
      }
    : plain
}

/** What only the end of a wait may tell; undefined where it is a read like any other. */
function wait(world: TrackedWorld, observed: ObservedCall, runnerId: string, hasRival: () => boolean) {
  const { call, answer, waitMs = 0 } = observed
  const shown = textAt(answer.body, 'status')
  const isGone = world.runners.get(runnerId)?.isGone === true
  if (isGone && shown === 'timed_out') return [world]
  const command = world.work.get(call.path['commandId'] ?? '')
  const status = command?.states[0]?.status
  const isOther = status !== undefined && status !== shown
  const isStale = isOpen('bridgeCommand', shown) && (isGone ? mayHaveWaited(answer, waitMs) : isOther)
  if (isStale) noteQuirk(world, 'stale-wait')
  if (isStale && isGone) return [world]
  const isLate = command !== undefined && wakesLate(command, observed)
  if (isLate && !hasRival()) return new Mismatch('the reader to wake at the end of the command', 'later')
  if (isLate) noteQuirk(world, 'one-waiter-wakes')
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
export function handOutOf(observed: ObservedCall, id: string): Effect {
  const { handsOut } = roleOf(observed.operation)
  if (handsOut === 'job') return judged(observed)
  const { idField } = factsOfMachine('bridgeCommand')
  const items = objectsAt(observed.answer.body, 'commands').filter((each) => each[idField] === id)
  return judged(observed, { body: undefined }, { body: { commands: items } })
}

/** A list, as one resource in it meets it. */
export function listed(observed: ObservedCall, read: Pick<ApiCall, 'operation' | 'path'>, body: unknown): Effect {
  return judged(observed, { ...read, query: {} }, { body })
}

/** A list without a resource that it would hold if it were there. */
export function unlisted(observed: ObservedCall, isThere: (world: TrackedWorld) => boolean, what: string): Effect {
  return effectOf(observed, (world) =>
    isThere(world) ? new Mismatch(`${what} in the list`, 'a list without it') : undefined,
  )
}
