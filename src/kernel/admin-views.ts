/**
 * What the admin API shows to somebody who watches a mock live, as types: the adapter that answers and the console that
 * reads share them, so that neither can drift. Nothing here runs.
 */
import type { MachineName } from './lifecycle.js'
import type { OperationId } from './operation.js'
import type {
  BridgeCommand,
  BridgeCommandStatus,
  BridgeCommandType,
  LocalRunnerJob,
  LocalRunnerJobStatus,
  LocalRunnerLogEntry,
  RegisteredAgent,
  RunnerType,
} from './types.js'

/** `GET /world`: everything that lists need, as it was when the event `cursor` had happened. */
export interface WorldView {
  /** Where to go on: as `Last-Event-ID` of `GET /events` it brings what came after this answer. */
  readonly cursor: string
  /** Version of the package. */
  readonly version: string
  /** Path of the public API on this origin, such as `/api`; '' when it is the root. */
  readonly api_path: string
  /** How callers are identified; with `keys`, who has none is refused. */
  readonly auth: 'open' | 'local' | 'keys'
  readonly clock: ClockView
  readonly settings: SettingsByName
  /** How the mock behaves where servers differ. */
  readonly profile: string
  /** Faults that are under way. */
  readonly faults: readonly FaultStateView[]
  readonly projects: readonly ProjectView[]
  readonly sessions: readonly SessionView[]
  readonly runners: readonly RunnerView[]
  /** In the order of creation. */
  readonly jobs: readonly JobView[]
  /** Runner by runner, in the order of submission. */
  readonly commands: readonly CommandView[]
}

/** Numbers, but for those that only some profiles have. */
export type SettingsByName = Readonly<Record<string, number | boolean | undefined>>

/** Virtual time. */
export interface ClockView {
  readonly now: string
  readonly frozen: boolean
}

/** A project in a list. */
export interface ProjectView {
  readonly id: string
  readonly name: string
  readonly workspace: string
}

/** A pairing session in a list; its key stays inside. */
export interface SessionView {
  readonly id: string
  readonly runner_id: string
  readonly project_id: string
  readonly workspace: string
  readonly type: RunnerType
  readonly expires_at: string
  readonly is_activated: boolean
}

/** A runner in a list. */
export interface RunnerView {
  readonly id: string
  readonly name: string
  readonly type: RunnerType
  readonly status: 'connected' | 'disconnected'
  readonly project_id: string
  readonly workspace: string
  readonly user: string
  readonly connected_at: string
  readonly last_heartbeat_at: string
  /** Names of its agents, whether it is connected or not. */
  readonly agents: readonly string[]
  readonly capabilities: readonly string[]
}

/** `GET /runners/{id}`: a runner with everything that is known of it. */
export interface RunnerDetail extends RunnerView {
  readonly registered: readonly RegisteredAgent[]
  readonly checklist?: unknown
  /** What its requests gave besides. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** Cancelled jobs that its next heartbeat will hear of. */
  readonly announces: readonly string[]
  /** Callers that wait in nextJob and nextBridgeCommands. */
  readonly polls: { readonly jobs: number; readonly commands: number }
}

/** A job in a list. */
export interface JobView {
  readonly id: string
  readonly runner_id: string
  readonly agent_name: string
  readonly status: LocalRunnerJobStatus
  readonly created_at: string
  readonly started_at?: string
  readonly completed_at?: string
}

/** `GET /jobs/{id}`: a job with its logs from the entry `logs_from` on. */
export interface JobDetail {
  readonly job: LocalRunnerJob
  readonly workspace: string
  readonly user: string
  readonly logs_from: number
  readonly logs: readonly LocalRunnerLogEntry[]
}

/** A bridge command in a list. */
export interface CommandView {
  readonly id: string
  readonly runner_id: string
  readonly type: BridgeCommandType
  readonly status: BridgeCommandStatus
  readonly submitted_at: string
  readonly picked_up_at?: string
  readonly completed_at?: string
}

/** `GET /commands/{id}`: a bridge command; signatures are blacked out. */
export interface CommandDetail {
  readonly command: BridgeCommand
  readonly workspace: string
  readonly user: string
}

