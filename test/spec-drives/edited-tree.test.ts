// One spec drives all: a copy of the project in which the documents were edited, and one resolver was written, is generated
// and built once; what each kind of edit brings is in the file beside that makes it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Document } from 'yaml'
import { apiClient, createProject, pairRunner, type ApiClient } from '../sdk/api-client.js'
import { addNotes, noteTyping, testCollection } from './collections.js'
import { editTree, type EditedTree, type Typing } from './edited-tree.js'
import { addOperation, operationTyping, resolvers, testOperation } from './recipe.js'

const labels = {
  type: 'array',
  items: {
    type: 'object',
    required: ['key'],
    properties: {
      key: { type: 'string' },
      id: { type: 'string', format: 'uuid' },
      weight: { type: 'integer', default: 1 },
    },
  },
}
const added = {
  priority: { type: 'integer', minimum: 0, maximum: 9, default: 5 },
  labels,
  origin: { type: 'object', properties: { host: { type: 'string' }, page: { type: 'string', format: 'uri' } } },
}

function addFields(spec: Document): void {
  const give = (schema: string, fields: object): void => {
    for (const [name, field] of Object.entries(fields)) {
      spec.setIn(['components', 'schemas', schema, 'properties', name], spec.createNode(field))
    }
  }
  for (const schema of ['CreateLocalRunnerJobRequest', 'LocalRunnerJob']) give(schema, added)
  for (const schema of ['CreateSessionRequest', 'LocalRunner']) give(schema, { host: added.origin })
  for (const schema of ['BridgeCommandSubmitRequest', 'BridgeCommand', 'BridgeCommandItem']) give(schema, { labels })
  for (const schema of ['LocalRunnerJobResultRequest', 'LocalRunnerJob']) give(schema, { cost: { type: 'number' } })
}

const RUNNERS = 'local-runners'
const ID = '0190BABC-62A0-71D2-832A-0FEFFA4676EB'
/** What a request may hold, what nobody knows included. */
const given = {
  labels: [{ key: 'a', id: ID, weight: 3, unknown: true }, { key: '__proto__' }],
  origin: { host: 'laptop', page: 'https://example.com/x', unknown: true },
}
const shown = {
  labels: [
    { key: 'a', id: ID.toLowerCase(), weight: 3 },
    { key: '__proto__', weight: 1 },
  ],
  origin: { host: 'laptop', page: 'https://example.com/x' },
}
const job = { priority: 5, ...shown }
/** The same without that: builders refuse what is misspelt. */
const known = {
  labels: [{ key: 'a', id: ID, weight: 3 }, { key: '__proto__' }],
  origin: { host: 'laptop', page: 'https://example.com/x' },
}

