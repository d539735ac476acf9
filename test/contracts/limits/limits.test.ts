// Whatever limits a target declares, no check blames it for something else: combinations of limits, with the clock moved.
// A few rows here, in CI; KIT_ALL_LIMITS runs them all.
import { describe, expect, it } from 'vitest'
import { verify } from '../../../src/contracts/run/verify.js'
import { startMockTarget } from '../framework/mock-target.js'
import { levels, pairwise } from './pairwise.js'

const SEED = 3
const SHORT_ROWS = [1, 12]

/** Left out where they take long and hang on no limit. */
const AREAS = ['time', 'long-poll', 'waiting-readers', 'limits', 'agents']

const rows = pairwise(SEED)
const isLong = process.env['KIT_ALL_LIMITS'] !== undefined

describe('verify of a target with other limits', () => {
  it('is tried on every pair of values of any two limits', () => {
    const pairs = new Set<string>()
    for (const row of rows) {
      const values = Object.entries(row)
      for (const [one, a] of values) for (const [other, b] of values) pairs.add(`${one}=${a} ${other}=${b}`)
    }
    const names = Object.keys(levels)
    expect(pairs.size).toBe(names.length * 4 + names.length * (names.length - 1) * 16)
  })

  const chosen = isLong ? rows.keys() : SHORT_ROWS
  it.each([...chosen])('blames it for nothing, row %i', { timeout: 600_000 }, async (at) => {
    const limits = rows[at] ?? {}
    const target = await startMockTarget({ clock: true, settings: limits })
    const report = await verify({ ...target, limits }, { seed: 11, runs: 3, ...(isLong ? {} : { areas: AREAS }) })
    const failed = report.results.filter(({ verdict }) => verdict.kind === 'failed' || verdict.kind === 'error')
    expect(failed.map(({ id, verdict }) => ({ id, verdict }))).toEqual([])
    expect(report.totals.passed).toBeGreaterThan(100)
  })
})
