/**
 * What the grading of clients is, in types: the mock's core knows no more of it, so that nobody loads what he has not
 * asked for. `watchConduct` in watch-conduct.ts does the work.
 */
import type { Clock } from '../../kernel/clock.js'
import { KitError } from '../../kernel/errors.js'
import type { OperationId } from '../../kernel/operation.js'
import type { RunnerType } from '../../kernel/types.js'
import type { Exchange } from '../base/exchange.js'
import type { BodyOutcome } from '../engine/body.js'
import type { Handle } from '../engine/engine.js'
import type { Authenticate, Identity } from '../base/identity.js'
import type { Settings } from '../base/settings.js'
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

/** What users read of the grading. */
export interface Conduct {
  /**
   * Judges every runner that has called the mock since it began, or since the last reset or restore. No time moves;
   * times are those of the mock's clock, so judge a process of its own while time runs by itself.
   * @throws KitError `conduct/unwatched` when the mock was made without the option `conduct`.
   */
  report(options?: ConductReportOptions): ConductReport
  /**
   * What `report` would judge now, to be kept and judged later by `gradeRecording`.
   * @throws KitError `conduct/unwatched` as `report` does
   */
  record(options?: ConductReportOptions): ConductRecording
}

/** The grading as the mock's owner sees it. */
export interface WatchingConduct extends Conduct {
  /**
   * The same answers, and every call noted.
   * @param isOwners whether these are the calls of the mock's owner, who sets up the world and is no client
   */
  watch(handle: Handle, isOwners?: true): Handle
  /** Forgets everything. */
  clear(): void
}

/** What the grading needs of the mock around it. */
export interface ConductContext {
  /** Reads and judges the body of a request. */
  readonly readBody: (id: OperationId, exchange: Exchange) => BodyOutcome | Promise<BodyOutcome>
  readonly clock: Clock
  readonly settings: Readonly<Settings>
  readonly authenticate: Authenticate
  /** The caller's own runner. */
  readonly findRunner: (caller: Identity, id: string) => WatchedRunner | undefined
  /** Id of the caller's own runner that has a job. */
  readonly runnerOfJob: (caller: Identity, jobId: string) => string | undefined
}

/** A runner as the grading knows it. */
export interface WatchedRunner {
  readonly name: string
  readonly type: RunnerType
}

/** Starts the grading of one mock. */
export type WatchConduct = (ground: ConductContext) => WatchingConduct

/** A mock that watches nobody. */
export const unwatched: WatchingConduct = {
  watch: (handle) => handle,
  clear: () => undefined,
  report: refuse,
  record: refuse,
}

function refuse(): never {
  throw new KitError('conduct/unwatched', {
    failed: 'This mock does not watch its clients.',
    fix: "Make it with `conduct: watchConduct` from 'opik-runner-kit/conduct'.",
  })
}
