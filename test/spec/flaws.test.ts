// The flaws of real documents: each is named at its place, and the comparison goes on.
import { describe, expect, it } from 'vitest'
import { compareSpecs } from '../../src/spec/compare-specs.js'
import { compareAfter, editBy, findingsOf, rowsOf, tiny } from './documents.js'

const gone = { $ref: '#/components/schemas/Gone' }

/** An edit, the place of the flaw, and what stands there. */
const flaws = rowsOf(`
  { createJob.responses.201.headers.Location: { style: simple } } | createJob response 201 header Location | no schema
  { JobId.schema: } | getJob path jobId | no schema
  { getJob.responses.200.content.application/json.schema: { nullable: true, allOf: [{ type: object }] } } | getJob response 200 | nullable
  { LocalRunner.properties.agents: { $ref: '${gone.$ref}' } } | getRunner response 200 /agents | $ref ${gone.$ref}
  { LocalRunner.properties.agents: { $ref: 'agents.yaml#/Agents' } } | getRunner response 200 /agents | $ref agents.yaml#/Agents
  { RunnerStatus.allOf: [{ $ref: '#/components/schemas/RunnerStatus' }] } | getRunner response 200 /status | circle
  { "paths./v1/private/local-runners/jobs/{id}": { get: { operationId: twin } } } | twin  | /v1/private/local-runners/jobs/{id}
  { LocalRunnerJob.properties.timeout: integer } | getJob response 200 /timeout | no schema
`)

describe('a flaw', () => {
  it.each(flaws)('of %s is told at %s', (edit, place, theirs) => {
    const found = findingsOf(compareAfter(editBy(edit))).filter(({ severity }) => severity === 'flaw')
    expect(found.map((flaw) => [`${flaw.operation} ${flaw.where}`.trim(), flaw.theirs])).toContainEqual([place, theirs])
  })

  it('is nullable beside a type in 3.1, not in 3.0', () => {
    const schema = { type: 'string', nullable: true }
    expect(compareSpecs(tiny(schema), tiny(schema, {}, '3.0.3')).totals.flaws).toBe(0)
    expect(compareSpecs(tiny(schema), tiny(schema)).totals.flaws).toBe(2)
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
