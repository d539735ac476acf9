// The admin API is what kit.yaml says: every operation is there, and answers what its schema says.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { watchConduct } from '../../src/mocks/conduct/watch.js'
import { openSite } from '../admin/site.js'

interface Operation {
  operationId: string
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: object }> }>
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, { properties?: object }>
    responses: Record<string, Operation['responses'][string]>
  }
}

const read = (name: string): Document =>
  parse(readFileSync(join(import.meta.dirname, '../../openapi', name), 'utf8')) as Document
const kit = read('kit.yaml')
const ajv = new Ajv2020({ strict: false, logger: false })
addFormats.default(ajv)
ajv.addFormat('byte', true)
ajv.addSchema({ $id: 'local-runners.yaml', components: { schemas: read('local-runners.yaml').components.schemas } })
/** Settings come from the spec's lifecycle, so they are taken as generated. */
const settings = JSON.parse(readFileSync(join(import.meta.dirname, '../../schemas/settings.json'), 'utf8')) as {
  properties: object
}
const { Settings: _, ChangeableSettings: changeable, ...schemas } = kit.components.schemas
const withProfile = { ...settings, properties: { ...settings.properties, ...changeable?.properties } }
ajv.addSchema({
  $id: 'kit.yaml',
  components: { schemas: { ...schemas, Settings: settings, ChangeableSettings: withProfile } },
})

/** Bodies of those that need one, and the resource that a path is about. */
const bodies: Readonly<Record<string, unknown>> = {
  advanceClock: { seconds: 1 },
  setClock: { now: '2026-07-01T13:00:00Z' },
  changeSettings: { heartbeat_ttl_seconds: 20 },
  injectFaults: [{ id: 'mine', operation: 'isAlive', status: 503 }, { preset: 'rate-limited' }],
}

const calls = Object.entries(kit.paths).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([, { operationId }]) => !['streamEvents', 'openConsole', 'readConsoleFile'].includes(operationId))
    .map(([method, operation]) => [operation.operationId, method.toUpperCase(), path, operation] as const),
)

it.each(calls)('%s answers as kit.yaml says', async (id, method, path, operation) => {
  const { call, mock, url } = await openSite({ conduct: watchConduct })
  const runner = await mock.given.connectedRunner({ agents: ['echo'] })
  const job = await mock.given.job({ runner, status: 'completed' })
  const command = await mock.given.command()
  await mock.given.session()
  await fetch(`${url}/no-such-path`)
  await call('POST', '/faults', bodies['injectFaults'])
  const subjects = { runners: runner.id, jobs: job.id, commands: command.command_id, requests: '1', faults: 'mine' }
  const [, kind = ''] = /^\/(\w+)\/\{id\}$/.exec(path) ?? []
  const subject = Object.entries(subjects).find(([name]) => name === kind)?.[1] ?? ''
  const body = id === 'restoreState' ? mock.snapshot() : id === 'injectFaults' ? { status: 500 } : bodies[id]
  const answer = await call(method, path.replace('{id}', subject), body)
  const declared = operation.responses[answer.status]
  expect(answer.status).toBeLessThan(300)
  expect(declared).toBeDefined()
  const [, name = ''] = /responses\/(.+)$/.exec(declared?.$ref ?? '') ?? []
  const content = (kit.components.responses[name] ?? declared)?.content
  const schema = content?.['application/json']?.schema
  expect(answer.body === undefined).toBe(schema === undefined)
  if (schema === undefined) return
  const text = JSON.stringify(schema).replaceAll('"#/components', '"kit.yaml#/components')
  const isValid = ajv.compile(JSON.parse(text) as object)
  expect(isValid(answer.body), JSON.stringify(isValid.errors)).toBe(true)
})

it.each(calls.filter(([id]) => id in bodies || id === 'restoreState'))(
  '%s names what is wrong with a body, and where',
  async (_id, method, path) => {
    const { call } = await openSite()
    const { status, body } = await call(method, path, { wrongMember: 1 })
    expect(status).toBe(422)
    expect(JSON.stringify(body)).toMatch(/wrongMember|needed/)
  },
)
