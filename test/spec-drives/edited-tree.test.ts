// One spec drives all: a copy of the project in which the documents were edited, and one resolver was written, is generated
// and built once; what each kind of edit brings is in the file beside that makes it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addNotes, noteTyping, testCollection } from './collections.js'
import { editTree, type EditedTree } from './edited-tree.js'
import { addFields, fieldTyping, testFields } from './fields.js'
import { addOperation, operationTyping, resolvers, testOperation } from './recipe.js'

const edits = {
  'openapi/local-runners.yaml': [addOperation, addFields],
  'openapi/neighbours.yaml': [addNotes],
}
const typings = [operationTyping, fieldTyping, noteTyping]

describe('a project whose spec was edited', () => {
  let edited: EditedTree | undefined
  const tree = (): EditedTree => {
    if (edited === undefined) throw new Error('There is no edited tree.')
    return edited
  }
  beforeAll(() => {
    edited = editTree(edits, resolvers)
  })
  afterAll(() => edited?.remove())

  it('has the types of its spec, and no others', () => {
    const fits = typings.flatMap((typing) => typing.fits)
    const misfits = typings.flatMap((typing) => typing.misfits)
    const found = tree().compile([...fits, ...misfits])
    expect(found.slice(0, fits.length)).toEqual(fits.map(() => ''))
    const refusal: unknown = expect.stringContaining('TS2322')
    expect(found.slice(fits.length)).toEqual(misfits.map(() => refusal))
  })

  describe('an operation that the recipe adds', () => testOperation(tree))
  describe('fields that the spec gains', () => testFields(tree))
  describe('a collection that the spec alone declares', () => testCollection(tree))
})
