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

/** `GET /requests/{id}`: one request and its answer. Secrets are blacked out: credentials, activation keys and signatures. */
export interface JournalDetail {
  /** Counts up by one per request. */
  readonly id: number
  /** Virtual time of the answer, ISO-8601. */
  readonly at: string
  readonly method: string
  /** Relative to the API's base. */
  readonly path: string
  /** As it was sent, without `?`; absent when there was none. */
  readonly query?: string
  /** undefined when no operation matched. */
  readonly operation: OperationId | undefined
  /** 0 when a fault broke the connection. */
  readonly status: number
  /** Real milliseconds, waiting included. */
  readonly duration_ms: number
  /**
   * What decided the answer: `fault <id>`; else the rule of the lifecycle, as `job nextJob: pending -> running`, with the
   * facts that it asks for behind; else, where none was asked, the operation's method and path; undefined when nothing
   * matched.
   */
  readonly matched_rule: string | undefined
  /** Ids of all faults that had a part in the answer. */
  readonly faults?: readonly string[]
  /** There when no client sent it: a scenario did. */
  readonly given?: true
  readonly request: MessageView
  readonly response: MessageView
  /** For a request that no operation matched: the nearest one. */
  readonly near_miss?: NearMissView
}

/** One side of an exchange. The body is parsed JSON, or a remark where it is none or was too long to keep. */
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
  /** Counts up by one for each event that was built. */
  readonly id: number
  /** Virtual time, ISO-8601. */
  readonly at: string
}

/** A resource moved from one state to another; `gone` in the type stands for the state `none`. */
export interface TransitionView extends Stamped {
  readonly type: `${MachineName}.${string}`
  readonly machine: MachineName
  /** The operation, timer or event that caused the move. */
  readonly trigger: string
  readonly from: string
  readonly to: string
  readonly resource: SubjectView
}

/** Which resource an event is about, and where it belongs. */
export interface SubjectView {
  readonly id: string
  readonly workspace: string
  readonly user?: string
  readonly project_id?: string
  readonly runner_id?: string
  /** The runner's name, the job's agent or the command's type. */
  readonly name?: string
  /** What its requests gave, but for JSON of the caller's own: a job's metadata, a command's timeout. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** A request was answered. */
export interface RequestView extends Stamped {
  readonly type: 'request'
  /** Id of the journal's entry. */
  readonly entry: number
  readonly method: string
  /** Without a query. */
  readonly path: string
  /** Absent when no operation matched. */
  readonly operation?: OperationId | undefined
  /** 0 when a fault broke the connection. */
  readonly status: number
  readonly duration_ms: number
  /** Ids of the faults that had a part in the answer. */
  readonly faults?: readonly string[]
}

/** A timer fired and had an effect. */
export interface TimerView extends Stamped {
  readonly type: 'timer'
  readonly name: string
  /** What it was about; the runner for a poll that ended with nothing. */
  readonly resource?: SubjectView
  /** Runners that the reaper looked at. */
  readonly examined?: number
}

/** A fault struck a request. */
export interface FaultView extends Stamped {
  readonly type: 'fault'
  /** The fault's id. */
  readonly fault: string
  readonly effect: string
  /** With the effect `delay`: virtual milliseconds. */
  readonly delay_ms?: number
  readonly method: string
  readonly path: string
  readonly operation?: OperationId | undefined
  /** The runner that the request was about. */
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

/** What becomes of a fault; that it struck is the event `fault`. */
export type FaultLifeName = 'fault.injected' | 'fault.cleared' | 'fault.exhausted'

/** A fault was injected, was cleared, or had struck as often as it may and the last request that it met was answered. */
export interface FaultLifeView extends Stamped {
  readonly type: FaultLifeName
  /** The fault's id. */
  readonly fault: string
  /** The fault as it was listed when that happened. */
  readonly details: FaultStateView
}

/** Settings were changed, by anything but a reset or a restore. */
export interface SettingsView extends Stamped {
  readonly type: 'settings'
  /** All of them, as they are from now on. */
  readonly settings: SettingsByName
  readonly profile: string
}

/** Somebody moved, stopped or released the clock. */
export interface ClockMoveView extends Stamped {
  readonly type: 'clock'
  readonly action: 'advance' | 'set' | 'freeze' | 'resume'
  /** Virtual times, ISO-8601. */
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
