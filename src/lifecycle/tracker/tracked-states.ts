/**
 * What a job or a command may be by now, by the rules of its machine alone: the states that timers may have brought about, what
 * a rule makes of a state, and whether it is still kept. And what a runner may be: connected, silent, purged.
 */
import { requestFeeds } from '../../generated/carried.js'
import { carryUntyped, sharedNames } from '../../kernel/shared-fields.js'
import { isObject, isSameJson, type JsonObject } from '../../kernel/json-value.js'
import { handOutRules, isEnd } from '../rule-effects.js'
import { idFields, rulesOf, type WorkMachine } from '../roles.js'
import type { Rule } from '../table.js'
import { isTimerName, spanMs, timerTable, type TimerName } from '../timers.js'
import { hasPassed, mayHavePassed, isOver, type TimeRange } from './time-range.js'
import type { TrackedWork, TrackedWorld, WorkState, ExpectedValue, TrackedRunner } from './tracked-world.js'
import { noteQuirk } from './mismatch.js'

/** Left out. */
export const ABSENT: ExpectedValue = { values: [], mayBeAbsent: true, mayBeAnyText: false }

/** A text whose words no rule fixes, such as a time. */
export const ANY_TEXT: ExpectedValue = { values: [], mayBeAbsent: false, mayBeAnyText: true }

/** Exactly this value; undefined: left out. */
export function exactly(value: unknown): ExpectedValue {
  return value === undefined ? ABSENT : { values: [value], mayBeAbsent: false, mayBeAnyText: false }
}

/** The same, or left out. */
export function optional(before: ExpectedValue): ExpectedValue {
  return { ...before, mayBeAbsent: true }
}

/** What is known of a field after it was shown. */
export function shownValue(record: JsonObject, field: string): ExpectedValue {
  return Object.hasOwn(record, field) ? exactly(record[field]) : ABSENT
}

export function matches(expected: ExpectedValue, record: JsonObject, field: string): boolean {
  if (!Object.hasOwn(record, field)) return expected.mayBeAbsent
  const value = record[field]
  if (expected.mayBeAnyText && typeof value === 'string') return true
  return expected.values.some((each) => isSameJson(each, value))
}

/** In words, for a report. */
export function describeExpected({ values, mayBeAbsent, mayBeAnyText }: ExpectedValue): string {
  const parts = [...values.map((value) => JSON.stringify(value)), ...(mayBeAnyText ? ['some text'] : [])]
  return [...parts, ...(mayBeAbsent ? ['left out'] : [])].join(' or ')
}

/** What the tables say of a machine. */
export const machineFacts = { job: readFacts('job'), bridgeCommand: readFacts('bridgeCommand') } as const

function readFacts(machine: WorkMachine) {
  const rules = rulesOf(machine)
  const created = rules.find(({ from, to }) => from.includes('none') && to === 'pending')
  const taken = handOutRules[machine]
  const source = machine === 'job' ? requestFeeds.createJob : requestFeeds.createBridgeCommand
  const timers = rules.flatMap((rule) => {
    const name = rule.on.replace('timer.', '')
    return rule.on.startsWith('timer.') && isTimerName(name) ? [{ name, rule }] : []
  })
  const timeout = Object.values(timerTable).find(({ since, field }) => since === timeOf(taken) && field !== undefined)
  return {
    /** Fields that any rule writes. */
    written: [...new Set(rules.flatMap(({ set = [] }) => set))],
    /** The field of the moment at which it was made, and of that at which it was handed out. */
    createdField: timeOf(created),
    startedField: timeOf(taken),
    timeoutField: timeout?.field ?? '',
    idField: idFields[machine],
    /** The request that makes it, and the fields that it gives. */
    request: { feeds: source, names: sharedNames(source) },
    timers,
  }
}

function timeOf(rule: Rule | undefined): string {
  return rule?.set?.find((field) => field.endsWith('_at')) ?? ''
}

/** A job or command as its creation leaves it. */
export function createWork(
  birth: Pick<TrackedWork, 'machine' | 'id' | 'runnerId' | 'created' | 'request' | 'timeoutMs'>,
): TrackedWork {
  const fields = { [machineFacts[birth.machine].createdField]: ANY_TEXT }
  const state = { status: 'pending', fields, ended: undefined, endedBefore: undefined, wasCutOff: false }
  return { ...birth, states: [state], started: undefined, times: {}, logs: [], isGone: false, mayBeGone: false }
}

/** Fields that a later report without them leaves alone; of others no rule says whether it clears them. */
const LASTING: readonly string[] = ['trace_id']

