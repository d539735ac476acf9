// Prompts and environments of scenarios, written by hand or made of a recording, as clients of the mock read them.
import { describe, expect, it } from 'vitest'
import type { RunnerMock, RunnerMockOptions } from '../../src/index.js'
import { scenarioFrom } from '../../src/mocks/adapters/node.js'
import { createReplacement } from '../../src/mocks/scenarios/recorded/replace-texts.js'
import { problemsOfScenario } from '../../src/mocks/scenarios/scenario-links.js'
import { createDemo } from '../../src/mocks/scenarios/demo.js'
import { openMock } from '../faults/stages.js'
import { callerOf } from '../mocks/harness.js'

const MASK = '019ca8d7-2d15-7000-8000-000000000015'

async function open(options: RunnerMockOptions): Promise<RunnerMock> {
  const mock = openMock({ seed: 3, ...options })
  await mock.ready
  return mock
}

async function ask(mock: RunnerMock, ...call: Parameters<ReturnType<typeof callerOf>>): Promise<unknown> {
  const { status, body, id } = await callerOf(mock)(...call)
  expect(status, `${call[1]} ${JSON.stringify(body)}`).toBeLessThan(300)
  return body ?? id
}

/** What clients read of all prompts, without times and ids of the server's own. */
async function readPrompts(mock: RunnerMock): Promise<unknown[]> {
  const { content } = (await ask(mock, 'GET', '/prompts?size=50')) as { content: { id: string }[] }
  return Promise.all(
    content.map(async ({ id }) => {
      const prompt = (await ask(mock, 'GET', `/prompts/${id}`)) as Record<string, unknown>
      const versions = (await ask(mock, 'GET', `/prompts/${id}/versions?size=50`)) as { content: object[] }
      const { name, description, tags, template_structure, version_count } = prompt
      const shown = versions.content.map((version) => {
        const { template, type, metadata, version_number, environments } = version as Record<string, unknown>
        return { template, type, metadata, version_number, environments }
      })
      return { name, description, tags, template_structure, version_count, shown }
    }),
  )
}

const namesOf = async (mock: RunnerMock): Promise<string[]> =>
  ((await ask(mock, 'GET', '/environments')) as { content: { name: string }[] }).content.map(({ name }) => name)

describe('prompts of a scenario', () => {
  const scenario = {
    projects: ['Lab'],
    prompts: [
      {
        ...{ name: 'greeting', project: 'Lab', description: 'Greets.', tags: ['warm'] },
        versions: [
          { template: 'Hi {{name}}', environments: ['production', 'qa'] },
          { template: 'Hello {{name}}', metadata: { tone: 1 }, environments: ['production'] },
          { template: 'Draft', id: MASK, version_type: 'mask' as const },
        ],
      },
      { name: 'bare' },
    ],
  }

  it('have their versions, masks and environments', async () => {
    const mock = await open({ scenario })
    const [bare, greeting] = (await readPrompts(mock)) as Record<string, unknown>[]
    expect(bare).toMatchObject({ name: 'bare', version_count: 0 })
    expect(greeting).toMatchObject({
      ...{ name: 'greeting', description: 'Greets.', tags: ['warm'], version_count: 2 },
      shown: [
        { template: 'Hello {{name}}', version_number: 'v2', environments: ['production'], metadata: { tone: 1 } },
        { template: 'Hi {{name}}', version_number: 'v1', environments: ['qa'] },
      ],
    })
    expect(await ask(mock, 'GET', `/prompts/versions/${MASK}`)).toMatchObject({ template: 'Draft' })
    expect(await namesOf(mock)).toEqual(['development', 'staging', 'production', 'qa'])
    const restored = await open({ snapshot: mock.snapshot() })
    expect(await readPrompts(restored)).toEqual(await readPrompts(mock))
  })

  it('are found in a scenario that is made of a recording', async () => {
    const mock = await open({})
    await ask(mock, 'POST', '/prompts', { name: 'greeting', template: 'Hi {{name}}', tags: ['warm'] })
    const next = { name: 'greeting', version: { template: 'Hello {{name}}', metadata: { tone: 1 }, type: 'jinja2' } }
    const { id, prompt_id } = (await ask(mock, 'POST', '/prompts/versions', next)) as Record<string, string>
    await ask(mock, 'POST', '/prompts/versions', {
      name: 'greeting',
      version: { id: MASK, template: 'Draft', version_type: 'mask' },
    })
    await ask(mock, 'POST', '/environments', { name: 'production' })
    await ask(mock, 'PATCH', `/prompts/versions/${id}/environments`, { environments: ['production'] })
    await ask(mock, 'PUT', `/prompts/${prompt_id}`, { name: 'welcome', description: 'Greets.' })
    const gone = await ask(mock, 'POST', '/prompts', { name: 'gone', template: 'Bye' })
    await ask(mock, 'DELETE', `/prompts/${String(gone)}`)
    const { scenario: made } = await scenarioFrom(await mock.journal.recording(), { verbatim: true })
    const again = await open({ scenario: made })
    expect(await readPrompts(again)).toEqual(await readPrompts(mock))
    expect(await ask(again, 'GET', `/prompts/versions/${MASK}`)).toMatchObject({ template: 'Draft' })
  })

  it.each([
    ['in a project that is not there', { prompts: [{ name: 'a', project: 'Nowhere' }] }],
    ['without a name', { prompts: [{}] }],
    ['with a version without a template', { prompts: [{ name: 'a', versions: [{}] }] }],
    [
      'in an environment that has no such name',
      { prompts: [{ name: 'a', versions: [{ template: 'a', environments: ['a b'] }] }] },
    ],
  ])('are refused %s', async (_what, wrong) => {
    await expect(openMock({ scenario: wrong as never }).ready).rejects.toThrow()
  })
})

