// What two schemas are said to disagree on, in a request and in an answer.
import { describe, expect, it } from 'vitest'
import { linesBetween, tiny } from './documents.js'

type Schema = Record<string, unknown>

const object = (properties: Schema, more: Schema = {}) => ({ type: 'object', properties, ...more })
const string = { type: 'string' }

const compare = (our: Schema, their: Schema, side: 'request' | 'response' = 'request') =>
  linesBetween(tiny(our), tiny(their), side)

describe('schemas written differently', () => {
  it.each<[string, Schema, Schema]>([
    ['enum and const alternatives', { enum: ['a', 'b'] }, { oneOf: [{ const: 'a' }, { const: 'b' }] }],
    ['null as a type and as an alternative', { type: ['string', 'null'] }, { anyOf: [string, { type: 'null' }] }],
    ['null as a type and as a flag', { type: ['string', 'null'] }, { type: 'string', nullable: true }],
    ['null in an enum', { type: ['string', 'null'], enum: ['a', null] }, { oneOf: [{ enum: ['a'] }, { const: null }] }],
    ['two types and two alternatives', { type: ['string', 'integer'] }, { oneOf: [{ type: 'integer' }, string] }],
    [
      'one object and its parts',
      object({ a: string, b: string }),
      { allOf: [object({ a: string }), object({ b: string })] },
    ],
    ['a limit of integers', { type: 'integer', minimum: 1 }, { type: 'integer', exclusiveMinimum: 0 }],
    ['a limit of 3.0', { type: 'integer', maximum: 9 }, { type: 'integer', maximum: 10, exclusiveMaximum: true }],
    ['a limit that refuses nothing', string, { type: 'string', minLength: 0 }],
    ['a schema of any JSON', {}, { description: 'Anything.' }],
    ['an object by its properties', object({ a: string }), { properties: { a: string } }],
    [
      'alternatives inside alternatives',
      { oneOf: [string, object({ a: string }), { type: 'integer' }] },
      { oneOf: [{ anyOf: [object({ a: string }), { type: 'integer' }] }, string] },
    ],
    [
      'alternatives in another order',
      { oneOf: [string, object({ a: string })] },
      { anyOf: [object({ a: string }), string] },
    ],
  ])('are the same: %s', (_name, left, right) => {
    for (const side of ['request', 'response'] as const) {
      expect(compare(left, right, side)).toEqual([])
      expect(compare(right, left, side)).toEqual([])
    }
  })
})

