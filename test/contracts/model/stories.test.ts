// Stories of the walk on servers: by the rules they pass, and on today's server each is told with the quirk's name.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { storyCheck } from '../../../src/contracts/model/play/play-story.js'
import { checks } from '../../../src/contracts/suites/all-checks.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { KitError } from '../../../src/kernel/errors.js'
import type { StoryFile } from '../../../src/generated/kit-schema.js'
import { walkLimits } from '../../../src/lifecycle/states/behaviour.js'
import { readStory } from '../../../src/lifecycle/states/story-calls.js'
import { createRunnerMock, type RunnerMockOptions } from '../../../src/mocks/mock/runner-mock.js'
import { appOf, openMockApp } from '../framework/mock-target.js'

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

/** Those that need no settings of their own. */
const onToday = [
  'activation-revives',
  'gone-runner-poll-waits',
  'hung-up-poller-swallows',
  'one-waiter-wakes',
  'reported-command-in-queue',
  'reported-pending-handed-out',
  'stale-wait',
]

describe('the stories of the rules', () => {
  it('reach the limits that a target has: a full queue of each kind, and a rate', async () => {
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
