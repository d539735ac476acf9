/**
 * Adds the results of a run up to a report, and says what the target lacks. An operation is missing when calls that had to
 * succeed were answered as if it were not there, and no answer has ever shown that it is. From then on checks that call it are
 * blocked; of those that met it, one fails in the name of all when the run ends.
 */
import type { ServerName } from '../../generated/kit-schema.js'
import type { LifecycleCoverage } from '../check/lifecycle-coverage.js'
import {
  quirksOf,
  failsRun,
  totalsByArea,
  totalsByOperation,
  totalsOfResults,
  type CheckResult,
  type MissingOperation,
  type Report,
  type Unmet,
  type Waivers,
} from '../check/report-model.js'
import { type Check, operationOf, subjectOf, type Verdict } from '../check/check.js'
import { type SuiteName, suiteNames, suiteOf } from '../suites/requirements.js'
import { ABORTED, blockedBy, type CheckRun } from './check-run.js'
import type { TargetFacts } from './inspect-target.js'
import type { ResolvedTarget } from '../target/target.js'
import { matchOperation, newerField, newestVersion, sinceOf, type Version } from '../../kernel/all-operations.js'
import type { OperationId } from '../../kernel/operation.js'
import { absenceIn, describeEnd } from '../target/answer.js'
import { Blocked } from '../target/expectation.js'
import type { Exchange } from '../target/recorded-exchange.js'
export interface ReportParts {
  target: ResolvedTarget
  survey: TargetFacts
  seed: number
  kitVersion: string
  startedAt: number
  durationMs: number
  checks: readonly Check[]
  results: readonly CheckResult[]
  missing: readonly MissingOperation[]
  required: readonly SuiteName[]
  lifecycle: LifecycleCoverage
  waivers: Waivers
  knownIds: ReadonlySet<string>
  /** Ids that failed before; undefined where nothing is known of that. */
  baseline: ReadonlySet<string> | undefined
  /** Whether waivers must be needed, and not over. */
  strict: boolean
  aborted: string | null
}

const identities: Report['target']['identities'] = ['main', 'colleague', 'stranger']
export function buildReport(parts: ReportParts): Report {
  const { results, target, survey } = parts
  const ran = new Set(results.filter(({ verdict }) => verdict.kind !== 'not-run').map(({ id }) => id))
  const failing = new Set(results.filter(({ verdict }) => isFailure(verdict.kind)).map(({ id }) => id))
  const waivers = parts.waivers.notices(ran, parts.knownIds)
  return {
    format: 1,
    kitVersion: parts.kitVersion,
    target: {
      url: target.url,
      workspace: target.workspace ?? null,
      hasClock: target.clock !== undefined,
      identities: identities.filter((name) => survey.identities.has(name)),
      projects: survey.projects.kind,
    },
    seed: parts.seed,
    startedAt: new Date(parts.startedAt).toISOString(),
    durationMs: parts.durationMs,
    requests: results.reduce((sum, { requests }) => sum + requests, 0),
    totals: totalsOfResults(results),
    suites: totalsBySuite(parts),
    areas: totalsByArea(results),
    operations: totalsByOperation(results),
    missing: [...parts.missing],
    unmet: unmetOf(parts),
    lifecycle: parts.lifecycle,
    results,
    quirks: quirksOf(results),
    waivers,
    fixed: [...(parts.baseline ?? [])].filter((id) => ran.has(id) && !failing.has(id)),
    worse: parts.baseline === undefined ? [] : results.filter(failsRun).map(({ id }) => id),
    aborted: parts.aborted,
    exitCode: exitCodeOf(parts, waivers),
  }
}

function isFailure(kind: string): boolean {
  return kind === 'failed' || kind === 'error'
}

/** Ends of a run that are no verdict on the target: the user, or a clock that is not the target's own. */
const UNFINISHED: ReadonlySet<string> = new Set([ABORTED.interrupted, ABORTED.stuck])

function exitCodeOf(parts: ReportParts, waivers: Report['waivers']): Report['exitCode'] {
  const { aborted, results } = parts
  if (aborted !== null) return UNFINISHED.has(aborted) ? 2 : 1
  if (parts.strict && waivers.length > 0) return 1
  return results.some(failsRun) || unmetOf(parts).length > 0 ? 1 : 0
}

