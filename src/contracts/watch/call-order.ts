/**
 * The order in which calls are judged: that in which they can have taken effect. Any call may take effect from its
 * beginning on, and only its answer shows the effect, so a live listener waits for answers. Only polls are held for
 * long, and they have no effect before they are answered, so the listener does not wait for them.
 */
import type { ObservedCall } from './observed-call.js'

/** A poll has told what it did within this time, in milliseconds. */
export const TELLING_MS = 900

/** When a call can have taken effect at the earliest, in milliseconds. */
export function earliestEffect({ now, waitMs }: Pick<ObservedCall, 'now' | 'waitMs'>): number {
  return waitMs === undefined ? now.from : Math.max(now.from, now.to - TELLING_MS)
}

/** A call that is under way. */
export interface UnfinishedCall {
  /** When it began, in milliseconds of the recording's clock. */
  readonly from: number
}

/** Items by a time of theirs; those of one time in the order in which they came. */
export class Timeline<Item> {
  private readonly entries: { readonly at: number; readonly item: Item }[] = []

  add(at: number, item: Item): void {
    const place = 1 + this.entries.findLastIndex((each) => each.at <= at)
    this.entries.splice(place, 0, { at, item })
  }

  /** The time of the first item; for none Infinity. */
  get next(): number {
    return this.entries[0]?.at ?? Infinity
  }

  /** Takes the first item whose time is not after this one. */
  take(until: number): Item | undefined {
    return this.size > 0 && this.next <= until ? this.entries.shift()?.item : undefined
  }

  get items(): readonly Item[] {
    return this.entries.map(({ item }) => item)
  }

  get size(): number {
    return this.entries.length
  }
}
