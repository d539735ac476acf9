// Judges a scenario as a whole before anything of it is played: its form, and once every member is right by itself what
// none of them shows and nothing refuses when it is played: names that lead nowhere, two runners in one place, and members
// that do not go together.
import type { ProblemPlace, Problem } from '../../kernel/problem.js'
import { problemsOf } from '../../kernel/validate-options.js'
import { Scenario as form } from '../../generated/kit-later.js'
import { readFaults } from '../engine/faults/faults.js'
import { BRIDGE } from '../../lifecycle/facts.js'
import { DEFAULT_PROJECT } from '../base/settings.js'
import { isNames } from '../given/given-runner.js'
import type { ScriptedSpan, ScenarioJob, ScenarioOwner } from '../../generated/kit-schema.js'
import type { Scenario, ScenarioAgent, ScenarioPart, ScenarioRunner } from './scenario.js'

/** Everything that is wrong with a scenario; empty when it can be played. */
export function problemsOfScenario(value: unknown): Problem[] {
  const problems = problemsOf(form, value)
  return hasForm(value, problems) ? linkProblems(value) : problems
}

function hasForm(_value: unknown, problems: readonly Problem[]): _value is Scenario {
  return problems.length === 0
}

export function isPlayable(value: unknown): value is Scenario {
  return problemsOfScenario(value).length === 0
}

function linkProblems(scenario: Scenario): Problem[] {
  const { projects = [], runners = [], traces = [] } = scenario
  const known = new Set(
    projects.map((entry) => (typeof entry === 'string' ? projectKey({}, entry) : projectKey(entry, entry.name))),
  )
  const owned = (path: ProblemPlace, owner: ScenarioPart): Problem[] => {
    const { project = DEFAULT_PROJECT } = owner
    if (project === DEFAULT_PROJECT || known.has(projectKey(owner, project))) return []
    const expected = `'${DEFAULT_PROJECT}' or a project that stands under 'projects' in this workspace`
    return [{ path: [...path, 'project'], value: project, expected }]
  }
  return [
    ...problemsOfFaults(scenario),
    ...Object.entries(scenario.agents ?? {}).flatMap(([name, agent]) => problemsOfAgent(agent, ['agents', name])),
    ...Object.entries(partsOf(scenario)).flatMap(([name, parts]) =>
      parts.flatMap((part, at) => owned([name, at], part)),
    ),
    ...traces.flatMap(({ spans = [] }, at) => straySpans(spans, ['traces', at])),
    ...sharedSlots(runners),
    ...runners.flatMap((runner, at) => problemsOfRunner(scenario, runner, ['runners', at])),
  ]
}

/** All that belongs to projects, by the lists that it stands in. */
export function partsOf({ runners = [], sessions = [], traces = [], blueprints = [], prompts = [] }: Scenario) {
  const parts: Readonly<Record<string, readonly ScenarioPart[]>> = { runners, sessions, traces, blueprints, prompts }
  return parts
}

function problemsOfFaults({ faults = [] }: Scenario): Problem[] {
  const read = readFaults(faults)
  if (!('problems' in read)) return []
  return read.problems.map((problem) => ({ ...problem, path: ['faults', ...problem.path] }))
}

/** An agent has a function or a script, a span is inside of an earlier one, and a range begins before it ends. */
function problemsOfAgent(agent: ScenarioAgent, path: ProblemPlace): Problem[] {
  const { handler, description: _, params: _params, timeout: _timeout, ...script } = agent
  const [[member, value] = []] = Object.entries(script).filter(([, each]) => each !== undefined)
  if (handler !== undefined && member !== undefined) {
    return [{ path: [...path, member], value, expected: "nothing beside 'handler'" }]
  }
  const { latency_ms: latency, spans = [] } = script
  const [stray] = straySpans(spans, path)
  if (stray !== undefined) return [stray]
  if (typeof latency !== 'object' || latency.min <= latency.max) return []
  return [{ path: [...path, 'latency_ms', 'min'], value: latency.min, expected: "at most the value of 'max'" }]
}

function straySpans(spans: readonly ScriptedSpan[], path: ProblemPlace): Problem[] {
  return spans.flatMap(({ inside }, at) => {
    const isStray = inside !== undefined && !spans.slice(0, at).some(({ name }) => name === inside)
    const expected = 'the name of a span that stands before it'
    return isStray ? [{ path: [...path, 'spans', at, 'inside'], value: inside, expected }] : []
  })
}

