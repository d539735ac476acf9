/**
 * The result of a run as data, the events of verify during the run, and the accepted failures. Reporters only listen.
 */
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
  Waiver,
  WaiverNotice,
} from '../../generated/kit-schema.js'
import { type OperationId, operationIds } from '../../kernel/operation.js'
import { type Check, currentId, operationOf } from './check.js'
import type { Exchange } from '../target/recorded-exchange.js'
import { quirkIds, describeQuirk } from './seen-quirks.js'
import { machineOf } from '../../lifecycle/roles.js'
import { machineNames, type MachineName, type Rule } from '../../lifecycle/table.js'
import { expectForm } from '../../kernel/validate-options.js'
import { WaiversFile as form } from '../../generated/kit-node.js'

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

export function hasFailed({ verdict }: Pick<CheckResult, 'verdict'>): boolean {
  return verdict.kind === 'failed' || verdict.kind === 'error'
}

export function failsRun(result: CheckResult): boolean {
  return hasFailed(result) && !result.isKnown
}

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

export type { Waiver, WaiverNotice } from '../../generated/kit-schema.js'

export type Waivers = ReturnType<typeof createWaivers>

/**
 * Reads waivers from parsed YAML or JSON: a list, or an object with a list `waivers`.
 * @throws KitError `waivers/form` when an entry lacks its id or reason, has an invalid date or an unknown member.
 */
export function parseWaivers(value: unknown): Waiver[] {
  const given = expectForm(form, withDays(value), 'the waivers', 'waivers/form')
  const waivers = 'waivers' in given ? given.waivers : given
  return waivers.map((each) => ({ ...each, id: currentId(each.id) }))
}

/** YAML reads an unquoted day as text; other readers give a time. */
function withDays(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().slice(0, 10)
  if (Array.isArray(value)) return value.map(withDays)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withDays(member)]))
}

/** Waivers of one run; remembers which were used. */
export function createWaivers(
  waivers: readonly Waiver[],
  today: string,
  requirementOf: (checkId: string) => string | undefined,
) {
  const covers = ({ id }: Waiver, checkId: string): boolean =>
    id === checkId || (id.endsWith('/*') && checkId.startsWith(id.slice(0, -1))) || id === requirementOf(checkId)
  const used = new Set<Waiver>()
  const isActive = ({ expires }: Waiver): boolean => expires === undefined || expires >= today
  return {
    /** The verdict with the waivers applied. */
    apply(checkId: string, verdict: Verdict): Verdict {
      if (verdict.kind !== 'failed') return verdict
      // Each that covers it is needed, whichever of them is named.
      const fitting = waivers.filter((each) => covers(each, checkId) && isActive(each))
      const [waiver] = fitting
      if (waiver === undefined) return verdict
      for (const each of fitting) used.add(each)
      return { kind: 'waived', reason: waiver.reason, findings: verdict.findings }
    },
    /** Notices, once all checks are done. `ran` are the ids of checks with a judgement, `known` all ids that there are. */
    notices(ran: ReadonlySet<string>, known: ReadonlySet<string>) {
      return waivers.flatMap((waiver): WaiverNotice[] => {
        const { id, expires } = waiver
        const meant = [...known].filter((each) => covers(waiver, each))
        if (meant.length === 0) return [{ id, kind: 'unknown', message: `There is no check ${id}.` }]
        if (!isActive(waiver)) {
          return [{ id, kind: 'expired', message: `The waiver of ${id} ended on ${expires ?? ''}.` }]
        }
        const isNeedless = !used.has(waiver) && meant.some((each) => ran.has(each))
        return isNeedless ? [{ id, kind: 'needless', message: `${id} passes; its waiver can go.` }] : []
      })
    },
  }
}
