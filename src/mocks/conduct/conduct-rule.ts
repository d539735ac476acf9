/** The form of a rule: data, and a function from what a runner did to what is wrong with it. */
import type { Settings } from '../base/settings.js'
import type { ConductSeverity } from './conduct-types.js'
import type { Answer, Call, Trace } from './conduct-trace.js'

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
  readonly settings: Readonly<Settings>
  /** Whether the client's process is known to have ended. */
  readonly hasEnded: boolean
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
  view: Pick<ObservedRunner, 'now' | 'settings' | 'hasEnded'>,
): ObservedRunner {
  const { calls } = trace
  const farewell = calls.find(
    (call): call is AnsweredCall => call.operation === 'heartbeat' && call.answer?.status === GONE,
  )
  const living = farewell === undefined ? calls : calls.filter((call) => !isAfter(call, farewell))
  return { trace, calls, living, farewell, ...view }
}

const GONE = 410

/** Milliseconds as people read them. */
export function inSeconds(ms: number): string {
  return `${Math.round(ms / 10) / 100} s`
}
