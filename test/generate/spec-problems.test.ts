// What the generator refuses outside the lifecycle, each time with the place and a way to fix it.
import { describe, expect, it } from 'vitest'
import { type LampSpec, lampYaml, problemsIn } from './lamp-spec.js'

const changed = (change: (spec: LampSpec) => void) => lampYaml(change)
const withSchema = (name: string, schema: object) => changed((spec) => (spec.components.schemas[name] = schema))
const withLink = (read: object) =>
  changed((spec) => Object.assign(spec.paths['/lamps'].post.responses[201], { links: { read } }))
const flicker = { operations: ['switchLamp'], today: 'It flickers.', sane: 'It shines.', advice: 'Look away.' }

describe('renderFiles', () => {
  it.each([
    { title: 'text that is no YAML', yaml: 'openapi: [3.1.0\npaths: }', names: ['YAML', 'line'] },
    {
      title: 'another version of OpenAPI',
      yaml: changed((spec) => (spec.openapi = '3.0.3')),
      names: ['openapi', '3.1'],
    },
    {
      title: 'a reference that leads nowhere',
      yaml: withSchema('Torch', { $ref: '#/components/schemas/Candle' }),
      names: ['components.schemas.Torch', 'Candle'],
    },
    {
      title: 'an unknown keyword',
      yaml: withSchema('Torch', { type: 'object', propertys: {} }),
      names: ['components.schemas.Torch', 'propertys'],
    },
    {
      title: 'an unknown format',
      yaml: withSchema('Torch', { type: 'string', format: 'uuidd' }),
      names: ['components.schemas.Torch', 'uuidd', 'uuid,'],
    },
    {
      title: 'a quirk of an operation that is not there',
      yaml: changed((spec) =>
        Object.assign(spec, { 'x-quirks': { flicker: { ...flicker, operations: ['dimLamp'] } } }),
      ),
      names: ['x-quirks.flicker', 'dimLamp'],
    },
    {
      title: 'two quirks with one id',
      yaml: `${changed((spec) => Object.assign(spec, { 'x-quirks': { flicker } }))}  flicker: {}\n`,
      names: ['YAML', 'unique'],
    },
    {
      title: 'a quirk that nothing shows',
      yaml: changed((spec) => Object.assign(spec, { 'x-quirks': { flicker: { ...flicker, operations: [] } } })),
      names: ['x-quirks.flicker', 'operations'],
    },
    {
      title: 'an operation without an id',
      yaml: changed((spec) => (spec.paths['/lamps'].post.operationId = '')),
      names: ['paths./lamps.post', 'operationId'],
    },
    {
      title: 'one id for two operations',
      yaml: changed((spec) => (spec.paths['/lamps'].post.operationId = 'getLamp')),
      names: ['getLamp', '/lamps'],
    },
    {
      title: 'a path parameter that nobody declares',
      yaml: changed((spec) => (spec.paths['/lamps/{lampId}'].parameters = [])),
      names: ['paths./lamps/{lampId}.get', 'lampId'],
    },
    {
      title: 'a link to an operation that is not there',
      yaml: withLink({ operationId: 'dimLamp' }),
      names: ['paths./lamps.post', 'dimLamp'],
    },
    {
      title: 'a link that hands on what the operation does not take',
      yaml: withLink({ operationId: 'getLamp', parameters: { id: '$response.header.Location' } }),
      names: ['paths./lamps.post', 'getLamp', 'lampId'],
    },
  ])('refuses $title', async ({ yaml, names }) => {
    const problems = await problemsIn(yaml)
    expect(problems).toHaveLength(1)
    for (const name of names) expect(problems[0]).toContain(name)
  })

  it('blames the schema at fault, not those that refer to it', async () => {
    const yaml = changed((spec) => {
      spec.components.schemas.Torch = { type: 'object', properties: { lamp: { $ref: '#/components/schemas/Lamp' } } }
      spec.components.schemas.Lamp = { ...spec.components.schemas.Lamp, propertys: {} }
    })
    const problems = await problemsIn(yaml)
    expect(problems.map((problem) => problem.split(' | ')[0])).toEqual(['components.schemas.Lamp'])
  })
})
