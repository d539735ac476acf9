// Finds and plays scenarios: builds a world with the builders of `given`, and lets its runners live. One is judged as a
// whole before anything of it happens; what the API then refuses is told with the place that it comes from.
import { KitError, messageOf } from '../../kernel/errors.js'
import { fromBase64 } from '../../kernel/pairing.js'
import type { Agent } from '../../kernel/types.js'
import { settingNames } from '../../lifecycle/table.js'
import { problemError, type ProblemPlace, type Problem, unknownName } from '../../kernel/problem.js'
import type { AgentHost } from '../agents/agent-host.js'
import { presented } from '../agents/agent-script.js'
import { createCall, expectSuccess, type Credentials } from '../agents/call-api.js'
import type { Handle } from '../engine/engine.js'
import type { FaultInjector } from '../engine/faults/faults.js'
import { createBuilders } from '../given/given-builders.js'
import { isNames, type GivenHost, type GivenRunner } from '../given/given-runner.js'
import { DEFAULT_WORKSPACE, type AuthMode } from '../base/identity.js'
import { DEFAULT_PROJECT, type ProfileName, type Settings } from '../base/settings.js'
import { omitUndefined } from '../base/omit-undefined.js'
import { FIRST_ENVIRONMENTS, seedEnvironments, type SeededEnvironment } from '../computed/named-environment.js'
import { namesOf, partsOf, problemsOfScenario, projectKey } from './scenario-links.js'
import type { World } from '../world/world.js'
import type { ScenarioOwner, ScenarioSession, SavedCrew } from '../../generated/kit-schema.js'
import { type Scenario, type ScenarioPart, type ScenarioRunner, scenarioNames, type FoundScenario } from './scenario.js'

/** Thrown for a scenario that cannot be used: nothing of its form was played, or the API refused what it asks for. */
export class ScenarioError extends KitError {
  readonly problem: Problem

  constructor(problem: Problem, options?: ErrorOptions) {
    const { failed, value = '', fix } = problemError(problem, 'scenario/unusable', 'the scenario')
    super('scenario/unusable', { failed, value, fix }, options)
    this.problem = problem
  }
}

/** What a mock's owner decided, which no scenario overrules. */
export interface OwnersChoice {
  readonly auth?: AuthMode | undefined
  readonly settings?: Partial<Settings> | undefined
  readonly profile?: ProfileName | undefined
}

/** The mock that a scenario is played in. */
export interface ScenarioHost<Options extends OwnersChoice = OwnersChoice> extends GivenHost {
  readonly options: Options
  readonly agents: AgentHost
  readonly faults: FaultInjector
  /** Scenarios that it knows beside the built-in ones, and the name of the one that its world comes from. */
  readonly scenarios: ReadonlyMap<string, Scenario>
  readonly scenario: string
  /** Counts its worlds: a play that is still going on must not touch the next one. */
  readonly generation: number
  changeSettings(settings: Partial<Settings> & { profile?: ProfileName }): void
  close(): Promise<void>
}

/** One play of a scenario. */
type Play = ReturnType<typeof beginPlay>

function beginPlay(host: ScenarioHost, generation: number) {
  /** Throws when the world is not there any more. */
  const guard = (): void => {
    if (generation !== host.generation) throw new Error('The world was replaced before its scenario was complete.')
  }
  const undisturbed: Handle = (exchange) => {
    guard()
    return host.undisturbed(exchange)
  }
  return { host, given: createBuilders(host, undisturbed), undisturbed, guard }
}

/**
 * Plays a scenario. Resolves when its world is complete and its runners live.
 * @throws ScenarioError for a wrong form, before anything is done; or when the API refuses something, for instance a
 *   workspace that a local install does not have
 */
