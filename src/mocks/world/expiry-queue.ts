/**
 * Things that are kept for a fixed time after they ended. They end in time order unless the clock is set back, so a plain
 * queue with one timer for its head replaces a timer for each: constant cost, and a few bytes apiece for a million
 * finished jobs.
 */
import type { Clock, Timer } from '../../clock.js'

/** A queue of ended things. */
export class ExpiryQueue<Item> {
  private items: (Item | undefined)[] = []
  private ends: number[] = []
  private head = 0
  private timer: Timer | undefined
  private readonly clock: Clock
  private readonly keepMs: () => number
  private readonly expire: (item: Item) => void

  /**
   * @param keepMs how long a thing is kept, in milliseconds; read anew for each decision, since it is a setting
   * @param expire called at the moment a thing's time is over
   */
  constructor(clock: Clock, keepMs: () => number, expire: (item: Item) => void) {
    this.clock = clock
    this.keepMs = keepMs
    this.expire = expire
  }

  /** Adds a thing that ended at `endedAt`, in milliseconds since 1970. */
  add(item: Item, endedAt: number): void {
    let place = this.ends.length
    while (place > this.head && (this.ends[place - 1] ?? 0) > endedAt) place--
    if (place === this.ends.length) {
      this.items.push(item)
      this.ends.push(endedAt)
    } else {
      this.items.splice(place, 0, item)
      this.ends.splice(place, 0, endedAt)
    }
    if (this.timer === undefined) this.arm()
    else if (place === this.head) this.rearm()
  }

  /** Decides anew when the next thing is due, after the time to keep has changed. */
  rearm(): void {
    this.timer?.cancel()
    this.timer = undefined
    this.arm()
  }

  private arm(): void {
    const endedAt = this.ends[this.head]
    if (endedAt === undefined) return
    this.timer = this.clock.schedule(endedAt + this.keepMs(), () => this.sweep())
  }

  private sweep(): void {
    this.timer = undefined
    const due = this.clock.now() - this.keepMs()
    for (let endedAt = this.ends[this.head]; endedAt !== undefined && endedAt <= due; endedAt = this.ends[this.head]) {
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
    this.ends = this.ends.slice(this.head)
    this.head = 0
  }
}