export function projectKey({ workspace = 'default' }: ScenarioOwner, project: string): string {
  return `${workspace}\n${project}`
}

/** An owner has one runner of each type for a project. */
function sharedSlots(runners: readonly ScenarioRunner[]): Problem[] {
  const taken = new Map<string, string>()
  return runners.flatMap((runner, at): Problem[] => {
    const { type = 'endpoint', project = DEFAULT_PROJECT, api_key = '', status, name } = runner
    if (status === 'evicted') return []
    const slot = `${projectKey(runner, project)}\n${type}\n${api_key}`
    const holder = taken.get(slot)
    taken.set(slot, name)
    if (holder === undefined) return []
    const expected = `another project, type or owner than those of '${holder}', which it would evict`
    return [{ path: ['runners', at], value: name, expected }]
  })
}

export function namesOf({ agents = [] }: ScenarioRunner): readonly string[] {
  return isNames(agents) ? agents : Object.keys(agents)
}

/** Whatever a runner does not execute needs to stand nowhere else. */
function executes(runner: ScenarioRunner): boolean {
  const { agents = [], type = 'endpoint', status = 'connected', simulate = 'work' } = runner
  return isNames(agents) || (type === 'endpoint' && status === 'connected' && WORKING.includes(simulate))
}

const WORKING: readonly string[] = ['work', 'supervised']

function problemsOfRunner({ agents = {} }: Scenario, runner: ScenarioRunner, path: ProblemPlace): Problem[] {
  const { jobs = [], commands = [] } = runner
  const names = executes(runner) ? namesOf(runner) : []
  const known = new Set([...namesOf(runner), ...Object.keys(agents)])
  const unknown = names.flatMap((name, at): Problem[] => {
    const place = [...path, 'agents', Array.isArray(runner.agents) ? at : name]
    const expected = "the name of an agent that stands under 'agents'"
    return Object.hasOwn(agents, name) ? [] : [{ path: place, value: name, expected }]
  })
  return [
    ...unknown,
    ...strayMembers(runner, path),
    ...jobs.flatMap((job, at) => problemsOfJob(known, runner, job, [...path, 'jobs', at])),
    ...commands.flatMap((command, at) =>
      REPORTED.includes(command.status ?? 'pending')
        ? []
        : stray(command, OUTCOME, [...path, 'commands', at], 'a command that a runner has reported'),
    ),
  ]
}

/** Members that only some runners can have. */
function strayMembers(runner: ScenarioRunner, path: ProblemPlace): Problem[] {
  const { type = 'endpoint', status = 'connected', simulate = 'work' } = runner
  const capabilities = runner.capabilities ?? (type === 'connect' ? [BRIDGE] : [])
  const works = type === 'connect' && status === 'connected' && simulate === 'work'
  const isLost = status === 'evicted'
  const only = (isAllowed: boolean, whose: string, ...names: (keyof ScenarioRunner)[]): Problem[] =>
    isAllowed ? [] : stray(runner, names, path, whose)
  return [
    ...only(status === 'connected', 'a connected runner', 'simulate'),
    ...only(type === 'endpoint' && !isLost, 'an endpoint runner that is not evicted', 'jobs'),
    ...only(capabilities.includes(BRIDGE) && !isLost, `a runner with '${BRIDGE}' that is not evicted`, 'commands'),
    ...only(works, 'a connected connect runner that works', 'files', 'exec', 'latency_ms', 'signatures'),
  ]
}

function problemsOfJob(known: ReadonlySet<string>, runner: ScenarioRunner, job: ScenarioJob, path: ProblemPlace) {
  const names = namesOf(runner)
  const { agent = names[0], status = 'pending' } = job
  if (agent === undefined || !known.has(agent)) {
    const expected = `one of the runner's agents (${names.join(', ') || 'it has none'}), or one that stands under 'agents'`
    return [{ path: [...path, 'agent'], value: agent, expected }]
  }
  return status === 'pending' ? stray(job, OUTCOME, path, 'a job that a runner has got') : []
}

/** What a job or command without a report lacks. */
const OUTCOME = ['result', 'error'] as const

/** Those of the members that it has and may not have. */
function stray<Of extends object>(of: Of, names: readonly (keyof Of & string)[], path: ProblemPlace, whose: string) {
  const given = names.filter((name) => of[name] !== undefined)
  return given.map((name) => ({ path: [...path, name], value: of[name], expected: `no '${name}' but of ${whose}` }))
}

const REPORTED: readonly string[] = ['completed', 'failed']
