// The commands and the admin API are those of kit.yaml: all of them are there, take what it says, and answer what it says.
import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { watchConduct } from '../../src/mocks/conduct/watch-conduct.js'
import { createRunnerMock } from '../../src/index.js'
import { allCommands } from '../cli/all-commands.js'
import { openSite } from '../admin/site.js'
import { kit } from './kit-document.js'

interface Flag {
  'x-flag': string
  'x-reads'?: string
}
interface Listed {
  'x-command'?: string
  'x-file'?: string
  properties?: Readonly<Record<string, Flag>>
}

const program = allCommands()
const listed = Object.values(kit?.schemas ?? {}).filter(
  (schema: Listed) => schema['x-command'] !== undefined,
) as Listed[]

it('lists every command', () => {
  const names = program.commands.map((command) => command.name())
  expect(listed.map((schema) => schema['x-command']).toSorted()).toEqual(names.toSorted())
})

/** Documents of others, and what commands write themselves. */
const FOREIGN = ['--cert FILE', '--compare FILE', '--key FILE', '--out FILE', '--recording-out FILE', '--state FILE']

it('has a JSON Schema for every file that a command reads', () => {
  const flags = listed.flatMap(({ properties = {} }) => Object.values(properties))
  const files = flags.filter((flag) => flag['x-reads'] !== undefined || flag['x-flag'].endsWith(' FILE'))
  const known = Object.values(kit?.schemas ?? {}).map((schema: Listed) => schema['x-file'])
  const without = files.filter((flag) => flag['x-reads'] === undefined || !known.includes(flag['x-reads']))
  expect([...new Set(without.map((flag) => flag['x-flag']))].toSorted()).toEqual(FOREIGN)
  for (const { 'x-reads': name } of files)
    if (name !== undefined) expect(readdirSync('schemas')).toContain(`${name}.json`)
})

it('helps with every option of a command, and with the names that it takes', () => {
  for (const command of program.commands) {
    const help = command.helpInformation()
    for (const { long, hidden } of command.options) expect(help.includes(`${long}`)).toBe(!hidden)
  }
  expect(program.commands.find((command) => command.name() === 'conduct')?.helpInformation()).toContain('rate-limited')
})

interface Operation {
  operationId: string
  responses: Record<string, { content?: Record<string, { schema: object }> }>
}

const ajv = new Ajv2020({ strict: false, logger: false })
addFormats.default(ajv)
for (const format of ['byte', 'int64', 'float', 'double']) ajv.addFormat(format, true)
ajv.addSchema({ $id: 'kit.yaml', components: { schemas: kit?.schemas } })

/** Bodies of those that need one, and the resource that a path is about. */
const bodies: Readonly<Record<string, unknown>> = {
  scaleClock: { speed: 60 },
  advanceClock: { seconds: 1 },
  setClock: { now: '2026-07-01T13:00:00Z' },
  changeSettings: { heartbeat_ttl_seconds: 20 },
  injectFaults: [{ id: 'mine', operation: 'isAlive', status: 503 }, { preset: 'rate-limited' }],
}

const paths = Object.entries((kit?.paths ?? {}) as Record<string, Record<string, Operation>>)
const calls = paths.flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([, { operationId }]) => !['streamEvents', 'openConsole', 'readConsoleFile'].includes(operationId))
    .map(([method, operation]) => [operation.operationId, method.toUpperCase(), path, operation] as const),
)

it.each(calls)('%s answers as kit.yaml says', async (id, method, path, operation) => {
  const { call, mock, url } = await openSite(
    { conduct: watchConduct },
    { worlds: { create: () => createRunnerMock() } },
  )
  const runner = await mock.given.connectedRunner({ agents: ['echo'] })
  const job = await mock.given.job({ runner, status: 'completed' })
  const command = await mock.given.command()
  const session = await mock.given.session()
  const trace = { id: '01900000-0001-7000-8000-000000000001', start_time: '2026-07-01T12:00:00Z' }
  await mock.fetch('/api/v1/private/traces', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(trace),
  })
  // Only what lives here can crash, and come back whatever the faults are.
  if (id === 'crashRunner' || id === 'reviveRunner') await mock.agents.start(runner)
  await fetch(`${url}/no-such-path`)
  await fetch(`${url}/is-alive/ping`, { headers: { 'x-mock-world': 'beside' } })
  await call('POST', '/faults', bodies['injectFaults'])
  const subjects = {
    runners: runner.id,
    jobs: job.id,
    commands: command.command_id,
    requests: '1',
    faults: 'mine',
    worlds: 'beside',
    pairing: session.id,
    traces: trace.id,
  }
  const [, kind = ''] = /^\/(\w+)\/\{id\}/.exec(path) ?? []
  const subject = Object.entries(subjects).find(([name]) => name === kind)?.[1] ?? ''
  const body = id === 'restoreState' ? mock.snapshot() : id === 'injectFaults' ? { status: 500 } : bodies[id]
  const answer = await call(method, path.replace('{id}', subject), body)
  const declared = operation.responses[answer.status]
  expect(answer.status).toBeLessThan(300)
  expect(declared).toBeDefined()
  const schema = declared?.content?.['application/json']?.schema
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
