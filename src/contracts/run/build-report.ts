/** Adds the results of a run up to a report. */
import type { LifecycleCoverage } from '../check/lifecycle-coverage.js'
import {
  accidentsOf,
  failsRun,
  totalsByArea,
  totalsByOperation,
  totalsOfResults,
  type CheckResult,
  type MissingOperation,
  type Report,
  type Unmet,
} from '../check/report-model.js'
import type { Check } from '../check/check.js'
import { type SuiteName, suiteNames, suiteOf } from '../suites/suite-of.js'
import { ABORTED } from './check-run.js'
import type { TargetFacts } from './inspect-target.js'
import type { ResolvedTarget } from '../target/target.js'
import type { Waivers } from '../check/waivers.js'

/** What a report is made of. */
export interface ReportParts {
  target: ResolvedTarget
  survey: TargetFacts
  seed: number
  kitVersion: string
  startedAt: number
  durationMs: number
  /** The chosen checks, and what came of each. */
  checks: readonly Check[]
  results: readonly CheckResult[]
  missing: readonly MissingOperation[]
  /** Suites of which every `must` has to run. */
  required: readonly SuiteName[]
  lifecycle: LifecycleCoverage
  waivers: Waivers
  /** Ids of all checks that there are. */
  knownIds: ReadonlySet<string>
  /** Ids that failed before; undefined where nothing is known of that. */
  baseline: ReadonlySet<string> | undefined
  /** Whether waivers must be needed, and not over. */
  strict: boolean
  aborted: string | null
}

const identities: Report['target']['identities'] = ['main', 'colleague', 'stranger']

/** Builds the report of a finished run. */
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
    accidents: accidentsOf(results),
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

/** What ends a run without a word on the target: whoever runs it, or a clock that is not the target's own. */
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
