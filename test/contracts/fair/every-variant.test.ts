// Every fair variant by itself, with the checks that show it, and all of them at once with all checks: nothing is held against
// any of them. Every quirk of today's servers by itself, accepted and refused.
import { describe, expect, it } from 'vitest'
import { suiteNames } from '../../../src/contracts/suites/requirements.js'
import { quirkIds, type QuirkId } from '../../../src/contracts/check/seen-quirks.js'
import type { Verdict } from '../../../src/contracts/check/check.js'
import type { Report } from '../../../src/contracts/check/report-model.js'
import type { VerifyOptions } from '../../../src/contracts/run/verify.js'
import { quirks } from '../../../src/generated/quirks.js'
import { runnerOperations } from '../../../src/kernel/operation.js'
import { createRunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { putBefore } from '../../mutants/broken-mock.js'
import { variants } from './catalogue.js'
import { play, judged } from './play.js'
import { createQuirkMock, quirkVariants, races } from './quirks.js'

/** Each variant is played with so many seeds: `npm run test:fair` asks for ten. */
const SEEDS = Array.from({ length: Number(process.env['KIT_FAIR_SEEDS'] ?? 1) }, (_, at) => at)

describe.each(variants.map((variant) => [variant.what, variant] as const))(
  'a server of which it is true: %s',
  (_, variant) => {
    it.each(SEEDS)('is not blamed (%i)', async (at) => {
      const { held, counts } = await play([variant], 1, { only: variant.checks, seed: 3 + at, runs: 3 })
      expect(held).toEqual([])
      if (variant.spoil !== undefined) expect(counts.get(variant.id), 'how often it was played').toBeGreaterThan(0)
    })
  },
)

it.each(SEEDS)('a server that does all of that, now and then is not blamed (%i)', { timeout: 900_000 }, async (at) => {
  const { held } = await play(
    variants.filter(({ joins }) => joins),
    0.5,
    { suites: suiteNames, seed: 8 + at, runs: 2 },
  )
  expect(held).toEqual([])
})

const only = (id: QuirkId, options: VerifyOptions = {}) =>
  judged(createQuirkMock(id), { seed: 3, runs: 4, only: quirkVariants[id].checks, ...options })

/** Whether watch, which judges the operations of runners, gets to see it: no recording keeps what is too long. */
function isOfRunners(id: QuirkId): boolean {
  const { class: kind, operations } = quirks[id]
  return (
    id !== 'refused-payload-counts' &&
    kind === 'quirk' &&
    operations.some((operation) => Object.hasOwn(runnerOperations, operation))
  )
}

const failedIn = ({ results }: Report): Verdict[] =>
  results.map(({ verdict }) => verdict).filter(({ kind }) => kind === 'failed' || kind === 'error')

it.each(quirkIds)('%s is accepted and listed, and refused by its name under strict', async (id) => {
  const { report, watched } = await only(id)
  expect(failedIn(report)).toEqual([])
  expect(report.quirks.map((seen) => seen.id)).toEqual([id])

  const { verdicts, quirks: seen } = watched()
  expect(verdicts).toEqual([])
  const named = seen.filter((each) => each.id === id).map(({ how }) => how)
  if (isOfRunners(id)) expect(named).toContain('seen')

  const strict = (await only(id, { strict: true })).report
  expect(strict.exitCode).toBe(1)
  expect(JSON.stringify(failedIn(strict))).toContain(id)

  expect((await only(id, { strict: true, accept: [id] })).report.exitCode).toBe(0)
})

it.each(Object.entries(races))(
  '%s that is lost in another shape fails',
  async (_, { checks, undeclared, settings }) => {
    const mock = putBefore(createRunnerMock({ scenario: 'empty', settings }), [undeclared])
    const { report } = await judged(mock, { seed: 3, only: checks.filter((id) => id.startsWith('concurrency/')) })
    expect(report.exitCode).toBe(1)
  },
)

// That it passes, and that under strict every failure names a quirk, is for two trials of `npm run test:verify`.
it('a server with all quirks shows what becomes of ended jobs where they expire before a dead runner is purged', async () => {
  const limits = { completed_job_ttl_seconds: 3600 }
  const mock = createRunnerMock({ scenario: 'empty', profile: 'opik', settings: limits })
  const checks = ['time/expired-job-not-listed', 'time/cancelled-job-expires']
  const { quirks } = (await judged(mock, { seed: 3, only: checks }, limits)).report
  expect(quirks.map(({ id }) => id)).toEqual(['total-counts-expired', 'cancelled-running-never-expires'])
})
