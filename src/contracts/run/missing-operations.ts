/**
 * What comes of checks: the verdict on what one has thrown (broken rules, missing needs, bugs), and what the target lacks. An
 * operation is missing when calls that had to succeed were answered as if it were not there, and no answer has ever shown that
 * it is. From then on checks that call it are blocked; of those that met it, one fails in the name of all when the run ends.
 * What only some versions of Opik have counts as absent from a target of unknown version, and fails no check, as long as the
 * target shows no sign of it.
 */
import { newerField, sinceOf, type Version } from '../../kernel/all-operations.js'
import type { OperationId } from '../../kernel/operation.js'
import { type Check, operationOf, pointerOfRule, subjectOf } from '../check/check.js'
import type { CheckResult, MissingOperation, Verdict } from '../../generated/kit-schema.js'
import { describeEnd } from '../../report/shown-exchange.js'
import { absenceIn } from '../target/answer.js'
import { type CheckClient, type StartedCall, Unreachable } from '../target/client.js'
import { Blocked, NotRun, Violation } from '../target/expectation.js'
import type { Exchange, Mask } from '../target/recorded-exchange.js'

/** What came of running one check. Of one that passed, exchanges are kept only where they are asked for. */
export interface CheckRun extends Pick<
  CheckResult,
  'verdict' | 'durationMs' | 'requests' | 'operations' | 'quirks' | 'exchanges'
> {
  /**
   * Whether the target was there: `silent` when a request got no answer, `gone` when it refuses connections, `stuck`
   * when its clock could not be moved.
   */
  connection: Presence
  /** The exchange that ended the check although it had to succeed, if it looks as if the operation were not there. */
  missingOperation?: Exchange | undefined
}

export type JudgedRun = Pick<CheckRun, 'verdict' | 'missingOperation'>

/** A check whose verdict is known. */
export interface FinishedCheck {
  check: Check
  run: CheckRun
}

interface HeldRun extends FinishedCheck {
  operation: OperationId
}

export function notRun(reason: string): CheckRun {
  const verdict = { kind: 'not-run' as const, reason }
  return { verdict, durationMs: 0, requests: 0, operations: [], quirks: [], exchanges: [], connection: 'there' }
}

/** As many calls must have found nothing: one may meet a mistake that is not the operation's lack. */
const CALLS = 3

/** An operation that takes so long for nothing is not waited for again. */
const SLOW_MS = 1500

export class MissingOperations {
  private readonly onMissing: (operation: OperationId, exchange: Exchange) => void
  private readonly version: Version | undefined
  private readonly present = new Set<OperationId>()
  private readonly succeeded = new Set<OperationId>()
  /** Newer fields that a check has found. */
  private readonly fields = new Set<string>()
  private readonly doubts = new Map<OperationId, number>()
  private readonly missing = new Map<OperationId, Exchange>()
  private readonly held: HeldRun[] = []
  private readonly heldAsNewer: FinishedCheck[] = []

  /**
   * @param onMissing hears of each operation as soon as it is known to be missing
   * @param version of the target; of one that may be of any, newer operations are not there yet
   */
  constructor(onMissing: (operation: OperationId, exchange: Exchange) => void, version?: Version) {
    this.onMissing = onMissing
    this.version = version
  }

  notePresent(operation: OperationId, status: number): void {
    this.present.add(operation)
    if (status < 300) this.succeeded.add(operation)
  }

  note(operation: OperationId, exchange: Exchange): void {
    if (this.missing.has(operation)) return
    this.missing.set(operation, exchange)
    this.onMissing(operation, exchange)
  }

  /** Ends a check that is about to call an operation which is missing. */
  expectPresent({ operation, acts }: Pick<StartedCall, 'operation' | 'acts'>): void {
    const meant = operation ?? (acts.kind === 'operation' ? acts.operation.id : undefined)
    if (meant !== undefined && this.missing.has(meant)) throw new Blocked(meant)
  }

  /** The operation whose lack may be all that is behind a verdict. */
  suspectOf(run: JudgedRun): OperationId | undefined {
    return run.verdict.kind === 'not-run' ? run.verdict.blockedBy : (this.shownBy(run)?.operation ?? undefined)
  }

