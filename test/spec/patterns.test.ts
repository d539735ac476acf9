// Patterns in Java's syntax, judged by what they accept.
import { describe, expect, it } from 'vitest'
import { comparePatterns, matcherOf } from '../../src/spec/patterns.js'

const compare = (our: string, their: string) =>
  comparePatterns(new Map([['pattern', [our]]]), new Map([['pattern', [their]]]))

it.each([
  ['(?s)^a.b$', 'a\nb', true],
  ['(?i)^abc$', 'ABC', true],
  ['(?s)\\Aab\\z', 'ab', true],
  ['(?s)^\\Qa.b\\E$', 'axb', false],
])('matcherOf reads %s', (pattern, text, accepted) => {
  expect(matcherOf(pattern)?.(text)).toBe(accepted)
})

describe('comparePatterns', () => {
  it('finds two spellings of non-blank the same', () => {
    expect(compare('\\S', '(?s)^\\s*(\\S.*\\S|\\S)\\s*$')).toMatchObject({ severity: 'note' })
  })

  it('names a string that only one accepts', () => {
    expect(compare('^[a-z]+$', '^[a-z]*$')).toEqual({ remark: 'theirs alone accepts ""' })
  })

  it('counts lengths as part of the rule', () => {
    expect(comparePatterns(new Map([['minLength', 1]]), new Map([['pattern', ['(?s)^.+$']]]))).toMatchObject({
      severity: 'note',
    })
  })

  it.each([
    ['refuse every sample', '^zzz9$', '^zzz8$'],
    ['can’t be read', '\\S', '(unclosed'],
  ])('does not call patterns the same that %s', (_why, our, their) => {
    expect(compare(our, their)).not.toHaveProperty('severity')
  })

  it('comes to an end on patterns that backtrack without measure', () => {
    expect(compare('^(a+)+$', '^(a|a)+$')).toHaveProperty('severity')
  })
})
