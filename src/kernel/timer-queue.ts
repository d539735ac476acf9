/**
 * Timers in order of their due time; equal times keep the order in which they were added.
 * A binary heap whose entries know their place, so that adding and cancelling cost O(log n). No clock in here.
 */

/** One deadline. */
export interface Timer {
  /** When it is due, in milliseconds since 1970. */
  readonly due: number
  /** True until it has fired or was cancelled. */
  readonly isActive: boolean
  /** Removes the timer; does nothing when it has fired already. */
  cancel(): void
}

/** A timer as its owner, the clock, sees it. */
export interface QueuedTimer extends Timer {
  readonly fire: () => void
  /** Whether a call waits for this timer. */
  readonly hold: boolean
}

/** What kind of timer. */
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

export interface TimerQueue {
  add(due: number, fire: () => void, kind: TimerKind): QueuedTimer
  /** The earliest due time, or Infinity. */
  nextDue(): number
  /** Removes and returns the earliest timer. */
  takeNext(): QueuedTimer | undefined
  /** Moves the ends of spans by so many milliseconds. */
  shiftSpans(ms: number): void
  /** Drops all timers without firing or a notice. */
  clear(): void
}

/** Creates an empty queue; `onCancelled` hears of each timer that leaves it without firing. */
export function createTimerQueue(onCancelled: (timer: QueuedTimer) => void): TimerQueue {
  return new HeapQueue(onCancelled)
}

class HeapTimer implements QueuedTimer {
  place = -1
  due: number
  readonly order: number
  readonly fire: () => void
  readonly hold: boolean
  readonly span: boolean
  private readonly queue: HeapQueue

  constructor(queue: HeapQueue, due: number, order: number, fire: () => void, { hold, span }: TimerKind) {
    this.queue = queue
    this.due = due
    this.order = order
    this.fire = fire
    this.hold = hold
    this.span = span
  }

  get isActive(): boolean {
    return this.place >= 0
  }

  cancel(): void {
    if (this.place >= 0) this.queue.cancel(this)
  }

  isBefore(other: HeapTimer): boolean {
    return this.due < other.due || (this.due === other.due && this.order < other.order)
  }
}

class HeapQueue implements TimerQueue {
  private heap: HeapTimer[] = []
  private added = 0
  private readonly onCancelled: (timer: QueuedTimer) => void

  constructor(onCancelled: (timer: QueuedTimer) => void) {
    this.onCancelled = onCancelled
  }

  add(due: number, fire: () => void, kind: TimerKind): HeapTimer {
    const timer = new HeapTimer(this, due, this.added++, fire, kind)
    this.heap.push(timer)
    this.rise(timer, this.heap.length - 1)
    return timer
  }

  nextDue(): number {
    return this.heap[0]?.due ?? Infinity
  }

  takeNext(): HeapTimer | undefined {
    const first = this.heap[0]
    if (first !== undefined) this.remove(first)
    return first
  }

  shiftSpans(ms: number): void {
    const timers = this.heap
    this.heap = []
    for (const timer of timers) {
      if (timer.span) timer.due += ms
      this.heap.push(timer)
      this.rise(timer, this.heap.length - 1)
    }
  }

  clear(): void {
    for (const timer of this.heap) timer.place = -1
    this.heap = []
  }

  cancel(timer: HeapTimer): void {
    this.remove(timer)
    this.onCancelled(timer)
  }

  private remove(timer: HeapTimer): void {
    const place = timer.place
    const last = this.heap.pop()
    timer.place = -1
    if (last !== undefined && last !== timer) {
      this.rise(last, place)
      if (last.place === place) this.sink(last, place)
    }
  }

  private rise(timer: HeapTimer, from: number): void {
    let place = from
    while (place > 0) {
      const parentPlace = (place - 1) >> 1
      const parent = this.heap[parentPlace]
      if (parent === undefined || !timer.isBefore(parent)) break
      this.put(parent, place)
      place = parentPlace
    }
    this.put(timer, place)
  }

  private sink(timer: HeapTimer, from: number): void {
    let place = from
    for (;;) {
      const child = this.smallerChild(place)
      if (child === undefined || !child.isBefore(timer)) break
      const childPlace = child.place
      this.put(child, place)
      place = childPlace
    }
    this.put(timer, place)
  }

  private smallerChild(place: number): HeapTimer | undefined {
    const left = this.heap[2 * place + 1]
    const right = this.heap[2 * place + 2]
    return right !== undefined && left !== undefined && right.isBefore(left) ? right : left
  }

  private put(timer: HeapTimer, place: number): void {
    this.heap[place] = timer
    timer.place = place
  }
}
