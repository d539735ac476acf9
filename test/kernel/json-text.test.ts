// Texts whose numbers JavaScript cannot hold as they are written, against the texts that must come back.
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import {
  copyJson,
  isTooDeep,
  keepSpelling,
  nestsTooDeeply,
  parseJson,
  readJson,
  writeJson,
} from '../../src/kernel/json-text.js'
import { parseAssignment } from '../../src/cli/fixture.js'
import { escapeMarkup, printable, printableData, printableLines } from '../../src/kernel/printable.js'
import { nearest } from '../../src/kernel/problem.js'
import { dangers, hostileText } from './hostile-text.js'

const jsonTexts = fc.letrec<{ json: string; list: string; object: string }>((tie) => {
  const blank = fc.constantFrom('', '', '', ' ', '\n\t')
  const key = fc.constantFrom('a', 'b', '1', '0', '', '__proto__', String.raw`\"}`, String.raw`\u0000,`)
  return {
    json: fc.oneof(fc.constantFrom('1', '1.0', '-0', '"x,]"', 'null', 'true', '{}', '[ ]'), tie('list'), tie('object')),
    list: fc
      .tuple(blank, fc.array(tie('json'), { maxLength: 6 }))
      .map(([gap, items]) => `[${gap}${items.join(`${gap},`)}${gap}]`),
    object: fc
      .tuple(blank, fc.array(fc.tuple(key, tie('json')), { maxLength: 6 }))
      .map(([gap, members]) => `{${members.map(([name, value]) => `${gap}"${name}":${value}`).join()}${gap}}`),
  }
})
/** With a character too few or too many. */
const brokenText = fc
  .tuple(jsonTexts.json, fc.nat(), fc.nat(1), fc.constantFrom('[', ']', '{', '}', ',', ':', '"', '1', ''))
  .map(([text, place, taken, added]) => {
    const at = place % (text.length + 1)
    return text.slice(0, at) + added + text.slice(at + taken)
  })

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

  it('agree with JSON.parse on what is JSON, and what it means', () => {
    fc.assert(
      fc.property(fc.oneof(jsonTexts.json, brokenText), (text) => {
        const outcome = (read: (text: string) => unknown): unknown => {
          try {
            return JSON.stringify(read(text))
          } catch (error) {
            return error instanceof SyntaxError ? 'refused' : error
          }
        }
        expect(outcome(readJson)).toBe(outcome(JSON.parse))
      }),
      { numRuns: 3000, seed: 7 },
    )
  })

  it('say where a text with such numbers breaks', () => {
    const text = `[${'1.0,'.repeat(50)}1 2]`
    expect(() => readJson(text)).toThrow(`position ${text.indexOf('2')}`)
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

it('an answer that nests without end is none, and a value of --set is a text', () => {
  expect(parseJson(nested(100_000))).toBeUndefined()
  expect(parseJson(nested(500))).toBeDefined()
  expect(parseAssignment(`inputs=${nested(30_000)}`).value).toBe(nested(30_000))
})

describe('printable', () => {
  it('leaves nothing that acts on a terminal or commands a CI job, and one line of it', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(dangers(printable(text))).toEqual([])
        expect(printable(text)).not.toContain('\n')
      }),
    )
  })

  it('leaves plain text as it is, in any script', () => {
    for (const text of ['Ärger: 50 %', 'job::1', '日本語', 'C:\\new', '# one', '🙂']) expect(printable(text)).toBe(text)
  })
})

describe('printableLines', () => {
  it('keeps lines, makes the rest harmless, and changes nothing a second time', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const shown = printableLines(text)
        expect(dangers(shown)).toEqual([])
        expect(shown.split('\n')).toHaveLength(text.split('\n').length)
        expect(printableLines(shown)).toBe(shown)
      }),
    )
  })

  it('changes no JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(hostileText, hostileText), (value) => {
        const json = JSON.stringify(value, null, 2)
        expect(dangers(printableLines(json))).toEqual([])
        expect(JSON.parse(printableLines(json))).toEqual(JSON.parse(json))
      }),
    )
  })

  it('takes a time that grows with the text alone', () => {
    for (const text of ['\n', ' ', ' \n', ':', '#', '\u001B']) {
      expect(printableLines(text.repeat(300_000)).length).toBeGreaterThanOrEqual(300_000)
    }
  })
})

it('printableData reaches every text, names of members among them, and keeps the form', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const shown = printableData({ list: [text, 1, null], inner: { [`a${text}`]: true } })
      expect(dangers(JSON.stringify(shown))).toEqual([])
      expect(shown).toMatchObject({ list: [printableLines(text), 1, null] })
    }),
  )
})

it('escapeMarkup leaves no markup', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(escapeMarkup(text)).not.toMatch(/[<>"'\n]|&(?!amp;|lt;|gt;|quot;|#39;|#10;)/)
      expect(dangers(escapeMarkup(text))).toEqual([])
    }),
  )
})

it.each([
  ['agent_nmae', ['inputs', 'agent_name'], 'agent_name'],
  ['AGENT-NAME', ['inputs', 'agentName'], 'agentName'],
  ['job_id', ['jobId', 'job_id'], 'job_id'],
  ['ab', ['abc', 'abd'], 'abc'],
  ['abXY', ['abcd'], 'abcd'],
  ['aXYZ', ['abcd'], undefined],
  ['abcdefghWXYZ', ['abcdefghijkl'], 'abcdefghijkl'],
  ['abcdefgVWXYZ', ['abcdefghijkl'], undefined],
  ['xy', ['ab'], undefined],
  [`name${'_'.repeat(100)}more`, ['name'], 'name'],
])('nearest of %j among %j is %j', (given, known, wanted) => expect(nearest(given, known)).toBe(wanted))
