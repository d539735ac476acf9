/** Simulated runners as data: what a snapshot keeps of them, so that they go on from there. Types alone. */
import type { AgentMap, BridgeCommandItem, LocalRunnerJob, RunnerType } from '../../kernel/types.js'
import type { AgentOptions } from './agent.js'
import type { Credentials } from './call-api.js'
import type { ScriptedCommand } from './connect/exec.js'
import type { AgentScript } from './agent-script.js'

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

export interface SavedSimulation {
  runner: SavedPairing
  as: SavedCaller
  rhythm: PollTimes
  work: SavedWork
}

export interface SavedCaller extends Credentials {
  user?: string
}

/** Who a runner is; keys in base64, absent where they were left out. */
export interface SavedPairing {
  id: string
  sessionId: string
  projectId: string
  type: RunnerType
  name: string
  activationKey?: string
  bridgeKey?: string
}

/** Where a runner stands in its loops, in virtual milliseconds. */
export interface PollTimes {
  beatAt: number
  /** The same of its supervisor's; absent where it has none. */
  supervisorAt?: number
  isPolling: boolean
  /** When the poll under way began, or when the pause before the next one ends. */
  pollAt: number
  pause: number
}

export type SavedWork = SavedJobs | SavedCommands | SavedHeartbeat

export interface SavedHeartbeat {
  kind: 'heartbeat'
  /** Whether it falls silent again and again. Default false. */
  flaps?: boolean
}

export interface SavedJobs {
  kind: 'endpoint'
  projectName: string
  /** Agents that it presents, and their descriptions as long as no script defines them. */
  names: string[]
  known: AgentMap
  counts: Record<string, number>
  /** Whether it lives as under `opik endpoint`. Default false. */
  supervised?: boolean
  jobs: SavedExecution[]
}

/** A job in work. Its agent starts again, and what it did before is passed over. */
export interface SavedExecution {
  job: LocalRunnerJob
  count: number
  traceId: string
  startedAt: number
  /** Whether the runner has said that it runs. */
  isReported?: boolean
  /** The dice as the agent found them; absent before it began. */
  dice?: number
  /** The sleeps that it has begun, in order; `passed` once they are over. */
  sleeps: { until: number; passed?: boolean }[]
  /** The spans that it has begun, in order. */
  spans: { id: string; startedAt: number; endedAt?: number }[]
  lines: number
  /** How many sleeps had begun when it was cancelled. */
  cancelledAfter?: number
}

export interface SavedCommands {
  kind: 'connect'
  /** Absent when they are not in memory: then only the mock that knows them can go on. */
  files?: Record<string, string | { base64: string }>
  exec: Record<string, ScriptedCommand>
  latencyMs: number
  signatures: 'when-given' | 'required'
  lastPid: number
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
