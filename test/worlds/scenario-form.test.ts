// The form of scenarios: what is taken, and where each flaw is found. Every member of every type has a row.
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
  ['no object', [], []],
  ['null', null, []],
  ['an unknown member', { runner: [] }, ['runner']],
  ['a blank name', { name: ' ' }, ['name']],
  ['a long name', { name: 'x'.repeat(129) }, ['name']],
  ['a description that is no text', { description: 5 }, ['description']],
  ['settings that are none', { settings: [] }, ['settings']],
  ['an unknown setting', { settings: { heartbeat_ttl: 5 } }, ['settings', 'heartbeat_ttl']],
  ['a setting out of range', { settings: { heartbeat_ttl_seconds: -1 } }, ['settings', 'heartbeat_ttl_seconds']],
  ['a fault without an effect', { faults: [{ status: 503 }, { operation: 'nextJob' }] }, ['faults', 1]],
  ['a fault with a flaw', { faults: { status: 200 } }, ['faults', 'status']],
  ['agents in a list', { agents: [] }, ['agents']],
  ['an agent without a name', { agents: { '': {} } }, ['agents', '']],
  ['an agent that is none', agent('echo'), ['agents', 'a']],
  ['an unknown member of an agent', agent({ results: 1 }), ['agents', 'a', 'results']],
  ['logs that are none', agent({ logs: {} }), ['agents', 'a', 'logs']],
  ['a log line without text', agent({ logs: [{ after_ms: 5 }] }), ['agents', 'a', 'logs', 0, 'text']],
  ['a log line too early', agent({ logs: [{ text: 'x', after_ms: -1 }] }), ['agents', 'a', 'logs', 0, 'after_ms']],
  ['a log line to nowhere', agent({ logs: [{ text: 'x', stream: 'out' }] }), ['agents', 'a', 'logs', 0, 'stream']],
  ['a latency below zero', agent({ latency_ms: -5 }), ['agents', 'a', 'latency_ms']],
  ['a latency that is no number', agent({ latency_ms: 'fast' }), ['agents', 'a', 'latency_ms']],
  ['half a range', agent({ latency_ms: { min: 5 } }), ['agents', 'a', 'latency_ms', 'max']],
  ['a range upside down', agent({ latency_ms: { min: 5, max: 4 } }), ['agents', 'a', 'latency_ms', 'min']],
  ['a rate above one', agent({ failure_rate: 1.1 }), ['agents', 'a', 'failure_rate']],
  ['an empty error', agent({ error: '' }), ['agents', 'a', 'error']],
  ['a flag that is none', agent({ times_out: 'yes' }), ['agents', 'a', 'times_out']],
  ['half a job', agent({ dies_after_jobs: 1.5 }), ['agents', 'a', 'dies_after_jobs']],
  ['a parameter without a type', agent({ params: [{ name: 'x' }] }), ['agents', 'a', 'params', 0, 'type']],
  ['a timeout below zero', agent({ timeout: -1 }), ['agents', 'a', 'timeout']],
  ['a handler that is none', agent({ handler: 'echo' }), ['agents', 'a', 'handler']],
  ['a handler and a script', agent({ handler: () => 1, result: 2 }), ['agents', 'a', 'result']],
  ['a project without a name', { projects: [{}] }, ['projects', 0, 'name']],
  ['an id of a project that is none', { projects: [{ name: 'p', id: '5' }] }, ['projects', 0, 'id']],
  ['a trace without a name', { traces: [{}] }, ['traces', 0, 'name']],
  ['a trace of a project that is not there', trace({ project: 'p' }), ['traces', 0, 'project']],
  ['an unknown member of a trace', trace({ duration: 5 }), ['traces', 0, 'duration']],
  ['an id of a trace that is none', trace({ id: 5 }), ['traces', 0, 'id']],
  ['a thread that is none', trace({ thread_id: 5 }), ['traces', 0, 'thread_id']],
  ['a tag that is none', trace({ tags: [5] }), ['traces', 0, 'tags', 0]],
  ['an error that is none', trace({ error: {} }), ['traces', 0, 'error']],
  ['a trace that ends before it begins', trace({ for_ms: -1 }), ['traces', 0, 'for_ms']],
  ['a trace that is yet to come', trace({ ago_ms: -1 }), ['traces', 0, 'ago_ms']],
  ['a span of a type that is none', trace({ spans: [{ name: 's', type: 'x' }] }), ['traces', 0, 'spans', 0, 'type']],
  ['a span inside of nothing', trace({ spans: [{ name: 's', inside: 'x' }] }), ['traces', 0, 'spans', 0, 'inside']],
  ['a version of a project that is not there', version({ project: 'p' }), ['blueprints', 0, 'project']],
  ['a version without values', { blueprints: [{}] }, ['blueprints', 0, 'values']],
  ['a version of no values', version({ values: [] }), ['blueprints', 0, 'values']],
  ['a value without a type', version({ values: [{ key: 'k' }] }), ['blueprints', 0, 'values', 0, 'type']],
  ['an environment without a name', version({ envs: [' '] }), ['blueprints', 0, 'envs', 0]],
  ['a description that is none', version({ description: 5 }), ['blueprints', 0, 'description']],
  ['a blank project', { projects: [' '] }, ['projects', 0]],
  ['a project twice', { projects: ['p', { name: 'p ' }] }, ['projects', 1, 'name']],
  ['the default project', { projects: ['Default Project'] }, ['projects', 0]],
  ['a runner without a name', { runners: [{}] }, ['runners', 0, 'name']],
  ['an unknown type', daemon({ type: 'bridge' }), ['runners', 0, 'type']],
  ['an unknown status', runner({ status: 'pairing' }), ['runners', 0, 'status']],
  ['an unknown simulation', runner({ simulate: true }), ['runners', 0, 'simulate']],
  ['a simulation of the lapsed', runner({ status: 'disconnected', simulate: 'work' }), ['runners', 0, 'simulate']],
  ['a project that is not there', runner({ project: 'p' }), ['runners', 0, 'project']],
  [
    'a project of another workspace',
    { projects: ['p'], ...runner({ project: 'p', workspace: 'w' }) },
    ['runners', 0, 'project'],
  ],
  ['an agent that is not there', runner({ agents: ['a', 'b'] }), ['runners', 0, 'agents', 1]],
  ['agents that are none', runner({ agents: 'a' }), ['runners', 0, 'agents']],
  ['an agent of its own that it cannot execute', runner({ agents: { b: {} } }), ['runners', 0, 'agents', 'b']],
  ['an unknown member of an agent of its own', runner({ agents: { a: { x: 1 } } }), ['runners', 0, 'agents', 'a', 'x']],
  ['an id of a runner that is none', runner({ id: '5' }), ['runners', 0, 'id']],
  ['a runner that is yet to come', runner({ ago_ms: -1 }), ['runners', 0, 'ago_ms']],
  ['one id twice', runner({ jobs: [{ id: UUID }, { id: UUID }] }), ['runners', 0, 'jobs', 1, 'id']],
  ['a job that waits for less than nothing', job({ waited_ms: -1 }), ['runners', 0, 'jobs', 0, 'waited_ms']],
  ['a job without time', job({ timeout: 0 }), ['runners', 0, 'jobs', 0, 'timeout']],
  [
    'a command that took half a millisecond',
    command({ duration_ms: 0.5 }),
    ['runners', 0, 'commands', 0, 'duration_ms'],
  ],
  ['a capability in capitals', runner({ capabilities: ['jobs', 'Bridge'] }), ['runners', 0, 'capabilities', 1]],
  ['a checklist in a list', runner({ checklist: [] }), ['runners', 0, 'checklist']],
  ['two runners in a slot', { runners: [{ name: 'x' }, { name: 'y', simulate: 'nothing' }] }, ['runners', 1]],
  ['jobs of a daemon', daemon({ jobs: [] }), ['runners', 0, 'jobs']],
  ['jobs of the evicted', runner({ status: 'evicted', jobs: [{}] }), ['runners', 0, 'jobs']],
  ['a job of an unknown agent', job({ agent: 'b' }), ['runners', 0, 'jobs', 0, 'agent']],
  ['a job of no agent', runner({ agents: [], jobs: [{}] }), ['runners', 0, 'jobs', 0, 'agent']],
  ['an unknown status of a job', job({ status: 'done' }), ['runners', 0, 'jobs', 0, 'status']],
  ['a result too early', job({ result: 1 }), ['runners', 0, 'jobs', 0, 'result']],
  ['an error too early', job({ status: 'pending', error: 'x' }), ['runners', 0, 'jobs', 0, 'error']],
  ['a trace that is no id', job({ trace_id: 'x' }), ['runners', 0, 'jobs', 0, 'trace_id']],
  ['a blank log line', job({ logs: [{ stream: 'stdout', text: ' ' }] }), ['runners', 0, 'jobs', 0, 'logs', 0, 'text']],
  ['a blueprint without a name', job({ blueprint_name: ' ' }), ['runners', 0, 'jobs', 0, 'blueprint_name']],
  ['masks that are none', job({ prompt_masks: { [UUID]: 5 } }), ['runners', 0, 'jobs', 0, 'prompt_masks', UUID]],
  ['masks of nothing', job({ prompt_masks: { x: UUID } }), ['runners', 0, 'jobs', 0, 'prompt_masks', 'x']],
  ['unknown metadata', job({ metadata: { dataset: UUID } }), ['runners', 0, 'jobs', 0, 'metadata', 'dataset']],
  ['an old mask that is no id', job({ mask_id: 'x' }), ['runners', 0, 'jobs', 0, 'mask_id']],
  ['commands of an endpoint runner', runner({ commands: [{}] }), ['runners', 0, 'commands']],
  ['an unknown type of command', command({ type: 'Delete' }), ['runners', 0, 'commands', 0, 'type']],
  ['an unknown status of a command', command({ status: 'running' }), ['runners', 0, 'commands', 0, 'status']],
  ['no time for a command', command({ timeout_seconds: 0 }), ['runners', 0, 'commands', 0, 'timeout_seconds']],
  ['no args', command({ args: null }), ['runners', 0, 'commands', 0, 'args']],
  ['a result of what did not end', command({ result: {} }), ['runners', 0, 'commands', 0, 'result']],
  ['files of an endpoint runner', runner({ files: {} }), ['runners', 0, 'files']],
  ['files of what does not work', daemon({ simulate: 'heartbeat', files: {} }), ['runners', 0, 'files']],
  ['a file that leaves the root', daemon({ files: { 'a/../../b': '' } }), ['runners', 0, 'files', 'a/../../b']],
  ['a file that is a number', daemon({ files: { a: 5 } }), ['runners', 0, 'files', 'a']],
  ['a file of broken bytes', daemon({ files: { a: { base64: '?' } } }), ['runners', 0, 'files', 'a', 'base64']],
  ['an output that is none', daemon({ exec: { ls: { out: '' } } }), ['runners', 0, 'exec', 'ls', 'out']],
  ['an unknown error code', daemon({ exec: { ls: { error: 'no' } } }), ['runners', 0, 'exec', 'ls', 'error']],
  ['a daemon ahead of time', daemon({ latency_ms: -1 }), ['runners', 0, 'latency_ms']],
  ['signatures at times', daemon({ signatures: 'sometimes' }), ['runners', 0, 'signatures']],
  ['an unknown status of a session', session({ status: 'used' }), ['sessions', 0, 'status']],
  ['a session for too long', session({ ttl_seconds: 601 }), ['sessions', 0, 'ttl_seconds']],
  ['a short key', session({ activation_key: 'AAAA' }), ['sessions', 0, 'activation_key']],
  ['a session of no project', session({ project: 'p' }), ['sessions', 0, 'project']],
  ['a session in no workspace', session({ workspace: '' }), ['sessions', 0, 'workspace']],
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