function totalsBySuite({ checks, results }: ReportParts): Report['suites'] {
  const suites = suitesById(checks)
  const totals = suiteNames.flatMap((suite) => {
    const own = results.filter(({ id }) => suites.get(id) === suite)
    return own.length === 0 ? [] : [[suite, totalsOfResults(own)] as const]
  })
  return Object.fromEntries(totals)
}

function suitesById(checks: readonly Check[]): Map<string, SuiteName> {
  return new Map(checks.map((check) => [check.id, suiteOf(check)]))
}

/** Why checks that must hold did not run, suite by suite. */
function unmetOf({ checks, results, required }: ReportParts): Unmet[] {
  const suites = suitesById(checks)
  const unmet = new Map<string, Unmet>()
  for (const { id, severity, verdict } of results) {
    const suite = suites.get(id)
    if (suite === undefined || !required.includes(suite) || severity !== 'must' || verdict.kind !== 'not-run') continue
    const { reason } = verdict
    const key = `${suite} ${reason}`
    const known = unmet.get(key) ?? { suite, reason, checks: [] }
    unmet.set(key, { ...known, checks: [...known.checks, id] })
  }
  return [...unmet.values()]
}

export type JudgedRun = Pick<CheckRun, 'verdict' | 'missingOperation'>

interface HeldRun {
  check: Check
  run: CheckRun
  operation: OperationId
}

export interface Settled {
  runs: { check: Check; run: CheckRun }[]
  /** Those that some check waits for, most checks first. */
  missing: MissingOperation[]
}

/** As many calls must have found nothing: one may meet a mistake that is not the operation's lack. */
const CALLS = 3

/** An operation that takes so long for nothing is not waited for again. */
const SLOW_MS = 1500
export class MissingOperations {
  private readonly onMissing: (operation: OperationId, exchange: Exchange) => void
  private readonly present = new Set<OperationId>()
  private readonly succeeded = new Set<OperationId>()
  private readonly doubts = new Map<OperationId, number>()
  private readonly missing = new Map<OperationId, Exchange>()
  private readonly held: HeldRun[] = []

  private readonly version: Version | undefined

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

  hasSucceeded(operation: OperationId): boolean {
    return this.succeeded.has(operation)
  }

  note(operation: OperationId, exchange: Exchange): void {
    if (this.missing.has(operation)) return
    this.missing.set(operation, exchange)
    this.onMissing(operation, exchange)
  }

  /** Ends a check that is about to call an operation which is missing. */
  expectPresent(operation: OperationId): void {
    if (this.missing.has(operation)) throw new Blocked(operation)
  }