/** `GET /requests/{id}`: an entry of the journal. */
export interface JournalDetail {
  /** Counts up by one per request. */
  readonly id: number
  readonly at: string
  readonly method: string
  readonly path: string
  readonly query?: string
  readonly operation: OperationId | undefined
  /** 0 when a fault broke the connection. */
  readonly status: number
  readonly duration_ms: number
  readonly matched_rule: string | undefined
  readonly faults?: readonly string[]
  /** There when no client sent it: a scenario did. */
  readonly given?: true
  readonly request: MessageView
  readonly response: MessageView
  /** For a request that no operation matched: the nearest one. */
  readonly near_miss?: NearMissView
}

/** One side of an exchange. */
export interface MessageView {
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** What a request resembles most, and what would have to change; phrases, most important first. */
export interface NearMissView {
  readonly operation: OperationId
  readonly method: string
  readonly path: string
  readonly differences: readonly string[]
}

/** What `GET /events` streams and `GET /history` lists. */
export type EventView =
  | TransitionView
  | RequestView
  | TimerView
  | FaultView
  | FaultLifeView
  | ClockMoveView
  | SettingsView
  | ResetView

/** `GET /history` */
export interface HistoryView {
  /** Id of the oldest event that is kept. */
  readonly first: number
  readonly cursor: string
  /** Oldest first. */
  readonly events: readonly EventView[]
}

interface Stamped {
  readonly id: number
  /** Virtual time, ISO-8601. */
  readonly at: string
}

/** A resource moved from one state to another; `gone` in the type stands for the state `none`. */
export interface TransitionView extends Stamped {
  readonly type: `${MachineName}.${string}`
  readonly machine: MachineName
  readonly trigger: string
  readonly from: string
  readonly to: string
  readonly resource: SubjectView
}

/** Which resource an event is about. */
export interface SubjectView {
  readonly id: string
  readonly workspace: string
  readonly user?: string
  readonly project_id?: string
  readonly runner_id?: string
  readonly name?: string
  readonly fields?: Readonly<Record<string, unknown>>
}

/** A request was answered. */
export interface RequestView extends Stamped {
  readonly type: 'request'
  /** Id of the journal's entry. */
  readonly entry: number
  readonly method: string
  readonly path: string
  readonly operation?: OperationId | undefined
  /** 0 when a fault broke the connection. */
  readonly status: number
  readonly duration_ms: number
  readonly faults?: readonly string[]
}

/** A timer fired and had an effect. */
export interface TimerView extends Stamped {
  readonly type: 'timer'
  readonly name: string
  readonly resource?: SubjectView
  readonly examined?: number
}

/** A fault struck a request. */
export interface FaultView extends Stamped {
  readonly type: 'fault'
  readonly fault: string
  readonly effect: string
  readonly delay_ms?: number
  readonly method: string
  readonly path: string
  readonly operation?: OperationId | undefined
  readonly runner_id?: string
}

/** A fault as `GET /faults` lists it; beside this it has what it was made of. */
export interface FaultStateView {
  readonly id: string
  readonly preset?: string
  /** How often it has struck. */
  readonly applied: number
  /** How often it will strike yet; absent when nothing limits it. */
  readonly remaining?: number
  /** Requests that it holds up. */
  readonly waiting: number
}

/** A fault was injected, was cleared, or is over. */
export interface FaultLifeView extends Stamped {
  readonly type: 'fault.injected' | 'fault.cleared' | 'fault.exhausted'
  readonly fault: string
  readonly details: FaultStateView
}

/** Settings were changed. */
export interface SettingsView extends Stamped {
  readonly type: 'settings'
  /** All of them. */
  readonly settings: SettingsByName
  readonly profile: string
}

/** Somebody moved, stopped or released the clock. */
export interface ClockMoveView extends Stamped {
  readonly type: 'clock'
  readonly action: 'advance' | 'set' | 'freeze' | 'resume'
  readonly from: string
  readonly to: string
}

/** What was known of the world is void; a stream says so too when it has lost events, and then without a time. */
export interface ResetView {
  readonly type: 'reset'
  readonly cause: 'reset' | 'restore' | 'gap'
  readonly id?: number
  readonly at?: string
}

/** `GET /coverage`: what was exercised since the server began. */
export interface CoverageView {
  readonly moves: readonly MoveCountView[]
  readonly calls: readonly CallCountView[]
}

/** How often a resource has moved from one state to another. */
export interface MoveCountView {
  readonly machine: MachineName
  readonly from: string
  /** The operation, timer or event. */
  readonly on: string
  readonly to: string
  readonly count: number
}

/** How often an operation, absent for none, was answered with a status. */
export interface CallCountView {
  readonly operation?: OperationId | undefined
  readonly status: number
  readonly count: number
}
