// The agents of a mock, as users script them, and the door to the simulated runners that execute them. The runners
// themselves are the crew's matter, which is loaded with the first of them.
import { expectForm } from '../../kernel/validate-options.js'
import { AgentDefinition, AgentName, AgentOptions as Presentation } from '../../generated/kit-page.js'
import type { AgentHandler } from './agent.js'
import type { RunnerAgent, StartableRunner, SimulatedRunner } from './simulated-runner.js'
import type { StartOptions, AgentOptions, SavedCrew, AgentScript } from '../../generated/kit-schema.js'
import type { SimulatedRunners, SimulatedRunnersParts } from './simulated-runners.js'
import type { RegisteredScript } from './agent-script.js'

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
   * of `opik-runner-kit/agents` returns. A reset stops it; a restore stops it and lets those go on that lived when the
   * snapshot was taken.
   */
  start(runner: StartableRunner, agents?: StartOptions | RunnerAgent): Promise<SimulatedRunner>
  /**
   * Restarts a simulated runner that was stopped, as a user would restart its process: it sends heartbeats, registers
   * its agents and takes work; what it had in work stays as it was left. One that lives goes on as it does.
   * @returns undefined when nothing of that id was ever simulated, or it was long ago
   */
  revive(id: string): Promise<SimulatedRunner | undefined>
  /** The simulated runners that live now: those of the scenario, those started since, those that a restore has brought back. */
  alive(): SimulatedRunner[]
}

export class AgentHost implements Agents {
  private readonly definitions = new Map<string, RegisteredScript>()
  private readonly parts: Omit<SimulatedRunnersParts, 'definitions'>
  private runners: SimulatedRunners | undefined
  /** Counts the times at which all were stopped. */
  private generation = 0

  constructor(parts: Omit<SimulatedRunnersParts, 'definitions'>) {
    this.parts = parts
  }

  register(name: string, agent: AgentHandler | AgentScript, options: AgentOptions = {}): void {
    expectForm(AgentName, name, 'mock.agents.register')
    expectForm(AgentDefinition, agent, 'mock.agents.register')
    expectForm(Presentation, options, 'mock.agents.register')
    this.definitions.set(name, { ...options, name, agent })
    this.runners?.renew(name)
  }

  isRegistered(name: string): boolean {
    return this.definitions.has(name)
  }

  async start(runner: StartableRunner, agents: StartOptions | RunnerAgent = {}): Promise<SimulatedRunner> {
    const { generation } = this
    const crew = await this.load()
    if (generation !== this.generation) throw new Error('The mock was reset or restored before the runner could start.')
    return crew.start(runner, agents)
  }

  async revive(id: string): Promise<SimulatedRunner | undefined> {
    return this.runners?.revive(id)
  }

  alive(): SimulatedRunner[] {
    return this.runners?.alive() ?? []
  }

  /** undefined when nothing has ever been simulated. */
  save(): SavedCrew | undefined {
    return this.runners?.save()
  }

  async resume(saved: SavedCrew): Promise<void> {
    for (const { name, agent, ...options } of structuredClone(saved.agents)) this.register(name, agent, options)
    if (saved.runners.length === 0) return
    const { generation } = this
    const crew = await this.load()
    if (generation === this.generation) await crew.resume(saved)
  }

  async stop(): Promise<void> {
    this.generation++
    await this.runners?.stop()
  }

  private async load(): Promise<SimulatedRunners> {
    const { definitions, parts } = this
    const { SimulatedRunners } = await parts.clock.during(import('./simulated-runners.js'))
    this.runners ??= new SimulatedRunners({ ...parts, definitions })
    return this.runners
  }
}
