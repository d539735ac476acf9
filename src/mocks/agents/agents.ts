/** What `mock.agents` offers, and what it takes. Types alone; what they do is the host's and the crew's matter. */
import type { AgentHandler, AgentOptions } from './agent.js'
import type { PairedRunner } from './pair-runner.js'
import type { SavedSimulation } from './saved-runners.js'
import type { AgentScript } from './agent-script.js'
import type { LiveRunner, SimulatedRunner, SimulationParts } from './simulated-runner.js'
import type { StartOptions } from '../../generated/kit-schema.js'

export type { StartOptions } from '../../generated/kit-schema.js'

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

/** A paired runner; every runner of `mock.given` is one. */
export type StartableRunner = PairedRunner

/** Something that can keep a whole runner busy. */
export interface RunnerAgent {
  /** Starts the runner, from where it stood when it was saved. It ends through what is returned. */
  readonly startOn: (runner: PairedRunner, parts: SimulationParts, saved?: SavedSimulation) => LiveRunner
}
