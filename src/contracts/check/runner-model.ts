/** A runner as checks handle it, and the project that it works for; how to get one is runner-handle's. */
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
  RunnerType,
} from '../../kernel/types.js'
import type { IdentityName } from '../target/identity-card.js'

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
  /** Sends a heartbeat; returns the cancelled jobs that it announces. */
  heartbeat(capabilities?: readonly string[]): Promise<readonly string[]>
  /** Registers the agents, by name alone or with what they take. */
  register(agents: readonly string[] | Readonly<Record<string, Agent>>): Promise<void>
  /** Creates a job for the runner's first agent, or for `agent_name`; returns its id. */
  createJob(request?: Partial<CreateLocalRunnerJobRequest>): Promise<string>
  /** Takes the next job; null when there was none in time. */
  nextJob(): Promise<LocalRunnerJob | null>
  /** Takes the next job, which must be there. */
  takeJob(): Promise<LocalRunnerJob>
  /** Reads a job as the runner sees it. */
  readJob(jobId: string): Promise<LocalRunnerJob>
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
