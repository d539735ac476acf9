// All checks against our own mock, its clock moved: none fails, none is left out, and every answer that the spec declares
// and a caller can bring about comes up.
import { describe, expect, it } from 'vitest'
import { verify } from '../../../src/contracts/run/verify.js'
import { checks } from '../../../src/contracts/suites/all-checks.js'
import { suiteOf } from '../../../src/contracts/suites/requirements.js'
import type { AppTarget, Target } from '../../../src/contracts/target/target.js'
import { neighbourOperations, operations, responses, tags } from '../../../src/kernel/all-operations.js'
import { operationIds } from '../../../src/kernel/operation.js'
import type { RunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { openMockApp, startMockTarget } from '../framework/mock-target.js'

/** Answers that no caller of an open mock can bring about, by what they need. */
const OUT_OF_REACH: Readonly<Record<number, { why: string; except: readonly string[] }>> = {
  401: { why: 'keys', except: [] },
  403: { why: 'keys', except: ['activatePairingSession'] },
  413: { why: 'bodies beyond all limits', except: [] },
}

/** Single answers that are out of reach for a reason of their own. */
const UNREACHED = new Set([
  // A server may limit how often a caller pairs; nobody says how often.
  'createPairingSession 429',
  'activatePairingSession 429',
  // Of a commit that two versions have there is a case of its own: it would spoil other runs.
  'getPromptByCommit 409',
  // What a server says of a version that cannot be restored is open.
  'restorePromptVersion 400',
  // Checks store a preference before they read it.
  'getReportPreference 204',
  // What becomes of an id that is taken, nobody says.
  'updateAgentConfig 409',
  // A span in two projects at once is nothing that a rule speaks of.
  'createSpan 409',
  // 404 means an unknown workspace here, or a wrong base path: an open mock knows any workspace.
  ...[
    ...operationIds.filter((id) => tags[id] === 'Workspace' && !operations[id].path.includes('{')),
    ...`version getPromptsByCommits deletePromptsBatch updatePromptVersions retrievePromptVersionsByIds findEnvironments
      createEnvironment deleteEnvironmentsBatch deleteTraceComments deleteSpanComments deleteThreadComments
      batchUpdateThreads createProject deleteProjectsBatch findProjects createTrace createTraces deleteTraces
      batchUpdateTraces createSpan createSpans batchUpdateSpans isAlive`.split(/\s+/),
  ].map((operation) => `${operation} 404`),
])

/**
 * In CI a server with the usual limits and all checks. Elsewhere queues and rates take fewer calls to fill, and of the
 * checks of neighbours, of which each operation has several alike, every eleventh runs.
 */
const isLong = process.env['KIT_ALL_TARGETS'] !== undefined
const limits = {
  max_pending_jobs_per_runner: 80,
  bridge_max_pending_per_runner: 40,
  bridge_max_commands_per_minute: 60,
  bridge_max_write_commands_per_minute: 45,
}
/** Areas of neighbours whose checks each say something of their own. */
const OWN = new Set(['projects', 'ingestion', 'configurations', 'prompts'])
// An open mock has no user who may not do everything.
const practicable = checks.filter(({ needs }) => needs.other !== 'reader')
const chosen = practicable.filter(
  (check, place) => isLong || OWN.has(check.area) || suiteOf(check) !== 'neighbours' || place % 11 === 0,
)
const areas = [...new Set(chosen.map(({ area }) => area))]
const judged = isLong ? operationIds : operationIds.filter((id) => !Object.hasOwn(neighbourOperations, id))
const openTarget = async (): Promise<(Target | AppTarget) & { mock: RunnerMock }> =>
  isLong ? startMockTarget({ clock: true }) : Object.assign(openMockApp({ settings: limits }), { limits })

describe('all checks against the mock', () => {
  const seen = new Set<string>()

  it.each(areas)('pass in the area %s', async (area) => {
    const target = await openTarget()
    target.mock.on('request', ({ operation, status }) => seen.add(`${operation ?? ''} ${status}`))
    const own = chosen.filter((check) => check.area === area)
    const report = await verify(target, { checks: own, seed: 11, runs: 1 })
    const others = report.results.filter(({ verdict }) => verdict.kind !== 'passed')
    expect(others.map(({ id, verdict }) => [id, verdict])).toEqual([])
    expect(report.quirks).toEqual([])
  })

  it('see every declared answer that can be seen', () => {
    const unseen = judged.flatMap((operation) =>
      Object.keys(responses[operation])
        .filter((status) => !isOutOfReach(operation, Number(status)))
        .map((status) => `${operation} ${status}`)
        .filter((answer) => !seen.has(answer)),
    )
    expect(unseen).toEqual([])
  })
})

function isOutOfReach(operation: string, status: number): boolean {
  const rule = OUT_OF_REACH[status]
  return (rule !== undefined && !rule.except.includes(operation)) || UNREACHED.has(`${operation} ${status}`)
}
