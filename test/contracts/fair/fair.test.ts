// Fair variants, the short form: each row of the table of alternatives has one that plays it, and a mock that plays
// nearly all of them at once is not blamed by a choice of checks. All of it is in every-variant.test.ts.
import { describe, expect, it } from 'vitest'
import { alternatives } from '../../../src/contracts/target/answer.js'
import { checks } from '../../../src/contracts/suites/all-checks.js'
import { readFileSync } from 'node:fs'
import { accidentIds } from '../../../src/contracts/check/seen-accidents.js'
import { accidentVariants } from './accidents.js'
import { variants } from './catalogue.js'
import { play } from './play.js'

describe('the fair variants', () => {
  it('play every row of the table of alternatives, and no other', () => {
    const played = new Set(variants.flatMap(({ row }) => row ?? []))
    expect([...played].toSorted()).toEqual(Object.keys(alternatives).toSorted())
  })

  it('have a server for every accident of the spec, and a line for people', () => {
    expect(accidentIds).toHaveLength(26)
    expect(Object.keys(accidentVariants).toSorted()).toEqual(accidentIds.toSorted())
    const page = readFileSync(new URL('../../../docs/accidents.md', import.meta.url), 'utf8')
    expect(accidentIds.filter((id) => !page.includes(`<a id="${id}"></a>`))).toEqual([])
  })

  it('have ids and sentences of their own', () => {
    expect(new Set(variants.map(({ id }) => id)).size).toBe(variants.length)
    expect(new Set(variants.map(({ what }) => what)).size).toBe(variants.length)
  })

  it('are not blamed when all are played at once', { timeout: 60_000 }, async () => {
    const quick = checks.filter(({ area, needs }) => AREAS.has(area) && needs.clock === undefined)
    const { held } = await play(
      variants.filter(({ joins, id }) => joins && id !== 'slow'),
      0.5,
      { checks: quick, seed: 5 },
    )
    expect(held).toEqual([])
  })
})

/** A little of everything that needs no time. */
const AREAS = new Set(['runner', 'agents', 'job', 'bridge', 'paging'])
