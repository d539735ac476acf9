// Every quirk of today's servers by itself, accepted and refused.
import { describe, expect, it } from 'vitest'
import { quirkIds, type QuirkId } from '../../../src/contracts/check/seen-quirks.js'
import type { Verdict } from '../../../src/contracts/check/check.js'
import type { Report } from '../../../src/contracts/check/report-model.js'
import type { VerifyOptions } from '../../../src/contracts/run/verify.js'
import { quirks } from '../../../src/generated/quirks.js'
import { runnerOperations } from '../../../src/kernel/operation.js'
import { createRunnerMock } from '../../../src/mocks/mock/runner-mock.js'
import { putBefore } from '../../mutants/broken-mock.js'
import { judged } from './play.js'
import { quirkVariants, createQuirkMock } from './quirks.js'
import { races } from './races.js'

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

describe.each(quirkIds)('%s', (id) => {
  it('is accepted and listed, and refused by its name under strict', async () => {
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
})

describe.each(Object.entries(races))('%s', (_, { checks, undeclared, settings }) => {
  it('that is lost in another shape fails', async () => {
    const mock = putBefore(createRunnerMock({ scenario: 'empty', settings }), [undeclared])
    const { report } = await judged(mock, { seed: 3, only: checks.filter((id) => id.startsWith('concurrency/')) })
    expect(report.exitCode).toBe(1)
  })
})

describe('a server with all of them', () => {
  // That it passes, and that under strict every failure names a quirk, is for two trials of `npm run test:verify`.
  it('shows what becomes of ended jobs where they expire before a dead runner is purged', async () => {
    const limits = { completed_job_ttl_seconds: 3600 }
    const mock = createRunnerMock({ scenario: 'empty', profile: 'opik', settings: limits })
    const checks = ['time/expired-job-not-listed', 'time/cancelled-job-expires']
    const { quirks } = (await judged(mock, { seed: 3, only: checks }, limits)).report
    expect(quirks.map(({ id }) => id)).toEqual(['total-counts-expired', 'cancelled-running-never-expires'])
  })
})