/**
 * What a rule makes of a state.
 * @param body of the request, where an operation has moved it
 */
export function applyTo(state: WorkState, machine: WorkMachine, rule: Rule, now: TimeRange, body?: unknown): WorkState {
  const { to, set = [], unset = [] } = rule
  if (to === null && set.length === 0) return state
  const hasEnded = to !== null && isEnd(machine, to)
  const fields = hasEnded ? fadedFields(state) : { ...state.fields }
  const given = givenBy(rule.on, body)
  for (const name of set) fields[name] = writtenValue(name, given, fields[name] ?? ABSENT)
  for (const name of unset) fields[name] = ABSENT
  return {
    ...{ status: to ?? state.status, fields },
    ended: hasEnded ? now : state.ended,
    endedBefore: state.endedBefore,
    wasCutOff: hasEnded && rule.emits !== undefined ? true : state.wasCutOff,
  }
}

/** Fields at the end of their resource: whether what was reported before still stands no rule says. */
function fadedFields({ fields }: WorkState): Record<string, ExpectedValue> {
  const faded: Record<string, ExpectedValue> = {}
  for (const [name, value] of Object.entries(fields))
    faded[name] = isTime(name) || LASTING.includes(name) ? value : optional(value)
  return faded
}

/** What a rule writes into a field; `given`: what the request gives, undefined for timers and events. */
function writtenValue(name: string, given: JsonObject | undefined, before: ExpectedValue): ExpectedValue {
  if (isTime(name) || given === undefined) return ANY_TEXT
  if (Object.hasOwn(given, name)) return exactly(given[name])
  return LASTING.includes(name) ? before : optional(before)
}

/** What a hand-out makes of a state, also of one that has ended before it. */
export function handOut(state: WorkState, machine: WorkMachine, now: TimeRange): WorkState {
  const endedBefore = state.ended ?? state.endedBefore
  const next = applyTo({ ...state, ended: undefined, endedBefore }, machine, handOutRules[machine], now)
  return endedBefore === undefined ? next : { ...next, fields: { ...next.fields, completed_at: optional(ANY_TEXT) } }
}

/** What a timer or an event writes beyond times is a text of the server's own; a request gives what it shares. */
function givenBy(trigger: string, body: unknown): JsonObject | undefined {
  const source = feeds[trigger]
  if (source === undefined) return trigger.includes('.') ? undefined : {}
  return carryUntyped(source, isObject(body) ? body : {})
}

const feeds: Readonly<Partial<Record<string, Parameters<typeof carryUntyped>[0]>>> = requestFeeds

/** Whether a field holds a moment. */
export function isTime(field: string): boolean {
  return field.endsWith('_at')
}

/** When a timer of a state began to run; undefined while it does not. */
function sinceOf(work: TrackedWork, state: WorkState, name: TimerName): TimeRange | undefined {
  const since = timerTable[name]?.since
  if (since === 'created') return work.created
  return since === machineFacts[work.machine].startedField ? work.started : (state.ended ?? state.endedBefore)
}

/** How long a timer of a job or command runs. */
function timerMs({ machine, timeoutMs }: TrackedWork, name: TimerName, { limits }: TrackedWorld): number {
  return spanMs(name, limits, { [machineFacts[machine].timeoutField]: timeoutMs / 1000 })
}

/** What it may be now, with what timers may have made of it. A reaper may come late, so that no timer of its is certain. */
export function statesNow(world: TrackedWorld, work: TrackedWork, now: TimeRange): readonly WorkState[] {
  let later: WorkState[] | undefined
  for (const { name, rule } of machineFacts[work.machine].timers) {
    if (rule.to === null || rule.to === 'none') continue
    for (const state of work.states) {
      if (!rule.from.includes(state.status)) continue
      const since = sinceOf(work, state, name)
      const ms = timerMs(work, name, world)
      if (since === undefined || !mayHavePassed(since, now, ms)) continue
      later ??= [...work.states]
      later.push(applyTo(state, work.machine, rule, { from: since.from + ms, to: now.to }))
    }
  }
  return later ?? work.states
}

/** Whether a job or command must, may or must not be there any more. */
export function keepingOf(world: TrackedWorld, work: TrackedWork, now: TimeRange): 'kept' | 'open' | 'gone' {
  if (work.isGone) return 'gone'
  const keepings = statesNow(world, work, now).map((state) => keepingOfState(world, work, state, now))
  if (keepings.every((each) => each === 'gone')) return 'gone'
  return work.mayBeGone || keepings.some((each) => each !== 'kept') ? 'open' : 'kept'
}

