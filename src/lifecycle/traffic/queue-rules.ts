/**
 * The queues of a runner: what its polls must get, in which order, when they may get nothing, and when a creation is refused. What
 * surely waits must be handed out; what may be over may be in its way.
 */
import type { QuirkId } from '../../generated/quirks.js'
import type { ApiAnswer } from '../../kernel/recording/api-call.js'
import { batchSize } from '../facts.js'
import { phaseOf } from '../rule-effects.js'
import { idsHandedOut, roleOf, type WorkMachine } from '../roles.js'
import { mayHaveWaited, type TimeRange } from '../tracker/time-range.js'
import { keepingOf, statesNow } from '../tracker/tracked-states.js'
import { quirkInQueue } from '../tracker/work-queues.js'
import type { PlannedCall } from './planned-call.js'
import type { ObservedCall } from './observed-call.js'
import type { WorkEntry } from './tracked-entries.js'
import type { AnswerFinding } from './findings.js'

/** Ids of the work that an answer hands out. */
export function idsOfHandOut({ operation, answer }: { operation: string; answer: ApiAnswer }): string[] {
  return answer.status === 200 ? idsHandedOut(operation, answer.body) : []
}

/** Whether it is pending, whatever is under way, and was so all the time. */
function surelyWaits(of: WorkEntry, now: TimeRange): boolean {
  const { id, machine, worlds } = of
  if (worlds.length === 0 || !of.isUnchangedSince(now.from)) return false
  return worlds.every((world) => {
    const work = world.work.get(id)
    if (work === undefined || world.runners.get(work.runnerId)?.isGone !== false) return false
    const isPending = statesNow(world, work, now).every(({ status }) => phaseOf(machine, status) === 'waiting')
    return isPending && keepingOf(world, work, now) === 'kept'
  })
}

const wasBefore = (one: WorkEntry, time: number): boolean => one.created !== undefined && one.created.to < time

/** What a poll was given, and what it was not. */
interface PollView {
  readonly machine: WorkMachine
  readonly ids: readonly string[]
  /** How many it may get. */
  readonly most: number
  /** What surely waits and may have been meant for it, and what may be in the way. */
  readonly pending: readonly WorkEntry[]
  readonly over: readonly WorkEntry[]
}

export function* judgePoll({ observed, entry, index }: PlannedCall): Iterable<AnswerFinding> {
  const { answer, call, now, operation } = observed
  const machine = roleOf(operation).handsOut
  if (machine === undefined || entry === undefined || answer.status !== 200) return
  const waiting = index.waitingOf(entry, machine)
  if (entry.presence(now) !== 'there' || !entry.isCalmSince(now.from)) return
  entry.takenUntil = Math.max(entry.takenUntil, observed.until)
  const ids = idsOfHandOut(observed)
  const given = ids.flatMap((id) => index.findWork(machine, id)?.created ?? [])
  const time = Math.max(now.from, ...given.map(({ from }) => from))
  const left = waiting.filter((work) => !ids.includes(work.id) && wasBefore(work, time))
  const pending = left.filter((work) => surelyWaits(work, now))
  const over = left.filter((work) => !pending.includes(work) && wasBefore(work, now.from))
  const view = { machine, ids, most: machine === 'job' ? 1 : batchSize(call.body), pending, over }
  const expected = flawOf(view, given, observed, entry.hasOthers[machine])
  if (expected !== undefined) yield { rule: `model/${operation}`, expected, actual: JSON.stringify(ids) }
  else if (isEarly(view, observed) || (pending.length > 0 && ids.length < view.most))
    yield* new Set(over.flatMap((work) => quirkOf(work, now)))
  // What is over has been met if there was room for all of it, and what was missed is told once.
  const met = expected !== undefined ? left : over.length <= view.most - ids.length ? over : []
  if (machine !== 'job' || expected !== undefined) for (const { id } of met) entry.waiting[machine].delete(id)
}

function isEarly({ ids }: PollView, { answer, waitMs = 0 }: ObservedCall): boolean {
  return ids.length === 0 && !mayHaveWaited(answer, waitMs)
}

/** What should have come. */
function flawOf(view: PollView, given: readonly TimeRange[], observed: ObservedCall, hasOthers: boolean) {
  const { machine, ids, most, pending, over } = view
  const { now, waitMs = 0 } = observed
  const newest = Math.max(...given.map(({ from }) => from))
  const hasRoom = ids.length + over.length < most
  const missed = pending.find((work) => wasBefore(work, newest) || (hasRoom && wasBefore(work, now.from)))
  const isInOrder = given.every(({ from }, at) => from <= (given[at + 1]?.to ?? Infinity))
  if (ids.length > most) return `at most ${most}`
  if (!isInOrder || missed !== undefined) return `the oldest first, ${missed?.id ?? 'each once'}`
  if (given.length < ids.length && !hasOthers) return 'what was made and waits'
  const mayBeOver = over.length > 0 || (machine !== 'job' && hasOthers)
  return isEarly(view, observed) && !mayBeOver ? `an empty poll to wait for ${waitMs / 1000} s` : undefined
}

/** The quirk by which something that is over is in the way. */
function quirkOf({ id, machine, worlds }: WorkEntry, now: TimeRange): QuirkId[] {
  if (machine === 'job') return ['races/handed-out-half']
  const [kind, ...others] = new Set(worlds.map((world) => quirkInQueue(world, machine, id, now)))
  return kind === undefined || others.length > 0 ? [] : [kind]
}

/** A creation that is refused for a full queue, or is taken beyond its limit. */
export function* judgeFullQueue({ observed, candidates, index }: PlannedCall): Iterable<AnswerFinding> {
  const { limits, startsEmpty } = index.facts
  const { operation, answer, now } = observed
  const { creates } = roleOf(operation)
  if ((creates !== 'job' && creates !== 'bridgeCommand') || candidates === undefined) return
  const most = creates === 'job' ? limits.max_pending_jobs_per_runner : limits.bridge_max_pending_per_runner
  const wrong = { rule: `model/${operation}`, actual: String(answer.status) }
  const queues = candidates.runners.map((entry) => ({ entry, waiting: index.waitingOf(entry, creates) }))
  if (answer.status === 201 && queues.length === 1 && queues.every(({ waiting }) => waiting.length > most)) {
    const pending = queues.flatMap(({ waiting }) => waiting.filter((work) => surelyWaits(work, now)))
    const count = pending.filter((work) => wasBefore(work, now.from)).length
    if (count >= most) yield { ...wrong, expected: `429, since ${count} are pending` }
    else if (pending.length >= most) yield 'races/limit'
  }
  // It may be another runner's queue, of which nothing is known.
  if (answer.status !== 429 || !(candidates.isClear || (startsEmpty && index.isComplete))) return
  const reasons = queues.map(({ entry, waiting }) => {
    const isOpen = !entry.isBorn || entry.isRevived || entry.hasOthers[creates] || entry.takenUntil >= now.from
    if (isOpen || waiting.length >= most) return 'queue'
    return creates === 'bridgeCommand' ? entry.rates.reasonOf(observed) : undefined
  })
  if (reasons.includes('refused-payload-counts')) yield 'refused-payload-counts'
  else if (reasons.length > 0 && reasons.every((reason) => reason === undefined))
    yield { ...wrong, expected: `no full queue, since less is there than the ${most} that it holds` }
}
