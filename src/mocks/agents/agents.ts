/**
 * The agents of a mock: scripted handlers by name, and the simulated runners that execute them. It starts, restarts
 * and stops those runners; what one does is its own file's matter.
 */
import type { Clock } from '../../clock.js'
import type { Random } from '../../id-source.js'
import type { Agent, AgentMap } from '../../types.js'
import { perhaps } from '../world/words.js'
import type { AgentHandler, AgentOptions } from './agent.js'
import { unexpected, type Call, type CallAnswer, type Credentials } from './api.js'
import type { PairedRunner } from './pair.js'
import type { AgentScript, RegisteredScript } from './script.js'
import type { SimulatedRunner, SimulationParts } from './simulated-runner.js'

/** What users script agents with. */
export interface Agents {
  /**
   * Adds an agent, or replaces the one of that name: a function, or a script as plain data. Simulated runners take it
   * for their next job, and those that present the name register again with what `options` say.
   */
  register(name: string, agent: AgentHandler | AgentScript, options?: AgentOptions): void
  /**
   * Makes a runner live inside the mock, as `mock.given` left it: heartbeat, polling and execution, until it is stopped
   * or gone. An endpoint runner runs the registered agents; a connect runner answers commands with what `connectAgent`
   * of `opik-runner-kit/agents` returns. A reset or a restore stops it.
   */
  start(runner: StartableRunner, agents?: StartOptions | RunnerAgent): Promise<SimulatedRunner>
  /** The simulated runners that live now, in the order of their start. */
  alive(): LiveRunner[]
}

/** A simulated runner that lives, in a form that `start` takes. */
export interface LiveRunner {
  runner: StartableRunner
  /** The agents that it presents; none for a connect runner. */
  agents: readonly string[]
}

/** A paired runner; every runner of `mock.given` is one. */
export type StartableRunner = PairedRunner

/** How to start an endpoint runner. */
export interface StartOptions {
  /** Names to present to clients. Default: what the runner has registered already. */
  agents?: readonly string[]
  /**
   * Also execute the jobs that it has taken already, each from its beginning: those of a runner that had been stopped in
   * the middle of its work. Default false.
   */
  resume?: boolean
}

/** Something that can keep a whole runner busy. */
export interface RunnerAgent {
  /** Starts the runner. It ends through what is returned. */
  readonly startOn: (runner: PairedRunner, parts: SimulationParts) => SimulatedRunner
}

/** What a simulated endpoint runner is to be. */
export interface EndpointRunnerRequest {
  projectId: string
  projectName: string
  name: string
  /** Names of agents that were registered with a handler. */
  agents: readonly string[]
}

export interface AgentHostParts {
  clock: Clock
  random: Random
  newId: () => string
  callAs: (as: Credentials | undefined) => Call
}

interface EndpointStart {
  projectName: string
  agents: readonly string[]
  known: AgentMap
  resume: boolean
}

/** A live runner, and what it has told clients about its agents. */
interface Presence {
  readonly runner: SimulatedRunner
  readonly call: Call
  readonly names: readonly string[]
  /** What its agents are said to be as long as nobody scripts them. */
  readonly known: AgentMap
}

/** All simulated runners of a mock. */
export class AgentHost implements Agents {
  private readonly definitions = new Map<string, RegisteredScript>()
  private readonly presences = new Set<Presence>()
  private readonly parts: AgentHostParts

  constructor(parts: AgentHostParts) {
    this.parts = parts
  }

  register(name: string, agent: AgentHandler | AgentScript, options: AgentOptions = {}): void {
    this.definitions.set(name, { ...options, name, agent })
    for (const { runner, call, names, known } of this.presences) {
      if (runner.isAlive && names.includes(name)) void this.announce(call, runner.runner, names, known)
    }
  }

