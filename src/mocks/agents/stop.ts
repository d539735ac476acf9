/** The end of a call or of a wait of a simulated runner. */
import type { StopSignal } from '../../kernel/clock.js'

/**
 * Tells when it is over, as an `AbortController` does, which costs more than all else in a heartbeat: a runner makes
 * 25,000 calls a day, and tests let weeks pass.
 */
export class Stop implements StopSignal {
  aborted = false
  private readonly listeners = new Set<() => void>()

  addEventListener(_: 'abort', listener: () => void): void {
    this.listeners.add(listener)
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    this.listeners.delete(listener)
  }

  /** Ends it; whoever listens hears of it once. */
  readonly abort = (): void => {
    if (this.aborted) return
    this.aborted = true
    for (const listener of this.listeners) listener()
  }
}