async function playScenario(
  scenario: Scenario,
  host: ScenarioHost,
  generation: number,
  isLiving = true,
): Promise<void> {
  const [problem] = problemsOfScenario(scenario)
  if (problem !== undefined) throw new ScenarioError(problem)
  const { agents, options } = host
  const play = beginPlay(host, generation)
  play.guard()
  // What the owner decided stands above the scenario.
  const profile = options.profile ?? scenario.profile
  if (scenario.settings !== undefined || scenario.profile !== undefined)
    host.changeSettings({ ...scenario.settings, ...options.settings, ...omitUndefined({ profile }) })
  if (scenario.faults !== undefined) host.faults.load(scenario.faults)
  if (isLiving) registerAgents(scenario, agents, () => true)
  const restoreLimits = liftLimits(host.world)
  const made = await buildWorld(scenario, play).finally(() => generation === host.generation && restoreLimits())
  // The world is complete; what lives may now change it.
  for (const [path, runner, paired] of isLiving ? made : []) {
    play.guard()
    await tell(path, startLife(runner, paired, agents))
  }
  play.guard()
}

/** Limits of how much there may be at once, or within a minute. */
const LIMITS = settingNames.filter((name) => /(^|_)max_/.test(name) && !name.endsWith('_seconds'))

/** What is there may have come to be little by little: until the function that it returns is called, there is no limit. */
function liftLimits({ settings, runners }: World): () => void {
  const kept = Object.fromEntries(LIMITS.map((name) => [name, settings[name]]))
  for (const name of LIMITS) settings[name] = Infinity
  return () => {
    Object.assign(settings, kept)
    // Nor have its commands been submitted within this minute.
    for (const { bridge } of runners.values()) bridge.rate = { minute: 0, commands: 0, writes: 0 }
  }
}

/** Builds what lies in a world; its runners, and where each stands in the scenario. */
async function buildWorld(scenario: Scenario, play: Play): Promise<[ProblemPlace, ScenarioRunner, GivenRunner][]> {
  const { given, host } = play
  const { projects = [], runners = [], sessions = [], traces = [], blueprints = [], prompts = [] } = scenario
  for (const [workspace, environments] of environmentsOf(scenario))
    seedEnvironments(workspace, environments, host.world)
  const projectIds = new Map<string, string>()
  for (const [at, entry] of projects.entries()) {
    const project = typeof entry === 'string' ? { name: entry } : entry
    const as = toCredentials(project)
    const { id } = await tell(
      ['projects', at],
      given.project({ name: project.name, ...omitUndefined({ id: project.id }), as }),
    )
    projectIds.set(projectKey(project, project.name), id)
  }
  const idOf = (owner: ScenarioPart): { projectId?: string } =>
    omitUndefined({ projectId: projectIds.get(projectKey(owner, owner.project ?? DEFAULT_PROJECT)) })
  const own = <Part extends ScenarioPart>(part: Part) => {
    const { project: _project, workspace: _workspace, api_key: _key, ...fields } = part
    return { ...fields, ...idOf(part), as: toCredentials(part) }
  }
  const made: [ProblemPlace, ScenarioRunner, GivenRunner][] = []
  for (const [at, runner] of runners.entries()) {
    const path = ['runners', at]
    made.push([path, runner, await playRunner(path, scenario, own(runner), play)])
  }
  for (const [at, session] of sessions.entries()) {
    await tell(['sessions', at], given.session(toSession(own(session))))
  }
  for (const [at, trace] of traces.entries()) await tell(['traces', at], given.trace(own(trace)))
  for (const [at, version] of blueprints.entries()) await tell(['blueprints', at], given.blueprint(own(version)))
  for (const [at, prompt] of prompts.entries()) await tell(['prompts', at], given.prompt(own(prompt)))
  for (const [at, entry] of projects.entries()) {
    if (typeof entry === 'string' || entry.diagnostics !== true) continue
    const projectId = projectIds.get(projectKey(entry, entry.name)) ?? ''
    await tell(['projects', at, 'diagnostics'], diagnose(projectId, toCredentials(entry), play))
  }
  return made
}

