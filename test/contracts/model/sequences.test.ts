// The model-based checks against servers that make mistakes: each is caught, by a sequence that is no longer than it
// must be.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from '../../../src/contracts/target/expectation.js'
import type { Target } from '../../../src/contracts/target/target.js'
import { verify, type VerifyOptions } from '../../../src/contracts/run/verify.js'
import type { ApiResponse } from '../../../src/mocks/base/exchange.js'
import { storyCheck } from '../../../src/contracts/model/play-story.js'
import { checks } from '../../../src/contracts/suites/all-checks.js'
import { KitError } from '../../../src/kernel/errors.js'
import type { StoryFile } from '../../../src/generated/kit-schema.js'
import { walkLimits } from '../../../src/lifecycle/states/behaviour.js'
import { readStory } from '../../../src/lifecycle/states/story-calls.js'
import { createRunnerMock, type RunnerMockOptions } from '../../../src/mocks/mock/runner-mock.js'
import type { Layer } from '../../mutants/broken-mock.js'
import { runnerIdOf } from '../../mutants/polls.js'
import { editMembers, insteadOf } from '../../mutants/spoils.js'
import { startMockTarget, appOf, openMockApp } from '../framework/mock-target.js'

/** The operations of the calls of a finding. */
const callsIn = ({ steps = [] }: Finding) => steps.map((step) => step.split(/[ :]/)[0])

const pathOf = ({ replay = '' }: Finding): string => /--path ([\d:]+)$/.exec(replay)?.[1] ?? ''

/** What a check finds wrong with a target; it must find one thing. */
async function findingOf(target: Target, check: string, options: VerifyOptions = {}): Promise<Finding> {
  const [result] = (await verify(target, { seed: 1, ...options, only: [check] })).results
  if (result?.verdict.kind !== 'failed') throw new Error(`${check}: ${JSON.stringify(result?.verdict)}`)
  const [finding, ...others] = result.verdict.findings
  expect(others).toEqual([])
  return finding!
}

// Seeds are those that find and shorten a mistake quickly; others do as well.

const CALLS = [
  ...['createPairingSession', 'activatePairingSession', 'heartbeat'],
  ...['createBridgeCommand', 'reportBridgeResult', 'reportBridgeResult'],
]

/** A search may end at a sequence that nothing single can be taken from, although a shorter one exists. */
const SPARE_CALLS = 2

const newestFirst: Layer = {
  touches: new Set(['nextJob']),
  spoil(stage) {
    const taken = new Map<string, ApiResponse[]>()
    return async (call) => {
      const jobs = taken.get(runnerIdOf(call)) ?? []
      taken.set(runnerIdOf(call), jobs)
      while (stage.jobsOf(runnerIdOf(call), 'pending').length > 0) jobs.push(await call.proceed())
      return jobs.pop() ?? call.proceed()
    }
  },
}

const secondReportCounts = { touches: new Set(['reportBridgeResult'] as const), spoil: insteadOf(409, 204) }

it('random sequences catch a mistake', async () => {
  const target = await startMockTarget({ clock: true, layers: [secondReportCounts] })
  const told = callsIn(await findingOf(target, 'model/commands', { seed: 8 }))
  expect(told.length).toBeLessThanOrEqual(CALLS.length + SPARE_CALLS)
  expect(told).toEqual(expect.arrayContaining([...new Set(CALLS)]))
})

const countsOneMore: Layer = {
  touches: new Set(['listJobs']),
  spoil: editMembers((page) => ({ ...page, total: Number(page['total']) > 0 ? Number(page['total']) + 1 : 0 })),
}

it('sequences that are played side by side while time is moved show a mistake in as few calls as one by itself, which is replayed by its path', async () => {
  const start = () => startMockTarget({ clock: true, layers: [countsOneMore] })
  const found = await findingOf(await start(), 'model/time', { seed: 1, runs: 5 })
  const told = ['createPairingSession', 'activatePairingSession', 'registerAgents', 'createJob', 'listJobs']
  expect(callsIn(found)).toEqual(told)
  const replayed = await findingOf(await start(), 'model/time', { seed: 1, path: pathOf(found) })
  expect(callsIn(replayed)).toEqual(told)
})

