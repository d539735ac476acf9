// What verify does with accidents of today's servers and with races, whatever the checks: accepts, refuses, tells.
import { describe, expect, it } from 'vitest'
import { accidentIds } from '../../../src/contracts/check/seen-accidents.js'
import { expectThat } from '../../../src/contracts/target/expectation.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { startMockTarget } from './mock-target.js'
import { passing, trial } from './trial-checks.js'
import {
  renderAnnotations,
  renderHtml,
  renderJson,
  renderJunit,
  renderReport,
  renderStepSummary,
} from './shown-report.js'

const seen = trial(
  'trial/seen',
  async (context) => {
    const proof = await context.call('isAlive')
    context.accident('stale-wait', { expected: 'the state now', actual: 'an older one', proof })
  },
  { rule: { operation: 'getBridgeCommand' } },
)

/** A race that is lost as often as told. */
const race = (losses: number) => {
  let runs = 0
  const run = async (): Promise<void> => {
    await Promise.resolve()
    expectThat(++runs > losses, 'a winner', 'none')
  }
  return trial('trial/race', run, { race: true })
}

describe('an accident that a check has seen', () => {
  it('is accepted, and stands in every report with who has seen it', async () => {
    const report = await verify(await startMockTarget(), { checks: [passing, seen] })
    expect(report.exitCode).toBe(0)
    expect(report.totals.passed).toBe(2)
    expect(report.accidents).toMatchObject([{ id: 'stale-wait', checks: ['trial/seen'], operations: ['isAlive'] }])
    const texts = [
      renderReport(report),
      renderJson(report),
      renderJunit(report),
      renderHtml(report),
      renderStepSummary(report),
    ]
    for (const text of texts) expect(text).toContain('stale-wait')
    expect(renderAnnotations(report)).toContain('stale-wait')
  })

  it('fails under strict, unless it is accepted by its id', async () => {
    const target = await startMockTarget()
    const strict = await verify(target, { checks: [passing, seen], strict: true })
    expect(strict.results.map(({ verdict }) => verdict.kind)).toEqual(['passed', 'failed'])
    expect(strict.exitCode).toBe(1)
    expect(strict.accidents).toEqual([])
    const accepted = await verify(target, { checks: [passing, seen], strict: true, accept: ['stale-wait'] })
    expect(accepted.exitCode).toBe(0)
  })

  it('is accepted by no id that the spec does not have', async () => {
    expect(accidentIds).toContain('stale-wait')
    const target = await startMockTarget()
    const error = await verify(target, { checks: [passing], accept: ['stale-wiat'] }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'accidents/unknown' })
    expect(String(error)).toContain('stale-wait')
  })
})

describe('a race', () => {
  it('that is lost once and won alone is unsteady, and fails under strict', async () => {
    const target = await startMockTarget()
    const lenient = await verify(target, { checks: [race(1)] })
    expect([lenient.totals.unsteady, lenient.totals.passed, lenient.exitCode]).toEqual([1, 0, 0])
    expect((await verify(target, { checks: [race(1)], strict: true })).exitCode).toBe(1)
    expect((await verify(target, { checks: [race(1)], strict: true, accept: ['races'] })).totals.unsteady).toBe(1)
  })

  it('that is lost alone, too, has failed', async () => {
    const report = await verify(await startMockTarget(), { checks: [race(2)] })
    expect([report.totals.failed, report.exitCode]).toEqual([1, 1])
  })
})
