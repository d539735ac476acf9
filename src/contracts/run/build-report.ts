/** Adds the results of a run up to a report. */
import type { LifecycleCoverage } from '../check/coverage-report.js'
import {
  accidentsOf,
  failsRun,
  totalsByArea,
  totalsByOperation,
  totalsOfResults,
  type CheckResult,
  type Report,
} from '../check/report-model.js'
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
  results: readonly CheckResult[]
  lifecycle: LifecycleCoverage
  waivers: Waivers
  /** Ids of all checks that there are. */
  knownIds: ReadonlySet<string>
  baseline: ReadonlySet<string>
  aborted: string | null
}

const identities: Report['target']['identities'] = ['main', 'colleague', 'stranger']

/** Builds the report of a finished run. */
export function buildReport(parts: ReportParts): Report {
  const { results, target, survey } = parts
  const ran = new Set(results.filter(({ verdict }) => verdict.kind !== 'not-run').map(({ id }) => id))
  const failing = new Set(results.filter(({ verdict }) => isFailure(verdict.kind)).map(({ id }) => id))
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
    areas: totalsByArea(results),
    operations: totalsByOperation(results),
    lifecycle: parts.lifecycle,
    results,
    accidents: accidentsOf(results),
    waivers: parts.waivers.notices(ran, parts.knownIds),
    fixed: [...parts.baseline].filter((id) => ran.has(id) && !failing.has(id)),
    aborted: parts.aborted,
    exitCode: exitCodeOf(parts),
  }
}

function isFailure(kind: string): boolean {
  return kind === 'failed' || kind === 'error'
}

function exitCodeOf({ aborted, results }: ReportParts): Report['exitCode'] {
  if (aborted !== null && !aborted.includes('--bail')) return 2
  return results.some(failsRun) ? 1 : 0
}
