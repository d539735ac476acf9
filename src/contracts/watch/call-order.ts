/**
 * The order in which calls are judged: that in which they can have taken effect. Any call may take effect from its
 * beginning on, and only its answer shows the effect, so a live listener waits for answers. Only polls are held for
 * long, and they have no effect before they are answered, so the listener does not wait for them.
 */
import type { ObservedCall, ObservedExchange } from './observed-call.js'

/** A poll has told what it did within this time, in milliseconds. */
const TELLING_MS = 900

/** When a call can have taken effect at the earliest, in milliseconds. */
export function earliestEffect({ now, waitMs }: Pick<ObservedCall, 'now' | 'waitMs'>): number {
  return waitMs === undefined ? now.from : Math.max(now.from, now.to - TELLING_MS)
}

/** A call that is under way. */
export interface UnfinishedCall {
  /** When it began, in milliseconds of the recording's clock. */
  readonly from: number
}

export class CallOrder {
  private readonly open = new Set<UnfinishedCall>()
  /** Calls that have ended and are not judged yet. */
  private readonly ended: ObservedExchange[] = []

  await(call: UnfinishedCall): void {
    this.open.add(call)
  }

  leave(call: UnfinishedCall): void {
    this.open.delete(call)
  }

  /** Adds what has ended, after what may have taken effect at the same time. */
  add(observed: ObservedExchange): void {
    const { ended } = this
    let [low, high] = [0, ended.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ended[middle]?.effectFrom ?? 0) <= observed.effectFrom) low = middle + 1
      else high = middle
    }
    ended.splice(low, 0, observed)
  }

  /** Up to when nothing can come any more, at a time. */
  completeUntil(now: number): number {
    return Math.min(now - TELLING_MS, ...[...this.open].map(({ from }) => from))
  }

  /** Takes what can have taken effect by then, in its order. */
  take(until: number): readonly ObservedExchange[] {
    const at = this.ended.findIndex(({ effectFrom }) => effectFrom > until)
    return this.ended.splice(0, at === -1 ? this.ended.length : at)
  }

  get size(): number {
    return this.open.size + this.ended.length
  }
}
