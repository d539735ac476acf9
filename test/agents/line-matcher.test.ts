// Patterns of strangers: they find what the platform's own expressions find, and none takes long.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLineMatcher } from '../../src/mocks/agents/connect/line-matcher.js'

/** Patterns over a few letters, with everything that the automaton knows. */
const pattern = fc.letrec<{ part: string; whole: string }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('a', 'b', '.', '\\w', '[ab]', '[^a]', '\\d', '\\x61', '\\.', 'B', ' '),
    fc.constantFrom('^', '$', '\\b', '\\B'),
    tie('whole').map((whole) => `(${whole})`),
    tie('whole').map((whole) => `(?:${whole})`),
    fc
      .tuple(tie('whole'), fc.constantFrom('*', '+', '?', '*?', '+?', '{2}', '{1,}', '{0,2}', '{2,3}?'))
      .map(([whole, quantifier]) => `(?:${whole})${quantifier}`),
  ),
  whole: fc.oneof(
    { maxDepth: 4 },
    fc.array(tie('part'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
    fc.tuple(tie('part'), tie('part')).map(([one, other]) => `${one}|${other}`),
  ),
})).whole

const line = fc.string({ unit: fc.constantFrom('a', 'b', 'B', ' ', '1', '.'), maxLength: 12 })

describe('a line matcher', () => {
  it('agrees with the platform', () => {
    const agrees = fc.property(pattern, line, fc.boolean(), (source, text, ignoresCase) => {
      const wanted = new RegExp(source, ignoresCase ? 'i' : '').test(text)
      return createLineMatcher(ignoresCase ? `(?i)${source}` : source)(text) === wanted
    })
    fc.assert(agrees, { numRuns: 2000, seed: 7 })
  })

  it.each([
    '(a+)+$',
    '(a|a)*$',
    '(a|aa)+$',
    '(.*a){12}$',
    '.*.*.*.*.*=',
    'a*a*a*a*a*a*b',
    '([a-z]+)*[0-9]',
    '(?:a?){100}b',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
  ])('judges a long line by %s in no time', (source) => {
    const matches = createLineMatcher(source)
    const started = process.cpuUsage()
    for (let count = 0; count < 5; count++) matches(`${'a'.repeat(499)}!`)
    // The processor's time, which does not hang on what else the machine does.
    expect(process.cpuUsage(started).user).toBeLessThan(1_000_000)
  })
})
