// The suites: which checks they have, choosing them, and demanding that they run.
import { describe, expect, it } from 'vitest'
import type { Check } from '../../../src/contracts/check/check.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { checks } from '../../../src/contracts/suites/all-checks.js'
import { type SuiteName, suiteNames, suiteOf, selectChecks } from '../../../src/contracts/suites/requirements.js'
import { startMockTarget } from './mock-target.js'
import { passing, trial } from './trial-checks.js'
import { renderAnnotations, renderHtml, renderJunit, renderReport, renderStepSummary } from './shown-report.js'

const of = (suite: SuiteName): Check[] => checks.filter((check) => suiteOf(check) === suite)
const nothing = async () => undefined
const timed = trial('trial/timed', nothing, { needs: { clock: { seconds: 9999 } } })
const alone = trial('trial/alone', nothing, { needs: { other: 'stranger' } })
const optional = trial('trial/optional', nothing, { needs: { clock: { seconds: 9999 } }, severity: 'should' })

describe('suites', () => {
  it('of core and bridge need neither a clock nor a second user', () => {
    const needy = [...of('core'), ...of('bridge')].filter(({ needs }) => needs.clock ?? needs.other)
    expect(needy.map(({ id }) => id)).toEqual([])
  })

  it('are chosen by name, together with areas and ids', () => {
    const some = [passing, timed, alone]
    const ids = (selection: Parameters<typeof selectChecks>[1]) => selectChecks(some, selection).map(({ id }) => id)
    expect(ids({ suites: ['time', 'isolation'] })).toEqual(['trial/timed', 'trial/alone'])
    expect(ids({ suites: ['time'], areas: ['trial'] })).toEqual(['trial/timed'])
    expect(() => ids({ suites: ['bridge'] })).toThrow(expect.objectContaining({ code: 'checks/unknown' }))
    expect(() => ids({ suites: ['core'], require: ['time'] })).toThrow(
      expect.objectContaining({ code: 'checks/required' }),
    )
    expect(() => ids({ suites: ['time'], ids: ['trial/alone'] })).toThrow(
      expect.objectContaining({ code: 'checks/none' }),
    )
  })

  it('but that of the neighbours run when nothing is chosen; it runs when it is asked for in any way', () => {
    const suites = (selection: Parameters<typeof selectChecks>[1]) =>
      new Set(selectChecks(undefined, selection).map((check) => suiteOf(check)))
    expect(suites({})).toEqual(new Set(suiteNames.filter((name) => name !== 'neighbours')))
    expect(suites({ require: ['neighbours'] })).toEqual(new Set(suiteNames))
    for (const asked of [{ suites: ['neighbours'] }, { areas: ['projects'] }, { ids: ['projects/*'] }] as const) {
      expect(suites(asked)).toContain('neighbours')
    }
  })

  it('are counted in the report', async () => {
    const { suites } = await verify(await startMockTarget({ auth: 'local' }), { checks: [passing, timed, alone] })
    expect(suites).toMatchObject({ core: { passed: 1 }, isolation: { notRun: 1 }, time: { notRun: 1 } })
    expect(Object.keys(suites)).toEqual(['core', 'isolation', 'time'])
  })
})

describe('a required suite', () => {
  const run = async (require: SuiteName[], some: readonly Check[]) =>
    verify(await startMockTarget(), { checks: some, require })

  it('fails the run when a must of it did not run, and says what that needs', async () => {
    const report = await run(['core', 'time'], [passing, timed])
    expect(report.exitCode).toBe(1)
    const [verdict] = report.results.flatMap((each) => (each.verdict.kind === 'not-run' ? each.verdict.reason : []))
    expect(report.unmet).toEqual([{ suite: 'time', reason: verdict, checks: ['trial/timed'] }])
    for (const render of [renderReport, renderHtml, renderJunit, renderAnnotations, renderStepSummary])
      expect(render(report)).toMatch(/required[^]*time[^]*trial\/timed/)
  })

  it('is complete without what should be, and without other suites', async () => {
    expect(await run(['core'], [passing, timed])).toMatchObject({ exitCode: 0, unmet: [] })
    expect(await run(['time'], [passing, optional])).toMatchObject({ exitCode: 0, unmet: [] })
  })
})
