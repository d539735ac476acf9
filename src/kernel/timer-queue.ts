// Timers in order of their due time; equal times keep the order in which they were added. And the search by which this and
// other lists keep their order. No clock in here.

export interface Timer {
  /** When it is due, in milliseconds since 1970. */
  readonly due: number
  readonly isActive: boolean
  /** Removes the timer; does nothing when it has fired already. */
  cancel(): void
}

export interface TimerKind {
  /** Keep the process alive until this timer fires or is cancelled. Default false. */
  hold: boolean
  /** It ends a wait, which goes on for as long when the clock is set back. Default false: it is due at its moment. */
  span: boolean
}

/** Signals waiting calls to stop; an `AbortSignal` is one. */
export interface StopSignal {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/**
 * Tells when it is over, as an `AbortController` does, which costs more than all else in a call: a simulated runner makes
 * 25,000 of them a day, and tests let weeks pass.
 */
export class Stop implements StopSignal {
  aborted = false
  private listeners: Set<() => void> | undefined

  addEventListener(_: 'abort', listener: () => void): void {
    this.listeners ??= new Set()
    this.listeners.add(listener)
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    this.listeners?.delete(listener)
  }

  /** Ends it; each listener is called once. */
  abort(): void {
    if (this.aborted) return
    this.aborted = true
    for (const listener of this.listeners ?? []) listener()
  }
}

/** A timer as its owner, the clock, sees it. */
export class QueuedTimer implements Timer {
  isActive = true
  due: number
  readonly order: number
  readonly fire: () => void
  /** Whether a call waits for this timer. */
  readonly hold: boolean
  readonly span: boolean
  private readonly queue: TimerQueue

  constructor(queue: TimerQueue, due: number, order: number, fire: () => void, { hold, span }: TimerKind) {
    this.queue = queue
    this.due = due
    this.order = order
    this.fire = fire
    this.hold = hold
    this.span = span
  }

  cancel(): void {
    if (this.isActive) this.queue.cancel(this)
  }
}

export class TimerQueue {
  /** The earliest first: nearly always a new one is the latest, and of a list the first leaves at no cost. */
  private readonly timers: QueuedTimer[] = []
  private added = 0
  private readonly onCancelled: (timer: QueuedTimer) => void

  /** @param onCancelled hears of each timer that leaves the queue without firing */
  constructor(onCancelled: (timer: QueuedTimer) => void) {
    this.onCancelled = onCancelled
  }

  add(due: number, fire: () => void, kind: TimerKind): QueuedTimer {
    const timer = new QueuedTimer(this, due, this.added++, fire, kind)
    this.timers.splice(this.placeOf(timer), 0, timer)
    return timer
  }

  nextDue(): number {
    return this.timers[0]?.due ?? Infinity
  }

  takeNext(): QueuedTimer | undefined {
    const first = this.timers.shift()
    if (first !== undefined) first.isActive = false
    return first
  }

  /** Moves the ends of spans by so many milliseconds. */
  shiftSpans(ms: number): void {
    for (const timer of this.timers) if (timer.span) timer.due += ms
    this.timers.sort(compare)
  }

  /** Drops all timers without firing or a notice. */
  clear(): void {
    for (const timer of this.timers.splice(0)) timer.isActive = false
  }

  cancel(timer: QueuedTimer): void {
    this.timers.splice(this.placeOf(timer), 1)
    timer.isActive = false
    this.onCancelled(timer)
  }

  private placeOf(timer: QueuedTimer): number {
    return placeIn(this.timers, (each) => compare(each, timer) < 0)
  }
}

function compare(one: QueuedTimer, other: QueuedTimer): number {
  return one.due - other.due || one.order - other.order
}

/** Where something is or belongs in a list in order: behind all those that precede it. */
export function placeIn<Item>(ordered: readonly Item[], precedes: (each: Item) => boolean): number {
  let [low, high] = [0, ordered.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const each = ordered[middle]
    if (each !== undefined && precedes(each)) low = middle + 1
    else high = middle
  }
  return low
}
