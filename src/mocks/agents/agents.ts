/**
 * The agents of a mock: scripted handlers by name, and the simulated runners that execute them. It starts, restarts
 * and stops those runners; what one does is its own file's matter.
 */
import type { Clock } from '../../clock.js'
import type { Random } from '../../id-source.js'
import type { AgentMap } from '../../types.js'
import type { AgentDefinition, AgentHandler, AgentOptions } from './agent.js'
import { unexpected, type Call } from './api.js'
import { startEndpointRunner, type EndpointRunner } from './endpoint-runner.js'
import { pairRunner, type PairedRunner } from './pair.js'
import { perhaps } from '../world/words.js'

/** What users script agents with. */
export interface Agents {
  /** Adds an agent, or replaces the one of that name. Simulated runners pick it up for their next job. */
  register(name: string, handler: AgentHandler, options?: AgentOptions): void
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
}

/** All simulated runners of a mock. */
export class AgentHost implements Agents {
  private readonly definitions = new Map<string, AgentDefinition>()
  private readonly runners = new Set<EndpointRunner>()
  private readonly parts: AgentHostParts

  constructor(parts: AgentHostParts) {
    this.parts = parts
  }

  register(name: string, handler: AgentHandler, options: AgentOptions = {}): void {
    this.definitions.set(name, { ...options, name, handler })
  }

  /** Pairs a runner, registers its agents and starts it. */
  async startEndpointRunner(call: Call, request: EndpointRunnerRequest): Promise<PairedRunner> {
    const { random, clock, newId } = this.parts
    const { projectId, projectName, name } = request
    const runner = await pairRunner(call, { projectId, name, type: 'endpoint', random })
    const registered = await call('registerAgents', {
      path: { runnerId: runner.id },
      body: this.describe(request.agents),
    })
    if (registered.status !== 204) throw unexpected('registerAgents', registered)
    const findAgent = (agent: string): AgentDefinition | undefined => this.definitions.get(agent)
    this.runners.add(startEndpointRunner(runner, { call, clock, newId, projectName, findAgent }))
    return runner
  }

  /** Stops every simulated runner; the agents stay registered. */
  async stop(): Promise<void> {
    const stopped = [...this.runners].map((runner) => runner.stop())
    this.runners.clear()
    await Promise.all(stopped)
  }

  private describe(names: readonly string[]): AgentMap {
    return Object.fromEntries(
      names.map((name) => {
        const agent = this.definitions.get(name)
        return [
          name,
          {
            ...perhaps('description', agent?.description),
            language: 'typescript',
            params: [...(agent?.params ?? [])],
            timeout: agent?.timeout ?? 0,
          },
        ]
      }),
    )
  }
}
