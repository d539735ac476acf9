/**
 * Races of jobs that today's servers lose: what calls that overlap may leave behind, in the shapes that the spec declares.
 * Worlds of a lost race stand beside those of the rules, which explain all other answers.
 */
import { isEnd } from '../../../lifecycle/rule-effects.js'
import { carryUntyped } from '../../../kernel/shared-fields.js'
import { memberOf, objectOf, textAt, textsOf } from '../../../kernel/json-value.js'
import type { ApiAnswer, ApiCall } from '../../../kernel/recording/api-call.js'
import { requestFeeds } from '../../../generated/carried.js'
import { ABSENT, ANY_TEXT, type ExpectedValue } from '../../../lifecycle/tracker/expected-value.js'
import { judge } from '../../../lifecycle/tracker/judge.js'
import type { Effect } from '../../../lifecycle/tracker/linearizability.js'
import { Mismatch, noteQuirk } from '../../../lifecycle/tracker/mismatch.js'
import { createWork, distinctStates, factsOfMachine, isTime } from '../../../lifecycle/tracker/work-states.js'
import {
  copyWorld,
  editRunner,
  editWork,
  type TrackedRunner,
  type TrackedWorld,
  type WorkState,
} from '../../../lifecycle/tracker/tracked-world.js'
import type { TimeRange } from '../../../lifecycle/tracker/time-range.js'
import type { QuirkId } from '../../check/seen-quirks.js'

export interface HistoryCall {
  call: ApiCall
  answer: ApiAnswer
  /** Readings of our stopwatch. */
  sent: number
  received: number
  now: TimeRange
}

type RaceId = Extract<QuirkId, `races/${string}`>

interface LostRace {
  readonly id: RaceId
  /** The worlds after the call, when the race is lost. */
  apply(world: TrackedWorld): readonly TrackedWorld[] | Mismatch
}

/**
 * The same effect, which may also be that of a lost race. Where the run refuses the race, only what is wrong then names it.
 * @param rivals the calls that overlap it
 */
export function orLostRace(effect: Effect, each: HistoryCall, rivals: readonly HistoryCall[]): Effect {
  const races = lostRacesOf(each, rivals)
  if (races.length === 0) return effect
  return {
    ...effect,
    apply(world) {
      const refused = races.filter(({ id }) => world.refused.has(id))
      const lost = races.flatMap((race) => (refused.includes(race) ? [] : [applyLost(race, world)]))
      const suspects = new Map([...world.suspects, ...refused.map(({ id }) => [id, 'later'] as const)])
      const outcome = effect.apply({ ...copyWorld(world), suspects })
      const left = [outcome, ...lost].flatMap((worlds) => (worlds instanceof Mismatch ? [] : (worlds ?? [])))
      return left.length > 0 ? left : outcome
    },
  }
}

function lostRacesOf(each: HistoryCall, rivals: readonly HistoryCall[]): LostRace[] {
  const { operation } = each.call
  const same = rivals.filter(({ call }) => call.operation === operation)
  if (operation === 'createJob')
    return same.length === 0
      ? []
      : [{ id: 'races/limit', apply: (world) => judgeBeyondLimit(world, each, same.length) }]
  if (operation === 'heartbeat')
    return same.length === 0 ? [] : [{ id: 'races/announced-twice', apply: (world) => judgeBeats(world, each, same) }]
  const jobId = jobOf(each)
  // Two hand-outs of one job are no race that is declared.
  const others = rivals.filter((other) => jobOf(other) === jobId && !(isPoll(each) && isPoll(other)))
  if (jobId === undefined || others.length === 0) return []
  const calls = [each, ...others]
  const id = calls.some(isPoll) ? 'races/handed-out-half' : 'races/cancel-or-report'
  return [{ id, apply: (world) => mix(world, { each, calls, jobId }) }]
}

function isPoll({ call }: HistoryCall): boolean {
  return call.operation === 'nextJob'
}

/** The job that a call ends or hands out. */
function jobOf({ call, answer }: HistoryCall): string | undefined {
  if (call.operation === 'cancelJob' || call.operation === 'reportJobResult') return call.path['jobId']
  return call.operation === 'nextJob' ? textAt(answer.body, 'id') || undefined : undefined
}

function applyLost(race: LostRace, world: TrackedWorld): readonly TrackedWorld[] | Mismatch {
  const outcome = race.apply(world)
  if (outcome instanceof Mismatch) return outcome
  for (const next of outcome) noteQuirk(next, race.id)
  return outcome
}

function judgeBeyondLimit(world: TrackedWorld, { call, answer, now }: HistoryCall, rivals: number) {
  const { limits } = world
  const more = { ...limits, max_pending_jobs_per_runner: limits.max_pending_jobs_per_runner + rivals }
  const outcome = judge({ ...world, limits: more }, call, answer, now)
  return outcome instanceof Mismatch ? outcome : outcome.map((next) => ({ ...next, limits }))
}