  /** The latest exchange of a failed check that looks as if its operation were not there. */
  private shownBy({ verdict, missingOperation }: JudgedRun): Exchange | undefined {
    if (verdict.kind !== 'failed') return undefined
    const exchanges =
      missingOperation === undefined ? verdict.findings.flatMap((each) => each.exchanges) : [missingOperation]
    return exchanges.findLast((each) => {
      const { operation } = each
      return operation !== null && !this.present.has(operation) && absenceIn(each) !== undefined
    })
  }

  /** Keeps a run back whose verdict is open until the run ends; false when it is not open. */
  hold(check: Check, run: CheckRun): boolean {
    const field = fieldOf(check)
    if (run.verdict.kind === 'passed' && field !== undefined) this.fields.add(field)
    const isNewer = this.version === undefined && sinceOf(subjectOf(check)) !== undefined
    if (isNewer && run.verdict.kind === 'failed') {
      this.heldAsNewer.push({ check, run })
      return true
    }
    const operation = this.suspectOf(run)
    if (operation === undefined) return false
    this.held.push({ check, run, operation })
    const { missingOperation } = run
    if (missingOperation === undefined) return true
    const doubts = (this.doubts.get(operation) ?? 0) + (missingOperation.tookMs < SLOW_MS ? 1 : CALLS)
    this.doubts.set(operation, doubts)
    if (doubts >= CALLS) this.note(operation, missingOperation)
    return true
  }

  /** Decides about all that was held back, in the order of the report. Most missed operations come first. */
  settle(order: readonly Check[]): { runs: FinishedCheck[]; missing: MissingOperation[] } {
    for (const { operation, run } of this.held) {
      if (run.missingOperation !== undefined && !this.present.has(operation)) this.note(operation, run.missingOperation)
    }
    // Where something is missing, what rests on it is never called as it must succeed: any call says what is there.
    const isWhole = this.missing.size === 0
    for (const { operation, run } of this.held) {
      const shown = isWhole ? undefined : this.shownBy(run)
      if (shown?.operation === operation) this.note(operation, shown)
    }
    const held = this.held.toSorted((a, b) => order.indexOf(a.check) - order.indexOf(b.check))
    const runs: FinishedCheck[] = held.filter(({ operation }) => !this.missing.has(operation))
    const missing: MissingOperation[] = []
    for (const [operation, exchange] of this.missing) {
      const waiting = held.filter((each) => each.operation === operation)
      const herald = heraldOf(waiting)
      if (herald === undefined) continue
      const since = this.version === undefined ? sinceOf({ operation }) : undefined
      if (since !== undefined) {
        runs.push(...waiting.map((each) => notRunning(each, notThereYet(operation, since))))
        continue
      }
      missing.push({ operation, kind: kindOf(exchange), checks: waiting.length, exchange })
      const isBlocked = blockedBy(operation)
      runs.push(...waiting.map((each) => (each === herald ? heralded(each, exchange) : notRunning(each, isBlocked))))
    }
    runs.push(...this.heldAsNewer.map((each) => this.settleNewer(each)))
    return { runs, missing: missing.toSorted((a, b) => b.checks - a.checks) }
  }

  /** A failure of something newer that the target has in part; else not run. */
  private settleNewer(held: FinishedCheck): FinishedCheck {
    const { operation } = subjectOf(held.check)
    const field = fieldOf(held.check)
    const hasSucceeded = operation === undefined || this.succeeded.has(operation)
    if (field === undefined ? hasSucceeded : this.fields.has(field)) return held
    const verdict = notThereYet(field ?? operation ?? '', sinceOf(subjectOf(held.check)))
    return { ...held, run: { ...held.run, verdict } }
  }
}

function blockedBy(operation: OperationId): Verdict {
  return { kind: 'not-run', reason: `blocked by ${operation}`, blockedBy: operation }
}

/** Projects are missing whatever the first call failed with: an unknown path, or an invalid answer. */
function kindOf(exchange: Exchange): MissingOperation['kind'] {
  return absenceIn(exchange) ?? (exchange.status === 404 ? 'not-implemented' : 'not-working')
}

/**
 * The one that fails: of a rule that must hold, and about the operation itself if there is one. Baselines and waivers name
 * it, so it is the same in each run: which checks have met the operation before it was known to be missing is chance.
 */
