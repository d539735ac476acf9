// What the generator makes of `x-since`, `x-until` and `x-before`: what each version lacks, and what people read of it.
import { describe, expect, it } from 'vitest'
import { type LampSpec, lampFiles, problemsIn } from './lamp-spec.js'

const since = { 'x-since': '2' }

/** Everything that can be marked, marked. */
function marked(spec: LampSpec): void {
  Object.assign(spec, { 'x-versions': { '1': 'spring', '2': 'summer' } })
  const { Lamp, LampRequest } = spec.components.schemas
  Object.assign(Reflect.get(Lamp ?? {}, 'properties') as object, { scent: { type: 'string', ...since } })
  Object.assign(Reflect.get(LampRequest ?? {}, 'properties') as object, {
    scent: { type: 'string', description: 'Smells.', 'x-since': '2', 'x-before': 'plain' },
    shape: { type: 'string', enum: ['round', 'square'], 'x-since': { square: '2' } },
    bulbs: { type: 'array', items: { type: 'object', properties: { watts: { type: 'number', 'x-until': '2' } } } },
  })
  Object.assign(spec.paths['/lamps/{lampId}/switch'].post, since)
  Object.assign(spec.paths['/lamps/{lampId}'].get.parameters[0] ?? {}, since)
}

describe('x-since and x-until', () => {
  it('become what each version lacks', async () => {
    const versions = (await lampFiles(marked)).get('src/generated/versions.ts') ?? ''
    const [, older = '', newer = ''] = versions.split(/^ {2}'?[12]'?: \{/m)
    expect(older).toContain("operations: ['switchLamp']")
    expect(older).toContain("parameters: { getLamp: [{ at: 'wait' }] }")
    expect(older).toContain("fields: { createLamp: [{ at: 'scent', before: 'plain' }] }")
    expect(older).toContain("values: { createLamp: [{ at: 'shape', values: ['square'] }] }")
    expect(older).toContain("answers: { getLamp: ['scent'] }")
    expect(newer).toContain("fields: { createLamp: [{ at: 'bulbs/[]/watts' }] }")
    expect(newer).not.toContain('scent')
  })

  it('stand in the docstrings and in the table of operations', async () => {
    const files = await lampFiles(marked)
    const types = files.get('src/generated/named-types.ts') ?? ''
    expect(types).toMatch(/Smells\.\s+\*\s+@since Opik 2\s+\*\/\s+scent\?/)
    expect(types).toMatch(/@until Opik 2 \*\/\s+watts\?/)
    expect(files.get('docs/operations.md')).toContain('Switch a lamp (since 2)')
  })

  it('are refused for a version that the spec does not name', async () => {
    const [problem] = await problemsIn((spec) => {
      marked(spec)
      Object.assign(spec.paths['/lamps'].post, { 'x-since': 3 })
    })
    for (const name of ['x-since', "'1'", "'2'"]) expect(problem).toContain(name)
  })
})