it('environments of a scenario are the usual three where it has anything, those that it names, or none', async () => {
  expect(await namesOf(await open({ scenario: { projects: ['Lab'] } }))).toEqual([
    'development',
    'staging',
    'production',
  ])
  const named = { projects: ['Lab'], environments: ['canary', { name: 'edge', color: '#000000', position: 4 }] }
  const mock = await open({ scenario: named })
  expect(await ask(mock, 'GET', '/environments')).toMatchObject({
    total: 2,
    content: [{ name: 'canary' }, { name: 'edge', color: '#000000', position: 4 }],
  })
  expect(await namesOf(await open({ scenario: { projects: ['Lab'], environments: [] } }))).toEqual([])
  expect(await namesOf(await open({}))).toEqual([])
})

const UUID = '01934f2c-7a3b-7c4d-8e5f-60718293a4b5'

describe('a replacement', () => {
  it('keeps ids, times, short words and the case of letters', () => {
    const { json: text } = createReplacement()
    expect(text(`${UUID} at 2026-07-01T12:00:00Z, no.`)).toMatch(new RegExp(`^${UUID} at 2026-07-01T12:00:00Z, no\\.$`))
    expect(text('Hello WORLD there')).toMatch(/^[A-Z][a-z]{4} [A-Z]{5} [a-z]{5}$/)
  })

  it('is the same for the same text, and different for different names', () => {
    const [one, other] = [createReplacement(), createReplacement()]
    const names = Array.from({ length: 500 }, (_, at) => `agent${String(at).padStart(4, '0')}`)
    const replaced = names.map((name) => one.name('agent', name))
    expect(new Set(replaced).size).toBe(names.length)
    expect(names.map((name) => other.name('agent', name))).toEqual(replaced)
    expect(names.map((name) => one.name('agent', name))).toEqual(replaced)
  })

  it('replaces texts and keys of JSON, but what the API and its clients say', () => {
    const { json, key } = createReplacement()
    const value = { customer: 'Miller', path: 'secret.txt', code: 'file_not_found', n: [1.5, true, null], role: 'user' }
    expect(json(value)).toEqual({
      ...{ [key('customer')]: expect.not.stringContaining('Miller') as unknown, code: 'file_not_found', role: 'user' },
      ...{ path: expect.stringMatching(/^[a-z]{6}\.txt$/) as unknown, n: [1.5, true, null] },
    })
    expect(key('customer')).not.toBe('customer')
    const hostile: unknown = JSON.parse('{"__proto__": {"constructor": "x"}}')
    expect(Object.keys(Object(json(hostile)) as object)).toHaveLength(1)
  })
})

const agents = { a: {} }
/** A scenario with one runner. */
const runner = (members: object) => ({ agents, runners: [{ name: 'r', agents: ['a'], ...members }] })
const daemon = (members: object) => ({ runners: [{ name: 'r', type: 'connect', ...members }] })
const job = (members: object) => runner({ jobs: [members] })
const command = (members: object) => daemon({ commands: [members] })
const agent = (members: unknown) => ({ agents: { a: members } })
const session = (members: object) => ({ sessions: [members] })

const trace = (members: object) => ({ traces: [{ name: 't', ...members }] })
const version = (members: object) => ({
  blueprints: [{ values: [{ key: 'k', value: 'v', type: 'string' }], ...members }],
})

