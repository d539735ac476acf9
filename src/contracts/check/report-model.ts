/** The result of a run as data, and the events of verify during the run. Reporters only listen. */
import type {
  CheckResult,
  EdgeCoverage,
  LifecycleCoverage,
  MachineCoverage,
  Report,
  SeenQuirk,
  Share,
  SuiteName,
  Totals,
  Unmet,
  Verdict,
} from '../../generated/kit-schema.js'
import { type OperationId, operationIds } from '../../kernel/operation.js'
import { failsRun, hasFailed, operationOf, type Check, type Waivers } from './check.js'
import type { Exchange } from '../target/recorded-exchange.js'
import { quirkIds, describeQuirk } from './seen-quirks.js'
import { machineOf } from '../../lifecycle/roles.js'
import { machineNames, type MachineName, type Rule } from '../../lifecycle/table.js'

export type {
  CheckResult,
  EdgeCoverage,
  LifecycleCoverage,
  MachineCoverage,
  MissingOperation,
  Report,
  SeenQuirk,
  Share,
  Totals,
  Unmet,
  Verdict,
} from '../../generated/kit-schema.js'

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
    areas: totalsByArea(results),
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

export function totalsOfResults(results: readonly CheckResult[]): Totals {
  const count = (kind: Verdict['kind']): number => results.filter(({ verdict }) => verdict.kind === kind).length
  return {
    passed: count('passed'),
    failed: count('failed'),
    waived: count('waived'),
    notRun: count('not-run'),
    errors: count('error'),
    known: results.filter(({ isKnown }) => isKnown).length,
  }
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

function totalsByArea(results: readonly CheckResult[]): Record<string, Totals> {
  return totalsBy([...new Set(results.map(({ area }) => area))], results, ({ area }) => [area])
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

type Judged = Pick<CheckResult, 'rule' | 'verdict'>

/** How many decisions of the lifecycle tables the checks of a run have judged, by the rules that they say they judge. */
function lifecycleCoverage(results: readonly Judged[]): LifecycleCoverage {
  const covered = machineNames.map((machine) => coverageOf(machine, results))
  const edges = covered.flatMap((each) => each.edges.map((edge) => ({ ...edge, machine: each.machine })))
  const states = covered.flatMap((each) => each.states)
  return {
    machines: covered,
    states: { seen: states.filter((each) => each.isSeen).length, total: states.length },
    transitions: shareOf(edges.filter(({ from, to }) => from !== to)),
    timers: shareOf(edges.filter(({ kind }) => kind === 'timer')),
    pairs: shareOf(
      edges.filter(({ kind }) => kind === 'operation'),
      ({ machine, on, from }) => `${machine} ${on} ${from}`,
    ),
  }
}

function coverageOf(machine: MachineName, results: readonly Judged[]): MachineCoverage {
  const { rules, states } = machineOf(machine)
  const own = results.filter(({ rule }) => rule.machine === machine)
  const edges = new Map<string, EdgeCoverage>()
  for (const rule of rules) {
    for (const from of rule.from) {
      const key = [rule.on, from, rule.to ?? from].join(' ')
      const judged = own.filter((result) => judges(result, rule, from)).map(({ verdict }) => verdict.kind)
      const outcomes = new Set<string | undefined>([edges.get(key)?.outcome, ...judged])
      const outcome = (['failed', 'passed'] as const).find((each) => outcomes.has(each)) ?? 'not-seen'
      edges.set(key, { on: rule.on, from, to: rule.to ?? from, kind: kindOf(rule), outcome })
    }
  }
  const met = new Set([...edges.values()].flatMap(({ from, to, outcome }) => (outcome === 'passed' ? [from, to] : [])))
  return {
    machine,
    states: Object.entries(states).map(([name, { terminal }]) => ({
      ...{ name, isSeen: met.has(name), isTerminal: terminal },
    })),
    edges: [...edges.values()],
  }
}

/** Whether a check was about a decision: a rule in one of its states. */
function judges({ rule: claimed, verdict }: Judged, { on, to, answer }: Rule, from: string): boolean {
  const { from: state, to: next } = claimed
  if (claimed.on !== on || (state ?? from) !== from || (next !== undefined && to !== null && to !== next)) return false
  // Without a state an operation may have been decided by any of its rules.
  return state !== undefined || answer === null || verdict.kind === 'failed'
}

function kindOf({ on, answer }: Rule): EdgeCoverage['kind'] {
  return answer !== null ? 'operation' : on.startsWith('timer.') ? 'timer' : 'event'
}

function shareOf<Edge extends EdgeCoverage>(edges: readonly Edge[], name = (edge: Edge) => edge as unknown): Share {
  const tried = edges.filter(({ outcome }) => outcome !== 'not-seen')
  return { seen: new Set(tried.map(name)).size, total: new Set(edges.map(name)).size }
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