describe('a failing sequence', () => {
  const [check, seed] = ['model/jobs', 5]
  const start = () => startMockTarget({ clock: true, layers: [newestFirst] })
  let found: Finding
  beforeAll(async () => {
    found = await findingOf(await start(), check, { seed })
  })

  it('is the same for the same seed, and is replayed alone by its path', async () => {
    const replayed = await verify(await start(), { only: [check], seed, path: pathOf(found) })
    expect(replayed.results).toMatchObject([{ verdict: { kind: 'failed', findings: [{ steps: found.steps }] } }])
    expect(found.expected).toMatch(/oldest pending job/)
    expect(replayed.requests).toBeLessThan(20)
  })

  it('is told as docs/model.md shows it', () => {
    const guide = readFileSync(new URL('../../../docs/model.md', import.meta.url), 'utf8')
    const [, shown = ''] = /\n +steps(.*?)\n```/s.exec(guide) ?? []
    const [steps, again] = shown.split(' again ').map((text) => text.trim().split(/\n\s*/))
    expect(steps).toEqual(found.steps)
    expect(again).toEqual([found.replay?.replace(/:\d+\/api/, ':5173/api')])
  })
})

const folder = join(import.meta.dirname, '../../../stories')
const stories = readdirSync(folder).map(
  (name) =>
    [name.replace('.json', ''), readStory(JSON.parse(readFileSync(join(folder, name), 'utf8')) as StoryFile)] as const,
)

async function play(story: (typeof stories)[number][1], options: RunnerMockOptions) {
  const mock = createRunnerMock({ scenario: 'empty', ...options })
  const target = { ...appOf(mock), limits: mock.settings }
  const { quirks, results } = await verify(target, { checks: [storyCheck(story)], seed: 1 })
  await mock.close()
  return { quirks: quirks.map(({ id }) => id), kinds: results.map(({ verdict }) => verdict.kind) }
}

/** Those that need no settings of their own; of others no answer to one caller after the other tells. */
const onToday = [
  'activation-revives',
  'hung-up-poller-swallows',
  'reported-command-in-queue',
  'reported-pending-handed-out',
]

it('the stories of the rules reach the limits that a target has: a full queue of each kind, and a rate', async () => {
  const { mock, app } = openMockApp({ journalSize: 10_000 })
  const report = await verify(
    { app },
    { checks: checks.filter(({ id }) => id === 'model/everything'), seed: 1, runs: 1 },
  )
  expect(report.results.map(({ verdict }) => verdict.kind)).toEqual(['passed'])
  const refused = mock.journal.entries().filter(({ status }) => status === 429)
  const jobs = refused.filter(({ operation }) => operation === 'createJob')
  const commands = refused.filter(({ operation }) => operation === 'createBridgeCommand')
  expect([jobs.length > 0, commands.length > 1]).toEqual([true, true])
  // The calls about jobs name those that the stories have made.
  const reported = mock.journal.entries().filter(({ operation }) => operation === 'reportJobResult')
  expect(reported.filter(({ status }) => status === 204).length).toBeGreaterThan(3)
})

// They mostly wait.
describe.concurrent('a story', () => {
  it.each(stories)('passes on a server that keeps the rules: %s', async (_, story) => {
    const { kinds, quirks } = await play(story, { settings: { ...walkLimits } })
    expect({ kinds, quirks }).toEqual({ kinds: ['passed'], quirks: [] })
  })

  it.each(stories.filter(([quirk]) => onToday.includes(quirk)))(
    "names the quirk of today's server: %s",
    async (quirk, story) => {
      const { kinds, quirks } = await play(story, { profile: 'opik' })
      expect({ kinds, quirks }).toEqual({ kinds: ['passed'], quirks: [quirk] })
    },
  )

  it('fails where neither the rules nor a quirk answer like that', async () => {
    const story = readStory({ story: 'A pairing.', steps: [{ do: 'createPairingSession' }, { do: 'listRunners' }] })
    const { kinds } = await play(story, { faults: [{ operation: 'createPairingSession', status: 418 }] })
    expect(kinds).toEqual(['failed'])
  })

  it('is refused when a step does nothing that is known', () => {
    expect(() => readStory({ story: 'Nothing.', steps: [{ do: 'wish' }] })).toThrow(KitError)
  })
})
