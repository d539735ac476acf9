// How a comparison reads in a terminal.
import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { compareSpecs } from '../../src/spec/compare-specs.js'
import { renderComparison } from '../../src/spec/render-comparison.js'
import { tiny } from './documents.js'

const string = { type: 'string' }
const our = tiny({ type: 'object', properties: { a: string, b: { ...string, maxLength: 9 }, c: string } })
const their = tiny(
  {
    type: 'object',
    required: ['a'],
    properties: {
      a: { type: ['string', 'null'] },
      b: string,
      c: { ...string, default: 'x' },
      d: { $ref: '#/components/schemas/Gone' },
    },
  },
  Object.fromEntries('ABCDEFG'.split('').map((name) => [name, { type: 'string', pattern: '(?s)^.+$' }])),
)

describe('renderComparison', () => {
  it('lists what breaks, groups notes, counts what is ours alone, names flaws, and ends with totals', () => {
    expect(renderComparison(compareSpecs(our, their), pc.createColors(false))).toBe(`\
ours    tiny.json (Things 1, OpenAPI 3.1.0)
theirs  tiny.json (Things 1, OpenAPI 3.1.0)

makeThing  POST /things
  breaking  request body /a: null admitted by theirs alone
  breaking  request body /a: required by theirs alone
  breaking  request body /d: field that ours lacks: Gone
  breaking  response 200 /a: null admitted by theirs alone
  breaking  response 200 /a: required by theirs alone
  breaking  response 200 /d: field that ours lacks: Gone
  note      request body /c, response 200 /c: default that ours lacks: "x"
  note      only in ours: 2 limits

Flaws in theirs, read around and not counted as differences
  dangling reference (2): points to nothing; not compared
    makeThing requestBody content application/json schema /d: #/components/schemas/Gone
    makeThing responses 200 content application/json schema /d: #/components/schemas/Gone
  pattern syntax (7): no ECMAScript pattern; validators refuse the schema or skip the check
    schemas A: (?s)^.+$
    schemas B: (?s)^.+$
    schemas C: (?s)^.+$
    schemas D: (?s)^.+$
    schemas E: (?s)^.+$
    and 2 more

1 operation compared: 6 differences that break a client; 4 notes, 9 flaws in theirs.
Breaking: makeThing.
`)
  })

  it('paints only what it is given paint for', () => {
    const mark = (name: string) => (text: string) => `<${name}>${text}</${name}>`
    const paint = { bold: mark('b'), dim: mark('d'), red: mark('r'), yellow: mark('y'), green: mark('g') }
    expect(renderComparison(compareSpecs(our, our), paint)).toContain('compared: <g>nothing that breaks a client</g>;')
    expect(renderComparison(compareSpecs(our, their), paint)).toContain('  <r>breaking</r>  request body /a: ')
  })
})
