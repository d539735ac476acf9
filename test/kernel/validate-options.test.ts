// What a form says of a value: every place that is wrong, and nothing of what is right.
import { describe, expect, it } from 'vitest'
import { expectForm, expectKnown, problemsOf, type OptionSchema } from '../../src/kernel/validate-options.js'

const colours: OptionSchema = { enum: ['red', 'green'], type: 'string' }
const named: OptionSchema = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string', minLength: 2 }, size: { type: 'integer', minimum: 1, maximum: 3 } },
  additionalProperties: false,
}

/** The places that are wrong, written as pointers. */
function places(form: OptionSchema, value: unknown): string[] {
  return problemsOf(form, value).map(({ path }) => path.map((key) => `/${key}`).join(''))
}

const some: OptionSchema = { type: 'string', minLength: 2, maxLength: 3 }
const texts: OptionSchema = { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string' } }
const UUID = '01934f2c-7a3b-7c4d-8e5f-60718293A4B5'

/** Forms with values that have them, and values that have not, by the places that are wrong in them. */
const cases: [string, OptionSchema, right: unknown[], wrong: Record<string, unknown[]>][] = [
  ['anything', {}, [null, undefined, 5, 'x', [], {}], {}],
  ['a text', some, ['ab', 'abc'], { '': ['a', 'abcd', 5, null] }],
  ['a text of a pattern', { type: 'string', pattern: '^a+$' }, ['a', 'aa'], { '': ['b'] }],
  ['a number', { type: 'number', minimum: 1, maximum: 3 }, [1, 2.5, 3], { '': [0.9, 3.1, Number.NaN, '2'] }],
  ['a whole number', { type: 'integer' }, [0, -7, 2 ** 53 - 1], { '': [1.5, 2 ** 53] }],
  ['one of two types', { type: ['boolean', 'null'] }, [true, false, null], { '': [0, ''] }],
  ['a constant', { const: 0 }, [0], { '': [1, undefined] }],
  ['a name of a list', colours, ['red'], { '': ['blue', 5] }],
  ['a list', texts, [['a'], ['a', 'b']], { '': [[], ['a', 'b', 'c'], {}], '/0': [[5, 'a']], '/0 /1': [[5, 6]] }],
  [
    'an object',
    named,
    [{ name: 'ab' }, { name: 'ab', size: 1 }, { name: 'ab', size: undefined, other: undefined }],
    {
      '': [null, []],
      '/name': [{}, { name: undefined }],
      '/name /size': [{ name: 'a', size: 4 }],
      '/other': [{ name: 'ab', other: null }],
      '/toString': [{ name: 'ab', toString: 5 }],
    },
  ],
  ['an object of some size', { type: 'object', minProperties: 1 }, [{ a: 1 }, { a: 1, b: 2 }], { '': [{}] }],
  [
    'an object by key',
    { propertyNames: colours, additionalProperties: { type: 'integer' } },
    [{}, { red: 1 }],
    { '/blue /blue': [{ blue: 'x' }] },
  ],
  [
    'a day',
    { type: 'string', format: 'date' },
    ['2026-02-28', '2028-02-29'],
    { '': ['2026-02-29', '2026-2-1', 'x2026-02-01', '2026-02-01x'] },
  ],
  ['a time', { type: 'string', format: 'date-time' }, ['2026-02-28T00:00:00Z'], { '': ['soon'] }],
  ['base64', { type: 'string', format: 'byte' }, ['', 'AAAA'], { '': ['?'] }],
  ['a UUID', { type: 'string', format: 'uuid' }, [UUID], { '': [`x${UUID}`, `${UUID}x`] }],
  ['a text of a format that nobody judges', { type: 'string', format: 'name' }, ['x'], {}],
  ['an instance', { instance: 'Date' }, [new Date(0)], { '': [{}, '2026'] }],
  ['a function', { instance: 'function' }, [() => undefined], { '': [{}] }],
  ['either', { anyOf: [colours, named] }, ['red', { name: 'ab' }], {}],
]

describe('problemsOf', () => {
  it.each(cases)('takes %s, and names each place where one is wrong', (_, form, right, wrong) => {
    for (const value of right) expect(problemsOf(form, value), JSON.stringify(value)).toEqual([])
    for (const [where, values] of Object.entries(wrong))
      for (const value of values) expect(places(form, value), JSON.stringify(value)).toEqual(where.split(' '))
  })

  it('speaks of the choice that comes nearest', () => {
    const choices: OptionSchema = { anyOf: [colours, named, { type: 'array', items: named }] }
    expect(places(choices, { name: 'ab', sise: 5 })).toEqual(['/sise'])
    expect(places(choices, [{ name: 'ab' }, { name: 'a' }])).toEqual(['/1/name'])
    expect(problemsOf(choices, 'gren')).toMatchObject([{ path: [], meant: 'green' }])
    expect(places(choices, 5)).toEqual([''])
    expect(problemsOf({ anyOf: [{ ...named, properties: {} }, named] }, { name: 'ab', size: 9 })).toHaveLength(1)
  })

  it('tells the value and the name that was meant, and no secret', () => {
    expect(problemsOf(named, { name: 'ab', sise: 1 })).toMatchObject([{ path: ['sise'], value: 1, meant: 'size' }])
    expect(problemsOf(colours, 'rad')).toMatchObject([{ value: 'rad', meant: 'red' }])
    expect(problemsOf({ type: 'string' }, 5)).toMatchObject([{ value: 5 }])
    expect(problemsOf({ type: 'string', secret: true }, 5)).not.toMatchObject([{ value: 5 }])
  })

  it('says what a form says of itself, wherever it is refused', () => {
    const says = 'a colour of the house'
    for (const form of [{ ...colours, says }, { type: 'integer', says } as const, { anyOf: [colours], says }]) {
      expect(problemsOf(form, 5.5).map(({ expected }) => expected)).toEqual([says])
    }
  })

  it('begins at the place that it is told, and keeps the innermost code', () => {
    const inner: OptionSchema = {
      type: 'object',
      code: 'outer',
      properties: { a: { type: 'string', code: 'inner' }, b: colours },
    }
    expect(problemsOf(inner, { a: 1, b: 'x' }, ['at', 0])).toMatchObject([
      { path: ['at', 0, 'a'], code: 'inner' },
      { path: ['at', 0, 'b'], code: 'outer' },
    ])
  })
})

describe('expectForm and expectKnown', () => {
  const withCode = (code: string): unknown => expect.objectContaining({ name: 'KitError', code })

  it('throw under the code of the member, else the given one, else that of options', () => {
    expect(() => expectForm({ type: 'string', code: 'own' }, 5, 'it', 'given')).toThrow(withCode('own'))
    expect(() => expectForm({ type: 'string' }, 5, 'it', 'given')).toThrow(withCode('given'))
    expect(() => expectForm({ type: 'string' }, 5, 'it')).toThrow(withCode('options/invalid'))
    expect(() => expectKnown('blue', ['red'], 'it')).toThrow(withCode('options/invalid'))
    expect(() => expectKnown(5, ['5'], 'it', 'given')).toThrow(withCode('given'))
  })

  it('let pass what is right', () => {
    expectForm({ type: 'string' }, 'x', 'it')
    expectKnown('red', ['red'], 'it')
  })
})
