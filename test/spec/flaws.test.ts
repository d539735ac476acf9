// The flaws of real documents: each is named at its place, and the comparison goes on.
import { describe, expect, it } from 'vitest'
import { compareSpecs } from '../../src/spec/compare-specs.js'
import { compareAfter, findingsOf, put, set, tiny, type Editable } from './documents.js'

const jobs = '/v1/private/local-runners/jobs'
const [job, gone] = [{ $ref: '#/components/schemas/LocalRunnerJob' }, { $ref: '#/components/schemas/Gone' }]

describe('a flaw', () => {
  it.each<[string, (document: Editable) => void, string, string]>([
    [
      'a header without a schema',
      set('createJob.responses.201.headers.Location', { style: 'simple' }),
      'createJob response 201 header Location',
      'no schema',
    ],
    ['a parameter without a schema', set('JobId.schema'), 'getJob path jobId', 'no schema'],
    [
      'nullable beside allOf',
      set('getJob.responses.200.content.application/json.schema', { nullable: true, allOf: [job] }),
      'getJob response 200',
      'nullable',
    ],
    [
      'a dangling reference',
      set('LocalRunner.properties.agents', gone),
      'getRunner response 200 /agents',
      `$ref ${gone.$ref}`,
    ],
    [
      'a reference to another file',
      set('LocalRunner.properties.agents', { $ref: 'agents.yaml#/Agents' }),
      'getRunner response 200 /agents',
      '$ref agents.yaml#/Agents',
    ],
    [
      'a circular reference',
      (document) => {
        set('components.schemas.RunnerStatus', { $ref: '#/components/schemas/Other' })(document)
        set('components.schemas.Other', { allOf: [{ $ref: '#/components/schemas/RunnerStatus' }] })(document)
      },
      'getRunner response 200 /status',
      'circle',
    ],
    [
      'a duplicate path',
      (document) => put(document.paths, `${jobs}/{id}`, { get: document.paths?.[`${jobs}/{jobId}`]?.get }),
      'getJob ',
      `${jobs}/{id}`,
    ],
    [
      'a malformed part',
      set('LocalRunnerJob.properties.timeout', 'integer'),
      'getJob response 200 /timeout',
      'no schema',
    ],
  ])('is %s', (_flaw, edit, place, theirs) => {
    const flaws = findingsOf(compareAfter(edit)).filter(({ severity }) => severity === 'flaw')
    expect(flaws.map((flaw) => [`${flaw.operation} ${flaw.where}`, flaw.theirs])).toContainEqual([place, theirs])
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
    const { totals } = compareAfter(set('LocalRunner.properties.agents', gone))
    expect(totals).toMatchObject({ breaking: 0, notes: 0, flaws: 2 })
  })
})
