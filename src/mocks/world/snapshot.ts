/**
 * The world as data, and back. A snapshot holds what cannot be derived: records in the order in which they were made.
 * Indexes, queues and timers are rebuilt from them.
 */
import type {
  BridgeCommand,
  LocalRunnerJob,
  LocalRunnerLogEntry,
  Project,
  RegisteredAgent,
  Span,
  Trace,
} from '../../types.js'
import { copyJson } from '../../json-text.js'
import type { Identity } from '../identity.js'
import type { CommandRecord, JobRecord, JsonObject, RunnerRecord } from './records.js'
import type { SavedReaper } from './reaper.js'
import type { SavedSession } from './sessions.js'
import { newRunner } from './runners.js'
import { WaitingLine } from './waiting-line.js'
import type { World } from './world.js'

/** Everything a world remembers. */
export interface SavedWorld {
  projects: Record<string, Project[]>
  sessions: SavedSession[]
  runners: SavedRunner[]
  jobs: SavedJob[]
  commands: SavedCommand[]
  traces: Record<string, Trace[]>
  spans: Record<string, Span[]>
  /** Absent in snapshots of versions that did not keep it: then its rhythm begins anew. */
  reaper?: SavedReaper
}

/** A runner as a snapshot keeps it. */
export interface SavedRunner {
  id: string
  owner: Identity
  projectId: string
  wire: RunnerRecord['wire']
  activation: number
  lastHeartbeat: number
  /** Absent in snapshots of versions that did not keep it: then its last beat counts by the settings. */
  aliveUntil?: number
  deadSince?: number
  agents: RegisteredAgent[]
  capabilities: string[]
  checklist?: JsonObject
  cancelled: string[]
  rate: { minute: number; commands: number; writes: number }
  /** Ids of pending jobs and commands, oldest first: an undelivered one stands before younger ones. */
  pendingJobs: string[]
  pendingCommands: string[]
}

/** A job as a snapshot keeps it. */
export interface SavedJob {
  wire: LocalRunnerJob
  logs: LocalRunnerLogEntry[]
  startedAt: number
}

/** A bridge command as a snapshot keeps it. */
export interface SavedCommand {
  wire: BridgeCommand
  pickedUpAt: number
}

/** Copies a world into plain data; later changes of the world do not reach the copy. */
export function saveWorld(world: World): SavedWorld {
  const saved: SavedWorld = {
    projects: world.projects.save(),
    sessions: world.sessions.save(),
    runners: [...world.runners.values()].map(saveRunner),
    jobs: [...world.jobs.values()].map(saveJob),
    commands: [...world.commands.values()].map(saveCommand),
    traces: world.traces.save(),
    spans: world.spans.save(),
    reaper: world.reaper.save(),
  }
  return copyJson(saved)
}

/** Fills a fresh world with what `saveWorld` kept. */
export function loadWorld(world: World, given: SavedWorld): void {
  const saved = copyJson(given)
  world.projects.load(saved.projects)
  world.sessions.load(saved.sessions)
  const runners = new Map(saved.runners.map((runner) => [runner.id, world.runners.add(toRunner(runner))]))
  const jobs = saved.jobs.flatMap((job) => withRunner(runners.get(job.wire.runner_id), (runner) => toJob(job, runner)))
  const commands = saved.commands.flatMap((command) =>
    withRunner(runners.get(command.wire.runner_id), (runner) => toCommand(command, runner)),
  )
  world.jobs.load(jobs)
  world.commands.load(commands)
  for (const { id, pendingJobs, pendingCommands } of saved.runners) {
    const runner = runners.get(id)
    if (runner === undefined) continue
    reorder(runner.jobs.pending, pendingJobs)
    reorder(runner.bridge.pending, pendingCommands)
  }
  world.traces.load(saved.traces)
  world.spans.load(saved.spans)
  if (saved.reaper !== undefined) world.reaper.load(saved.reaper)
}

/** A job's part of a world's copy; it shares what it holds with the job. */
export function saveJob({ wire, logs, startedAt }: JobRecord): SavedJob {
  return { wire, logs, startedAt }
}

/** The same for a bridge command. */
export function saveCommand({ wire, pickedUpAt }: CommandRecord): SavedCommand {
  return { wire, pickedUpAt }
}

/** The same for a runner. */
export function saveRunner(runner: RunnerRecord): SavedRunner {
  return {
    id: runner.id,
    owner: runner.owner,
    projectId: runner.projectId,
    wire: runner.wire,
    activation: runner.activation,
    lastHeartbeat: runner.lastHeartbeat,
    ...(runner.aliveUntil === undefined ? {} : { aliveUntil: runner.aliveUntil }),
    ...(runner.deadSince === undefined ? {} : { deadSince: runner.deadSince }),
    agents: [...runner.agents.values()],
    capabilities: [...runner.capabilities],
    ...(runner.checklist === undefined ? {} : { checklist: runner.checklist }),
    cancelled: runner.jobs.cancelled,
    rate: runner.bridge.rate,
    pendingJobs: [...runner.jobs.pending.keys()],
    pendingCommands: [...runner.bridge.pending.keys()],
  }
}

function toRunner(saved: SavedRunner): RunnerRecord {
  const { id, owner, projectId, wire, activation, lastHeartbeat } = saved
  const runner = newRunner({ id, owner, projectId }, wire, activation, lastHeartbeat)
  runner.aliveUntil = saved.aliveUntil
  runner.deadSince = saved.deadSince
  runner.agents = new Map(saved.agents.map((agent) => [agent.name, agent]))
  runner.capabilities = saved.capabilities
  runner.checklist = saved.checklist
  runner.jobs.cancelled = saved.cancelled
  runner.bridge.rate = saved.rate
  return runner
}

function toJob({ wire, logs, startedAt }: SavedJob, runner: RunnerRecord): JobRecord {
  return { runner, wire, logs, startedAt, delivery: undefined, isExpired: false }
}

function toCommand({ wire, pickedUpAt }: SavedCommand, runner: RunnerRecord): CommandRecord {
  return { runner, wire, pickedUpAt, delivery: undefined, lifetimeTimer: undefined, readers: new WaitingLine() }
}

function withRunner<Built>(runner: RunnerRecord | undefined, build: (runner: RunnerRecord) => Built): Built[] {
  return runner === undefined ? [] : [build(runner)]
}

function reorder<Item>(pending: Map<string, Item>, ids: readonly string[]): void {
  const items = new Map(pending)
  pending.clear()
  for (const id of ids) {
    const item = items.get(id)
    if (item !== undefined) pending.set(id, item)
  }
}
