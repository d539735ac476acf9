// The forms judge as the JSON Schemas do that editors read, on values that fit and on such that do not; and what the
// package says in types it says in kit.yaml, too.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { kit } from './kit-document.js'
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
