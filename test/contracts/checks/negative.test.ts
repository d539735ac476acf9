// Broken bodies made from schemas: each breaks just what it says, and everything that a schema forbids is broken. That each is
// refused is for the checks of negative input.
import { describe, expect, it } from 'vitest'
import { listFlaws, type BodyFlaw } from '../../../src/contracts/check/negative-values.js'
import type { FieldSchema } from '../../../src/generated/request-schemas.js'

const lamp: FieldSchema = {
  type: 'object',
  required: ['name', 'watts'],
  properties: {
    name: { type: 'string', maxLength: 4, pattern: '\\S' },
    watts: { type: 'integer', minimum: 1, maximum: 9 },
    colour: { type: 'string', enum: ['red', 'green'] },
    tags: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string' } },
    rooms: {
      type: 'object',
      propertyNames: { format: 'uuid' },
      additionalProperties: { type: 'string', format: 'uuid' },
    },
    note: {},
  },
}

const nameOf = ({ place, kind }: BodyFlaw) => `${place.join('.')}:${kind}`
const breaking = (name: string, valid: unknown) =>
  listFlaws(lamp)
    .find((flaw) => nameOf(flaw) === name)!
    .breakBody(valid)

describe('listFlaws', () => {
  it('names every way in which every field can be wrong', () => {
    expect(listFlaws(lamp).map(nameOf)).toEqual([
      ':wrong-type',
      'name:missing',
      'name:wrong-type',
      'name:blank',
      'name:too-long',
      'watts:missing',
      'watts:wrong-type',
      'watts:too-small',
      'watts:too-large',
      'colour:wrong-type',
      'colour:unknown-value',
      'tags:wrong-type',
      'tags:empty',
      'tags:too-many',
      'tags.#:wrong-type',
      'rooms:wrong-type',
      'rooms:malformed-key',
      'rooms.*:wrong-type',
      'rooms.*:malformed-id',
    ])
  })

  it('says of each whether it cannot be read or is not valid', () => {
    const answers = Object.fromEntries(listFlaws(lamp).map((flaw) => [nameOf(flaw), flaw.answer]))
    expect(answers).toMatchObject({
      'name:missing': 'invalid',
      'name:wrong-type': 'unreadable',
      'colour:unknown-value': 'unreadable',
      'watts:too-large': 'invalid',
      'rooms.*:malformed-id': 'unreadable',
    })
  })

  it('breaks one field and leaves the others', () => {
    const valid = { name: 'desk', watts: 5, note: null }
    expect(breaking('name:missing', valid)).toEqual([{ watts: 5, note: null }])
    expect(breaking('watts:too-large', valid)).toEqual([{ ...valid, watts: 10 }])
    expect(breaking('tags.#:wrong-type', { ...valid, tags: ['a', 'b'] })[0]).toEqual({
      ...valid,
      tags: [{ member: 1 }, 'b'],
    })
    expect(valid).toEqual({ name: 'desk', watts: 5, note: null })
  })

  it('fills in what stands around a field that the body has not', () => {
    const [broken] = breaking('rooms.*:malformed-id', { name: 'desk', watts: 5 })
    expect(broken).toMatchObject({ name: 'desk', watts: 5, rooms: {} })
    expect(Object.keys((broken as { rooms: object }).rooms)).toHaveLength(1)
  })
})
