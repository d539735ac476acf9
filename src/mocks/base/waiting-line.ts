// Callers that wait for something: a long poll's line. The caller that has waited longest is served first; a caller
// that hangs up leaves the line at once, so nothing can be given to it any more.
import type { Clock, StopSignal, Timer } from '../../kernel/clock.js'

export interface WaitOptions {
  /** Hanging up. Default: the caller stays. */
  signal?: StopSignal | undefined
  /** Called when the time passes, before the caller hears of it. */
  onTimeout?: (() => void) | undefined
  /** How much of a gift of many the caller takes. Default 1. */
  appetite?: number
}

export class WaitingLine<Gift> {
  private readonly waiters = new Set<Waiter<Gift>>()

  get length(): number {
    return this.waiters.size
  }

  /** How much the caller that has waited longest takes; 0 in an empty line. */
  get appetite(): number {
    const [first] = this.waiters
    return first?.appetite ?? 0
  }

  /**
   * Waits for a gift.
   * @param ms how long, in virtual milliseconds
   * @returns the gift; undefined when the time passed, the caller hung up, the line was dissolved or the
   *   clock is closed
   */
  wait(clock: Clock, ms: number, options: WaitOptions = {}): Promise<Gift | undefined> {
    const { signal, onTimeout, appetite = 1 } = options
    if (signal?.aborted === true || ms <= 0 || clock.isClosed) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const leave = (): void => waiter.settle(undefined)
      const giveUp = (): void => {
        onTimeout?.()
        leave()
      }
      const waiter: Waiter<Gift> = {
        appetite,
        timer: clock.schedule(clock.now() + ms, giveUp, { hold: true, span: true }),
        settle: (gift) => {
          this.waiters.delete(waiter)
          waiter.timer.cancel()
          signal?.removeEventListener('abort', leave)
          clock.noteWake()
          resolve(gift)
        },
      }
      this.waiters.add(waiter)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  /** Gives to the caller that has waited longest; false in an empty line. */
  give(gift: Gift): boolean {
    const [first] = this.waiters
    first?.settle(gift)
    return first !== undefined
  }

  /** Gives the same to everybody who waits. */
  giveAll(gift: Gift | undefined): void {
    for (const waiter of [...this.waiters]) waiter.settle(gift)
  }

  /** Sends everybody away with nothing. */
  dissolve(): void {
    this.giveAll(undefined)
  }
}

interface Waiter<Gift> {
  readonly appetite: number
  readonly timer: Timer
  readonly settle: (gift: Gift | undefined) => void
}
