/** The queue of what has ended and is kept for a fixed time. */
import type { Clock, Timer } from '../../kernel/clock.js'

/**
 * Things that are kept for a fixed time after they ended. They are due in order of time, but for a clock that is set
 * back or a time to keep that is shortened, so a plain queue with one timer for its head replaces a timer for each:
 * constant cost, and a few bytes apiece for a million finished jobs.
 */
export class ExpiryQueue<Item> {
  private items: (Item | undefined)[] = []
  /** When each is due, soonest first. */
  private dues: number[] = []
  private head = 0
  private timer: Timer | undefined
  private readonly clock: Clock
  private readonly keepMs: () => number
  private readonly expire: (item: Item) => void

  /**
   * @param keepMs how long a thing is kept, in milliseconds; a setting, read once for each thing, when it ends
   * @param expire called at the moment a thing's time is over
   */
  constructor(clock: Clock, keepMs: () => number, expire: (item: Item) => void) {
    this.clock = clock
    this.keepMs = keepMs
    this.expire = expire
  }

  /** Adds a thing that ended at `endedAt`, in milliseconds since 1970. */
  add(item: Item, endedAt: number): void {
    const due = endedAt + this.keepMs()
    let place = this.dues.length
    while (place > this.head && (this.dues[place - 1] ?? 0) > due) place--
    if (place === this.dues.length) {
      this.items.push(item)
      this.dues.push(due)
    } else {
      this.items.splice(place, 0, item)
      this.dues.splice(place, 0, due)
    }
    if (this.timer === undefined) this.arm()
    else if (place === this.head) this.rearm()
  }

  /** Sets the timer for the next due item again, after the clock was set back. */
  rearm(): void {
    this.timer?.cancel()
    this.timer = undefined
    this.arm()
  }

  private arm(): void {
    const due = this.dues[this.head]
    if (due !== undefined) this.timer = this.clock.schedule(due, () => this.sweep())
  }

  private sweep(): void {
    this.timer = undefined
    const now = this.clock.now()
    for (let due = this.dues[this.head]; due !== undefined && due <= now; due = this.dues[this.head]) {
      const item = this.items[this.head]
      this.items[this.head] = undefined
      this.head++
      if (item !== undefined) this.expire(item)
    }
    this.compact()
    this.arm()
  }

  private compact(): void {
    if (this.head < 1024 || this.head * 2 < this.items.length) return
    this.items = this.items.slice(this.head)
    this.dues = this.dues.slice(this.head)
    this.head = 0
  }
}
