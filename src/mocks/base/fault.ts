/** What a fault is: whom it meets, how long it lasts and what it does. The same form in code, in files and over the admin API. */
import type { FaultDelay, FaultEvent, FaultPreset } from '../../generated/kit-schema.js'
import type { OperationId } from '../../kernel/operation.js'

export type { FaultDelay, InjectedFault, PresetName } from '../../generated/kit-schema.js'

/** Methods that the API's operations have. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** A method of the API. */
export type FaultMethod = (typeof METHODS)[number]

/**
 * A fault. Matchers that are left out match everything; it lasts until it is cleared unless `once` or `times` ends it;
 * it has at most one effect besides `delay`. Several faults may meet one request: their delays add up, and the first
 * one, in the order of injection, that decides the answer does so.
 */
export interface Fault {
  /** Names the fault in the journal, in events and for `clear`. Default: `fault-1`, `fault-2`, ... */
  readonly id?: string
  /** Only requests of this operation, or of one of these. */
  readonly operation?: OperationId | readonly OperationId[]
  /** Only requests with this method, or one of these. */
  readonly method?: FaultMethod | readonly FaultMethod[]
  /** Only these paths, relative to the API's base: `*` stands for a part of one segment, `**` for anything. */
  readonly path?: string
  /** Only requests about this runner, or about one of its jobs, by a caller who owns it: those with its id or a job's in the path. */
  readonly runner?: string
  /** The same as `times: 1`. */
  readonly once?: boolean
  /** How often the fault strikes before it is over. */
  readonly times?: number
  /** Chance, from 0 to 1, that it strikes a request that it matches. Dice are seeded. Default 1. */
  readonly probability?: number
  /** Answers this error instead of doing anything. */
  readonly status?: number
  /** With `status`: the body's form, `{code, message}` or `{errors: [..]}`. Default `coded`. */
  readonly shape?: 'coded' | 'errors'
  /** With `status`: the text in the body. */
  readonly message?: string
  /** With `status`: seconds, sent as `Retry-After`. */
  readonly retry_after?: number
  /** Waits, on the mock's clock, before anything else happens. */
  readonly delay?: FaultDelay
  /**
   * Gives no answer until the caller hangs up, or the fault is cleared: then the real answer follows. `true` and
   * `before`: nothing has happened until then. `after`: it has.
   */
  readonly hang?: boolean | 'before' | 'after'
  /** Breaks the connection, before anything happens, or when it has happened: then only the answer is lost. */
  readonly drop?: 'before' | 'after'
  /** `truncated`: the answer breaks off half-way. `invalid`: it is JSON that breaks its schema. */
  readonly body?: 'truncated' | 'invalid'
  /**
   * Holds back what is answered about a runner, with everything that is answered about it until then, and gives all at
   * once when the time has passed. It has happened before.
   */
  readonly hold?: FaultDelay
  /** What nextJob or nextBridgeCommands hands out is handed out once more, to the runner's next poll. */
  readonly duplicate?: boolean
  /** Takes the runner's slot away before its request is answered, as the activation of another runner does. */
  readonly evict?: boolean
}

/** What a faults file or a request to the admin API lists: a fault, or all faults of a preset. */
export type FaultEntry = Fault | FaultPreset

/** What a fault did to a request. */
export type FaultEffect = FaultEvent['effect']

/** Operations that hand something out, which a fault can hand out twice. */
export const HAND_OUTS: readonly OperationId[] = ['nextJob', 'nextBridgeCommands']

/** Effects that decide the answer, so that a fault can have only one of them. */
export const OUTCOMES = ['status', 'hang', 'drop', 'body', 'hold', 'duplicate', 'evict'] as const
