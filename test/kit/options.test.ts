// Every public function that takes options, as kit.yaml lists them: a misspelt or mistyped one is refused, and its place
// and what was meant are named; what fits is taken.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { AgentContext } from '../../src/mocks/agents/agent.js'
import { defineCheck } from '../../src/contracts/check/check.js'
import { adminClock } from '../../src/contracts/target/target-admin.js'
import { startSuite } from '../../src/contracts/suite-run.js'
import { resolveTarget } from '../../src/contracts/target/target.js'
import { verify } from '../../src/contracts/run/verify.js'
import { describeContract } from '../../src/contracts/vitest.js'
import { parseWaivers } from '../../src/contracts/check/check.js'
import { KitError } from '../../src/kernel/errors.js'
import { problemsOf, type OptionSchema } from '../../src/kernel/validate-options.js'
import * as later from '../../src/generated/kit-later.js'
import * as ofNode from '../../src/generated/kit-node.js'
import * as page from '../../src/generated/kit-page.js'
import { handlers } from '../../src/mocks/adapters/msw.js'
import { folder, scenarioFrom, serve } from '../../src/mocks/adapters/node.js'
import { connectAgent } from '../../src/mocks/agents/connect-agent.js'
import { memoryTree } from '../../src/mocks/agents/connect/file-tree.js'
import { watchConduct } from '../../src/mocks/conduct/watch-conduct.js'
import { createFixtures, createHandshake, fixtures } from '../../src/fixtures/index.js'
import type { GivenRunner } from '../../src/mocks/given/given-runner.js'
import { explore } from '../../src/explore/index.js'
import { createRunnerMock, type RunnerMock } from '../../src/mocks/mock/runner-mock.js'

const forms: Readonly<Record<string, OptionSchema>> = { ...page, ...later, ...ofNode }
const document = parse(readFileSync(join(import.meta.dirname, '../../openapi/kit.yaml'), 'utf8')) as {
  components: { schemas: Record<string, { 'x-options'?: string }> }
}
const taken = Object.entries(document.components.schemas).flatMap(([name, { 'x-options': taker }]) =>
  taker === undefined ? [] : [[taker, name] as const],
)

let mock: RunnerMock
let runner: GivenRunner
beforeAll(async () => {
  mock = createRunnerMock({ frozen: true, conduct: watchConduct })
  runner = await mock.given.connectedRunner({ agents: ['echo'] })
})
afterAll(() => mock.close())

const CHECK = { id: 'own/check', title: 'It holds.', rule: { section: 'Media' }, run: async () => undefined }
const NOTHING = { header: { format: 'opik-runner-recording/1', settings: {}, base_path: '' }, exchanges: [] } as const
const NOBODY = { url: 'http://127.0.0.1:9/api' }

/** As a program in plain JavaScript calls them. */
const takers: Readonly<Record<string, (options: never) => unknown>> = {
  createRunnerMock: (options) => createRunnerMock(options).close(),
  'mock.reset': (options) => mock.reset(options),
  'mock.journal.entries': (options) => mock.journal.entries(options),
  'mock.conduct.report': (options) => mock.conduct.report(options),
  'mock.faults.inject': (options) => mock.faults.inject(options),
  'mock.agents.register': (options) => mock.agents.register('some', {}, options),
  'mock.agents.start': (options) => mock.agents.start(runner, options),
  'context.sleep': (options) => workWith(({ sleep }) => sleep(0, options)),
  'context.span': (options) => workWith(({ span }) => span(options)),
  'span.end': (options) => workWith(({ span }) => span({ name: 'step' }).end(options)),
  'context.trace': (options) => workWith(({ trace }) => trace(options)),
  'mock.given.project': (options) => mock.given.project(options),
  'mock.given.connectedRunner': (options) => mock.given.connectedRunner(options),
  'mock.given.job': (options) => mock.given.job(options),
  'mock.given.command': (options) => mock.given.command(options),
  'mock.given.session': (options) => mock.given.session(options),
  'mock.given.trace': (options) => mock.given.trace(options),
  'mock.given.blueprint': (options) => mock.given.blueprint(options),
  'mock.given.prompt': (options) => mock.given.prompt(options),
  'mock.given.pairingLink': (options) => mock.given.pairingLink(options),
  'mock.pairing.activate': async (options) => {
    await mock.pairing.activate(await mock.given.pairingLink(), options)
  },
  connectAgent: (options) => connectAgent(options),
  explore: (options) => explore(() => undefined, options),
  createFixtures: (options) => createFixtures(options),
  'fixtures.runner.build': (options) => fixtures.runner.build({}, options),
  createHandshake: (options) => createHandshake(fixtures, options),
  handlers: (options) => handlers(mock, options),
  startRunnerMock: async (options) => (await import('../../src/mocks/adapters/browser.js')).startRunnerMock(options),
  serve: (options) => serve(mock, options),
  scenarioFrom: (options) => scenarioFrom(NOTHING, options),
  folder: (options) => folder('docs', options),
  verify: (options) => verify(NOBODY, options),
  'target of verify': (options) => resolveTarget(options),
  startSuite: (options) => startSuite(NOBODY, options),
  describeContract: (options) => describeContract(NOBODY, options),
  defineCheck: (options) => defineCheck(options),
  adminClock: (options) => adminClock(NOBODY.url, options),
  parseWaivers: (options) => parseWaivers([options]),
}

