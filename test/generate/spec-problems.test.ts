// What the generator refuses outside the lifecycle, each time with the place and a way to fix it; and which fields a request
// shares with the resource that it feeds.
import { describe, expect, it } from 'vitest'
import { type Change, expectProblem, lampYaml, problemsIn, lampFiles, type LampSpec } from './lamp-spec.js'

const changed = (change: Change): Change => change
const withSchema = (name: string, schema: object) => changed((spec) => (spec.components.schemas[name] = schema))
const withLink = (read: object) =>
  changed((spec) => Object.assign(spec.paths['/lamps'].post.responses[201], { links: { read } }))
const flicker = { operations: ['switchLamp'], today: 'It flickers.', sane: 'It shines.', advice: 'Look away.' }

describe('renderFiles', () => {
  it.each<[string, string | Change, string]>([
    ['text that is no YAML', 'openapi: [3.1.0\npaths: }', 'YAML, line'],
    ['another version of OpenAPI', changed((spec) => (spec.openapi = '3.0.3')), 'openapi, 3.1'],
    [
      'a reference that leads nowhere',
      withSchema('Torch', { $ref: '#/components/schemas/Candle' }),
      'components.schemas.Torch, Candle',
    ],
    [
      'an unknown keyword',
      withSchema('Torch', { type: 'object', propertys: {} }),
      'components.schemas.Torch, propertys',
    ],
    [
      'an unknown format',
      withSchema('Torch', { type: 'string', format: 'uuidd' }),
      'components.schemas.Torch, uuidd, uuid,',
    ],
    [
      'a quirk of an operation that is not there',
      changed((spec) => Object.assign(spec, { 'x-quirks': { flicker: { ...flicker, operations: ['dimLamp'] } } })),
      'x-quirks.flicker, dimLamp',
    ],
    [
      'two quirks with one id',
      `${lampYaml((spec) => Object.assign(spec, { 'x-quirks': { flicker } }))}  flicker: {}\n`,
      'YAML, unique',
    ],
    [
      'a quirk that nothing shows',
      changed((spec) => Object.assign(spec, { 'x-quirks': { flicker: { ...flicker, operations: [] } } })),
      'x-quirks.flicker, operations',
    ],
    [
      'a version that the spec does not name',
      changed((spec) => {
        Object.assign(spec, { 'x-versions': { '1': 'spring', '2': 'summer' } })
        Object.assign(spec.paths['/lamps'].post, { 'x-since': 3 })
      }),
      "x-since, '1', '2'",
    ],
    [
      'an operation without an id',
      changed((spec) => (spec.paths['/lamps'].post.operationId = '')),
      'paths./lamps.post, operationId',
    ],
    [
      'one id for two operations',
      changed((spec) => (spec.paths['/lamps'].post.operationId = 'getLamp')),
      'getLamp, /lamps',
    ],
    [
      'a path parameter that nobody declares',
      changed((spec) => (spec.paths['/lamps/{lampId}'].parameters = [])),
      'paths./lamps/{lampId}.get, lampId',
    ],
    ['a link to an operation that is not there', withLink({ operationId: 'dimLamp' }), 'paths./lamps.post, dimLamp'],
    [
      'a link that hands on what the operation does not take',
      withLink({ operationId: 'getLamp', parameters: { id: '$response.header.Location' } }),
      'paths./lamps.post, getLamp, lampId',
    ],
  ])('refuses %s', (_, spec, names) => expectProblem(spec, names))

  it('blames the schema at fault, not those that refer to it', async () => {
    const problems = await problemsIn((spec) => {
      spec.components.schemas.Torch = { type: 'object', properties: { lamp: { $ref: '#/components/schemas/Lamp' } } }
      spec.components.schemas.Lamp = { ...spec.components.schemas.Lamp, propertys: {} }
    })
    expect(problems.map((problem) => problem.split(' | ')[0])).toEqual(['components.schemas.Lamp'])
  })
})

type Fields = Record<string, object>

const id = { type: 'string', format: 'uuid' }
const status = { type: 'string', enum: ['dark', 'lit', 'broken'] }
const bulb = { type: 'object', properties: { maker: { type: 'string', default: 'none' }, serial: id, price: {} } }

/** Lets requests for lamps have some fields, and lamps the same or others. */
function feed(given: Fields, shown: Fields = given, target = 'Lamp') {
  return ({ components: { schemas } }: LampSpec): void => {
    schemas['LampRequest'] = { type: 'object', 'x-feeds': target, properties: given }
    schemas['Lamp'] = { type: 'object', properties: { status, made_at: id, ...shown } }
  }
}

const compact = (text = ''): string => text.replaceAll(/\s+/g, '').replaceAll(/,([}\]])/g, '$1')

async function tableOf(given: Fields, shown?: Fields): Promise<string> {
  const text = compact((await lampFiles(feed(given, shown))).get('src/generated/carried.ts'))
  const [table = ''] = text.slice(text.indexOf('={LampRequest:')).split('/**')
  return table
}

describe('carried.ts', () => {
  it('says of each shared field how it travels, nested ones part by part', async () => {
    const table = await tableOf({
      owner: id,
      bulbs: { type: 'array', items: bulb },
      spares: { type: 'object', propertyNames: { format: 'uuid' }, additionalProperties: bulb },
      tags: { type: 'array', items: { type: 'string' } },
      note: { type: 'string', 'x-normalize': 'trim' },
      watts: { type: 'integer', default: 5 },
      label: {},
    })
    const nested = "{fields:[{name:'maker',default:'none'},{name:'serial',as:'uuid'},{name:'price',as:'json'}]}"
    const fields = [
      "{name:'owner',as:'uuid'}",
      `{name:'bulbs',as:{items:${nested}}}`,
      `{name:'spares',as:{keys:'uuid',values:${nested}}}`,
      "{name:'tags'}",
      "{name:'note',as:'trim'}",
      "{name:'watts',default:5}",
      "{name:'label',as:'json'}",
    ]
    expect(table).toBe(`={LampRequest:[${fields.join()}]}`)
  })

  it.each([
    ['a resource that is no schema', feed({}, {}, 'Torch'), 'Torch'],
    ['an unknown normalization', feed({ note: { 'x-normalize': 'upper' } }), 'omit-empty'],
    ['a name that every object has', feed({ valueOf: id }), 'valueOf'],
  ])('refuses %s', (_, change, names) => expectProblem(change, names))
})
