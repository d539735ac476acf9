/** The result of a run as data, and the events of verify during the run. Reporters only listen. */
import type { CheckResult, Exchange, Report, SeenQuirk, SuiteName, Totals, Unmet } from '../../generated/kit-schema.js'
import { type OperationId, operationIds } from '../../kernel/operation.js'
import { failsRun, operationOf, type Check, type Waivers } from './check.js'
import { quirkIds, describeQuirk } from './seen-quirks.js'
import { lifecycleCoverage } from '../../lifecycle/coverage.js'
import { hasFailed } from '../../report/report-document.js'
import { totalsOfResults } from '../../report/verify-document.js'

export type { CheckResult, MissingOperation, Report } from '../../generated/kit-schema.js'

/** What a run has come to. */
export interface FinishedRun extends Pick<
  Report,
  'kitVersion' | 'target' | 'seed' | 'durationMs' | 'results' | 'missing' | 'aborted'
> {
  startedAt: number
  /** The suites, in the order of the report, and those of each check. */
  suites: readonly SuiteName[]
  suiteOf: (checkId: string) => SuiteName | undefined
  required: readonly SuiteName[]
  waivers: Waivers
  knownIds: ReadonlySet<string>
  /** Ids that failed before; undefined where nothing is known of that. */
  baseline: ReadonlySet<string> | undefined
  /** Whether waivers must be needed, and not over. */
  strict: boolean
  /** Whether it was ended by something that is no verdict on the target. */
  isUnfinished: boolean
}

/** Adds the results of a run up to a report. */
export function buildReport(run: FinishedRun): Report {
  const { kitVersion, target, seed, durationMs, results, missing, aborted, suiteOf, baseline } = run
  const judged = results.filter(({ verdict }) => verdict.kind !== 'not-run')
  const waivers = run.waivers.notices(new Set(judged.map(({ id }) => id)), run.knownIds)
  const failing = results.filter(failsRun)
  const unmet = unmetOf(run)
  const isBad = aborted !== null || failing.length > 0 || unmet.length > 0 || (run.strict && waivers.length > 0)
  return {
    ...{ format: 1, kitVersion, target, seed, startedAt: new Date(run.startedAt).toISOString(), durationMs },
    requests: results.reduce((sum, { requests }) => sum + requests, 0),
    totals: totalsOfResults(results),
    suites: totalsBy(run.suites, results, ({ id }) => [suiteOf(id)]),
    areas: totalsBy([...new Set(results.map(({ area }) => area))], results, ({ area }) => [area]),
    operations: totalsBy(operationIds, results, operationsOf),
    ...{ missing, unmet, lifecycle: lifecycleCoverage(results), results, quirks: quirksOf(results), waivers },
    fixed: [...(baseline ?? [])].filter((id) => judged.some((each) => each.id === id && !hasFailed(each))),
    worse: baseline === undefined ? [] : failing.map(({ id }) => id),
    aborted,
    exitCode: run.isUnfinished ? 2 : isBad ? 1 : 0,
  }
}

/** Why checks that must hold did not run, suite by suite. */
function unmetOf({ results, required, suiteOf }: FinishedRun): Unmet[] {
  const unmet = new Map<string, Unmet>()
  for (const { id, severity, verdict } of results) {
    const suite = suiteOf(id)
    if (suite === undefined || !required.includes(suite) || severity !== 'must' || verdict.kind !== 'not-run') continue
    const { reason } = verdict
    const key = `${suite} ${reason}`
    unmet.set(key, { suite, reason, checks: [...(unmet.get(key)?.checks ?? []), id] })
  }
  return [...unmet.values()]
}

/** The totals of those results that are about each key; keys of no result are left out. */
function totalsBy<Key extends string>(
  keys: readonly Key[],
  results: readonly CheckResult[],
  keysOf: (result: CheckResult) => readonly (Key | undefined)[],
): Record<string, Totals> {
  const about = results.map((result) => new Set(keysOf(result)))
  const totals = keys.flatMap((key) => {
    const own = results.filter((_, at) => about[at]?.has(key))
    return own.length === 0 ? [] : [[key, totalsOfResults(own)] as const]
  })
  return Object.fromEntries(totals)
}

function quirksOf(results: readonly CheckResult[]): SeenQuirk[] {
  return quirkIds.flatMap((id) => {
    const seen = results.flatMap(({ id: check, quirks }) =>
      quirks.filter((each) => each.id === id).map(({ operation }) => ({ check, operation })),
    )
    if (seen.length === 0) return []
    const checks = [...new Set(seen.map(({ check }) => check))]
    const operations = new Set(seen.flatMap(({ operation }) => operation ?? []))
    return [{ id, what: describeQuirk(id), checks, operations: [...operations] }]
  })
}

/** What checks call to have a place to work in. */
const SETTING_UP: ReadonlySet<OperationId> = new Set(['createProject', 'deleteProjectById', 'getProjectById'])

/** The operations that a result speaks of: the one that its rule names, else those that it called. */
export function operationsOf({ rule, operations }: CheckResult): readonly OperationId[] {
  const own = operationOf(rule)
  return own !== undefined ? [own] : operations.filter((operation) => !SETTING_UP.has(operation))
}

/** A thing that happened in a run. */
export type VerifyEvent =
  | { type: 'started'; url: string; checks: number; seed: number }
  | { type: 'check-started'; check: Check }
  /** A check waits, for an answer or for time to pass, until about then (milliseconds since 1970). */
  | { type: 'waiting'; check: Check; until: number }
  /** The target lacks an operation; checks that call it are blocked from now on. */
  | { type: 'missing'; operation: OperationId; exchange: Exchange }
  | { type: 'check-finished'; result: CheckResult; finished: number; checks: number }
  | { type: 'finished'; report: Report }

/** Hears events; what it throws ends the run. */
export type VerifyListener = (event: VerifyEvent) => void