/** What an agent meets that sleeps so. */
async function workWith(act: (context: AgentContext) => unknown): Promise<void> {
  const met: unknown[] = []
  mock.agents.register('worker', async (context) => {
    try {
      await act(context)
    } catch (error) {
      met.push(error)
    }
  })
  const own = await mock.given.connectedRunner({ agents: ['worker'], as: { workspace: 'workers' } })
  await mock.agents.start(own)
  await mock.given.job({ runner: own })
  await mock.clock.advance({ seconds: 1 })
  if (met.length > 0) throw met[0]
}

async function refusalOf(taker: string, options: object): Promise<unknown> {
  try {
    await takers[taker]?.(options as never)
    return undefined
  } catch (error) {
    return error
  }
}

it('lists every function that takes options', () => {
  expect(taken.map(([taker]) => taker).toSorted()).toEqual(Object.keys(takers).toSorted())
})

describe.each(taken)('%s (%s)', (taker, name) => {
  const form = forms[name] ?? {}
  const { properties = {} } = form
  const base = Object(exampleOf(form)) as object
  const members = Object.entries(properties)

  it.each(members)('refuses %s misspelt, and tells what was meant', async (member, inner) => {
    const wrong = misspelt(member, Object.keys(properties))
    const error = await refusalOf(taker, { ...base, [wrong]: exampleOf(inner) })
    expect(error).toBeInstanceOf(KitError)
    expect(String(error)).toContain(wrong)
    expect(String(error)).toContain(`\`${member}\``)
  })

  it.each(members.filter(([, inner]) => mistypedFor(inner) !== undefined))(
    'refuses %s with a value of another kind',
    async (member, inner) => {
      const error = await refusalOf(taker, { ...base, [member]: mistypedFor(inner) })
      expect(error).toBeInstanceOf(KitError)
      expect(String(error)).toContain(member)
    },
  )

  it.each(members)('has a form that takes a right %s, and one that is left undefined', (member, inner) => {
    expect(problemsOf(form, { ...base, [member]: exampleOf(inner) })).toEqual([])
    const rest: object = { ...base, [member]: undefined }
    expect(problemsOf(form, rest).length).toBe(form.required?.includes(member) === true ? 1 : 0)
  })
})

