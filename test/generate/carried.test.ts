// Which fields a request shares with the resource that it feeds, as the generator finds out.
import { describe, expect, it } from 'vitest'
import { expectProblem, lampFiles, type LampSpec } from './lamp-spec.js'

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