/** A cancellation may be announced by several heartbeats that overlap, or by none. */
function judgeBeats(world: TrackedWorld, { call, answer, now }: HistoryCall, rivals: readonly HistoryCall[]) {
  const copy = copyWorld(world)
  const runner = editRunner(copy, call.path['runnerId'] ?? '')
  if (runner === undefined) return judge(world, call, answer, now)
  const announced = textsOf(memberOf(answer.body, 'cancelled_job_ids'))
  const elsewhere = rivals.flatMap((rival) => textsOf(memberOf(rival.answer.body, 'cancelled_job_ids')))
  const before = runner.unannounced.map(({ id }) => ({ id, isCertain: false }))
  const doubled = elsewhere.filter((id) => world.work.has(id) && !before.some((each) => each.id === id))
  runner.unannounced = [...before, ...doubled.map((id) => ({ id, isCertain: false }))]
  const outcome = judge(copy, call, answer, now)
  if (outcome instanceof Mismatch) return outcome
  const left = before.filter(({ id }) => !announced.includes(id))
  for (const next of outcome) {
    const after = editRunner(next, runner.id)
    if (after !== undefined) after.unannounced = left
  }
  return outcome
}

interface Mixture {
  each: HistoryCall
  /** The call and those that overlap it on the same job. */
  calls: readonly HistoryCall[]
  jobId: string
}

/** Each of the calls may take effect in part. */
function mix(world: TrackedWorld, { each, calls, jobId }: Mixture): readonly TrackedWorld[] | Mismatch {
  const copy = copyWorld(world)
  const { call, answer, now } = each
  let told = answer
  if (call.operation === 'nextJob') {
    const runner = editRunner(copy, call.path['runnerId'] ?? '')
    if (runner !== undefined) putFirst(copy, runner, jobId)
    told = withStart(answer)
  }
  const outcome = judge(copy, call, told, now)
  if (outcome instanceof Mismatch) return outcome
  for (const next of outcome) blur(next, calls, jobId)
  return outcome
}

/** A job may be handed out although it has left the queue, unless it was handed out before. */
function putFirst(world: TrackedWorld, runner: TrackedRunner, jobId: string): void {
  const job = editWork(world, jobId)
  if (job === undefined || job.started !== undefined) return
  const { queue } = runner.job
  if (!queue.includes(jobId)) runner.job = { ...runner.job, queue: [jobId, ...queue] }
  job.states = createWork(job).states
}

/** A job that is handed out may lack the time of it. */
function withStart(answer: ApiAnswer): ApiAnswer {
  const { startedField } = factsOfMachine('job')
  return { ...answer, body: { [startedField]: new Date(0).toISOString(), ...objectOf(answer.body) } }
}

/** The job has the status of one of the calls, with fields of any of them. */
function blur(world: TrackedWorld, calls: readonly HistoryCall[], jobId: string): void {
  const job = editWork(world, jobId)
  const runner = job && editRunner(world, job.runnerId)
  if (job === undefined || runner === undefined) return
  const { written, startedField } = factsOfMachine('job')
  const reported = calls.map(({ call }) => fieldsOf(call.operation, call.body))
  const statuses = [
    ...new Set([...calls.map(({ call }) => statusOf(call.operation, call.body)), ...statusesOf(job.states)]),
  ]
  const fields = Object.fromEntries(written.map((name) => [name, anyOf(name, job.states, reported)]))
  const { [startedField]: _, ...times } = job.times
  const [state] = job.states
  const now = {
    from: Math.min(...calls.map(({ now: { from } }) => from)),
    to: Math.max(...calls.map(({ now: { to } }) => to)),
  }
  if (state === undefined) return
  job.times = times
  job.states = distinctStates(
    statuses.map((status): WorkState => ({
      ...state,
      status,
      fields,
      ended: isEnd('job', status) ? now : undefined,
    })),
  )
  const isCancelled = calls.some(({ call }) => call.operation === 'cancelJob')
  const isKnown = runner.unannounced.some(({ id }) => id === jobId)
  const others = runner.unannounced.map((each) => (each.id === jobId ? { ...each, isCertain: false } : each))
  runner.unannounced = isCancelled && !isKnown ? [...others, { id: jobId, isCertain: false }] : others
}

function statusesOf(states: readonly WorkState[]): string[] {
  return states.map(({ status }) => status).filter((status) => status !== 'pending')
}

function statusOf(operation: string, body: unknown): string {
  if (operation === 'cancelJob') return 'cancelled'
  return operation === 'nextJob' ? 'running' : textAt(body, 'status')
}

function fieldsOf(operation: string, body: unknown): Record<string, unknown> {
  return operation === 'reportJobResult' ? carryUntyped(requestFeeds.reportJobResult, objectOf(body)) : {}
}

/** What the field of a job may hold: what it held, what one of the calls has written, or nothing. */
function anyOf(name: string, states: readonly WorkState[], written: readonly Record<string, unknown>[]): ExpectedValue {
  if (isTime(name)) return { ...ANY_TEXT, mayBeAbsent: name !== factsOfMachine('job').createdField }
  const before = states.map(({ fields }) => fields[name] ?? ABSENT)
  const values = [
    ...before.flatMap((each) => each.values),
    ...written.flatMap((fields) => (Object.hasOwn(fields, name) ? [fields[name]] : [])),
  ]
  return { values, mayBeAbsent: true, mayBeAnyText: before.some(({ mayBeAnyText }) => mayBeAnyText) }
}