function heraldOf(waiting: readonly HeldRun[]): HeldRun | undefined {
  const worth = ({ check, operation }: HeldRun): number =>
    (check.severity === 'must' ? 2 : 0) + (operationOf(check.rule) === operation ? 1 : 0)
  return waiting.toSorted((a, b) => worth(b) - worth(a))[0]
}

function heralded({ check, run, operation }: HeldRun, exchange: Exchange): FinishedCheck {
  if (run.verdict.kind === 'failed') return { check, run }
  const expected = `${operation} to be there`
  const findings = [{ expected, actual: describeEnd(exchange), pointer: null, exchanges: [exchange] }]
  return { check, run: { ...run, verdict: { kind: 'failed', findings }, exchanges: [exchange] } }
}

function notRunning({ check, run }: HeldRun, verdict: Verdict): FinishedCheck {
  return { check, run: { ...run, verdict, exchanges: [] } }
}

/** The verdict on a check whose subject is newer than the target. */
function notThereYet(what: string, version: Version | undefined): Verdict {
  const since = String(version)
  const reason = `not there yet: ${what} came with Opik ${since} (--server opik@${since} demands it, server)`
  return { kind: 'not-run', reason }
}

/** The newer field of a request that a check is about, with its operation. */
function fieldOf(check: Check): string | undefined {
  const field = newerField(subjectOf(check))
  return field === undefined ? undefined : `${field.split('/').at(-1) ?? ''} of ${String(operationOf(check.rule))}`
}

/** The verdict of what a check has thrown. What a target answers may hold what it was sent; exchanges were masked when they were recorded. */
export function toVerdict(thrown: unknown, check: Check, client: CheckClient, mask: Mask): Verdict {
  const broken = thrown instanceof Violation ? { ...thrown.finding } : undefined
  const last = broken?.exchanges.at(-1)
  const others = client.record.flawed.flatMap(({ flaws, exchange }) =>
    flaws
      // That a wrong status is undeclared too says nothing new.
      .filter(({ kind }) => kind !== 'status' || exchange !== last)
      .map(({ expected, actual, pointer }) => ({ expected, actual, pointer, exchanges: [exchange] })),
  )
  if (broken !== undefined) {
    broken.pointer ??= pointerOfRule(check.rule)
    // Where the check names no proof, what it saw last is what it is about.
    if (broken.exchanges.length === 0) broken.exchanges = client.exchanges.slice(-1)
  }
  const findings = [broken ?? [], ...others].flat().map((each) => {
    return { ...each, expected: mask.text(each.expected), actual: mask.text(each.actual) }
  })
  if (findings.length > 0) {
    // A flaw that ended the check is recorded twice, and the same one may show in several answers.
    const isFirst = ({ expected }: { expected: string }, at: number): boolean =>
      findings.findIndex((each) => each.expected === expected) === at
    return { kind: 'failed', findings: findings.filter(isFirst) }
  }
  if (thrown instanceof Blocked) return blockedBy(thrown.operation)
  if (thrown instanceof NotRun) return { kind: 'not-run', reason: thrown.message }
  return thrown === undefined ? { kind: 'passed' } : { kind: 'error', message: mask.text(describeError(thrown)) }
}

function describeError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const place = thrown.stack?.split('\n').find((line) => line.trimStart().startsWith('at ')) ?? ''
  return `${thrown.message}${thrown instanceof Unreachable ? '' : place.replace(/^\s*/, ' ')}`
}

/** The exchange that `missingOperation` is about, from what a check has thrown. */
export function missingIn(thrown: unknown): Exchange | undefined {
  const shown = thrown instanceof Violation && thrown.wasSuccessDue ? thrown.finding.exchanges.at(-1) : undefined
  return shown === undefined || shown.operation === null || absenceIn(shown) === undefined ? undefined : shown
}

/** Whether a target answers: not at all (`gone`), with nothing (`silent`), or somehow; `stuck` when its clock fails. */
export type Presence = 'there' | 'silent' | 'gone' | 'stuck'

/** What an error says of the target: calls that it leaves unanswered end with one. */
export function presenceOf(thrown: unknown): Presence {
  if (thrown instanceof Unreachable) return thrown.lost
  const last = thrown instanceof Violation ? thrown.finding.exchanges.at(-1) : undefined
  return last?.status === null ? 'silent' : 'there'
}
