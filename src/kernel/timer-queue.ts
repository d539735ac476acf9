// Timers in order of their due time; equal times keep the order in which they were added.
// A binary heap whose entries know their place, so that adding and cancelling cost O(log n). And a turn of the platform's
// loop: what a moving clock waits for, so that what it has woken runs before the next timer. No clock in here.
import { KitError } from './errors.js'

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

export class Timer {
  /** Where it stands in the queue; below zero when it is over. */
  place = -1
  /** When it is due, in milliseconds since 1970. */
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

  /** Removes the timer; does nothing when it has fired already. */
  cancel(): void {
    if (this.place >= 0) this.queue.cancel(this)
  }

  isBefore(other: Timer): boolean {
    return this.due < other.due || (this.due === other.due && this.order < other.order)
  }
}

export class TimerQueue {
  private heap: Timer[] = []
  private added = 0
  private readonly onCancelled: (timer: Timer) => void

  /** @param onCancelled hears of each timer that leaves the queue without firing */
  constructor(onCancelled: (timer: Timer) => void) {
    this.onCancelled = onCancelled
  }

  add(due: number, fire: () => void, kind: TimerKind): Timer {
    const timer = new Timer(this, due, this.added++, fire, kind)
    this.heap.push(timer)
    this.rise(timer, this.heap.length - 1)
    return timer
  }

  nextDue(): number {
    return this.heap[0]?.due ?? Infinity
  }

  takeNext(): Timer | undefined {
    const first = this.heap[0]
    if (first !== undefined) this.remove(first)
    return first
  }

  /** Moves the ends of spans by so many milliseconds. */
  shiftSpans(ms: number): void {
    const timers = this.heap
    this.heap = []
    for (const timer of timers) {
      if (timer.span) timer.due += ms
      this.heap.push(timer)
      this.rise(timer, this.heap.length - 1)
    }
  }

  /** Drops all timers without firing or a notice. */
  clear(): void {
    for (const timer of this.heap) timer.place = -1
    this.heap = []
  }

  cancel(timer: Timer): void {
    this.remove(timer)
    this.onCancelled(timer)
  }

  private remove(timer: Timer): void {
    const place = timer.place
    const last = this.heap.pop()
    timer.place = -1
    if (last !== undefined && last !== timer) {
      this.rise(last, place)
      if (last.place === place) this.sink(last, place)
    }
  }

  private rise(timer: Timer, from: number): void {
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

  private sink(timer: Timer, from: number): void {
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

  private smallerChild(place: number): Timer | undefined {
    const left = this.heap[2 * place + 1]
    const right = this.heap[2 * place + 2]
    return right !== undefined && left !== undefined && right.isBefore(left) ? right : left
  }

  private put(timer: Timer, place: number): void {
    this.heap[place] = timer
    timer.place = place
  }
}

/**
 * Finds a function that resolves after everything now runnable has run: a macrotask, as cheap as the platform has one
 * and no fake, since those wait for a hand that moves them. undefined where there are fakes alone.
 * Browsers hold back nested timeouts by 4 ms each, and an hour of virtual time takes thousands of turns: so a message
 * comes before a timeout.
 * @param later the platform's `setTimeout`, for platforms that have nothing better
 */
export function resolveTurn(later: (act: () => void, ms: number) => unknown): (() => Promise<void>) | undefined {
  const immediate: unknown = Reflect.get(globalThis, 'setImmediate')
  if (typeof immediate === 'function' && !isFake(immediate)) {
    return () => new Promise((resolve) => void Reflect.apply(immediate, globalThis, [resolve]))
  }
  const { MessageChannel: Channel } = globalThis
  if (typeof Channel === 'function') {
    return () =>
      new Promise((resolve) => {
        const { port1, port2 } = new Channel()
        port1.onmessage = () => {
          // An open port would keep a process alive.
          port1.close()
          resolve()
        }
        port2.postMessage(undefined)
      })
  }
  return isFake(later) ? undefined : () => new Promise((resolve) => void later.call(globalThis, resolve, 0))
}

/** Fake timers tell themselves by their clock. */
function isFake(timer: object): boolean {
  return Object.hasOwn(timer, 'clock')
}

export function loadedTooLate(): KitError {
  return new KitError('clock/fake-timers', {
    failed: 'The mock cannot move its time: fake timers were there when the package was loaded, and no MessageChannel.',
    fix: 'Import it before they are installed.',
  })
}
