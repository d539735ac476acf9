/**
 * Scenarios: worlds that a mock starts with, as data. This file says what a scenario is; its form is judged and played
 * by others, which are loaded when there is something to play.
 */
import type { LocalRunnerJobStatus, BridgeCommandStatus, BridgeCommandType, RunnerType } from '../../kernel/types.js'
import type { Agent, CreateLocalRunnerJobRequest, LocalRunnerLogEntry } from '../../kernel/types.js'
import type { AgentHandler, AgentOptions } from '../agents/agent.js'
import type { ScriptedCommand } from '../agents/connect/exec.js'
import type { AgentScript } from '../agents/agent-script.js'
import type { FaultEntry } from '../base/fault.js'
import type { WorkPast } from '../given/given-runner.js'
import type { GivenBlueprint } from '../given/given-blueprint.js'
import type { GivenPrompt } from '../given/given-prompt.js'
import type { GivenTrace } from '../given/given-trace.js'
import type { ProfileName, Settings } from '../base/settings.js'
import type { StoredObject } from '../world/records.js'
import type { World } from '../world/world.js'

/** Names of the built-in scenarios. `empty` has nothing but the default project and runs nothing. */
export type ScenarioName = 'empty' | 'demo' | 'endpoint-supervised' | 'playground' | 'busy'

/** The built-in scenarios, in the order in which people are offered them. */
export const scenarioNames: readonly string[] = [
  'demo',
  'endpoint-supervised',
  'playground',
  'busy',
  'empty',
] satisfies ScenarioName[]

/** A world as data: the same in code, in files and over the admin API. Everything is optional. */
export interface Scenario {
  /** For editors, ignored: where the JSON Schema is. */
  $schema?: string
  /** Tells it from others. Default `custom`; of a file its name. */
  name?: string
  /** One line for people. */
  description?: string
  /** Limits and time spans that differ from the defaults. Those of `createRunnerMock` stand above them. */
  settings?: Partial<Settings>
  /** How the mock behaves where servers differ. That of `createRunnerMock` stands above it. Default `spec`. */
  profile?: ProfileName
  /** Faults from the moment at which the world is complete. */
  faults?: FaultEntry | readonly FaultEntry[]
  /** Agents by name, for the endpoint runners that list them. */
  agents?: Readonly<Record<string, ScenarioAgent>>
  /** Projects beside the default one, in the workspace `default` unless they say otherwise. */
  projects?: readonly (string | ScenarioProject)[]
  /** In the order in which they were activated. */
  runners?: readonly ScenarioRunner[]
  /** Pairing sessions. */
  sessions?: readonly ScenarioSession[]
  /** What agents have left, with spans. */
  traces?: readonly ScenarioTrace[]
  /** Versions of the configurations of projects, oldest first. */
  blueprints?: readonly ScenarioBlueprint[]
  /** Prompts with their versions, oldest first. */
  prompts?: readonly ScenarioPrompt[]
  /** Environments of workspaces. Default: `development`, `staging` and `production` in each workspace of the scenario. */
  environments?: readonly (string | ScenarioEnvironment)[]
}

/** A scenario, and what it leaves to be made when it is first asked for. */
export interface FoundScenario {
  readonly scenario: Scenario
  readonly fill?: (world: World) => void
}

/** An agent: a script as in `mock.agents.register`, and how it is presented. */
export interface ScenarioAgent extends AgentScript, AgentOptions {
  /** In code only: a function instead of a script. */
  handler?: AgentHandler
}

/** Whom something belongs to. */
export interface ScenarioOwner {
  /** Default `default`. */
  workspace?: string
  /** Default: none, which is the user `admin` where keys are not demanded. */
  api_key?: string
}

/** A project. */
export interface ScenarioProject extends ScenarioOwner {
  name: string
  /** A UUID of version 7, in lower case. Default: a new one. */
  id?: string
  /** Whether diagnostics are on and have looked at its traces. Default false; a server before 2.1 has none. */
  diagnostics?: boolean
}

/** What belongs to a project. */
export interface ScenarioPart extends ScenarioOwner {
  /** Name of its project. Default `Default Project`. */
  project?: string
}

/** A trace and its spans. */
export interface ScenarioTrace extends ScenarioPart, GivenTrace {}

