// What the generator makes of `x-collection`, and what it refuses, each time with the place and a way to fix it.
import { describe, expect, it } from 'vitest'
import { type LampSpec, expectProblem, lampFiles, problemsIn } from './lamp-spec.js'

const ok = { 204: { description: 'Done' } }
const refused = (status: number) => ({ [status]: { description: 'Refused' } })
const words = {
  unknown: { answer: 404, say: 'No {key} in {collection}.' },
  taken: { answer: 409, shape: 'errors', say: 'There is {value} in {collection}.' },
  sorting: { answer: 400, say: 'Sort otherwise.' },
}
const shadeId = { name: 'shadeId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }
const paging = [
  { name: 'page', in: 'query', schema: { type: 'integer', minimum: 1, default: 1 } },
  { name: 'size', in: 'query', schema: { type: 'integer', minimum: 1, default: 10 } },
  { name: 'sorting', in: 'query', schema: { type: 'string' } },
]

type Change = (declared: { readonly operations: object }) => object

/** What is declared beside the collection, to be changed. */
interface Beside {
  readonly words: Record<string, object>
  /** The operation that reads a shade. */
  readonly read: { responses: Record<number, object>; 'x-refusals'?: object }
}

/** A change that gives lamps shades, kept as declared. */
function withShades(change: Change = () => ({}), edit: (beside: Beside) => void = () => undefined) {
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
    const found = { 200: { description: 'It', ...body({}) } }
    const beside: Beside = { words: structuredClone(words), read: { responses: { ...found, ...refused(404) } } }
    edit(beside)
    Object.assign(spec.paths, {
      '/shades': {
        post: operation('createShade', {
          requestBody: { required: true, ...body(write) },
          responses: { ...made, ...refused(409) },
        }),
        get: operation('findShades', {
          parameters: paging,
          responses: { 200: { description: 'All', ...body({}) }, ...refused(400) },
        }),
      },
      '/shades/{shadeId}': {
        get: operation('getShade', { parameters: [shadeId], ...beside.read }),
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
    Object.assign(spec.components, { 'x-refusals': beside.words })
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
    const kept = files.get('src/generated/collection-tables.ts') ?? ''
    expect(kept).toContain("defaults: { colour: 'white' }")
    const operations = files.get('src/generated/collection-operations.ts') ?? ''
    expect(operations).toContain("shades: ['colour', 'size']")
    expect(operations).toContain("createShade: { collection: 'shades', role: 'create', ignores: ['size'] }")
    const queries = files.get('src/generated/collection-queries.ts') ?? ''
    expect(queries).toContain("colour: { type: 'string', of: 'colour', values: ['white', 'red'] }")
    expect(queries).toContain("instants: ['made_at']")
  })

  it('says what each operation refuses: in common words, those of the collection, and its own', async () => {
    const ownWords = ({ read }: Beside) => (read['x-refusals'] = { unknown: { say: 'No shade {path.shadeId}.' } })
    const files = await lampFiles(withShades(() => ({ refusals: { unknown: { shape: 'errors' } } }), ownWords))
    const tables = files.get('src/generated/refusals.ts') ?? ''
    expect(tables).toContain(
      "taken: { answer: 409, isList: true, say: 'There is {value} in shades.', details: ['value'] }",
    )
    expect(tables).toContain("sorting: { answer: 400, say: 'Sort otherwise.', details: [] }")
    expect(tables).toContain("unknown: { answer: 404, isList: true, say: 'No shade {path.shadeId}.', details: [] }")
  })

  it('says how a refusal looked before a version', async () => {
    const files = await lampFiles((spec) => {
      Object.assign(spec, { 'x-versions': { '1': 'spring', '2': 'summer' } })
      withShades(
        () => ({}),
        ({ words: { unknown } }) => Object.assign(unknown ?? {}, { 'x-before': { '2': { shape: 'errors' } } }),
      )(spec)
    })
    const tables = files.get('src/generated/refusals.ts') ?? ''
    expect(tables).toContain(
      "before: { 2: { answer: 404, isList: true, say: 'No {key} in shades.', details: ['key'] } }",
    )
  })

  const tired = { tired: { answer: 400, say: 'Not now.' } }
  it.each<[title: string, change: Change, edit: (beside: Beside) => void, names: string]>([
    [
      'a reason without words',
      () => ({}),
      ({ words: { unknown } }) => Reflect.deleteProperty(unknown ?? {}, 'say'),
      'getShade, unknown, say',
    ],
    [
      'a status that the operation lacks',
      () => ({}),
      ({ read }) => delete read.responses[404],
      'getShade, unknown, 404',
    ],
    [
      'a placeholder that the role does not fill',
      () => ({}),
      ({ words }) => (words['unknown'] = { answer: 404, say: '{colour}' }),
      'x-refusals.unknown, {colour}, key',
    ],
    [
      'a common reason for which nothing is refused',
      () => ({}),
      ({ words }) => Object.assign(words, tired),
      'x-refusals.tired',
    ],
    [
      'a reason of the collection for which nothing is refused',
      () => ({ refusals: tired }),
      () => undefined,
      'refusals.tired',
    ],
  ])('refuses %s', (_, change, edit, names) => expectProblem(withShades(change, edit), names))

  it.each<[title: string, change: Change, names: string]>([
    [
      'an unknown operation',
      ({ operations }) => ({ operations: { ...operations, dropShade: 'delete' } }),
      'operations.dropShade',
    ],
    [
      'an unknown role',
      ({ operations }) => ({ operations: { ...operations, deleteShade: 'destroy' } }),
      'operations.deleteShade, destroy, deleteMany',
    ],
    ['a unique field that is none', () => ({ unique: [{ field: 'color' }] }), 'unique, color, colour'],
    ['a computed field that is none', () => ({ computed: { made: 'created.at' } }), 'computed, made'],
    ['a source that is none', () => ({ computed: { made_at: 'now' } }), 'computed.made_at, created.at'],
    ['a filter of an unknown type', () => ({ list: { filter: { size: 'float' } } }), 'filter.size, float'],
    ['a match with an unknown field', () => ({ list: { match: { color: 'equals' } } }), 'match, color'],
    ['a misspelled member', () => ({ lists: {} }), 'x-collection.lists'],
    ['creation without reading', () => ({ operations: { createShade: 'create' } }), 'operations, Location'],
    [
      'a list without pages',
      ({ operations }) => ({ operations: { ...operations, getShade: 'list', createShade: 'code' } }),
      'operations.getShade, page',
    ],
    ['a read without a key in its path', () => ({ operations: { findShades: 'read' } }), 'operations.findShades, path'],
  ])('is refused with %s', (_, change, names) =>
    expectProblem(withShades(change), `components.schemas.Shade.x-collection, ${names}`),
  )

  /** Shades with sets of them, which code makes. */
  const withSets =
    (declared: object = {}, answer: object = {}) =>
    (spec: LampSpec) => {
      withShades()(spec)
      const parameters = paging.slice(0, 2)
      const found = { 200: { description: 'All', content: answer } }
      const get = { operationId: 'findSets', tags: ['Projects'], summary: 'Sets', parameters, responses: found }
      Object.assign(spec.paths, { '/sets': { get } })
      const made = {
        name: 'sets',
        of: 'shades',
        operations: { findSets: 'list' },
        list: { sort: ['size'] },
        ...declared,
      }
      const properties = { id: { type: 'string' }, size: { type: 'number' } }
      spec.components.schemas.ShadeSet = { 'x-collection': made, type: 'object', properties }
    }

  it('becomes a table of its own where nothing is kept', async () => {
    const files = await lampFiles(withSets())
    expect(files.get('src/generated/collection-tables.ts')).not.toContain('sets:')
    const operations = files.get('src/generated/collection-operations.ts') ?? ''
    expect(operations).toContain("findSets: { collection: 'sets', role: 'list' }")
  })

  it.each([
    ['made of what is not kept', { of: 'covers' }, 'of, covers, shades'],
    ['kept and made at once', { scope: 'workspace' }, 'scope'],
    ['made, and changed', { operations: { findSets: 'patch' } }, 'findSets, patch'],
  ])('is refused where it is %s', (_, declared, names) => expectProblem(withSets(declared), names))

  it('has streams of lists alone', async () => {
    const stream = (schema: object) => ({ 'application/octet-stream': { schema } })
    const files = await lampFiles(withSets({}, stream({ type: 'array', items: { type: 'string' } })))
    expect(files.get('src/generated/operations.ts')).toContain(
      'findSets: { 200: { hasBody: true, headers: [], isStream: true } }',
    )
    const [problem] = await problemsIn(withSets({}, stream({ type: 'object' })))
    expect(problem).toContain('application/octet-stream')
  })

  it('is refused where two collections have a name or an operation in common', async () => {
    const problems = await problemsIn((spec) => {
      withShades()(spec)
      spec.components.schemas.Cover = { ...spec.components.schemas.Shade }
    })
    expect(problems.filter((problem) => problem.startsWith('components.schemas.Cover'))).toHaveLength(4)
    expect(problems).toHaveLength(4)
  })
})
