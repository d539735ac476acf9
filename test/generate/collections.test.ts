// What the generator makes of `x-collection`, and what it refuses, each time with the place and a way to fix it.
import { describe, expect, it } from 'vitest'
import { type LampSpec, lampFiles, lampYaml, problemsIn } from './lamp-spec.js'

const ok = { 204: { description: 'Done' } }
const shadeId = { name: 'shadeId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }
const paging = [
  { name: 'page', in: 'query', schema: { type: 'integer', minimum: 1, default: 1 } },
  { name: 'size', in: 'query', schema: { type: 'integer', minimum: 1, default: 10 } },
]

type Change = (declared: { readonly operations: object }) => object

/** A change that gives lamps shades, kept as declared. */
function withShades(change: Change = () => ({})) {
  return (spec: LampSpec) => {
    const write = { type: 'object', properties: { colour: { type: 'string', default: 'white' } } }
    const body = (schema: object) => ({ content: { 'application/json': { schema } } })
    const made = { 201: { description: 'Made', headers: { Location: { schema: { type: 'string' } } } } }
    const operation = (operationId: string, more: object) => ({
      operationId,
      tags: ['Projects'],
      summary: 'A shade',
      ...more,
    })
    Object.assign(spec.paths, {
      '/shades': {
        post: operation('createShade', { requestBody: { required: true, ...body(write) }, responses: made }),
        get: operation('findShades', { parameters: paging, responses: { 200: { description: 'All', ...body({}) } } }),
      },
      '/shades/{shadeId}': {
        get: operation('getShade', { parameters: [shadeId], responses: { 200: { description: 'It', ...body({}) } } }),
        delete: operation('deleteShade', { parameters: [shadeId], responses: ok }),
      },
    })
    const declared = {
      name: 'shades',
      scope: 'workspace',
      unique: [{ field: 'colour', case: 'any' }],
      computed: { made_at: 'created.at' },
      operations: { createShade: 'create', getShade: 'read', findShades: 'list' },
      list: { match: { colour: 'contains' }, filter: { colour: 'string' }, sort: ['colour'] },
    }
    spec.components.schemas.Shade = {
      'x-collection': { ...declared, ...change(declared) },
      type: 'object',
      properties: {
        id: { type: 'string' },
        colour: { type: 'string', enum: ['white', 'red'] },
        size: { type: 'number' },
        made_at: { type: 'string', format: 'date-time' },
      },
    }
  }
}

describe('x-collection', () => {
  it('becomes tables of what is kept, by which operation, and how it is listed', async () => {
    const files = await lampFiles(withShades())
    const kept = files.get('src/generated/collections.ts') ?? ''
    expect(kept).toContain("fields: ['colour', 'size']")
    expect(kept).toContain("defaults: { colour: 'white' }")
    expect(kept).toContain("createShade: { collection: 'shades', role: 'create', status: 201, ignores: ['size'] }")
    expect(kept).toContain("read: 'getShade'")
    const queries = files.get('src/generated/collection-queries.ts') ?? ''
    expect(queries).toContain("colour: { type: 'string', of: 'colour', values: ['white', 'red'] }")
    expect(queries).toContain("instants: ['made_at']")
  })

  it.each<{ title: string; change: Change; names: string[] }>([
    {
      title: 'an unknown operation',
      change: ({ operations }) => ({ operations: { ...operations, dropShade: 'delete' } }),
      names: ['operations.dropShade'],
    },
    {
      title: 'an unknown role',
      change: ({ operations }) => ({ operations: { ...operations, deleteShade: 'destroy' } }),
      names: ['operations.deleteShade', 'destroy', 'deleteMany'],
    },
    {
      title: 'a unique field that is none',
      change: () => ({ unique: [{ field: 'color' }] }),
      names: ['unique', 'color', 'colour'],
    },
    {
      title: 'a computed field that is none',
      change: () => ({ computed: { made: 'created.at' } }),
      names: ['computed', 'made'],
    },
    {
      title: 'a source that is none',
      change: () => ({ computed: { made_at: 'now' } }),
      names: ['computed.made_at', 'created.at'],
    },
    {
      title: 'a filter of an unknown type',
      change: () => ({ list: { filter: { size: 'float' } } }),
      names: ['filter.size', 'float'],
    },
    {
      title: 'a match with an unknown field',
      change: () => ({ list: { match: { color: 'equals' } } }),
      names: ['match', 'color'],
    },
    { title: 'a misspelled member', change: () => ({ lists: {} }), names: ['x-collection.lists'] },
    {
      title: 'creation without reading',
      change: () => ({ operations: { createShade: 'create' } }),
      names: ['operations', 'Location'],
    },
    {
      title: 'a list without pages',
      change: ({ operations }) => ({ operations: { ...operations, getShade: 'list', createShade: 'code' } }),
      names: ['operations.getShade', 'page'],
    },
    {
      title: 'a read without a key in its path',
      change: () => ({ operations: { findShades: 'read' } }),
      names: ['operations.findShades', 'path'],
    },
  ])('is refused with $title', async ({ change, names }) => {
    const problems = await problemsIn(lampYaml(withShades(change)))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain('components.schemas.Shade.x-collection')
    for (const name of names) expect(problems[0]).toContain(name)
  })

  it('is refused where two collections have a name or an operation in common', async () => {
    const yaml = lampYaml((spec) => {
      withShades()(spec)
      spec.components.schemas.Cover = { ...spec.components.schemas.Shade }
    })
    const problems = await problemsIn(yaml)
    expect(problems.filter((problem) => problem.startsWith('components.schemas.Cover'))).toHaveLength(4)
    expect(problems).toHaveLength(4)
  })
})
