/**
 * What a check has at hand while it runs: a client, projects and runners of its own, time, randomness and a place for
 * clean-up. Whatever it makes here is removed when it ends.
 */
import type { OperationId, ResponseBodyOf, StatusOf } from '../../kernel/operation.js'
import type { AccidentWitness } from './seen-accidents.js'
import type { CheckTime } from './check-time.js'
import type { CallArguments, Client } from '../target/client.js'
import type { IdentityName } from '../target/identity-card.js'
import type { OwnProject, PairOptions, RunnerHandle } from './runner-model.js'
import type { Limits } from '../target/target.js'

export type { OwnProject } from './runner-model.js'

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
export interface Context extends Client, AccidentWitness {
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
  /** Whether the target has this identity. A check that needs one says so in `needs.other`. */
  has(identity: IdentityName): boolean
  /** The check's project, made when first asked for; nobody else has runners in it. For `stranger`, one of its own. */
  project(identity?: IdentityName): Promise<OwnProject>
  /** A further project, for checks that need two. */
  newProject(identity?: IdentityName): Promise<OwnProject>
  /** Pairs a runner; it is connected afterwards, and disconnected when the check ends. */
  pair(options?: PairOptions): Promise<RunnerHandle>
  /** A name that nothing else on the target has. */
  name(prefix?: string): string
  /** Runs `task` when the check ends, whatever its verdict; later ones first. What it throws is ignored. */
  defer(task: () => Promise<unknown>): void
}
