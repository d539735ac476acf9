// Fair variants, the catalogue: each row of the table of alternatives and each accident has one that plays it. That none
// is blamed is for every-variant.test.ts and every-accident.test.ts.
import { describe, expect, it } from 'vitest'
import { alternatives } from '../../../src/contracts/target/answer.js'
import { readFileSync } from 'node:fs'
import { accidentIds } from '../../../src/contracts/check/seen-accidents.js'
import { accidentVariants } from './accidents.js'
import { variants } from './catalogue.js'

describe('the fair variants', () => {
  it('play every row of the table of alternatives, and no other', () => {
    const played = new Set(variants.flatMap(({ row }) => row ?? []))
    expect([...played].toSorted()).toEqual(Object.keys(alternatives).toSorted())
  })

  it('have a server for every accident of the spec, and a line for people', () => {
    expect(accidentIds).not.toEqual([])
    expect(Object.keys(accidentVariants).toSorted()).toEqual(accidentIds.toSorted())
    const page = readFileSync(new URL('../../../docs/accidents.md', import.meta.url), 'utf8')
    expect(accidentIds.filter((id) => !page.includes(`<a id="${id}"></a>`))).toEqual([])
  })

  it('have ids and sentences of their own', () => {
    expect(new Set(variants.map(({ id }) => id)).size).toBe(variants.length)
    expect(new Set(variants.map(({ what }) => what)).size).toBe(variants.length)
  })
})
