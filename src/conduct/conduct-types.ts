/** What is said of clients, in types: verdicts, reports, and what they are made from. Nothing is loaded for them. */
import type { OperationId } from '../kernel/operation.js'
import type { RunnerType } from '../kernel/types.js'
import type { Sleep, Trace } from './conduct-trace.js'

/** `must`: the backend or its users rely on it. `should`: good manners, which published SDKs do not all have. */
export type ConductSeverity = 'must' | 'should'

/**
 * What became of a rule: `not exercised` when nothing happened that could have kept or broken it, `waived` when it was
 * broken and somebody has accepted that.
 */
export type ConductOutcome = 'kept' | 'broken' | 'waived' | 'not exercised'

/** One call that breaks a rule, or that shows the lack of one. */
export interface ConductEvidence {
  /** Virtual time of the call, ISO-8601. */
  readonly at: string
  readonly operation: OperationId
  /** The answer's status; 0 for one that got lost, absent while it is awaited. */
  readonly status?: number | undefined
  /** The job or command that it is about. */
  readonly subject?: string | undefined
  /** What is wrong with it, for people. */
  readonly note: string
}

/** How one runner has kept one rule. */
export interface ConductVerdict {
  /** Id of the rule, `area/what`. */
  readonly rule: string
  /** Its frozen id, as in docs/requirements.md; absent in runs that older versions have written. */
  readonly requirement?: string | undefined
  readonly title: string
  readonly severity: ConductSeverity
  readonly outcome: ConductOutcome
  /** How often it was broken. */
  readonly breaches: number
  /** The first few breaches. */
  readonly evidence: readonly ConductEvidence[]
  /** Why it is waived, or why it was not exercised although it was meant to be, or seemed to be broken. */
  readonly reason?: string
}

/** How one runner has behaved. */
export interface RunnerConduct {
  readonly runner_id: string
  /** Absent for a runner that was gone, or never there, when its first call came. */
  readonly name?: string
  readonly type?: RunnerType
  /** Calls that it has made. */
  readonly calls: number
  /** Calls that were too long ago to be judged. */
  readonly forgotten: number
  /** One for each rule, in the order of the table of rules. */
  readonly verdicts: readonly ConductVerdict[]
}

/** How everybody has behaved. */
export interface ConductReport {
  /** Virtual time, ISO-8601. */
  readonly at: string
  /** Whether no rule with severity `must` is broken. */
  readonly ok: boolean
  /** In the order of their first calls. */
  readonly runners: readonly RunnerConduct[]
}

/** What reports are made from, as plain data: facts about calls, no bodies and no keys. */
export interface ConductRecording {
  /** Virtual milliseconds. */
  readonly at: number
  /** Whether the clients are known to have ended. */
  readonly ended: boolean
  readonly heartbeat_ttl_seconds: number
  /** For how long the server holds polls; absent in runs that older versions have written. */
  readonly next_job_poll_timeout_seconds?: number | undefined
  readonly bridge_poll_timeout_seconds?: number | undefined
  /** When the clients were asked to end, in virtual milliseconds; undefined for clients that were not. */
  readonly asked_to_end?: number | undefined
  /** Times in which the clients stood still, which is not held against them. */
  readonly sleeps: readonly Sleep[]
  /** Times in which a busy machine let the clients wait, in their order: what they explain is not held against them. */
  readonly waits?: readonly Sleep[] | undefined
  /** In the order of their first calls. */
  readonly runners: readonly Trace[]
}

/** What to assume for a report. */
export interface ConductReportOptions {
  /** The clients are known to have ended, so that silence is no pause. Default false. */
  ended?: boolean
}
