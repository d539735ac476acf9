/** The form of a rule: data, and a function from what a runner did to what is wrong with it. */
import type { ConductSeverity } from './conduct-types.js'
import { LOST, type Answer, type Call, type Sleep, type Trace } from './conduct-trace.js'

/** One named demand on a client. */
export interface Rule {
  /** `area/what`. */
  readonly id: string
  readonly title: string
  readonly severity: ConductSeverity
  readonly judge: (observed: ObservedRunner) => Finding
}

/** What a rule is judged on. */
export interface ObservedRunner {
  readonly trace: Trace
  /** Everything that is remembered, oldest first. */
  readonly calls: readonly Call[]
  /** The calls until the runner was told that it is gone, that one included. */
  readonly living: readonly Call[]
  /** The heartbeat that told the runner that it is gone. */
  readonly farewell: AnsweredCall | undefined
  /** Virtual milliseconds. */
  readonly now: number
  /** How long the server takes a silent runner for connected. */
  readonly ttlMs: number
  /** Whether the client's process is known to have ended. */
  readonly hasEnded: boolean
  /** When it was asked to end. From then on it may be silent, but for what is left to say. */
  readonly askedToEnd: number
  /** Times in which the client's processes stood still, one after another. */
  readonly sleeps: readonly Sleep[]
}

/** What a rule has found. */
export interface Finding {
  /** Whether anything happened that could have kept or broken the rule. */
  readonly isExercised: boolean
  readonly breaches: readonly Breach[]
}

/** A call that breaks a rule. */
export interface Breach {
  readonly call: Call
  readonly note: string
}

/** A call that was answered, or whose answer got lost. */
export type AnsweredCall = Call & { readonly answer: Answer }

/** Narrows to calls with an answer. */
export function isAnswered(call: Call): call is AnsweredCall {
  return call.answer !== undefined
}

/** Whether a call was sent after an answer had left. */
export function isAfter(call: Call, { answer }: AnsweredCall): boolean {
  return call.order > answer.order
}

/** Brings what was observed of a runner into the form that rules read. */
export function observeRunner(
  trace: Trace,
  view: Pick<ObservedRunner, 'now' | 'ttlMs' | 'hasEnded' | 'askedToEnd' | 'sleeps'>,
): ObservedRunner {
  const { calls } = trace
  const farewell = calls.find(
    (call): call is AnsweredCall => call.operation === 'heartbeat' && call.answer?.status === GONE,
  )
  const living = farewell === undefined ? calls : calls.filter((call) => !isAfter(call, farewell))
  return { trace, calls, living, farewell, ...view }
}

/** Status of a heartbeat whose runner is gone. */
export const GONE = 410

/** Nothing happened that the rule is about. */
export const NOTHING: Finding = { isExercised: false, breaches: [] }

/**
 * What tells calls that repeat each other from calls that do not: several processes may speak for one runner, whose
 * heartbeats declare different things, and a job has several reports.
 */
export function keyOf({ operation, subject = '', reports = '', capabilities = [] }: Call): string {
  return [operation, subject, reports, ...[...capabilities].sort()].join(' ')
}

/** Whether an answer asks for another attempt, or never came. */
export function asksAgain({ answer: { status } }: AnsweredCall): boolean {
  return status === LOST || status === 429 || status >= 500
}

/** Milliseconds between two moments in which the client could act. */
export function awake(from: number, to: number, sleeps: readonly Sleep[]): number {
  const asleep = sleeps.map((sleep) => Math.max(0, Math.min(to, sleep.to) - Math.max(from, sleep.from)))
  return to - from - asleep.reduce((sum, ms) => sum + ms, 0)
}

/** Times as one list in which none overlap. */
export function joinTimes(...lists: readonly (readonly Sleep[])[]): Sleep[] {
  let end = -Infinity
  return lists
    .flat()
    .sort((a, b) => a.from - b.from)
    .flatMap(({ from, to }): Sleep[] => {
      const begin = Math.max(from, end)
      end = Math.max(end, to)
      return begin < to ? [{ from: begin, to }] : []
    })
}

/** Milliseconds as people read them. */
export function inSeconds(ms: number): string {
  return `${Math.round(ms / 10) / 100} s`
}
