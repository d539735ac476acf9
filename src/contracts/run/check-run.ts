/** What came of running one check, and the forms of it that need no run. */
import type { OperationId } from '../../kernel/operation.js'
import type { Verdict } from '../check/check.js'
import type { SeenInCheck } from '../check/seen-accidents.js'
import { absenceIn } from '../target/absence.js'
import { Violation } from '../target/expectation.js'
import type { Exchange } from '../target/recorded-exchange.js'
import type { Presence } from './presence.js'

/** What came of one check, with its traffic. */
export interface CheckRun {
  verdict: Verdict
  durationMs: number
  requests: number
  operations: readonly OperationId[]
  /** Accidents of today's servers that it has seen. */
  accidents: readonly SeenInCheck[]
  /** Recent exchanges; of a check that passed only where they are asked for. */
  exchanges: readonly Exchange[]
  /**
   * Whether the target was there: `silent` when a request got no answer, `gone` when nobody listens any more, `stuck`
   * when its clock could not be moved.
   */
  presence: Presence
  /** The exchange that ended the check although it had to succeed, if it looks as if the operation were not there. */
  lack?: Exchange | undefined
}

/** What a check that was not run comes to. */
export function notRun(reason: string): CheckRun {
  const verdict = { kind: 'not-run' as const, reason }
  return { verdict, durationMs: 0, requests: 0, operations: [], accidents: [], exchanges: [], presence: 'there' }
}

/** The verdict on a check that calls an operation which is missing. */
export function blockedBy(operation: OperationId): Verdict {
  return { kind: 'not-run', reason: `blocked by ${operation}`, blockedBy: operation }
}

/** The exchange that `CheckRun.lack` is about, from what a check has thrown. */
export function lackOf(thrown: unknown): Exchange | undefined {
  const shown = thrown instanceof Violation && thrown.wasSuccessDue ? thrown.finding.exchanges.at(-1) : undefined
  return shown === undefined || shown.operation === null || absenceIn(shown) === undefined ? undefined : shown
}
