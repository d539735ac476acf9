// Patterns in Java's syntax read as ECMAScript, and judged by what they accept.
import { describe, expect, it } from 'vitest'
import { comparePatterns, translatePattern } from '../../src/spec/patterns.js'

const compare = (our: string, their: string) =>
  comparePatterns(new Map([['pattern', [our]]]), new Map([['pattern', [their]]]))

describe('translatePattern', () => {
  it.each([
    ['(?s)^a.b$', 'a\nb', true],
    ['(?i)^abc$', 'ABC', true],
    ['^[a-z]++$', 'abc', true],
    ['^(?>ab)c$', 'abc', true],
    ['(?s)\\Aab\\z', 'ab', true],
    ['(?s)^\\Qa.b\\E$', 'a.b', true],
    ['(?s)^\\Qa.b\\E$', 'axb', false],
    ['(?s)^\\\\Q$', '\\Q', true],
  ])('reads %s', (pattern, text, accepted) => {
    expect(translatePattern(pattern)?.test(text)).toBe(accepted)
  })

  it('gives up on what ECMAScript has no word for', () => {
    expect(translatePattern('(?x) a b')).toBeUndefined()
    expect(translatePattern('(unclosed')).toBeUndefined()
  })
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

  it('does not call patterns the same that refuse every sample', () => {
    expect(compare('^zzz9$', '^zzz8$')).not.toHaveProperty('severity')
  })

  it('says which side can’t be read', () => {
    expect(compare('\\S', '(unclosed')).toEqual({
      remark: expect.stringContaining('theirs') as string,
    })
  })

  it('comes to an end on patterns that backtrack without measure', () => {
    expect(compare('^(a+)+$', '^(a|a)+$')).toHaveProperty('severity')
  })
})
