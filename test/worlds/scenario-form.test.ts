// The form of scenarios: what kit.yaml alone does not decide, and where each flaw is found.
import { describe, expect, it } from 'vitest'
import { problemsOfScenario } from '../../src/mocks/scenarios/scenario-links.js'
import { createDemo } from '../../src/mocks/scenarios/demo.js'

const UUID = '01934f2c-7a3b-7c4d-8e5f-60718293a4b5'
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
  ['a project twice', { projects: ['p', { name: 'p ' }] }, ['projects', 1, 'name']],
  ['the default project', { projects: ['Default Project'] }, ['projects', 0]],
  ['a simulation of the lapsed', runner({ status: 'disconnected', simulate: 'work' }), ['runners', 0, 'simulate']],
  ['a project that is not there', runner({ project: 'p' }), ['runners', 0, 'project']],
  [
    'a project of another workspace',
    { projects: ['p'], ...runner({ project: 'p', workspace: 'w' }) },
    ['runners', 0, 'project'],
  ],
  ['an agent that is not there', runner({ agents: ['a', 'b'] }), ['runners', 0, 'agents', 1]],
  ['an agent of its own that it cannot execute', runner({ agents: { b: {} } }), ['runners', 0, 'agents', 'b']],
  ['one id twice', runner({ jobs: [{ id: UUID }, { id: UUID }] }), ['runners', 0, 'jobs', 1, 'id']],
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
