// Patterns in Java's syntax read as ECMAScript, and judged by what they accept.
import { describe, expect, it } from 'vitest'
import { comparePatterns, translatePattern } from '../../src/spec/patterns.js'
import { createShapeReader } from '../../src/spec/schema-shape.js'
import { tiny } from './documents.js'

const shapeOf = (schema: Record<string, unknown>) => createShapeReader(tiny({}))([{ type: 'string', ...schema }])
const compare = (our: string, their: string) => comparePatterns(shapeOf({ pattern: our }), shapeOf({ pattern: their }))

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
    expect(compare('\\S', '(?s)^\\s*(\\S.*\\S|\\S)\\s*$')).toMatchObject({ isSame: true })
  })

  it('names a string that only one accepts', () => {
    expect(compare('^[a-z]+$', '^[a-z]*$')).toEqual({ isSame: false, remark: 'theirs alone accepts ""' })
  })

  it('counts lengths as part of the rule', () => {
    expect(comparePatterns(shapeOf({ minLength: 1 }), shapeOf({ pattern: '(?s)^.+$' }))).toMatchObject({ isSame: true })
  })

  it('does not call patterns the same that refuse every sample', () => {
    expect(compare('^zzz9$', '^zzz8$')).toMatchObject({ isSame: false })
  })

  it('says which side can’t be read', () => {
    expect(compare('\\S', '(unclosed')).toMatchObject({
      isSame: false,
      remark: expect.stringContaining('theirs') as string,
    })
  })

  it('comes to an end on patterns that backtrack without measure', () => {
    expect(compare('^(a+)+$', '^(a|a)+$').isSame).toBe(true)
  })
})
