// Whatever stands where in a document, the comparison ends with findings and flaws, never with an exception.
import fc from 'fast-check'
import pc from 'picocolors'
import { expect, it } from 'vitest'
import { compareSpecs } from '../../src/spec/compare-specs.js'
import { KitError } from '../../src/kernel/errors.js'
import { renderComparison } from '../../src/spec/render-comparison.js'
import { ours, put, upstream, type Editable } from './documents.js'

const job = { $ref: '#/components/schemas/LocalRunnerJob' }
const oddities = fc.constantFrom<unknown[]>(
  null,
  true,
  7,
  'text',
  [],
  {},
  [null],
  { $ref: '#' },
  { $ref: '#/paths' },
  { $ref: '#/nowhere' },
  { $ref: 5 },
  { allOf: [job, { type: 'object' }] },
  { oneOf: [{ type: 'string' }, job, { type: 'null' }], nullable: true },
  { anyOf: [{ $ref: '#/components/schemas/LocalRunnerPage' }, { $ref: '#/components/schemas/LocalRunnerJobPage' }] },
  { enum: [null, 1, 'a'], pattern: '(?s)[' },
)

/** Replaces a node; `picks` say where to go down, each a share of the members there. */
function replaceNode(document: Editable, picks: readonly number[], oddity: unknown): void {
  let holder = document
  for (const [depth, pick] of picks.entries()) {
    const members = Object.keys(holder).filter((name) => !name.startsWith('x-') && name !== 'examples')
    const member = members[Math.floor(pick * members.length)]
    if (member === undefined) return
    const next = holder[member]
    const isLeaf = typeof next !== 'object' || (next as unknown) === null
    if (isLeaf || depth === picks.length - 1) {
      put(holder, member, oddity)
      return
    }
    holder = next
  }
}

it('survives odd values anywhere', () => {
  const share = fc.double({ min: 0, max: 0.999, noNaN: true })
  const edit = fc.record({ picks: fc.array(share, { minLength: 2, maxLength: 12 }), oddity: oddities })
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      try {
        const theirs = upstream((document) => {
          for (const { picks, oddity } of edits) replaceNode(document, picks, structuredClone(oddity))
        })
        const comparison = compareSpecs(ours, theirs)
        expect(renderComparison(comparison, pc)).toContain('compared: ')
        expect(JSON.parse(JSON.stringify(comparison))).toMatchObject({ totals: comparison.totals })
      } catch (problem) {
        expect(problem).toBeInstanceOf(KitError)
      }
    }),
    { numRuns: 60, seed: 1 },
  )
})
