// Scenarios: worlds that a mock starts with, as data. kit.yaml says what a scenario is; its form is judged and played
// by others, which are loaded when there is something to play.
import type * as kit from '../../generated/kit-schema.js'
import type { AgentOptions, AgentScript } from '../../generated/kit-schema.js'
import type { AgentHandler } from '../agents/agent.js'
import type { Settings } from '../base/settings.js'
import type { RunnerRequest } from '../given/given-runner.js'
import type { World } from '../world/world.js'

/** Names of the built-in scenarios. `empty` has nothing but the default project and runs nothing. */
export type ScenarioName = 'empty' | 'demo' | 'endpoint-supervised' | 'playground' | 'busy'

export const scenarioNames: readonly string[] = [
  'demo',
  'endpoint-supervised',
  'playground',
  'busy',
  'empty',
] satisfies ScenarioName[]

/** A world as data: the same in code, in files and over the admin API. Everything is optional. */
export interface Scenario extends Omit<kit.Scenario, 'agents' | 'runners' | 'settings'> {
  /** Limits and time spans that differ from the defaults. Those of `createRunnerMock` stand above them. */
  readonly settings?: Partial<Settings> | undefined
  /** Agents by name, for the endpoint runners that list them. */
  readonly agents?: Readonly<Record<string, ScenarioAgent>> | undefined
  /** In the order in which they were activated. */
  readonly runners?: readonly ScenarioRunner[] | undefined
}

/** An agent: a script as in `mock.agents.register`, and how it is presented. */
export interface ScenarioAgent extends AgentScript, AgentOptions {
  /** In code only: a function instead of a script. */
  readonly handler?: AgentHandler | undefined
}

/** A runner and what belongs to it. */
export interface ScenarioRunner extends Omit<kit.ScenarioRunner, 'agents' | 'commands'> {
  /** Agents that it registers: names of those of the scenario, or by name what registerAgents takes. */
  readonly agents?: RunnerRequest['agents']
  /** Bridge commands, oldest first. */
  readonly commands?: readonly ScenarioCommand[] | undefined
}

/** A bridge command in any state. */
export interface ScenarioCommand extends Omit<kit.ScenarioCommand, 'args'> {
  /** Any JSON. Default `{ path: README.md }`. */
  readonly args?: unknown
}

/** What belongs to a project. */
export type ScenarioPart = Pick<kit.ScenarioTrace, 'project' | 'workspace' | 'api_key'>

/** A scenario, and what it leaves to be made when it is first asked for. */
export interface FoundScenario {
  readonly scenario: Scenario
  readonly fill?: (world: World) => void
}
