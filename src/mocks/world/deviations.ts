/**
 * The points at which a server may do otherwise than the rules say. World and engine ask here, at each point, and know
 * neither who deviates nor why; a point that is absent means the rules. Every mock has one set, which may change while
 * it runs.
 */
import type { OperationId } from '../../operation.js'
import type { SchemaErrorObject } from '../../schema.js'
import type { BridgeCommand, RunnerType } from '../../types.js'
import type { Reply } from '../engine/exchange.js'
import type { Identity } from '../identity.js'
import type { CommandRecord, JobRecord, RunnerRecord } from './records.js'
import type { WaitingLine } from './waiting-line.js'

/** A request whose body has been read as JSON and not been judged. */
export interface UnjudgedRequest {
  readonly operation: OperationId
  readonly query: Readonly<Record<string, string | number | boolean>>
  /** undefined for none. */
  readonly body: unknown
  /** What the operation answers to another body, which is not judged either. */
  readonly answerTo: (body: unknown) => Reply | Promise<Reply>
}

/** A body that breaks its schema, and in what. */
export interface BrokenBody {
  readonly operation: OperationId
  /** May be changed in place. */
  readonly body: unknown
  readonly flaws: readonly SchemaErrorObject[]
}

/** An activation that was proven. */
export interface ProvenActivation {
  readonly id: string
  readonly owner: Identity
  readonly projectId: string
  readonly name: string
  readonly type: RunnerType
}

/** What an activation may do to the runners of a world. */
export interface ActivationGround {
  get(id: string): RunnerRecord | undefined
  activate(activation: ProvenActivation): unknown
  /** Names a runner anew and lets it beat, as an activation does. */
  rename(runner: RunnerRecord, name: string): void
  /** Makes a runner somebody else's, too. */
  share(runner: RunnerRecord, owner: Identity): void
}

/** All points. */
export interface Deviations {
  /** Answers in place of the operation; undefined leaves it to the rules. May change the body in place. */
  answer?: (request: UnjudgedRequest) => Reply | Promise<Reply> | undefined
  /** The text of a body as it is to be read. */
  readText?: (text: string) => string
  /** Repairs a body that breaks its schema, which is then judged anew; whether anything was changed. */
  mend?: (broken: BrokenBody) => boolean
  /** The text of a query parameter as it is to be read. */
  readParameter?: (operation: OperationId, name: string, text: string) => string
  /** The status for a body that is not the gzip it says it is. */
  brokenGzip?: 400 | 500
  /** A body whose encoding is unknown is read as it came. */
  ignoresUnknownEncoding?: boolean

  /** Whether a value is over a limit on payloads. */
  isLargerThan?: (value: unknown, limit: number) => boolean
  /** A caller who hangs up is not noticed: it waits on, and what it is given is lost. */
  ignoresHangUps?: boolean
  /** A poll of a runner that goes away waits on until its time is up. */
  pollsOutliveRunners?: boolean

  /** A second, proven activation of a session, which is refused whatever this does. */
  repeatActivation?: (ground: ActivationGround, activation: ProvenActivation) => void
  /** A heartbeat that is refused for what it says keeps the runner alive. */
  refusedHeartbeatCounts?: boolean
  /** A runner that comes back stays known as dead since its first death. */
  remembersFirstDeath?: boolean
  /** Whether the reaper looks at a runner's commands. */
  reapsCommandsOf?: (runner: RunnerRecord) => boolean

  /** Whether a job that is reported as ended while it is pending keeps its place in the queue. */
  keepsReportedJob?: (job: JobRecord) => boolean
  /** Makes a job that was ended in the queue run. */
  restart?: (job: JobRecord, now: string) => void
  /** Whether a job that has ended expires. */
  expires?: (job: JobRecord) => boolean
  /** Hears of each job that expires. */
  onExpired?: (job: JobRecord) => void
  /** The total of an unfiltered list. */
  totalOf?: (runner: RunnerRecord, existing: number) => number

  /** A command that is refused counts against the rates that it was held against. */
  countsRefusedCommands?: boolean
  /** Whether a command that ends or disappears while it is pending keeps its place in the queue. */
  keepsQueuedCommand?: (command: CommandRecord, why: 'reported' | 'expired') => boolean
  /** What a wait answers when its time is up, decided when it begins. */
  rememberForWait?: (command: BridgeCommand) => BridgeCommand
  /** Wakes those who wait for a command. */
  wake?: <News>(readers: WaitingLine<News>, news: News) => void
}