  async start(runner: StartableRunner, agents: StartOptions | RunnerAgent = {}): Promise<SimulatedRunner> {
    const call = this.parts.callAs(runner.as)
    if ('startOn' in agents) {
      return this.keep(agents.startOn(runner, this.simulationParts(call)), call, [], {})
    }
    const path = { runnerId: runner.id }
    const beat = await call('heartbeat', { path, body: {} })
    if (beat.status !== 200) throw unexpected('heartbeat', beat)
    const known = agentsIn((await call('getRunner', { path })).body)
    const project = await call('getProjectById', { path: { id: runner.projectId } })
    return this.startEndpoint(call, runner, {
      projectName: nameOf(project.body),
      agents: agents.agents ?? Object.keys(known),
      known,
      resume: agents.resume === true,
    })
  }

  alive(): LiveRunner[] {
    return [...this.presences]
      .filter(({ runner }) => runner.isAlive)
      .map(({ runner, names }) => ({ runner: runner.runner, agents: names }))
  }

  /** Pairs a runner, registers its agents and starts it. */
  async startEndpointRunner(call: Call, request: EndpointRunnerRequest): Promise<PairedRunner> {
    const { projectId, name } = request
    const { random, clock } = this.parts
    const { pairRunner } = await clock.during(import('./pair.js'))
    const runner = await pairRunner(call, { projectId, name, type: 'endpoint', random })
    await this.startEndpoint(call, runner, { ...request, known: {}, resume: false })
    return runner
  }

  /** Stops every simulated runner; the agents stay registered. */
  async stop(): Promise<void> {
    const stopped = [...this.presences].map(({ runner }) => runner.stop())
    this.presences.clear()
    await Promise.all(stopped)
  }

  private async startEndpoint(
    call: Call,
    runner: PairedRunner,
    { projectName, agents, known, resume }: EndpointStart,
  ): Promise<SimulatedRunner> {
    const registered = await this.announce(call, runner, agents, known)
    if (registered.status !== 204) throw unexpected('registerAgents', registered)
    const { clock, random } = this.parts
    // What simulates a runner is loaded with the first one: a page that only mounts handlers does not carry it.
    const { startEndpointRunner } = await clock.during(import('./endpoint-runner.js'))
    const findAgent = (name: string): RegisteredScript | undefined => this.definitions.get(name)
    const parts = { ...this.simulationParts(call), projectName, random, findAgent, resume }
    const started = startEndpointRunner(runner, parts)
    return this.keep(started, call, agents, known)
  }

  private keep(runner: SimulatedRunner, call: Call, names: readonly string[], known: AgentMap): SimulatedRunner {
    for (const presence of this.presences) if (!presence.runner.isAlive) this.presences.delete(presence)
    this.presences.add({ runner, call, names, known })
    return runner
  }

  private simulationParts(call: Call): SimulationParts {
    const { clock, newId } = this.parts
    return { call, clock, newId }
  }

  /** Registers the whole set, as the SDKs do it each time. */
  private announce(call: Call, { id }: PairedRunner, names: readonly string[], known: AgentMap): Promise<CallAnswer> {
    const body = Object.fromEntries(names.map((name) => [name, this.describe(name, known)]))
    return call('registerAgents', { path: { runnerId: id }, body })
  }

  private describe(name: string, known: AgentMap): Agent {
    const agent = this.definitions.get(name)
    if (agent === undefined) return known[name] ?? { language: 'typescript', params: [], timeout: 0 }
    return {
      ...perhaps('description', agent.description),
      language: 'typescript',
      params: [...(agent.params ?? [])],
      timeout: agent.timeout ?? 0,
    }
  }
}

function agentsIn(runner: unknown): AgentMap {
  const agents: unknown = typeof runner === 'object' && runner !== null ? Reflect.get(runner, 'agents') : undefined
  if (!Array.isArray(agents)) return {}
  return Object.fromEntries(agents.map((agent: Agent) => [nameOf(agent), agent]))
}

function nameOf(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string')
    return value.name
  return ''
}
