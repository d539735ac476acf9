// Every fair variant by itself, with the checks that show it, and all of them at once with all checks. Nothing is held
// against any of them.
import { describe, expect, it } from 'vitest'
import { suiteNames } from '../../../src/contracts/suites/requirements.js'
import { variants } from './catalogue.js'
import { play } from './play.js'

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

describe('a server that does all of that, now and then', () => {
  it.each(SEEDS)('is not blamed (%i)', { timeout: 900_000 }, async (at) => {
    const { held } = await play(
      variants.filter(({ joins }) => joins),
      0.5,
      { suites: suiteNames, seed: 8 + at, runs: 2 },
    )
    expect(held).toEqual([])
  })
})
