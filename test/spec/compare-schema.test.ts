// What two schemas are said to disagree on, in a request and in an answer.
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { linesBetween, rowsOf, tiny } from './documents.js'

const compare = (our: string, their: string, side: 'request' | 'response') =>
  linesBetween(tiny(parse(our)), tiny(parse(their)), side)

const same = rowsOf(`
  { enum: [a, b] } | { oneOf: [{ const: a }, { const: b }] }
  { type: [string, 'null'] } | { anyOf: [{ type: string }, { type: 'null' }] }
  { type: [string, 'null'] } | { type: string, nullable: true }
  { type: [string, 'null'], enum: [a, null] } | { oneOf: [{ enum: [a] }, { const: null }] }
  { type: [string, integer] } | { oneOf: [{ type: integer }, { type: string }] }
  { type: object, properties: { a: {}, b: {} } } | { allOf: [{ properties: { a: {} } }, { properties: { b: {} } }] }
  { type: integer, exclusiveMaximum: 9 } | { type: integer, maximum: 9, exclusiveMaximum: true }
  { type: string } | { type: string, minLength: 0 }
  {} | { description: Anything. }
  { type: object, properties: { a: {} } } | { properties: { a: {} } }
  { type: object, additionalProperties: true } | { type: object }
  { oneOf: [{ type: string }, { properties: { a: {} } }] } | { anyOf: [{ properties: { a: {} } }, { type: string }] }
  { oneOf: [{ type: string }, { type: integer }] } | { oneOf: [{ anyOf: [{ type: integer }, { type: string }] }] }
`)

it.each(same)('schemas written differently are the same: %s and %s', (left, right) => {
  for (const side of ['request', 'response'] as const)
    expect([compare(left, right, side), compare(right, left, side)]).toEqual([[], []])
})

/** Ours, theirs, what is found in a request, and in an answer (`=`: the same). */
const unlike = rowsOf(`
  { type: string } | { type: integer } | breaking type changed | =
  {} | { type: string } | breaking type changed | =
  { type: string } | { type: [string, 'null'] } | breaking null added | =
  { type: [string, 'null'] } | { type: string } | note null removed | breaking null removed
  { type: string } | { type: string, format: uuid } | breaking format added | =
  { type: string, format: uuid } | { type: string } | note format removed | =
  { type: integer } | { type: integer, format: int64 } | note format added | =
  { type: string } | { enum: [a] } | breaking enum added | =
  { enum: [a] } | { type: string } | note enum removed | =
  { type: string } | { type: string, maxLength: 9 } | breaking limit added | note limit added
  { type: string, maxLength: 9 } | { type: string } | note limit removed | =
  { type: string, pattern: '^[a-z]+$' } | { type: string, pattern: '^[a-z0-9]+$' } | breaking pattern changed | note pattern changed
  { type: string, pattern: '\\S' } | { type: string, minLength: 1 } | note pattern removed | =
  { type: string } | { type: string, default: a } | note default added | =
  { items: { additionalProperties: { properties: { a: {} } } } } | { items: { additionalProperties: { properties: { a: {}, b: {} } } } } | breaking []/{name}/b field added | =
  { oneOf: [{ properties: { a: {} } }, { properties: { a: {} } }] } | { properties: { a: {} } } | breaking form removed | =
  { oneOf: [{ properties: { a: {} } }, { type: string }] } | { oneOf: [{ properties: { a: { type: integer } } }, { type: string }] } | breaking /a type changed | =
  { properties: { a: {} } } | { properties: { a: {} }, additionalProperties: false } | breaking keyword added | =
  { properties: { a: {} } } | { type: object, additionalProperties: true } | note content changed | =
  { properties: { a: {} } } | { properties: { a: {}, id: { readOnly: true } }, required: [id] } | none | breaking /id field added
  { type: string } | { type: string, not: { const: a } } | breaking keyword added | =
`)

it.each(unlike)('differences %s to %s: %s', (our, their, request, response) => {
  const lines = (text: string) => (text === 'none' ? [] : [text])
  expect(compare(our, their, 'request')).toEqual(lines(request))
  expect(compare(our, their, 'response')).toEqual(lines(response === '=' ? request : response))
})

it('a keyword that OpenAPI does not know is compared by its text', () => {
  expect(compare('{ constructor: 1 }', '{ constructor: 2, toString: {} }', 'request')).toHaveLength(2)
})

describe('references', () => {
  const string = { type: 'string' }
  const root = { $ref: '#/components/schemas/Node' }
  const children = { type: 'array', items: root }
  const node = (value: object) => ({ Node: { type: 'object', properties: { value, children } } })

  it('that recur are compared once', () => {
    expect(linesBetween(tiny(root, node(string)), tiny(root, node(string)), 'request')).toEqual([])
    expect(linesBetween(tiny(root, node(string)), tiny(root, node({ type: 'integer' })), 'request')).toEqual([
      'breaking /value type changed',
      'breaking /children[]/value type changed',
    ])
  })

  it('that recur through combined parts come to an end', () => {
    const pair = (value: object) => ({ ...node(value), Leaf: { type: 'object', properties: { children } } })
    const both = { allOf: [root, { $ref: '#/components/schemas/Leaf' }] }
    expect(linesBetween(tiny(both, pair(string)), tiny(both, pair({ type: 'integer' })), 'response')).toContain(
      'breaking /value type changed',
    )
  })

  it('that lead nowhere are not compared, and those in a circle say nothing', () => {
    const circle = { Node: { $ref: '#/components/schemas/Other' }, Other: { allOf: [root] } }
    expect(linesBetween(tiny(string), tiny(root), 'request')).toEqual([])
    expect(linesBetween(tiny(string), tiny(root, circle), 'request')).toEqual(['breaking type changed'])
  })

  it('that combine with each other at every level come to an end', () => {
    const object = (properties: object) => ({ type: 'object', properties })
    const either = { anyOf: [root, object({ c: root })] }
    const both = { allOf: [object({ a: root, c: root }), object({ a: root })] }
    const mixed = (b: object) => tiny(root, { Node: object({ a: { oneOf: [root, both] }, b, c: both }) })
    expect(linesBetween(mixed(either), mixed(either), 'request')).toEqual([])
    expect(linesBetween(mixed(either), mixed(string), 'request')).not.toEqual([])
  })

  it.each(['chain', 'nest'])('that %s deeply come to an end', (how) => {
    const next = (at: number) => ({ $ref: `#/components/schemas/C${at + 1}` })
    const link = (at: number) => (how === 'chain' ? next(at) : { properties: { next: next(at) } })
    const links = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`C${at}`, link(at)]))
    const long = tiny(next(-1), { ...links, C20000: string })
    expect(linesBetween(long, long, 'request')).toEqual([])
  })

  it('that repeat a difference without measure come to an end', () => {
    const twice = (at: number) => {
      const next = { $ref: `#/components/schemas/C${at + 1}` }
      return { properties: { a: next, b: next } }
    }
    const levels = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`C${at}`, twice(at)]))
    const ending = (last: object) => tiny({ $ref: '#/components/schemas/C0' }, { ...levels, C60: last })
    const lines = linesBetween(ending(string), ending({ type: 'integer' }), 'request')
    expect(lines.length).toBe(1000)
  })

  it('that are alternatives of themselves come to an end', () => {
    const itself = { Node: { oneOf: [string, root, children] } }
    expect(linesBetween(tiny(root, itself), tiny(root, itself), 'request')).toEqual([])
  })
})
