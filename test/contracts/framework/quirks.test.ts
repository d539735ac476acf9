// What verify does with quirks of today's servers and with races, whatever the checks: accepts, refuses, tells.
import { describe, expect, it } from 'vitest'
import { quirkIds } from '../../../src/contracts/check/seen-quirks.js'
import { expectThat } from '../../../src/contracts/target/expectation.js'
import { verify } from '../../../src/contracts/run/verify.js'
import { openMockApp } from './mock-target.js'
import { passing, trial } from './trial-checks.js'
import { renderAll } from './shown-report.js'

const seen = trial(
  'trial/seen',
  async (context) => {
    const proof = await context.call('isAlive')
    context.quirk('stale-wait', { expected: 'the state now', actual: 'an older one', proof })
  },
  { rule: { operation: 'getBridgeCommand' } },
)

/** A race that is lost, in a shape that is declared. */
const race = trial(
  'trial/race',
  async (context) => {
    const proof = await context.call('isAlive')
    context.quirk('races/slots', { expected: 'one runner', actual: 2, proof })
  },
  { race: true },
)

/** A check that others disturb as often as told. */
const disturbed = (times: number, about: { isShared: boolean }) => {
  let runs = 0
  const run = async (): Promise<void> => {
    await Promise.resolve()
    expectThat(++runs > times, 'peace', 'none')
  }
  return trial('trial/disturbed', run, about)
}

describe('a quirk that a check has seen', () => {
  it('is accepted, and stands in every report with who has seen it', async () => {
    const report = await verify(openMockApp(), { checks: [passing, seen] })
    expect(report.exitCode).toBe(0)
    expect(report.totals.passed).toBe(2)
    expect(report.quirks).toMatchObject([{ id: 'stale-wait', checks: ['trial/seen'], operations: ['isAlive'] }])
    for (const text of renderAll(report)) expect(text).toContain('stale-wait')
  })

  it('fails under strict, unless it is accepted by its id', async () => {
    const target = openMockApp()
    const strict = await verify(target, { checks: [passing, seen], strict: true })
    expect(strict.results.map(({ verdict }) => verdict.kind)).toEqual(['passed', 'failed'])
    expect(strict.exitCode).toBe(1)
    expect(strict.quirks).toEqual([])
    const accepted = await verify(target, { checks: [passing, seen], strict: true, accept: ['stale-wait'] })
    expect(accepted.exitCode).toBe(0)
  })

  it('is accepted by no id that the spec does not have', async () => {
    expect(quirkIds).toContain('stale-wait')
    const target = openMockApp()
    const error = await verify(target, { checks: [passing], accept: ['stale-wiat'] }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'quirks/unknown' })
    expect(String(error)).toContain('stale-wait')
  })
})

describe('a race that is lost in a declared shape', () => {
  it('is a quirk with an id of its own, and one of `races`', async () => {
    const target = openMockApp()
    const lenient = await verify(target, { checks: [race], accept: ['races'] })
    expect([lenient.exitCode, lenient.quirks.map(({ id }) => id)]).toEqual([0, ['races/slots']])
    expect((await verify(target, { checks: [race], strict: true })).exitCode).toBe(1)
    for (const accepted of ['races', 'races/slots'])
      expect((await verify(target, { checks: [race], strict: true, accept: [accepted] })).exitCode).toBe(0)
    expect((await verify(target, { checks: [race], strict: true, accept: ['races/limit'] })).exitCode).toBe(1)
  })
})

describe('a check of something that others change', () => {
  it('is run once more, alone, before a failure counts', async () => {
    const target = openMockApp()
    const kindOf = async (times: number, isShared: boolean) =>
      (await verify(target, { checks: [disturbed(times, { isShared })] })).results[0]?.verdict.kind
    expect(await kindOf(1, true)).toBe('passed')
    expect(await kindOf(2, true)).toBe('failed')
    expect(await kindOf(1, false)).toBe('failed')
  })
})
