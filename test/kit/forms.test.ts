// The forms judge as the JSON Schemas do that editors read, on values that fit and on such that do not; and what the
// package says in types it says in kit.yaml, too.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { problemsOf, type OptionSchema } from '../../src/kernel/validate-options.js'
import { Scenario as scenarioForm, Snapshot as snapshotForm } from '../../src/generated/kit-later.js'
import { BaselineFile, StoryFile, WaiversFile } from '../../src/generated/kit-node.js'
import { ApiKeys, FaultDocument, Settings as settingsForm } from '../../src/generated/kit-page.js'
import type { components } from '../../src/generated/kit-schema.js'
import type { CheckDefinition, CheckNeeds } from '../../src/contracts/check/check.js'
import type { Target } from '../../src/contracts/target/target.js'
import type { ServeOptions } from '../../src/mocks/adapters/node.js'
import { eventTypes } from '../../src/mocks/world/events.js'
import type { CommandRequest, JobRequest } from '../../src/mocks/given/given-work.js'
import type { ApiKeyEntry } from '../../src/mocks/base/identity.js'
import type { RunnerMockOptions } from '../../src/mocks/mock/mock-types.js'
import type { ProfileName, Settings } from '../../src/mocks/base/settings.js'
import type { Scenario, ScenarioRunner } from '../../src/mocks/scenarios/scenario.js'
import type { VerifyOptions } from '../../src/contracts/run/verify.js'
import { fromBase64 } from '../../src/kernel/pairing.js'
import { readInputFile } from '../../src/cli/files/input-file.js'
import { watchConduct } from '../../src/mocks/conduct/watch-conduct.js'
import { createRunnerMock } from '../../src/index.js'
import { allCommands } from '../cli/all-commands.js'
import { openSite } from '../admin/site.js'
import { kit } from './kit-document.js'

type Kit = components['schemas']
interface EventSchema {
  anyOf?: { $ref: string }[]
  properties?: { type?: { const?: string; enum?: string[] } }
}

const root = join(import.meta.dirname, '../..')
/** Changes of a value that are tried. */
const MAX_COUNT = process.env['KIT_ALL_SEEDS'] === undefined ? 400 : 1500
/** The name of a schema, the form beside it, and files or values that have it. */
const cases: [string, OptionSchema, (string | { value: unknown })[]][] = [
  ['settings', settingsForm, ['settings.yaml', 'limits.json']],
  ['auth', ApiKeys, ['auth.yaml']],
  ['faults', FaultDocument, ['faults.yaml']],
  ['scenario', scenarioForm, ['scenario.yaml']],
  ['snapshot', snapshotForm, ['snapshot.json']],
  ['waivers', WaiversFile, ['waivers.yaml']],
  ['story', StoryFile, [{ value: { story: 'A pass.', steps: [{ do: 'pass' }, { do: 'nextJob', runner: 1 }] } }]],
  [
    'baseline',
    BaselineFile,
    [{ value: { results: [{ id: 'a/b', verdict: { kind: 'failed' } }] } }, { value: ['a/b', 'a/c'] }],
  ],
]

/** The value with one place in it changed, for each of its places. */
function* spoilt(value: unknown): Generator {
  for (const wrong of [null, -1.5, 'wrong', [], { wrong: 1 }]) yield wrong
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) for (const each of spoilt(item)) yield value.with(at, each)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      yield { ...value, [name]: undefined }
      yield { ...value, [`${name}x`]: member as unknown }
      for (const each of spoilt(member)) yield { ...value, [name]: each }
    }
  }
}

