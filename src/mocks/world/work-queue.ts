/** The queue of what has ended and is kept for a fixed time. */
import type { Clock, Timer } from '../../kernel/clock.js'

/**
 * Things that are kept for a fixed time after they ended. They are due in order of time, but for a clock that is set
 * back or a time to keep that is shortened, so a plain queue with one timer for its head replaces a timer for each:
 * constant cost, and a few bytes apiece for a million finished jobs.
 */
export class ExpiryQueue<Item> {
  /** Soonest due first; what has expired is left empty until the next clean-up. */
  private items: ({ readonly item: Item; readonly due: number } | undefined)[] = []
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
    let place = this.items.length
    while (place > this.head && (this.items[place - 1]?.due ?? 0) > due) place--
    this.items.splice(place, 0, { item, due })
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
    const due = this.items[this.head]?.due
    if (due !== undefined) this.timer = this.clock.schedule(due, () => this.sweep())
  }

  private sweep(): void {
    this.timer = undefined
    const now = this.clock.now()
    for (let next = this.items[this.head]; next !== undefined && next.due <= now; next = this.items[this.head]) {
      this.items[this.head++] = undefined
      this.expire(next.item)
    }
    this.compact()
    this.arm()
  }

  private compact(): void {
    if (this.head < 1024 || this.head * 2 < this.items.length) return
    this.items = this.items.slice(this.head)
    this.head = 0
  }
}
