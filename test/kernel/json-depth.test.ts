// What nests without end is noticed without going into it.
import { describe, expect, it } from 'vitest'
import { parseAssignment } from '../../src/cli/assignment.js'
import { parseJson } from '../../src/contracts/target/answer.js'
import { isTooDeep, nestsTooDeeply } from '../../src/kernel/json-text.js'

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

it('nestsTooDeeply counts brackets outside of strings', () => {
  expect([1000, 1001, 1_000_000].map((depth) => nestsTooDeeply(nested(depth)))).toEqual([false, true, true])
  expect(nestsTooDeeply(JSON.stringify(`\\"${'['.repeat(5000)}`))).toBe(false)
  expect(nestsTooDeeply(`[${'[],'.repeat(5000)}0]`)).toBe(false)
  expect(nestsTooDeeply(`${'{"a":'.repeat(1001)}0${'}'.repeat(1001)}`)).toBe(true)
  expect(nestsTooDeeply(`[${'{"a":{}},'.repeat(5000)}0]`)).toBe(false)
})

describe('isTooDeep', () => {
  it('counts as nestsTooDeeply does', () => {
    for (const depth of [1000, 1001]) {
      const text = nested(depth)
      expect(isTooDeep(JSON.parse(text)), `${depth}`).toBe(nestsTooDeeply(text))
    }
  })

  it('finds what holds itself, by whatever way', () => {
    const loop: unknown[] = []
    loop.push({ loop }, { loop }, loop)
    expect(isTooDeep({ a: [loop] })).toBe(true)
    for (const value of [JSON.parse(nested(900)), Array.from({ length: 5000 }, () => []), null, 'text'])
      expect(isTooDeep(value)).toBe(false)
  })
})

it('an answer that nests without end is none, and a value of --set is refused', () => {
  expect(parseJson(nested(100_000))).toBeUndefined()
  expect(parseJson(nested(500))).toBeDefined()
  expect(() => parseAssignment(`inputs=${nested(30_000)}`)).toThrow('--set')
})