const wrong: [string, unknown, (string | number)[]][] = [
  ['a fault without an effect', { faults: [{ status: 503 }, { operation: 'nextJob' }] }, ['faults', 1]],
  ['a range upside down', agent({ latency_ms: { min: 5, max: 4 } }), ['agents', 'a', 'latency_ms', 'min']],
  ['a handler and a script', agent({ handler: () => 1, result: 2 }), ['agents', 'a', 'result']],
  ['a trace of a project that is not there', trace({ project: 'p' }), ['traces', 0, 'project']],
  ['a span inside of nothing', trace({ spans: [{ name: 's', inside: 'x' }] }), ['traces', 0, 'spans', 0, 'inside']],
  ['a version of a project that is not there', version({ project: 'p' }), ['blueprints', 0, 'project']],
  ['a simulation of the lapsed', runner({ status: 'disconnected', simulate: 'work' }), ['runners', 0, 'simulate']],
  ['a project that is not there', runner({ project: 'p' }), ['runners', 0, 'project']],
  [
    'a project of another workspace',
    { projects: ['p'], ...runner({ project: 'p', workspace: 'w' }) },
    ['runners', 0, 'project'],
  ],
  ['an agent that is not there', runner({ agents: ['a', 'b'] }), ['runners', 0, 'agents', 1]],
  ['an agent of its own that it cannot execute', runner({ agents: { b: {} } }), ['runners', 0, 'agents', 'b']],
  ['two runners in a slot', { runners: [{ name: 'x' }, { name: 'y', simulate: 'nothing' }] }, ['runners', 1]],
  ['jobs of a daemon', daemon({ jobs: [] }), ['runners', 0, 'jobs']],
  ['jobs of the evicted', runner({ status: 'evicted', jobs: [{}] }), ['runners', 0, 'jobs']],
  ['a job of an unknown agent', job({ agent: 'b' }), ['runners', 0, 'jobs', 0, 'agent']],
  ['a job of no agent', runner({ agents: [], jobs: [{}] }), ['runners', 0, 'jobs', 0, 'agent']],
  ['a result too early', job({ result: 1 }), ['runners', 0, 'jobs', 0, 'result']],
  ['an error too early', job({ status: 'pending', error: 'x' }), ['runners', 0, 'jobs', 0, 'error']],
  ['masks of nothing', job({ prompt_masks: { x: UUID } }), ['runners', 0, 'jobs', 0, 'prompt_masks', 'x']],
  ['commands of an endpoint runner', runner({ commands: [{}] }), ['runners', 0, 'commands']],
  ['a result of what did not end', command({ result: {} }), ['runners', 0, 'commands', 0, 'result']],
  ['files of an endpoint runner', runner({ files: {} }), ['runners', 0, 'files']],
  ['files of what does not work', daemon({ simulate: 'heartbeat', files: {} }), ['runners', 0, 'files']],
  ['a session of no project', session({ project: 'p' }), ['sessions', 0, 'project']],
]

const right: [string, unknown][] = [
  ['nothing', {}],
  ['the demo', createDemo()],
  ['a runner without anything', { runners: [{ name: 'r' }] }],
  ['two runners of an owner, of two types', { runners: [{ name: 'r' }, { name: 's', type: 'connect' }] }],
  ['two runners of two owners', { runners: [{ name: 'r' }, { name: 's', api_key: 'k' }] }],
  ['a successor of an evicted one', { runners: [{ name: 'r', status: 'evicted' }, { name: 'r' }] }],
  ['any JSON as a result', job({ status: 'completed', result: null, inputs: [null] })],
  ['a job that has said something already', job({ status: 'running', result: 1, error: 'x' })],
  ['an agent of its own that nobody executes', runner({ simulate: 'heartbeat', agents: { b: { timeout: 5 } } })],
  ['a job of an agent that its runner has no longer', runner({ agents: [], jobs: [{ agent: 'a' }] })],
  ['an endpoint runner that takes commands', runner({ capabilities: ['jobs', 'bridge'], commands: [{}] })],
  ['presets', { faults: [{ preset: 'flaky-network' }] }],
]

describe('a scenario', () => {
  it.each(wrong)('with %s is refused there', (_what, scenario, path) => {
    const problems = problemsOfScenario(scenario)
    expect(problems.map((problem) => problem.path)).toEqual([path])
    expect(problems[0]?.expected).not.toBe('')
  })

  it.each(right)('that is %s is taken', (_what, scenario) => {
    expect(problemsOfScenario(scenario)).toEqual([])
  })

  it('is told all its flaws at once', () => {
    const scenario = { name: '', agents: { a: { error: 5, times_out: 1 } }, sessions: [{ type: 'x' }] }
    expect(problemsOfScenario(scenario)).toHaveLength(4)
  })
})