  /** Ends a check that is about to ask for a path of which every operation is missing. */
  expectPath(method: string, path: string): void {
    const [pathname = ''] = path.split('?')
    const match = matchOperation(method, pathname)
    if (match.kind === 'operation') this.expectPresent(match.operation.id)
    if (match.kind !== 'wrong-method') return
    const meant = match.allowed.flatMap((allowed) => {
      const other = matchOperation(allowed, pathname)
      return other.kind === 'operation' ? [other.operation.id] : []
    })
    const [first] = meant
    if (first !== undefined && meant.every((each) => this.missing.has(each))) throw new Blocked(first)
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

  /** Decides about all that was held back. `order` is that of the report. */
  settle(order: readonly Check[]): Settled {
    for (const { operation, run } of this.held) {
      if (run.missingOperation !== undefined && !this.present.has(operation)) this.note(operation, run.missingOperation)
    }
    // Where something is missing, what rests on it is never called as it must succeed: any call says what is there.
    const isWhole = this.missing.size === 0
    for (const { operation, run } of this.held) {
      const shown = isWhole ? undefined : this.shownBy(run)
      if (shown?.operation === operation) this.note(operation, shown)
    }
    const place = new Map(order.map(({ id }, at) => [id, at]))
    const held = this.held.toSorted((a, b) => (place.get(a.check.id) ?? 0) - (place.get(b.check.id) ?? 0))
    const runs: Settled['runs'] = held.filter(({ operation }) => !this.missing.has(operation))
    const missing: MissingOperation[] = []
    for (const [operation, exchange] of this.missing) {
      const waiting = held.filter((each) => each.operation === operation)
      const herald = heraldOf(waiting)
      if (herald === undefined) continue
      const since = this.version === undefined ? sinceOf({ operation }) : undefined
      if (since !== undefined) {
        runs.push(...waiting.map((each) => blocked(each, notThereYet(operation, since))))
        continue
      }
      missing.push({ operation, kind: kindOf(exchange), checks: waiting.length, exchange })
      runs.push(...waiting.map((each) => (each === herald ? heralded(each, exchange) : blocked(each))))
    }
    return { runs, missing: missing.toSorted((a, b) => b.checks - a.checks) }
  }
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

function heralded({ check, run, operation }: HeldRun, exchange: Exchange): Settled['runs'][number] {
  if (run.verdict.kind === 'failed') return { check, run }
  const expected = `${operation} to be there`
  const findings = [{ expected, actual: describeEnd(exchange), pointer: null, exchanges: [exchange] }]
  return { check, run: { ...run, verdict: { kind: 'failed', findings }, exchanges: [exchange] } }
}

function blocked({ check, run, operation }: HeldRun, reason?: string): Settled['runs'][number] {
  const verdict: Verdict = reason === undefined ? blockedBy(operation) : { kind: 'not-run', reason }
  return { check, run: { ...run, verdict, exchanges: [] } }
}

/** Why a check has no verdict whose subject is newer than the target. */
export function notThereYet(what: string, since: string | undefined): string {
  return `not there yet: ${what} came with Opik ${String(since)} (--server opik@${String(since)} demands it, server)`
}

/** The version that a server is of; undefined where none is named. */
export function versionOf(server: ServerName | undefined): Version | undefined {
  if (server === undefined) return undefined
  if (server === 'opik') return newestVersion
  return server === 'opik@2.1' ? '2.1' : '2.0'
}

/**
 * Checks of operations and fields that only some versions of Opik have, for a target of unknown version: as long as the target
 * shows no sign of one, it counts as absent, and no check of it fails.
 */
export class NewerParts {
  private readonly held: Settled['runs'] = []
  private readonly shown = new Set<string>()
  private readonly version: Version | undefined
  private readonly hasSucceeded: (operation: OperationId) => boolean

  /**
   * @param version that the target is judged as; then all that it has must be there
   * @param hasSucceeded whether a call of the operation has ever succeeded
   */
  constructor(version: Version | undefined, hasSucceeded: (operation: OperationId) => boolean) {
    this.version = version
    this.hasSucceeded = hasSucceeded
  }

  /** Keeps a failure back until the run ends; false when the check is about nothing newer, or has passed. */
  hold(check: Check, run: CheckRun): boolean {
    const name = fieldOf(check)
    if (this.version !== undefined || sinceOf(subjectOf(check)) === undefined) return false
    if (run.verdict.kind === 'passed' && name !== undefined) this.shown.add(name)
    if (run.verdict.kind !== 'failed') return false
    this.held.push({ check, run })
    return true
  }

  /** The results that were held back: failures of operations that the target has in part; else not run. */
  settle(): Settled['runs'] {
    return this.held.map(({ check, run }) => {
      const { operation } = subjectOf(check)
      const name = fieldOf(check)
      const isThere =
        name === undefined ? operation === undefined || this.hasSucceeded(operation) : this.shown.has(name)
      if (isThere) return { check, run }
      const reason = notThereYet(name ?? operation ?? '', sinceOf(subjectOf(check)))
      return { check, run: { ...run, verdict: { kind: 'not-run' as const, reason } } }
    })
  }
}

/** The newer field of a request that a check is about, with its operation. */
function fieldOf(check: Check): string | undefined {
  const field = newerField(subjectOf(check))
  return field === undefined ? undefined : `${field.split('/').at(-1) ?? ''} of ${String(operationOf(check.rule))}`
}
