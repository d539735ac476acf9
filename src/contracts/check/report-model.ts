/** The result of a run as data, and what verify tells while it runs; reporters only listen. */
import { isOperationId, type OperationId, operationIds } from '../../kernel/operation.js'
import type { Exchange } from '../target/recorded-exchange.js'
import type { Check, CheckRule, Severity, Verdict } from './check.js'
import type { LifecycleCoverage } from './coverage-report.js'
import { type AccidentId, accidentIds, describeAccident, type SeenInCheck } from './seen-accidents.js'
import type { WaiverNotice } from './waivers.js'

/** One check's outcome. */
export interface CheckResult {
  id: string
  area: string
  title: string
  rule: CheckRule
  severity: Severity
  verdict: Verdict
  /** A failure that the baseline knows; it does not fail the run. */
  isKnown: boolean
  durationMs: number
  requests: number
  /** Operations that the check called. */
  operations: readonly OperationId[]
  /** Accidents of today's servers that it has seen and the run accepts. */
  accidents: readonly SeenInCheck[]
  /** The last exchanges of a check that did not pass, secrets masked. */
  exchanges: readonly Exchange[]
}

/** How many checks ended how. `known` are failures of the baseline, counted in `failed` too. */
export interface Totals {
  passed: number
  failed: number
  /** Races that were lost at first and went well alone; they are not counted in `passed`. */
  unsteady: number
  waived: number
  notRun: number
  errors: number
  known: number
}

/** One accident of today's servers, and who has seen it. */
export interface SeenAccident {
  id: AccidentId
  /** What it is. */
  what: string
  /** Ids of the checks that have seen it. */
  checks: readonly string[]
  /** Operations that have shown it. */
  operations: readonly OperationId[]
}

/** A whole run. */
export interface Report {
  /** Version of this structure. */
  format: 1
  kitVersion: string
  target: {
    url: string
    workspace: string | null
    hasClock: boolean
    identities: readonly string[]
    projects: 'own' | 'shared'
  }
  seed: number
  startedAt: string
  durationMs: number
  requests: number
  totals: Totals
  areas: Readonly<Record<string, Totals>>
  operations: Readonly<Partial<Record<OperationId, Totals>>>
  lifecycle: LifecycleCoverage
  results: readonly CheckResult[]
  /** Accidents of today's servers that were seen and accepted, in the spec's order. */
  accidents: readonly SeenAccident[]
  waivers: readonly WaiverNotice[]
  /** Ids of the baseline that fail no more. */
  fixed: readonly string[]
  /** Why the run ended early, or null. */
  aborted: string | null
  /** 0: all that ran passed, was waived or was known to fail; 1: something failed; 2: the target went away. */
  exitCode: 0 | 1 | 2
}

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
    const sightings = results.flatMap(({ id: check, accidents }) =>
      accidents.filter((each) => each.id === id).map(({ operation }) => ({ check, operation })),
    )
    if (sightings.length === 0) return []
    const checks = [...new Set(sightings.map(({ check }) => check))]
    const operations = new Set(sightings.flatMap(({ operation }) => operation ?? []))
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
  if (rule.operation !== undefined) return [rule.operation]
  if (rule.on !== undefined && isOperationId(rule.on)) return [rule.on]
  return operations.filter((operation) => !SETTING_UP.has(operation))
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
  | { type: 'check-finished'; result: CheckResult; finished: number; checks: number }
  | { type: 'finished'; report: Report }

/** Hears events; what it throws ends the run. */
export type VerifyListener = (event: VerifyEvent) => void