/** Switches the diagnostics of a project on, and has them look at its traces; a server before 2.1 has none. */
async function diagnose(projectId: string, as: Credentials, { host, undisturbed }: Play): Promise<void> {
  if (host.world.isBefore('2.1')) return
  const call = expectSuccess(createCall(undisturbed, as))
  await call('createAgentInsightsJob', { path: { projectId } })
  await call('triggerAgentInsightsJob', { path: { projectId } })
}

/** The environments of each workspace: those that the scenario names, or the usual ones wherever it has something. */
function environmentsOf(scenario: Scenario): Map<string, SeededEnvironment[]> {
  const { environments, projects = [] } = scenario
  const found = new Map<string, SeededEnvironment[]>()
  for (const entry of environments ?? []) {
    const { name, workspace = DEFAULT_WORKSPACE, ...environment } = typeof entry === 'string' ? { name: entry } : entry
    found.set(workspace, [...(found.get(workspace) ?? []), { name, ...omitUndefined(environment) }])
  }
  if (environments !== undefined) return found
  for (const part of [...projects, ...Object.values(partsOf(scenario)).flat()]) {
    const { workspace = DEFAULT_WORKSPACE }: ScenarioOwner = typeof part === 'string' ? {} : part
    found.set(workspace, [...FIRST_ENVIRONMENTS])
  }
  return found
}

export function registerAgents(scenario: Scenario, agents: AgentHost, isWanted: (name: string) => boolean): void {
  for (const [name, agent] of Object.entries(scenario.agents ?? {})) {
    if (!isWanted(name)) continue
    const { description, params, timeout, handler, ...script } = agent
    const presented = omitUndefined({ description, params, timeout })
    agents.register(name, handler ?? structuredClone(script), presented)
  }
}

type Owned<Part> = Omit<Part, keyof ScenarioPart> & { projectId?: string; as: Credentials }

async function playRunner(
  path: ProblemPlace,
  scenario: Scenario,
  runner: Owned<ScenarioRunner>,
  { given, host }: Play,
): Promise<GivenRunner> {
  const { name, type, capabilities, checklist, status, jobs = [], commands = [], id, ago_ms, projectId, as } = runner
  const agents = agentsOf(scenario, runner)
  const names = Object.keys(agents)
  const more = omitUndefined({ projectId, type, capabilities, checklist, id, ago_ms })
  const paired = await tell(path, given.connectedRunner({ name, agents, as, ...more }))
  for (const [at, { agent = names[0], trace_id, ...job }] of jobs.entries()) {
    const request = { ...job, ...omitUndefined({ agent, traceId: trace_id }), runner: paired }
    await tell([...path, 'jobs', at], given.job(request))
  }
  // A job's agent may be another one, and is registered for it.
  const { runners } = host.world
  const record = runners.get(paired.id)
  if (record !== undefined && jobs.some(({ agent }) => agent !== undefined && !Object.hasOwn(agents, agent)))
    runners.registerAgents(record, agents)
  for (const [at, { timeout_seconds, duration_ms, ...command }] of commands.entries()) {
    const more = omitUndefined({ timeoutSeconds: timeout_seconds, durationMs: duration_ms })
    await tell([...path, 'commands', at], given.command({ ...command, ...more, runner: paired }))
  }
  if (status === 'disconnected') await given.lapse(paired)
  if (status === 'evicted') await given.evict(paired)
  return paired
}

function agentsOf(
  scenario: Scenario,
  { agents = [] }: Pick<ScenarioRunner, 'agents'>,
): Readonly<Record<string, Agent>> {
  if (!isNames(agents)) return agents
  return Object.fromEntries(agents.map((name) => [name, presented(scenario.agents?.[name] ?? {})]))
}