describe('what has passed without a word', () => {
  const wrong: [string, () => unknown, string][] = [
    ['a scenario', () => createRunnerMock({ scenario: 'dmo' }), '`demo`'],
    ['a setting', () => createRunnerMock({ settings: { job_timeout_seconds: 1e15 } }), 'settings.job_timeout_seconds'],
    ['a field of createJob', () => mock.given.job({ fields: { mask: 'x' } as object }), 'fields.mask'],
    ['an operation to filter by', () => mock.journal.entries({ operation: 'creatJob' as 'createJob' }), '`createJob`'],
    ['an operation to expect', () => mock.journal.expect('creatJob' as 'createJob'), '`createJob`'],
    ['a count', () => mock.journal.expect('createJob').toHaveBeenCalledTimes('1' as never), 'times'],
    ['a status to expect', () => mock.journal.expect('createJob').toHaveBeenAnswered(2010), 'status'],
    ['a field', () => mock.journal.expect('createJob').not.toHaveBeenCalledWith({ agentName: 'x' }), '`agent_name`'],
    ['a fault', () => mock.faults.clear(5 as never), 'mock.faults.clear'],
    ['a preset', () => mock.faults.preset('flaky' as 'flaky-network'), 'preset'],
    ['a profile', () => createRunnerMock({ profile: 'opic' as 'opik' }), '`opik`'],
    ['a field of the API', () => mock.given.job({ mask: 'x' } as object), '`mask_id`'],
    ['an order', () => mock.journal.expectInOrder(['isAlive', 'creatJob' as 'createJob']), '`createJob`'],
    ['an event', () => mock.on('job.complete' as 'job.completed', () => undefined), '`job.completed`'],
    ['an agent', () => mock.agents.register('x', 'y' as never), 'register'],
    ['a script', () => mock.agents.register('x', { reslt: 1 } as object), '`result`'],
    ['a listener', () => mock.on('request', 'x' as never), 'mock.on'],
    ['a unit of time', () => mock.clock.advance({ secnds: 5 } as object), '`seconds`'],
    ['a text for a number', () => mock.clock.advance({ seconds: '5' as never }), '"5"'],
    ['a moment', () => mock.clock.set('yesterday'), 'yesterday'],
    ['no runner to lapse', () => mock.given.lapse({ idd: runner.id } as never), 'id'],
    ['no runner to evict', () => mock.given.evict(runner.id as never), 'mock.given.evict'],
    ['a member of another runner', () => mock.given.evictedRunner({ nam: 'x' } as object), '`name`'],
    ['a file', () => connectAgent({ files: { 'a.txt': 5 as never } }), 'a.txt'],
    ['a file of a tree', () => memoryTree({ 'a.txt': [] as never }), 'a.txt'],
    ['a need of a check', () => defineCheck({ ...CHECK, needs: { clok: {} } as object }), '`clock`'],
    [
      'a rule of a check',
      () => defineCheck({ ...CHECK, rule: { operation: 'creatJob' as 'createJob' } }),
      '`createJob`',
    ],
    ['a member of a fixture', () => fixtures.runner.build({ nam: 'x' } as object), "'name'"],
    ['no snapshot', () => mock.restore({ a: 1 } as never), 'version'],
    ['no runner', () => mock.agents.start({} as never), 'id'],
  ]

  it.each(wrong)('is refused: %s', async (_what, act, place) => {
    const error: unknown = await Promise.resolve()
      .then(act)
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(KitError)
    expect(String(error)).toContain(place)
  })
})

/** A value that has the form. */
function exampleOf(form: OptionSchema): unknown {
  const { anyOf, enum: values, instance, type } = form
  if (anyOf?.[0] !== undefined) return exampleOf(anyOf[0])
  if ('const' in form) return form.const
  if (values !== undefined) return values[0]
  if (instance !== undefined) return instances[instance]?.()
  if (type === undefined || type === 'object') return objectOf(form)
  return typeof type === 'string' ? plain[type]?.(form) : {}
}

function objectOf({ required = [], properties = {}, minProperties, additionalProperties }: OptionSchema): object {
  const needed = required.map((name) => ({ [name]: exampleOf(properties[name] ?? { type: 'string' }) }))
  const inner = typeof additionalProperties === 'object' ? additionalProperties : {}
  const example: object = Object.assign({}, ...needed) as object
  return minProperties === undefined ? example : { ...example, 'some-name': exampleOf(inner) }
}

const instances: Readonly<Record<string, () => unknown>> = {
  function: () => () => undefined,
  Date: () => new Date(0),
  URL: () => new URL('http://127.0.0.1:9/'),
  Set: () => new Set<string>(),
  Uint8Array: () => new Uint8Array(32),
  AbortSignal: () => new AbortController().signal,
}

const plain: Readonly<Record<string, (form: OptionSchema) => unknown>> = {
  string: (form) => texts.find((text) => problemsOf(form, text).length === 0),
  integer: ({ minimum = 1 }) => Math.ceil(minimum),
  number: ({ minimum = 1 }) => minimum,
  boolean: () => true,
  array: ({ items = {} }) => [exampleOf(items)],
}

const texts = [
  'text',
  '01934f2c-7a3b-7c4d-8e5f-60718293a4b5',
  '2026-07-01T12:00:00Z',
  '2026-07-01',
  '3:0:1',
  '/path',
  'http://127.0.0.1:9/api',
]

/** A value that has not the form; undefined for a form that takes anything. */
function mistypedFor(form: OptionSchema): unknown {
  return [5.5, 'wrong-one', true, null, [null], {}].find((value) => problemsOf(form, value).length > 0)
}

/** Another name that differs in a letter. */
function misspelt(name: string, known: readonly string[]): string {
  const [first = ''] = name
  const candidates = [`${name}${first}`, `${first}${name}`, `${name}x`]
  return candidates.find((candidate) => !known.includes(candidate)) ?? `${name}xx`
}
