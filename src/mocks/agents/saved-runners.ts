/** Simulated runners as data: what a snapshot keeps of them, so that they go on from there; kit.yaml says its form. Types alone. */
import type * as kit from '../../generated/kit-schema.js'
import type { AgentMap, BridgeCommandItem, LocalRunnerJob } from '../../kernel/types.js'
import type { AgentScript } from './agent-script.js'
import type { AgentOptions } from './agent.js'
import type { ScriptedCommand } from './connect/exec.js'

type Mutable<Fields> = { -readonly [Name in keyof Fields]: Fields[Name] }

/** All that is simulated in a mock. It holds the keys of the simulated runners, unless they were left out on saving. */
export interface SavedRunners {
  /** Agents that are plain data. Functions cannot be kept; they are looked up by name. */
  agents: SavedAgent[]
  runners: SavedSimulation[]
}

export interface SavedAgent extends AgentOptions {
  name: string
  agent: AgentScript
}

export interface SavedSimulation extends Omit<kit.SavedSimulation, 'work'> {
  work: SavedWork
}

export type SavedCaller = kit.SavedSimulation['as']
export type SavedPairing = kit.SavedSimulation['runner']
export type PollTimes = Mutable<kit.SavedSimulation['rhythm']>
export type SavedWork = SavedJobs | SavedCommands | Extract<kit.SavedSimulation['work'], { kind: 'heartbeat' }>

export interface SavedJobs extends Omit<kit.SavedJobs, 'known' | 'jobs'> {
  known: AgentMap
  jobs: SavedExecution[]
}

type SavedJob = kit.SavedJobs['jobs'][number]

export interface SavedExecution extends Mutable<Omit<SavedJob, 'job' | 'sleeps' | 'spans'>> {
  job: LocalRunnerJob
  /** The sleeps that it has begun, in order; `passed` once they are over. */
  sleeps: Mutable<SavedJob['sleeps'][number]>[]
  /** The spans that it has begun, in order. */
  spans: Mutable<NonNullable<SavedJob['spans']>[number]>[]
}

export interface SavedCommands extends Omit<kit.SavedCommands, 'exec' | 'commands'> {
  exec: Record<string, ScriptedCommand>
  commands: SavedCommandRun[]
}

export interface SavedCommandRun {
  item: BridgeCommandItem
  startedAt: number
  /** What it has come to, and when; absent while it is being performed. */
  outcome?: CommandOutcome
  performedAt?: number
}

export interface CommandOutcome {
  status: 'completed' | 'failed'
  result?: Record<string, unknown>
  error?: Record<string, unknown>
}
