/**
 * The points at which a world may do otherwise than the rules say. It asks at each of them and knows neither who deviates
 * nor why; a point that is absent means the rules. Those of requests are in `engine/deviations.ts`.
 */
import type { BridgeCommand } from '../../kernel/types.js'
import type { CommandRecord, JobRecord, RunnerRecord } from './records.js'
import type { WaitingLine } from '../base/waiting-line.js'

/** The points in the world. */
export interface WorldDeviations {
  /** Whether a value is over a limit on payloads. */
  isLargerThan?: (value: unknown, limit: number) => boolean
  /** A caller who hangs up is not noticed: it waits on, and what it is given is lost. */
  ignoresHangUps?: boolean
  /** A poll of a runner that goes away waits on until its time is up. */
  pollsOutliveRunners?: boolean

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
  /** The total of an unfiltered list. */
  totalOf?: (runner: RunnerRecord, existing: number) => number

  /** An environment may point to a mask as to a version. */
  takesMasksForVersions?: boolean

  /** Whether a command that ends or disappears while it is pending keeps its place in the queue. */
  keepsQueuedCommand?: (command: CommandRecord, why: 'reported' | 'expired') => boolean
  /** What a wait answers when its time is up, decided when it begins. */
  rememberForWait?: (command: BridgeCommand) => BridgeCommand
  /** Wakes those who wait for a command. */
  wake?: <News>(readers: WaitingLine<News>, news: News) => void
}