describe('differences', () => {
  it.each<[string, Schema, Schema, readonly string[], readonly string[]]>([
    ['type', string, { type: 'integer' }, ['breaking type changed'], ['breaking type changed']],
    ['any JSON to a type', {}, string, ['breaking type changed'], ['breaking type changed']],
    ['null admitted by theirs', string, { type: ['string', 'null'] }, ['breaking null added'], ['breaking null added']],
    ['null admitted by ours', { type: ['string', 'null'] }, string, ['note null removed'], ['breaking null removed']],
    [
      'string format added',
      string,
      { ...string, format: 'uuid' },
      ['breaking format added'],
      ['breaking format added'],
    ],
    ['string format removed', { ...string, format: 'uuid' }, string, ['note format removed'], ['note format removed']],
    [
      'number format added',
      { type: 'integer' },
      { type: 'integer', format: 'int64' },
      ['note format added'],
      ['note format added'],
    ],
    ['enum added', string, { enum: ['a'] }, ['breaking enum added'], ['breaking enum added']],
    ['enum removed', { enum: ['a'] }, string, ['note enum removed'], ['note enum removed']],
    ['limit added', string, { ...string, maxLength: 9 }, ['breaking limit added'], ['note limit added']],
    ['limit removed', { ...string, maxLength: 9 }, string, ['note limit removed'], ['note limit removed']],
    [
      'pattern changed',
      { ...string, pattern: '^[a-z]+$' },
      { ...string, pattern: '^[a-z0-9]+$' },
      ['breaking pattern changed'],
      ['note pattern changed'],
    ],
    ['default added', string, { ...string, default: 'a' }, ['note default added'], ['note default added']],
    [
      'field inside an array of maps',
      { type: 'array', items: { type: 'object', additionalProperties: object({ a: string }) } },
      { type: 'array', items: { type: 'object', additionalProperties: object({ a: string, b: string }) } },
      ['breaking []/{name}/b field added'],
      ['breaking []/{name}/b field added'],
    ],
    [
      'alternative added',
      { oneOf: [object({ a: string }, { required: ['a'] }), string] },
      { oneOf: [object({ a: string }), string, { type: 'integer' }] },
      ['breaking form added'],
      ['breaking form added'],
    ],
    [
      'alternative removed',
      { oneOf: [string, { type: 'integer' }] },
      string,
      ['breaking form removed'],
      ['breaking form removed'],
    ],
    [
      'alternative changed',
      { oneOf: [object({ a: string }), string] },
      { oneOf: [object({ a: { type: 'integer' } }), string] },
      ['breaking /a type changed'],
      ['breaking /a type changed'],
    ],
    [
      'other fields refused',
      object({ a: string }),
      object({ a: string }, { additionalProperties: false }),
      ['note other fields changed'],
      ['note other fields changed'],
    ],
    [
      'a keyword that is not judged',
      string,
      { ...string, not: { const: 'a' } },
      ['note keyword added'],
      ['note keyword added'],
    ],
  ])('%s', (_name, our, their, request, response) => {
    expect(compare(our, their, 'request')).toEqual(request)
    expect(compare(our, their, 'response')).toEqual(response)
  })

  it('leave read-only fields out of requests and write-only ones out of answers', () => {
    const [our, their] = [
      object({ a: string }),
      object({ a: string, id: { ...string, readOnly: true } }, { required: ['id'] }),
    ]
    expect(compare(our, their, 'request')).toEqual([])
    expect(compare(our, their, 'response')).toEqual(['breaking /id field added'])
  })

  it('see a non-blank pattern as a least length of one', () => {
    expect(compare({ ...string, pattern: '\\S' }, { ...string, minLength: 1 })).toEqual(['note pattern removed'])
  })
})

describe('references', () => {
  const node = (value: Schema) => ({
    Node: object({ value, children: { type: 'array', items: { $ref: '#/components/schemas/Node' } } }),
  })
  const root = { $ref: '#/components/schemas/Node' }

  it('that recur are compared once', () => {
    expect(linesBetween(tiny(root, node(string)), tiny(root, node(string)), 'request')).toEqual([])
    expect(linesBetween(tiny(root, node(string)), tiny(root, node({ type: 'integer' })), 'request')).toEqual([
      'breaking /value type changed',
    ])
  })

  it('that recur through combined parts come to an end', () => {
    const pair = (value: Schema) => ({ ...node(value), Leaf: object({ children: { type: 'array', items: root } }) })
    const both = { allOf: [root, { $ref: '#/components/schemas/Leaf' }] }
    expect(linesBetween(tiny(both, pair(string)), tiny(both, pair({ type: 'integer' })), 'response')).toContain(
      'breaking /value type changed',
    )
  })

  it('that lead nowhere or in a circle are not compared', () => {
    const circle = { Node: { $ref: '#/components/schemas/Other' }, Other: { allOf: [root] } }
    expect(linesBetween(tiny(string), tiny(root), 'request')).toEqual([])
    expect(linesBetween(tiny(string), tiny(root, circle), 'request')).toEqual([])
  })

  it('that are alternatives of themselves come to an end', () => {
    const itself = { Node: { oneOf: [string, root, { type: 'array', items: root }] } }
    expect(linesBetween(tiny(root, itself), tiny(root, itself), 'request')).toEqual([])
  })
})
