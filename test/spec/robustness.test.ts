// Documents of others, however odd: read, judged and compared without an end in a stack trace or a wait.
import fc from 'fast-check'
import pc from 'picocolors'
import { expect, it, describe } from 'vitest'
import { compareSpecs } from '../../src/spec/compare-specs.js'
import { KitError } from '../../src/kernel/errors.js'
import { renderComparison } from '../../src/spec/render-comparison.js'
import { toSpecDocument } from '../../src/spec/parse-spec.js'
import { ours, put, upstream, type Editable, compareAfter, editBy, findingsOf, rowsOf, tiny } from './documents.js'

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

const gone = { $ref: '#/components/schemas/Gone' }

/** An edit, the place of the flaw, and what stands there. */
const flaws = rowsOf(`
  { createJob.responses.201.headers.Location: { style: simple } } | createJob response 201 header Location | no schema
  { JobId.schema: } | getJob path jobId | no schema
  { LocalRunner.properties.agents: { $ref: '${gone.$ref}' } } | getRunner response 200 /agents | $ref ${gone.$ref}
  { LocalRunner.properties.agents: { $ref: 'agents.yaml#/Agents' } } | getRunner response 200 /agents | $ref agents.yaml#/Agents
  { LocalRunnerJob.properties.timeout: integer } | getJob response 200 /timeout | no schema
`)

describe('a flaw', () => {
  it.each(flaws)('of %s is told at %s', (edit, place, theirs) => {
    const found = findingsOf(compareAfter(editBy(edit))).filter(({ severity }) => severity === 'flaw')
    expect(found.map((flaw) => [`${flaw.operation} ${flaw.where}`.trim(), flaw.theirs])).toContainEqual([place, theirs])
  })

  it('is none of a recursive schema and of examples', () => {
    const reference = { $ref: '#/components/schemas/Node' }
    const node = { type: 'object', properties: { next: reference }, example: { $ref: '#/nowhere' } }
    const document = tiny(reference, { Node: node })
    expect(findingsOf(compareSpecs(document, document))).toEqual([])
  })

  it('counts as no difference', () => {
    const { totals } = compareAfter(editBy(`LocalRunner.properties.agents: { $ref: '${gone.$ref}' }`))
    expect(totals).toMatchObject({ breaking: 0, notes: 0, flaws: 2 })
  })
})

it.each([
  undefined,
  [],
  'a page',
  { paths: {} },
  { openapi: '4.0.0', paths: {} },
  { swagger: '2.0', paths: {} },
  { openapi: '3.1.0' },
])('toSpecDocument refuses %j', (value) => expect(() => toSpecDocument(value, 'file')).toThrow(KitError))