describe.each(cases)('schemas/%s.json', (name, form, files) => {
  const ajv = new Ajv2020({ strict: false, logger: false })
  addFormats.default(ajv)
  ajv.addFormat('byte', (text) => fromBase64(text) !== undefined)
  const isValid = ajv.compile(JSON.parse(readFileSync(join(root, 'schemas', `${name}.json`), 'utf8')) as object)

  it.each(files)('and the form say the same of %s and of every change in it', async (file) => {
    const { value } = typeof file === 'string' ? await readInputFile(join(root, 'test/kept-0.1', file), name) : file
    expect([isValid(value), problemsOf(form, value)]).toEqual([true, []])
    const seen = new Set<string>()
    const different: string[] = []
    for (const each of spoilt(value)) {
      const text = JSON.stringify(each)
      if (seen.size > MAX_COUNT) break
      if (seen.has(text)) continue
      seen.add(text)
      const plain: unknown = JSON.parse(text)
      const problems = problemsOf(form, plain)
      if (isValid(plain) !== (problems.length === 0)) different.push(JSON.stringify([isValid.errors, problems]))
    }
    expect(different.slice(0, 3)).toEqual([])
    expect(seen.size).toBeGreaterThan(10)
  })
})

/** A type without what the two ways of writing it down differ in: readonly, `| undefined`, and signatures of functions. */
type Plain<T> = unknown extends T
  ? unknown
  : T extends (...given: never[]) => unknown
    ? 'function'
    : T extends readonly (infer Item)[]
      ? Plain<Item>[]
      : T extends object
        ? { [Key in keyof T]-?: Plain<Exclude<T[Key], undefined>> }
        : T
type Same<Public, Name extends keyof Kit, Left extends string = never> = Equal<
  Plain<Omit<Public, Left>>,
  Plain<Omit<Kit[Name], Left>>
>
type SameNames<Public, Name extends keyof Kit> = Equal<keyof Public, keyof Kit[Name]>
type Equal<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : false) : false

describe('the types', () => {
  it('have the members that kit.yaml has, of the same types', () => {
    expectTypeOf<Same<ApiKeyEntry, 'ApiKeyEntry'>>().toEqualTypeOf<true>()
    expectTypeOf<Same<Settings, 'SavedSettings'>>().toEqualTypeOf<true>()
    expectTypeOf<Same<Partial<Settings>, 'Settings'>>().toEqualTypeOf<true>()
  })

  it('have the names that kit.yaml has', () => {
    expectTypeOf<SameNames<RunnerMockOptions, 'RunnerMockOptions'>>().toEqualTypeOf<true>()
    expectTypeOf<SameNames<ServeOptions, 'ServeOptions'>>().toEqualTypeOf<true>()
    expectTypeOf<SameNames<Scenario, 'Scenario'>>().toEqualTypeOf<true>()
    expectTypeOf<SameNames<ScenarioRunner, 'ScenarioRunner'>>().toEqualTypeOf<true>()
    expectTypeOf<SameNames<JobRequest, 'JobRequest'>>().toEqualTypeOf<true>()
    expectTypeOf<SameNames<CommandRequest, 'CommandRequest'>>().toEqualTypeOf<true>()
    expectTypeOf<SameNames<Target, 'Target'>>().toEqualTypeOf<true>()
    expectTypeOf<SameNames<CheckDefinition, 'CheckDefinition'>>().toEqualTypeOf<true>()
    expectTypeOf<SameNames<CheckNeeds, 'CheckNeeds'>>().toEqualTypeOf<true>()
    expectTypeOf<keyof VerifyOptions>().toExtend<keyof Kit['VerifyOptions']>()
    expectTypeOf<ProfileName>().toEqualTypeOf<Kit['Profile']>()
  })
})

it('has the types of events that a mock tells', () => {
  const schemas = (kit?.schemas ?? {}) as Record<string, EventSchema>
  const listed = (schemas['Event']?.anyOf ?? []).flatMap(({ $ref }) => {
    const type = schemas[$ref.split('/').at(-1) ?? '']?.properties?.type
    return type?.enum ?? [type?.const]
  })
  expect(listed.toSorted()).toEqual(eventTypes.toSorted())
})

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