function keepingOfState(
  world: TrackedWorld,
  work: TrackedWork,
  state: WorkState,
  now: TimeRange,
): 'kept' | 'open' | 'gone' {
  let isOpen = false
  for (const { name, rule } of machineFacts[work.machine].timers) {
    if (rule.to !== 'none') continue
    const isLate = !rule.from.includes(state.status)
    // What was handed out after its end may expire by its first end.
    if (isLate && (state.endedBefore === undefined || timerTable[name]?.since !== 'completed_at')) continue
    const since = sinceOf(work, state, name)
    if (since === undefined) continue
    const ms = timerMs(work, name, world)
    // What was cut off may be kept for good by a quirk.
    if (!isLate && !state.wasCutOff && hasPassed(since, now, ms)) return 'gone'
    if (mayHavePassed(since, now, ms)) isOpen = true
  }
  return isOpen ? 'open' : 'kept'
}

/** Whether it was to expire before now, whatever the bounds hide and whatever quirks keep. */
export function isOverdue(world: TrackedWorld, work: TrackedWork, now: TimeRange): boolean {
  return (
    keepingOf(world, { ...work, states: work.states.map((state) => ({ ...state, wasCutOff: false })) }, now) === 'gone'
  )
}

/** Whether it has ended in every state that it may have. */
export function hasEnded({ states }: TrackedWork): boolean {
  return states.every(({ ended }) => ended !== undefined)
}

/** Whether it may be unfinished. */
export function mayBeUnfinished({ states }: TrackedWork): boolean {
  return states.some(({ ended }) => ended === undefined)
}

/** States without repetitions. */
export function distinctStates(states: readonly WorkState[]): readonly WorkState[] {
  if (states.length < 2) return states
  return [...new Map(states.map((state) => [JSON.stringify(state), state])).values()]
}

/** What the loss of its runner makes of it. */
export function lose(work: TrackedWork, now: TimeRange): readonly WorkState[] {
  return work.states.map((state) => {
    const rule = rulesOf(work.machine).find(({ on, from }) => on === 'runner.gone' && from.includes(state.status))
    return rule === undefined ? state : applyTo(state, work.machine, rule, now)
  })
}

/** The states of a runner that is there. */
export type LiveState = 'connected' | 'disconnected'

const STATES = {
  running: ['connected'],
  over: ['disconnected'],
  open: ['connected', 'disconnected'],
} as const satisfies Record<string, readonly LiveState[]>

/** What a runner's status may be. */
export function statusesOf({ limits }: TrackedWorld, runner: TrackedRunner, now: TimeRange): readonly LiveState[] {
  return STATES[isOver(runner.beat, now, spanMs('heartbeat_ttl', limits))]
}

/**
 * Whether the reaper may have purged a runner. It purges only the dead; when exactly depends on how many runners it has to look
 * at. A server may count from the first death although the runner came back in between.
 */
export function mayBePurged(world: TrackedWorld, runner: TrackedRunner, now: TimeRange): boolean {
  if (!statusesOf(world, runner, now).includes('disconnected')) return false
  const death = { from: firstDeath(world, runner), to: now.to }
  return mayHavePassed(death, now, spanMs('dead_runner_purge', world.limits))
}

/** Whether an answer that only a gone runner explains may come of a purge; it is then noted as gone. */
export function isTakenByPurge(world: TrackedWorld, runner: TrackedRunner, now: TimeRange): boolean {
  if (mayBePurged(world, runner, now)) notePurge(world, runner, now)
  return runner.isGone
}

/** Notes that a runner has been purged. */
export function notePurge(world: TrackedWorld, runner: TrackedRunner, now: TimeRange): void {
  const since = { from: runner.beat.from + spanMs('heartbeat_ttl', world.limits), to: now.to }
  if (!mayHavePassed(since, now, spanMs('dead_runner_purge', world.limits))) noteQuirk(world, 'second-death-purges')
  Object.assign(runner, { isGone: true, isPurged: true })
}

/** Notes a heartbeat that counts. */
export function noteBeat(world: TrackedWorld, runner: TrackedRunner, now: TimeRange): void {
  if (statusesOf(world, runner, now).includes('disconnected')) runner.firstDeath = firstDeath(world, runner)
  runner.beat = now
}

function firstDeath({ limits }: TrackedWorld, { firstDeath: known, beat }: TrackedRunner): number {
  return known ?? beat.from + spanMs('heartbeat_ttl', limits)
}
