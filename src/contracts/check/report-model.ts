/** The result of a run as data, and what verify tells while it runs; reporters only listen. */
import type { CheckResult, Report, SeenAccident, Totals, Verdict } from '../../generated/kit-schema.js'
import { type OperationId, operationIds } from '../../kernel/operation.js'
import { type Check, operationOf } from './check.js'
import type { Exchange } from '../target/recorded-exchange.js'
import { accidentIds, describeAccident } from './seen-accidents.js'

export type {
  CheckResult,
  MissingOperation,
  Report,
  SeenAccident,
  Totals,
  Unmet,
  Verdict,
} from '../../generated/kit-schema.js'

/** Whether a result makes the run fail. */
export function failsRun({ verdict, isKnown }: CheckResult): boolean {
  return (verdict.kind === 'failed' || verdict.kind === 'error') && !isKnown
}

/** Totals of some results. */
export function totalsOfResults(results: readonly CheckResult[]): Totals {
  const count = (kind: Verdict['kind']): number => results.filter(({ verdict }) => verdict.kind === kind).length
  return {
    passed: count('passed'),
    failed: count('failed'),
    unsteady: count('unsteady'),
    waived: count('waived'),
    notRun: count('not-run'),
    errors: count('error'),
    known: results.filter(({ isKnown }) => isKnown).length,
  }
}

/** The accidents that some results have seen. */
export function accidentsOf(results: readonly CheckResult[]): SeenAccident[] {
  return accidentIds.flatMap((id) => {
    const states = results.flatMap(({ id: check, accidents }) =>
      accidents.filter((each) => each.id === id).map(({ operation }) => ({ check, operation })),
    )
    if (states.length === 0) return []
    const checks = [...new Set(states.map(({ check }) => check))]
    const operations = new Set(states.flatMap(({ operation }) => operation ?? []))
    return [{ id, what: describeAccident(id), checks, operations: [...operations] }]
  })
}

/** Totals by area, in the order of the checks. */
export function totalsByArea(results: readonly CheckResult[]): Record<string, Totals> {
  const areas = [...new Set(results.map(({ area }) => area))]
  return Object.fromEntries(areas.map((area) => [area, totalsOfResults(results.filter((each) => each.area === area))]))
}

/** What checks call to have a place to work in. */
const SETTING_UP: ReadonlySet<OperationId> = new Set(['createProject', 'deleteProjectById', 'getProjectById'])

/** The operations that a result speaks of: the one that its rule names, else those that it called. */
export function operationsOf({ rule, operations }: CheckResult): readonly OperationId[] {
  const own = operationOf(rule)
  return own !== undefined ? [own] : operations.filter((operation) => !SETTING_UP.has(operation))
}

/** Totals by operation, in the spec's order. */
export function totalsByOperation(results: readonly CheckResult[]): Partial<Record<OperationId, Totals>> {
  const totals: Partial<Record<OperationId, Totals>> = {}
  for (const operation of operationIds) {
    const own = results.filter((result) => operationsOf(result).includes(operation))
    if (own.length > 0) totals[operation] = totalsOfResults(own)
  }
  return totals
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