/** What the tree does that was edited like that. */
function testFields(tree: () => EditedTree): void {
  it('are known to given, snapshots and events of a mock', () => {
    const module = `
      import { createRunnerMock } from 'opik-runner-kit'
      const given = ${JSON.stringify(known)}
      const mock = createRunnerMock()
      const events = []
      mock.on('*', (event) => 'machine' in event && events.push(event))
      const runner = await mock.given.connectedRunner({ host: given.origin })
      const job = await mock.given.job({ runner, ...given })
      const command = await mock.given.command({ labels: given.labels })
      await mock.given.connectedRunner({ type: 'connect', host: { host: 'desk' } })
      const told = (type) => events.findLast((event) => event.type === type).resource.fields
      const tellings = [told('runner.connected'), told('job.pending'), told('bridgeCommand.pending')]
      const session = await mock.given.session({ host: { host: 'desk' } })
      const snapshot = JSON.parse(JSON.stringify(mock.snapshot()))
      mock.reset()
      mock.restore(snapshot)
      const sessionPath = '/v1/private/pairing/sessions/' + session.id + '/activate'
      const headers = { 'content-type': 'application/json' }
      const activate = () => mock.handle({ method: 'POST', url: sessionPath, headers, body: JSON.stringify(session.activation) })
      const read = async (path) => JSON.parse((await mock.handle({ method: 'GET', url: '/v1/private/local-runners/' + path })).body)
      console.log(JSON.stringify({
        made: [job, command], tellings,
        restored: [await read('jobs/' + job.id), await read(runner.id), (await activate(), await read(session.runnerId))],
      }))
    `
    const { made, tellings, restored } = membersOf(tree().run(module))
    expect(made).toMatchObject([job, { labels: shown.labels }])
    expect(tellings).toMatchObject([{ host: { host: 'desk' } }, job, { labels: shown.labels }])
    expect(restored).toMatchObject([job, { host: shown.origin }, { host: { host: 'desk' } }])
  })

  it('are in fixtures, the same in a request and in what becomes of it', () => {
    const fixture = (...args: string[]) => membersOf(JSON.parse(tree().command('fixture', ...args)))
    const [request, made] = [fixture('createJobRequest'), fixture('job')]
    for (const name of Object.keys(added)) expect(made[name]).toEqual(request[name])
    expect(fixture('job', '--set', 'priority=7')['priority']).toBe(7)
    const { priority, labels: madeLabels } = made
    expect(priority).toBeTypeOf('number')
    expect(madeLabels).toHaveLength(2)
    const { host, page } = membersOf(fixture('runner')['host'])
    expect([typeof host, URL.canParse(String(page))]).toEqual(['string', true])
  })

  it('are shown by every read over HTTP, and survive a restart', async () => {
    const state = ['--scenario', 'empty', '--state', tree().path('fields.json')]
    const first = await tree().serve(...state)
    const client = apiClient(first.url, 'ada')
    const project_id = await createProject(client, 'fields')
    const pair = (type: 'endpoint' | 'connect') => pairRunner(client, { project_id, type, host: given.origin }, 'mine')
    const [endpoint, connect] = [`${RUNNERS}/${await pair('endpoint')}`, `${RUNNERS}/${await pair('connect')}`]
    const send = async (method: string, path: string, body?: unknown, by: ApiClient = client) => {
      const answer = await by.send(method, path, body)
      expect(answer.status, answer.text).toBeLessThan(300)
      return membersOf(answer.body)
    }
    await send('PUT', `${endpoint}/agents`, { echo: {} })
    await send('POST', `${connect}/heartbeats`, { capabilities: ['bridge'] })
    await send('POST', `${RUNNERS}/jobs`, { agent_name: 'echo', project_id, ...given })
    await send('POST', `${connect}/bridge/commands`, { type: 'ReadFile', args: {}, labels: given.labels })
    const taken = await send('POST', `${endpoint}/jobs/next`)
    const batch = await send('POST', `${connect}/bridge/commands/next`, {})
    expect(taken).toMatchObject(job)
    expect(batch).toMatchObject({ commands: [{ labels: shown.labels }] })
    const jobPath = `${RUNNERS}/jobs/${String(taken['id'])}`
    await send('POST', `${jobPath}/results`, { status: 'running', cost: 0.5 })
    const [command] = Object.values(membersOf(batch['commands'])).map(membersOf)
    const bridgePath = `${connect}/bridge/commands/${String(command?.['command_id'])}`
    const paths = [endpoint, `${RUNNERS}?project_id=${project_id}`, jobPath, `${endpoint}/jobs`, bridgePath]
    const reads = (by?: ApiClient) => Promise.all(paths.map((path) => send('GET', path, undefined, by)))
    const runner = { host: shown.origin }
    const full = { ...job, cost: 0.5 }
    const all = [runner, { content: [runner, runner] }, full, { content: [full] }, { labels: shown.labels }]
    expect(await reads()).toMatchObject(all)
    const verdicts = tree().command('verify', first.url, '--check', 'schema/*.fields', '--reporter', 'json')
    for (const check of ['createPairingSession', 'createJob', 'createBridgeCommand', 'registerAgents'])
      expect(verdicts).toContain(`schema/${check}.fields`)
    await first.program.stop()

    const second = await tree().serve(...state)
    expect(await reads(apiClient(second.url, 'ada'))).toMatchObject(all)
  })
}

const use = (field: string): string => `import { createRunnerMock } from './src/index.js'
  const job = await createRunnerMock().given.job({ ${field} })
  export const weight: number | undefined = job.labels?.[0]?.weight`

const fieldTyping: Typing = { fits: [use('priority: 3')], misfits: [use("priority: 'high'")] }

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

const edits = {
  'openapi/local-runners.yaml': [addOperation, addFields],
  'openapi/neighbours.yaml': [addNotes],
}
const typings = [operationTyping, fieldTyping, noteTyping]

describe('a project whose spec was edited', () => {
  let edited: EditedTree | undefined
  const tree = (): EditedTree => {
    if (edited === undefined) throw new Error('There is no edited tree.')
    return edited
  }
  beforeAll(() => {
    edited = editTree(edits, resolvers)
  })
  afterAll(() => edited?.remove())

  it('has the types of its spec, and no others', () => {
    const fits = typings.flatMap((typing) => typing.fits)
    const misfits = typings.flatMap((typing) => typing.misfits)
    const found = tree().compile([...fits, ...misfits])
    expect(found.slice(0, fits.length)).toEqual(fits.map(() => ''))
    const refusal: unknown = expect.stringContaining('TS2322')
    expect(found.slice(fits.length)).toEqual(misfits.map(() => refusal))
  })

  describe('an operation that the recipe adds', () => testOperation(tree))
  describe('fields that the spec gains', () => testFields(tree))
  describe('a collection that the spec alone declares', () => testCollection(tree))
})
