/**
 * What a check has at hand while it runs: a client, projects and runners of its own, time, randomness and a place for
 * clean-up. Whatever it makes here is removed when it ends. How to get a runner is runner-handle's.
 */
import type { OperationId, ResponseBodyOf, StatusOf } from '../../kernel/operation.js'
import type { QuirkWitness } from './seen-quirks.js'
import type { CallArguments, Client, OpenCall, QueryInput } from '../target/client.js'
import type { IdentityName, Limits } from '../target/target.js'
import type { Answer } from '../target/answer.js'
import type {
  Agent,
  BridgeCommand,
  BridgeCommandItem,
  BridgeCommandResultRequest,
  BridgeCommandSubmitRequest,
  CreateLocalRunnerJobRequest,
  LocalRunner,
  LocalRunnerJob,
  LocalRunnerJobResultRequest,
  LocalRunnerLogEntry,
  RunnerType,
} from '../../kernel/types.js'

/** Numbers from the seed; the same seed gives a check the same numbers, whatever else runs. */
export interface Randomness {
  /** From 0 (included) to 1 (excluded). */
  next(): number
  /** A whole number from 0 (included) to `bound` (excluded). */
  below(bound: number): number
  /** One of the values. */
  pick<Value>(values: readonly [Value, ...Value[]]): Value
  /** So many bytes, any of them. */
  bytes(length: number): Uint8Array
  /** A valid UUID version 7 that names nothing. */
  uuid(): string
}

/** Given to `run` of a check. */
export interface Context extends Client, QuirkWitness {
  /** Base URL of the target. */
  readonly url: string
  /** The target's declared settings. */
  readonly limits: Limits
  readonly seed: number
  /** How many random sequences a generated check tries. */
  readonly runs: number
  /** Where among the random sequences the one to replay is, as a failed check tells it; undefined for all of them. */
  readonly path: string | undefined
  readonly random: Randomness
  readonly time: CheckTime
  /** Aborts when the check must stop at once. */
  readonly signal: AbortSignal
  /** Calls an operation, demands the status, and returns the body. */
  expectCall<Id extends OperationId, Status extends StatusOf<Id>>(
    status: Status,
    operation: Id,
    ...request: CallArguments<Id>
  ): Promise<ResponseBodyOf<Id, Status>>
  /** A request body without the fields that the target need not have: those of a newer version than it is judged as. */
  known<Body>(operation: OperationId, body: Body): Body
  /** Whether the target has this identity. A check that needs one says so in `needs.other`. */
  has(identity: IdentityName): boolean
  /** The check's project, made on the first call; no other check has runners in it. For `stranger`, one of its own. */
  project(identity?: IdentityName): Promise<OwnProject>
  /** A further project, for checks that need two. */
  newProject(identity?: IdentityName): Promise<OwnProject>
  /** Pairs a runner; it is connected afterwards, and disconnected when the check ends. */
  pair(options?: PairOptions): Promise<RunnerHandle>
  /**
   * Runs parts of the check side by side, each with projects, numbers and time of its own: where time is moved, it waits for
   * each of them as for a check. Ends once all have ended; rejects with what the first one threw that failed.
   * @param waiting how many requests of one part may wait at the target at once
   */
  sideBySide(parts: readonly ((part: Context) => Promise<void>)[], waiting: number): Promise<void>
  /** A name that nothing else on the target has. */
  name(prefix?: string): string
  /** Runs `task` when the check ends, whatever its verdict; later ones first. What it throws is ignored. */
  defer(task: () => Promise<unknown>): void
}

/** Time for one check. With a clock it is the target's own, moved for all running checks together; else it is real. */
export interface CheckTime {
  /**
   * Resolves when at least `seconds` have passed on the target. `alive` are runners that get heartbeats on the way, often
   * enough to stay connected.
   */
  pass(seconds: number, options?: PassOptions): Promise<void>
  /** The answer of an open call that must come within `seconds` of now; ends the check when it does not. */
  within<Id extends OperationId>(
    call: OpenCall<Id>,
    seconds: number,
    what?: string,
    options?: PassOptions,
  ): Promise<Answer<Id>>
  /**
   * Lets `seconds` pass and ends the check when the open call has settled before they are over. Both count from now, the
   * time that a request just sent takes to arrive included.
   */
  stillOpen(call: OpenCall, seconds: number, what?: string, options?: PassOptions): Promise<void>
  /** Real time enough for requests just sent to have reached the target, a fraction of a second. No virtual time passes. */
  settle(): Promise<void>
  /** How much time may pass from now on; without end where it can be moved. */
  readonly mostSeconds: number
  /** The target's time, in milliseconds since 1970, as well as it is known. */
  now(): Promise<number>
}

