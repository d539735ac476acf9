/** The watching of a mock's clients, in types: the mock's core loads no more of it. The work is done in watch-conduct.ts. */
import type { Clock } from '../../kernel/clock.js'
import { KitError } from '../../kernel/errors.js'
import type { OperationId } from '../../kernel/operation.js'
import type { RunnerType } from '../../kernel/types.js'
import type { ConductRecording, ConductReport, ConductReportOptions } from '../../conduct/conduct-types.js'
import type { ApiRequest } from '../base/exchange.js'
import type { BodyOutcome } from '../engine/body.js'
import type { Handle } from '../engine/engine.js'
import type { Authenticate, Identity } from '../base/identity.js'
import type { Settings } from '../base/settings.js'

/** What users read of the grading. */
export interface Conduct {
  /**
   * Judges every runner that has called the mock since it began, or since the last reset or restore. No time moves;
   * times are those of the mock's clock, so judge a process of its own while time runs by itself.
   * @throws KitError `conduct/unwatched` when the mock was made without the option `conduct`.
   */
  report(options?: ConductReportOptions): ConductReport
  /**
   * What `report` would judge now, to be kept and judged later by `gradeRecording`.
   * @throws KitError `conduct/unwatched` as `report` does
   */
  record(options?: ConductReportOptions): ConductRecording
}

/** The grading as the mock's owner sees it. */
export interface WatchingConduct extends Conduct {
  /**
   * The same answers, and every call noted.
   * @param isOwners whether these are the calls of the mock's owner, who sets up the world and is no client
   */
  watch(handle: Handle, isOwners?: true): Handle
  /** Forgets everything. */
  clear(): void
}

/** What the grading needs of the mock around it. */
export interface ConductContext {
  /** Reads and judges the body of a request. */
  readonly readBody: (id: OperationId, exchange: ApiRequest) => BodyOutcome | Promise<BodyOutcome>
  readonly clock: Clock
  readonly settings: Readonly<Settings>
  readonly authenticate: Authenticate
  /** The caller's own runner. */
  readonly findRunner: (caller: Identity, id: string) => WatchedRunner | undefined
  /** Id of the caller's own runner that has a job. */
  readonly runnerOfJob: (caller: Identity, jobId: string) => string | undefined
}

/** A runner as the grading knows it. */
export interface WatchedRunner {
  readonly name: string
  readonly type: RunnerType
}

/** Starts the grading of one mock. */
export type WatchConduct = (ground: ConductContext) => WatchingConduct

/** A mock that does not watch its clients. */
export const unwatched: WatchingConduct = {
  watch: (handle) => handle,
  clear: () => undefined,
  report: refuse,
  record: refuse,
}

function refuse(): never {
  throw new KitError('conduct/unwatched', {
    failed: 'This mock does not watch its clients.',
    fix: "Make it with `conduct: watchConduct` from 'opik-runner-kit/conduct'.",
  })
}
