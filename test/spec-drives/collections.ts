// A collection that YAML alone declares is kept: over HTTP and MSW, through snapshots and restarts, filtered and sorted.
import { expect, it } from 'vitest'
import type { Document } from 'yaml'
import type { EditedTree, Typing } from './edited-tree.js'

const API = '/v1/private/notes'
const shared = (kind: string, name: string) => ({ $ref: `local-runners.yaml#/components/${kind}/${name}` })
const own = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` })
const json = (schema: object) => ({ content: { 'application/json': { schema } } })
const refused = (...names: string[]) => {
  const statuses: Record<string, string> = {
    BadRequest: '400',
    NotFound: '404',
    Conflict: '409',
    UnprocessableContent: '422',
  }
  return Object.fromEntries(names.map((name) => [statuses[name] ?? '', shared('responses', name)]))
}
const described = { summary: 'A note', tags: ['Projects'] }
const identified = { '401': shared('responses', 'Unauthorized') }
const noteId = { name: 'noteId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }
const empty = { '204': { description: 'Done' }, ...identified }

const paths = {
  [API]: {
    post: {
      ...{ ...described, operationId: 'createNote' },
      requestBody: { required: true, ...json(own('schemas', 'NoteWrite')) },
      responses: {
        '201': { description: 'Kept', headers: { Location: shared('headers', 'Location') } },
        ...{ ...identified, ...refused('BadRequest', 'Conflict', 'UnprocessableContent') },
      },
    },
    get: {
      ...{ ...described, operationId: 'findNotes' },
      parameters: ['PageFromOne', 'SizeOfTen', 'Filters', 'Sorting'].map((name) => own('parameters', name)),
      responses: {
        '200': { description: 'Notes', ...json(own('schemas', 'NotePage')) },
        ...{ ...identified, ...refused('BadRequest') },
      },
    },
  },
  [`${API}/{noteId}`]: {
    parameters: [noteId],
    get: {
      ...{ ...described, operationId: 'getNote' },
      responses: {
        '200': { description: 'It', ...json(own('schemas', 'Note')) },
        ...identified,
        ...refused('NotFound'),
      },
    },
    patch: {
      ...{ ...described, operationId: 'changeNote' },
      requestBody: { required: true, ...json(own('schemas', 'NoteWrite')) },
      responses: { ...empty, ...refused('BadRequest', 'NotFound', 'Conflict', 'UnprocessableContent') },
    },
    delete: { ...{ ...described, operationId: 'deleteNote' }, responses: empty },
  },
}

const writable = {
  title: { type: 'string' },
  weight: { type: 'number', default: 1 },
  details: { type: 'object' },
  due: { type: 'string', format: 'date-time' },
}
const computed = { made_at: 'created.at', made_by: 'created.by', changed_at: 'changed.at' }
const note = {
  'x-collection': {
    ...{ name: 'notes', scope: 'owner', unique: [{ field: 'title', case: 'any' }], computed },
    operations: { createNote: 'create', getNote: 'read', findNotes: 'list', changeNote: 'patch', deleteNote: 'delete' },
    list: {
      filter: { title: 'string', weight: 'number', details: 'dictionary' },
      sort: ['title', 'weight', 'due', 'details.*'],
    },
  },
  type: 'object',
  required: ['id', 'made_at'],
  properties: {
    id: { type: 'string', format: 'uuid' },
    ...writable,
    made_at: { type: 'string', format: 'date-time' },
    made_by: { type: 'string' },
    changed_at: { type: 'string', format: 'date-time' },
  },
}
const page = {
  type: 'object',
  required: ['page', 'size', 'total', 'content'],
  properties: {
    ...Object.fromEntries(['page', 'size', 'total'].map((name) => [name, { type: 'integer' }])),
    content: { type: 'array', items: own('schemas', 'Note') },
    sortable_by: { type: 'array', items: { type: 'string' } },
  },
}

/** Edits the neighbours' document. */
export function addNotes(spec: Document): void {
  const schemas = { Note: note, NoteWrite: { type: 'object', properties: writable }, NotePage: page }
  for (const [path, item] of Object.entries(paths)) spec.setIn(['paths', path], spec.createNode(item))
  for (const [name, schema] of Object.entries(schemas)) {
    spec.setIn(['components', 'schemas', name], spec.createNode(schema))
  }
}

/** What clients do with notes, by any `fetch`; answers what they have seen. */
const STORY = `async (fetch, base) => {
  const call = async (method, path = '', body, key = 'ada') => {
    const headers = { authorization: key, 'content-type': 'application/json' }
    const response = await fetch(base + '${API}' + path, { method, headers, body: body && JSON.stringify(body) })
    const text = await response.text()
    return { status: response.status, location: response.headers.get('location'), body: text && JSON.parse(text) }
  }
  const due = (second) => '2026-07-01T12:00:0' + second + 'Z'
  const made = []
  for (const note of [
    { title: 'Milk and eggs', weight: 2.5, details: { shop: { city: 'Lyon' } }, due: due('0.5') },
    { title: 'Call Ada', weight: 10, details: { shop: { city: 'Oslo' } }, due: due('1') },
    { title: 'milk the cow', due: due('0') },
  ]) made.push(await call('POST', '', note))
  const [first, second] = made.map(({ location }) => location.slice(location.lastIndexOf('/')))
  const titles = async (query) => {
    const search = Object.entries(query).map(([name, value]) => name + '=' + encodeURIComponent(JSON.stringify(value)))
    const { status, body } = await call('GET', '?' + search.join('&'))
    return status === 200 ? body.content.map(({ title }) => title[0]).join('') : status
  }
  const having = (field, operator, value, key) => titles({ filters: [{ field, operator, value, key }] })
  const by = (field, direction = 'ASC') => titles({ sorting: [{ field, direction }] })
  const filtered = [
    await having('title', 'contains', 'MILK'), await having('weight', '>', '1'),
    await having('details', '=', 'oslo', 'shop.city'), await having('colour', '=', 'red'),
  ]
  const sorted = [await by('title'), await by('weight', 'DESC'), await by('due'), await by('details.shop.city')]
  const read = (await call('GET', second)).body
  const statuses = [
    (await call('POST', '', { title: 'CALL ADA' })).status, (await call('POST', '', { weight: 'x' })).status,
    (await call('PATCH', first, { weight: 3 })).status, (await call('PATCH', first, { title: 'call ada' })).status,
    (await call('GET', second, undefined, 'bob')).status,
    (await call('DELETE', second)).status, (await call('GET', second)).status, (await call('DELETE', second)).status,
  ]
  const left = (await call('GET', '?size=1')).body
  return { made: made.map(({ status }) => status), filtered, sorted, read, statuses, left }
}`

const seen = {
  made: [201, 201, 201],
  filtered: ['mM', 'CM', 'C', 400],
  sorted: ['CMm', 'CMm', 'mMC', 'mMC'],
  read: { title: 'Call Ada', weight: 10, details: { shop: { city: 'Oslo' } }, due: '2026-07-01T12:00:01Z' },
  statuses: [409, 400, 204, 409, 404, 204, 404, 204],
  left: {
    page: 1,
    size: 1,
    total: 2,
    content: [{ title: 'milk the cow', weight: 1 }],
    sortable_by: note['x-collection'].list.sort,
  },
}

/** What the tree does that was edited like that. */
export function testCollection(tree: () => EditedTree): void {
  it('is kept over MSW, and survives snapshot, restore and reset', () => {
    const module = `
      import { setupServer } from 'msw/node'
      import { createRunnerMock } from 'opik-runner-kit'
      import { handlers } from 'opik-runner-kit/msw'
      const mock = createRunnerMock({ now: '2026-07-01T12:00:00Z', frozen: true })
      const server = setupServer(...handlers(mock))
      server.listen()
      const story = ${STORY}
      const { read, ...told } = await story(fetch, 'http://localhost:5173/api')
      const notes = () => mock.inspect(({ collections }) => Object.values(collections.notes.save()).flat())
      const snapshot = JSON.parse(JSON.stringify(mock.snapshot()))
      const before = notes()
      await mock.reset()
      const empty = notes()
      mock.restore(snapshot)
      server.close()
      console.log(JSON.stringify({ read, ...told, before, empty, after: notes() }))
      await mock.close()
    `
    const { before, empty, after, ...told } = Object(tree().run(module)) as Record<string, unknown>
    expect(told).toMatchObject(seen)
    expect(told['read']).toMatchObject({ made_at: '2026-07-01T12:00:00.000Z', changed_at: '2026-07-01T12:00:00.000Z' })
    expect([before, empty]).toMatchObject([[{ title: 'Milk and eggs', weight: 3 }, { title: 'milk the cow' }], []])
    expect(after).toEqual(before)
  })

  it('is kept over HTTP, and survives a restart', async () => {
    const state = ['--scenario', 'empty', '--state', tree().path('notes.json')]
    const first = await tree().serve(...state)
    const base = JSON.stringify(first.url)
    expect(
      tree().run(`const story = ${STORY}; console.log(JSON.stringify(await story(fetch, ${base})))`),
    ).toMatchObject(seen)
    await first.program.stop()
    const { program, url } = await tree().serve(...state)
    const page = await fetch(`${url}${API}`, { headers: { authorization: 'ada' } })
    expect(await page.json()).toMatchObject({
      total: 2,
      content: [{ title: 'milk the cow' }, { title: 'Milk and eggs' }],
    })
    await program.stop()
  })
}

const use = (title: string): string => `import type { components } from './src/index.js'
  export const note: components['schemas']['NoteWrite'] = { title: ${title} }`

export const noteTyping: Typing = { fits: [use("'x'")], misfits: [use('7')] }
