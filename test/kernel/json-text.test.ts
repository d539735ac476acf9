// Texts whose numbers JavaScript cannot hold as they are written, against the texts that must come back.
import { describe, expect, it } from 'vitest'
import { copyJson, keepSpelling, readJson, writeJson } from '../../src/kernel/json-text.js'

const rewritten = (text: string): string => writeJson(readJson(text))

function objectIn(value: unknown): object {
  if (typeof value === 'object' && value !== null) return value
  throw new Error('no object')
}

describe('readJson and writeJson', () => {
  it.each([
    '{"n":12345678901234567890123,"f":1.0,"z":-0.0,"e":1E5,"t":1e-7,"d":0.10,"h":1e400}',
    '[1.0,[[-0]],{"a":{"b":[2.50]}}]',
    '{"__proto__":{"a":1.0},"constructor":1.0}',
    '{"a":"1.0, 2.0 \\\\\\" : 3.0","b":1.0}',
    String.raw`{"a":"\u00001.0","b":["\u0001\\u0002",1.0,"\\",2.0]}`,
    '{"a":9007199254740993,"b":null,"c":[true,0.00000001]}',
  ])('bring every number back as it was: %s', (text) => {
    expect(rewritten(text)).toBe(text)
  })

  it.each([
    ['[NaN,Infinity,-Infinity]', '["NaN","Infinity","-Infinity"]'],
    ['{"a":1.0,"a":2}', '{"a":2}'],
    ['{"a":2,"a":{"b":1.0}}', '{"a":{"b":1.0}}'],
    ['{"NaN":"NaN: NaN, \\\\" , "b" : NaN }', '{"NaN":"NaN: NaN, \\\\","b":"NaN"}'],
    [' [ 1.0 , 2 ] ', '[1.0,2]'],
  ])('read %s as %s', (text, wanted) => {
    expect(rewritten(text)).toBe(wanted)
  })

  it.each([
    ...['[1.0', '{"a":1.0,}', '[01.0]', '[1.0] x', '[+Infinity]', '[NaNs]', '{a:1.0}', '{1.0:1.0}'],
    ...['{"a":1.0"b":1}', '[1.0e]', '{NaN:1.0}'],
  ])('refuse %s', (text) => {
    expect(() => readJson(text)).toThrow(SyntaxError)
  })

  it('give plain numbers into the hands of JavaScript', () => {
    expect(readJson('{"a":1.0,"b":[1e3],"c":12345678901234567890123}')).toEqual({
      a: 1,
      b: [1000],
      c: Number('12345678901234567890123'),
    })
  })

  it('read a text that is one number, or one text', () => {
    expect(['1.50', ' -0.0', '"1.0"'].map(readJson)).toEqual([1.5, -0, '1.0'])
  })

  it('write a number that was changed meanwhile as it is', () => {
    const value = objectIn(readJson('{"a":1.0,"b":2.0}'))
    Object.assign(value, { a: 3 })
    expect(writeJson(value)).toBe('{"a":3,"b":2.0}')
  })

  it('find what is deep inside of something else', () => {
    const content = [{ inputs: readJson('[[1.0]]'), undefined, toText: () => '' }]
    expect(writeJson({ page: { content } })).toBe('{"page":{"content":[{"inputs":[[1.0]]}]}}')
  })
})

describe('keepSpelling and copyJson', () => {
  it('carry numbers from one holder to another, the last source first', () => {
    const [first, second] = [objectIn(readJson('{"a":1.0,"b":1.0,"c":1.0}')), objectIn(readJson('{"b":1}'))]
    const merged = { ...first, ...second, c: 2 }
    keepSpelling(merged, first)
    keepSpelling(merged, second)
    expect(writeJson(merged)).toBe('{"a":1.0,"b":1,"c":2}')
  })

  it('carry only what may be carried', () => {
    const source = objectIn(readJson('{"a":1.0,"b":1.0}'))
    const holder = { ...source }
    keepSpelling(holder, source, ['b'])
    expect(writeJson(holder)).toBe('{"a":1,"b":1.0}')
  })

  it('copy to every depth', () => {
    const text = '{"a":[{"b":1.0}],"c":2.0,"d":3,"e":null,"f":[null,4.0]}'
    expect(writeJson(copyJson(readJson(text)))).toBe(text)
  })

  it('copy without the members of a name, however deep they stand', () => {
    const text = '{"a":[{"b":1.0,"no":{"c":2.0}}],"no":3,"d":null,"e":"no"}'
    const read = readJson(text)
    expect(writeJson(copyJson(read, 'no'))).toBe('{"a":[{"b":1.0}],"d":null,"e":"no"}')
    expect(writeJson(read)).toBe(text)
  })
})
