// Fair variants, the catalogue: each row of the table of alternatives and each quirk has one that plays it. That none
// is blamed is for every-variant.test.ts.
import { describe, expect, it } from 'vitest'
import { alternatives } from '../../../src/contracts/target/answer.js'
import { readFileSync } from 'node:fs'
import { quirkIds } from '../../../src/contracts/check/seen-quirks.js'
import { quirkVariants } from './quirks.js'
import { variants } from './catalogue.js'

describe('the fair variants', () => {
  it('play every row of the table of alternatives, and no other', () => {
    const played = new Set(variants.flatMap(({ row }) => row ?? []))
    expect([...played].toSorted()).toEqual(Object.keys(alternatives).toSorted())
  })

  it('have a server for every quirk of the spec, and a line for people', () => {
    expect(quirkIds).not.toEqual([])
    expect(Object.keys(quirkVariants).toSorted()).toEqual(quirkIds.toSorted())
    const page = readFileSync(new URL('../../../docs/quirks.md', import.meta.url), 'utf8')
    expect(quirkIds.filter((id) => !page.includes(`<a id="${id}"></a>`))).toEqual([])
  })

  it('have ids and sentences of their own', () => {
    expect(new Set(variants.map(({ id }) => id)).size).toBe(variants.length)
    expect(new Set(variants.map(({ what }) => what)).size).toBe(variants.length)
  })
})