/** How time passes. */
export interface PassOptions {
  /** Runners to keep connected. Default: none. */
  alive?: readonly HeartbeatLoop[] | undefined
}

/** Whatever can be kept alive. */
export interface HeartbeatLoop {
  heartbeat(): Promise<unknown>
}

/** A project that the check may use. */
export interface OwnProject {
  readonly id: string
  readonly name: string
}

/** How to pair. */
export interface PairOptions {
  /** Default `endpoint`. */
  type?: RunnerType | undefined
  /** Default: a unique name. */
  name?: string | undefined
  /** Default: the check's project. */
  project?: OwnProject | undefined
  /** Who opens the session and activates it. Default `main`. */
  identity?: IdentityName | undefined
  /** Agents to register, by name or as `registerAgents` takes them. Default: none. */
  agents?: readonly string[] | Readonly<Record<string, Agent>> | undefined
  /** Sent with a first heartbeat; an empty list sends none. Default: `["bridge"]` for connect, none for endpoint. */
  capabilities?: readonly string[] | undefined
  /** Time to live of the session in seconds. Default: the server's. */
  ttlSeconds?: number | undefined
}

/** A paired runner. */
export interface RunnerHandle {
  readonly id: string
  readonly sessionId: string
  readonly name: string
  readonly type: RunnerType
  readonly project: OwnProject
  readonly identity: IdentityName
  readonly activationKey: Uint8Array
  /** The runner as the API shows it. */
  read(): Promise<LocalRunner>
  /** The runner in a list, that of its project unless another is asked for; undefined where it is not listed. */
  readListed(query?: Partial<QueryInput<'listRunners'>>): Promise<LocalRunner | undefined>
  /** Sends a heartbeat; returns the cancelled jobs that it announces. */
  heartbeat(capabilities?: readonly string[]): Promise<readonly string[]>
  /** Registers the agents, by name alone or with what they take. */
  register(agents: readonly string[] | Readonly<Record<string, Agent>>): Promise<void>
  patchChecklist(patch: Readonly<Record<string, unknown>>): Promise<void>
  /** Creates a job for the runner's first agent, or for `agent_name`; returns its id. */
  createJob(request?: Partial<CreateLocalRunnerJobRequest>): Promise<string>
  /** Takes the next job; null when there was none in time. */
  nextJob(): Promise<LocalRunnerJob | null>
  /** Takes the next job, which must be there. */
  takeJob(): Promise<LocalRunnerJob>
  /** Reads a job as the runner sees it. */
  readJob(jobId: string): Promise<LocalRunnerJob>
  /** A page of the runner's jobs. */
  listJobs(query?: QueryInput<'listJobs'>): Promise<ResponseBodyOf<'listJobs', 200>>
  cancelJob(jobId: string): Promise<void>
  appendLogs(jobId: string, entries: LocalRunnerLogEntry[]): Promise<void>
  readLogs(jobId: string, offset?: number): Promise<readonly LocalRunnerLogEntry[]>
  /** Reports how a job ended. */
  reportJob(jobId: string, report: LocalRunnerJobResultRequest): Promise<void>
  /** Submits a command, `ReadFile` unless told otherwise; returns its id. */
  submit(request?: Partial<BridgeCommandSubmitRequest>): Promise<string>
  /** Takes what commands there are. */
  nextCommands(maxCommands?: number): Promise<readonly BridgeCommandItem[]>
  /** Reads a command without waiting for its end. */
  readCommand(commandId: string): Promise<BridgeCommand>
  /** Reports how a command ended. */
  reportCommand(commandId: string, report: BridgeCommandResultRequest): Promise<void>
  /** Ends the runner: its jobs and commands are gone. */
  disconnect(): Promise<void>
}