async function startLife(runner: ScenarioRunner, paired: GivenRunner, agents: AgentHost): Promise<void> {
  const { status = 'connected', simulate = 'work', type = 'endpoint', exec, latency_ms, signatures } = runner
  if (status !== 'connected' || simulate === 'nothing') return
  if (simulate === 'heartbeat') {
    await agents.start(paired, { takesWork: false })
  } else if (simulate === 'flapping') {
    await agents.start(paired, (await import('../agents/simulated-runners.js')).flapping)
  } else if (type === 'endpoint') {
    await agents.start(paired, { agents: namesOf(runner), supervised: simulate === 'supervised' })
  } else {
    const { connectAgent, toContents } = await import('../agents/connect-agent.js')
    const options = omitUndefined({ commands: exec, latencyMs: latency_ms, signatures })
    await agents.start(paired, connectAgent({ ...options, files: toContents(runner.files ?? {}) }))
  }
}

function toSession({ runner_name: name, ttl_seconds: ttlSeconds, activation_key, ...session }: Owned<ScenarioSession>) {
  const activationKey = activation_key === undefined ? undefined : fromBase64(activation_key)
  return { ...session, ...omitUndefined({ name, ttlSeconds, activationKey }) }
}

function toCredentials({ workspace, api_key }: ScenarioOwner): Credentials {
  return omitUndefined({ workspace, apiKey: api_key })
}

/** Says where something stands that the API refuses. */
async function tell<Result>(path: ProblemPlace, step: Promise<Result>): Promise<Result> {
  try {
    return await step
  } catch (error) {
    const reason = messageOf(error)
    const problem = { path, value: undefined, expected: `something that the API accepts here; ${reason}` }
    throw new ScenarioError(problem, { cause: error })
  }
}

/**
 * Plays the scenario of a mock and lets its runners live.
 * @param generation which of its worlds the play is for
 * @throws KitError `scenario/unknown` or `scenario/unusable`
 */
export async function loadScenario(host: ScenarioHost, generation: number): Promise<void> {
  const { scenario, fill } = await find(host.scenario, host)
  await playScenario(scenario, host, generation)
  fill?.(host.world)
}

/** Plays a scenario in an empty mock like the given one, without letting anything live. Throws as `direct` does. */
export async function tryScenario<Options extends OwnersChoice>(
  scenario: string | Scenario,
  like: ScenarioHost<Options>,
  open: (options: Options & { scenario: 'empty'; frozen: true }) => ScenarioHost & { reset: () => Promise<void> },
): Promise<void> {
  const found = typeof scenario === 'string' ? (await find(scenario, like)).scenario : scenario
  const trial = open({ ...like.options, scenario: 'empty', frozen: true })
  try {
    await trial.reset()
    await playScenario(found, trial, trial.generation, false)
  } finally {
    await trial.close()
  }
}

/**
 * Lets saved runners go on. Agents that are functions cannot be kept: those without a registration come from the
 * scenario.
 */
export async function resumeRunners(crew: SavedCrew, host: ScenarioHost, generation: number): Promise<void> {
  const { agents } = host
  const { scenario } = await find(host.scenario, host).catch(() => ({ scenario: {} }))
  if (generation !== host.generation) return
  registerAgents(scenario, agents, (name) => !agents.isRegistered(name))
  await agents.resume(crew)
}

async function find(name: string, { scenarios, options, random }: ScenarioHost): Promise<FoundScenario> {
  const own = scenarios.get(name)
  if (own !== undefined) return { scenario: own }
  const { auth } = options
  if (name === 'demo') return { scenario: (await import('./demo.js')).createDemo(auth) }
  if (name === 'endpoint-supervised') return { scenario: (await import('./demo.js')).createDemo(auth, true) }
  if (name === 'playground') return { scenario: (await import('./playground.js')).createPlayground(auth) }
  if (name === 'busy') return (await import('./busy.js')).createBusy(random.save(), auth)
  if (name === 'empty') return { scenario: {} }
  const known = [...scenarioNames, ...scenarios.keys()]
  throw problemError(unknownName(name, known), 'scenario/unknown', 'a mock as its scenario')
}
