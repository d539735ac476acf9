// The flaws of real documents: each is named with its place, and the comparison goes on.
import { describe, expect, it } from 'vitest'
import { compareSpecs } from '../../src/spec/compare-specs.js'
import { findFlaws } from '../../src/spec/flaws.js'
import {
  compareAfter,
  findingsOf,
  NON_BLANK_IN_JAVA,
  ours,
  put,
  set,
  tiny,
  upstream,
  type Editable,
} from './documents.js'

const jobs = '/v1/private/local-runners/jobs'

describe('findFlaws', () => {
  it('finds none in our own document, nor in its security schemes', () => {
    expect(findFlaws(ours)).toEqual([])
    const secured = upstream(set('components.securitySchemes', { key: { type: 'http', scheme: 'bearer' } }))
    expect(findFlaws(secured)).toEqual([])
  })

  it.each<[string, (document: Editable) => void, object]>([
    [
      'a pattern in Java’s syntax',
      set('LocalRunnerJob.properties.blueprint_name.pattern', NON_BLANK_IN_JAVA),
      { kind: 'pattern syntax', where: 'schemas LocalRunnerJob /blueprint_name', found: NON_BLANK_IN_JAVA },
    ],
    [
      'a header without a schema',
      set('createJob.responses.201.headers.Location', { style: 'simple' }),
      { kind: 'header without schema', where: 'createJob responses 201 headers Location' },
    ],
    [
      'nullable beside allOf',
      set('nextJob.responses.200.content.application/json.schema', {
        nullable: true,
        allOf: [{ $ref: '#/components/schemas/LocalRunnerJob' }],
      }),
      {
        kind: 'nullable without effect',
        where: 'nextJob responses 200 content application/json schema',
        found: 'beside allOf',
      },
    ],
    [
      'a dangling reference',
      set('LocalRunner.properties.agents', { $ref: '#/components/schemas/Gone' }),
      { kind: 'dangling reference', where: 'schemas LocalRunner /agents', found: '#/components/schemas/Gone' },
    ],
    [
      'a reference to another file',
      set('LocalRunner.properties.agents', { $ref: 'agents.yaml#/Agents' }),
      { kind: 'outside reference', found: 'agents.yaml#/Agents' },
    ],
    [
      'a circular reference',
      (document) => {
        set('components.schemas.Checklist', { $ref: '#/components/schemas/ChecklistPatch' })(document)
        set('components.schemas.ChecklistPatch', { allOf: [{ $ref: '#/components/schemas/Checklist' }] })(document)
      },
      { kind: 'circular reference', where: 'schemas Checklist' },
    ],
    [
      'a duplicate path',
      (document) => put(document.paths, `${jobs}/{id}`, { get: document.paths?.[`${jobs}/{jobId}`]?.get }),
      { kind: 'duplicate path', where: `${jobs}/{id}`, found: `as ${jobs}/{jobId}` },
    ],
    [
      'a parameter without a schema',
      set('JobId.schema'),
      { kind: 'parameter without schema', where: 'parameters JobId' },
    ],
    [
      'a malformed part',
      set('LocalRunnerJob.properties.timeout', 'integer'),
      { kind: 'malformed part', where: 'schemas LocalRunnerJob /timeout' },
    ],
  ])('names %s', (_flaw, edit, expected) => {
    expect(compareAfter(edit).flaws).toContainEqual(expect.objectContaining(expected))
  })

  it('takes nullable beside a type for sound in 3.0 and for void in 3.1', () => {
    const schema = { type: 'string', nullable: true }
    expect(findFlaws(tiny(schema, {}, '3.0.3'))).toEqual([])
    expect(findFlaws(tiny(schema))).toMatchObject([
      {
        kind: 'nullable without effect',
        where: 'makeThing requestBody content application/json schema',
        found: 'in OpenAPI 3.1.0',
      },
      { kind: 'nullable without effect', where: 'makeThing responses 200 content application/json schema' },
    ])
  })

  it('takes recursive schemas and examples for what they are', () => {
    const node = {
      type: 'object',
      properties: { next: { $ref: '#/components/schemas/Node' } },
      example: { $ref: '#/nowhere' },
    }
    expect(findFlaws(tiny({ $ref: '#/components/schemas/Node' }, { Node: node }))).toEqual([])
  })

  it('lets none of them count as a difference', () => {
    const theirs = upstream((document) => {
      set('createJob.responses.201.headers.Location', { style: 'simple' })(document)
      set('LocalRunner.properties.agents', { $ref: '#/components/schemas/Gone' })(document)
    })
    const comparison = compareSpecs(ours, theirs)
    expect(comparison.totals.flaws).toBe(2)
    expect(findingsOf(comparison)).toEqual([])
  })
})