/** A version of a project's configuration. */
export interface ScenarioBlueprint extends ScenarioPart, GivenBlueprint {}

/** A prompt and its versions. */
export interface ScenarioPrompt extends ScenarioPart, GivenPrompt {}

/** An environment of a workspace. */
export interface ScenarioEnvironment {
  name: string
  /** Default `default`. */
  workspace?: string
  description?: string
  /** As pages show it. Default: one by its name. */
  color?: string
  /** Where pages show it. Default: none. */
  position?: number
}

/** A runner and what belongs to it. */
export interface ScenarioRunner extends ScenarioPart {
  /** Shown to people. */
  name: string
  /** Default `endpoint`. */
  type?: RunnerType
  /** Default `connected`. */
  status?: 'connected' | 'disconnected' | 'evicted'
  /**
   * What keeps a connected runner alive inside the mock. `work`: it beats, takes jobs or commands and executes them;
   * `supervised`: the same as an endpoint runner in the two processes of `opik endpoint`;
   * `heartbeat`: it beats and leaves everything as it is; `flapping`: it does so in the first quarter of each minute, and
   * is silent for the rest; `nothing`: its heartbeat lapses when its time is over. Default `work`.
   */
  simulate?: 'work' | 'supervised' | 'heartbeat' | 'flapping' | 'nothing'
  /** A UUID of version 7, in lower case. Default: a new one. */
  id?: string
  /** Virtual milliseconds before now at which it was activated. Default 0. */
  ago_ms?: number
  /** Agents that it registers: names of those of the scenario, or by name what registerAgents takes. */
  agents?: readonly string[] | Readonly<Record<string, Agent>>
  /** Declared in a heartbeat. Default: `bridge` for a connect runner, none for an endpoint runner. */
  capabilities?: readonly string[]
  /** Any JSON object. */
  checklist?: StoredObject
  /** Jobs of an endpoint runner, oldest first. */
  jobs?: readonly ScenarioJob[]
  /** Bridge commands, oldest first. */
  commands?: readonly ScenarioCommand[]
  /** Files of a connect runner that works, by path: text, or bytes in base64. */
  files?: Readonly<Record<string, string | { base64: string }>>
  /** What Exec answers there, by the whole command line. */
  exec?: Readonly<Record<string, ScriptedCommand>>
  /** How long each command takes there, in virtual milliseconds. Default 0. */
  latency_ms?: number
  /** Whether commands without a signature are refused there. Default `when-given`. */
  signatures?: 'when-given' | 'required'
}

type JobFields = Omit<Partial<CreateLocalRunnerJobRequest>, 'agent_name' | 'project_id'>

/** A job in any state. */
export interface ScenarioJob extends JobFields, WorkPast {
  /** An agent of its runner, or of the scenario. Default: the first one of its runner. */
  agent?: string
  /** Default `pending`. */
  status?: LocalRunnerJobStatus
  /** Reported. Default `{}` for a completed job. */
  result?: unknown
  /** Reported. Default `Error: given` for a failed job. */
  error?: string
  /** Seconds that it may run. Default: as its agent or the settings say. */
  timeout?: number
  trace_id?: string
  logs?: readonly LocalRunnerLogEntry[]
}

/** A bridge command in any state. */
export interface ScenarioCommand extends WorkPast {
  /** Default `ReadFile`. */
  type?: BridgeCommandType
  /** Any JSON. Default `{ path: README.md }`. */
  args?: unknown
  /** Default `pending`. */
  status?: BridgeCommandStatus
  timeout_seconds?: number
  /** For an ended command. Default `{}` if completed. */
  result?: unknown
  /** For an ended command. Default `{ code: internal, message: given }` if failed. */
  error?: unknown
  /** How long its runner says it took. Default: it says nothing. */
  duration_ms?: number
}

/** A pairing session. */
export interface ScenarioSession extends ScenarioPart {
  /** Default `open`. */
  status?: 'open' | 'activated' | 'expired'
  /** Default `endpoint`. */
  type?: RunnerType
  /** Name of the runner that an activated session has made. Default `given-runner`. */
  runner_name?: string
  /** 60 to 600. Default 300. */
  ttl_seconds?: number
  /** Base64 of 32 bytes. Default: drawn under the mock's seed. */
  activation_key?: string
}
