// All checks against our own mock, its clock moved: none fails, none is left out, and every answer that the spec declares
// and a caller can bring about comes up.
import { describe, expect, it, onTestFinished } from 'vitest'
import { verify } from '../../../src/contracts/run/verify.js'
import { suiteNames } from '../../../src/contracts/suites/suite-of.js'
import { operations, responses, tags } from '../../../src/kernel/all-operations.js'
import { operationIds } from '../../../src/kernel/operation.js'
import { createRunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { startMockTarget } from '../framework/mock-target.js'

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
  // What becomes of an id that is taken, nobody says.
  'updateAgentConfig 409',
  // A span in two projects at once is nothing that a rule speaks of.
  'createSpan 409',
  // 404 means an unknown workspace here, or a wrong base path: an open mock knows any workspace.
  ...[
    ...operationIds.filter((id) => tags[id] === 'Workspace' && !operations[id].path.includes('{')),
    'version',
    'getPromptsByCommits',
    'createProject',
    'deleteProjectsBatch',
    'findProjects',
    'createTrace',
    'createTraces',
    'deleteTraces',
    'batchUpdateTraces',
    'createSpan',
    'createSpans',
    'batchUpdateSpans',
    'isAlive',
  ].map((operation) => `${operation} 404`),
])

/** In CI a server, elsewhere the mock as an app of this process: that takes half the time, and nothing is left out. */
async function openTarget() {
  if (process.env['KIT_ALL_TARGETS'] !== undefined) return startMockTarget({ clock: true })
  const mock = createRunnerMock({ scenario: 'empty' })
  onTestFinished(() => mock.close())
  const advance = async (seconds: number): Promise<number> => {
    await mock.clock.advance({ seconds })
    return mock.clock.now()
  }
  return { app: mock, mock, clock: { advance, now: async () => mock.clock.now() } }
}

describe('all checks against the mock', () => {
  it('pass, and see every declared answer that can be seen', { timeout: 600_000 }, async () => {
    const { mock, ...target } = await openTarget()
    const seen = new Set<string>()
    mock.on('request', ({ operation, status }) => seen.add(`${operation ?? ''} ${status}`))
    const report = await verify(target, { suites: suiteNames, seed: 11, runs: 1 })
    const others = report.results.filter(({ verdict }) => verdict.kind !== 'passed')
    expect(others.map(({ id, verdict }) => [id, verdict])).toEqual([])

    const unseen = operationIds.flatMap((operation) =>
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
