/** Time as a check sees it: it says how much must pass, and whoever runs it decides how. */
import type { OpenCall } from '../target/client.js'
import type { OperationId } from '../../kernel/operation.js'
import type { Answer } from '../target/answer.js'

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
