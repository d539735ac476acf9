// The one place where time is read and waited for. A clock is real time plus an offset, or a frozen instant;
// every deadline of the mock is a timer on it, so moving the clock is all it takes to make hours pass.
// The platform's timers are captured when real-time.ts loads, see there.
import {
  expectSpeed,
  toEpoch,
  toMilliseconds,
  type ClockMove,
  type ClockOptions,
  type ClockState,
  type Duration,
  type Instant,
} from './instant.js'
import { realClearTimeout, realClock, realSetTimeout, realTime } from './real-time.js'
import { loadedTooLate, resolveTurn, TimerQueue, type StopSignal, type Timer, type TimerKind } from './timer-queue.js'

export { toEpoch, toMilliseconds, type ClockOptions, type ClockState, type Duration, type Instant } from './instant.js'
export { afterRealTime, pauseFor, realTime } from './real-time.js'
export { Stop, type StopSignal, type Timer } from './timer-queue.js'

/** What users of a mock may do with its time. */
export interface ClockControl {
  /** The current virtual time, in milliseconds since 1970-01-01T00:00:00Z. */
  now(): number
  /** The current virtual time as ISO-8601 in UTC, with milliseconds. */
  iso(): string
  /** True while time stands still until `advance`, `set` or `resume`. */
  readonly isFrozen: boolean
  /** How many virtual seconds pass in a real one, 1 at first. */
  readonly speed: number
  /** When the next timer is due, in milliseconds since 1970; Infinity for none. */
  nextDue(): number
  /**
   * Moves time forward and fires every timer that falls due on the way, in order, each seeing the time at which it
   * was due. Resolves when all of them, and everything in this process that they woke, have run.
   * @throws KitError `clock/duration` for a negative or non-finite duration, `clock/fake-timers` where the package was
   *   loaded under fake timers on a platform that has nothing beside them (jsdom).
   */
  advance(duration: Duration): Promise<void>
  /** Moves time to `instant`: forward like `advance`; backward without firing anything, waits going on as long as before. */
  set(instant: Instant): Promise<void>
  /** Stops time at the current instant. Timers then fire only through `advance` and `set`. */
  freeze(): void
  /** Lets time run again from where it stands. */
  resume(): void
  /**
   * Lets so many virtual seconds pass in a real one, until the mock is reset; a frozen clock from `resume` on.
   * @throws KitError `clock/speed` for a speed below 0.001 or beyond 3600
   */
  scale(speed: number): void
}

/** Longest delay that the platform's timers take, in milliseconds. */
const MAX_DELAY_MS = 0x7fffffff

/** Timers that a move fires before it gives the platform's loop a turn. */
const MAX_STEPS_PER_TURN = 1000

const turnOfTheLoop = resolveTurn(globalThis.setTimeout)

/** @throws KitError `clock/instant` when `start` is no valid time. */
export function initialClockState({ start, frozen = false }: ClockOptions): ClockState {
  return { now: start === undefined ? realTime() : toEpoch(start), frozen }
}

/** Creates a clock. It holds at most one platform timer; `close` releases it. */
export function createClock(options: ClockOptions = {}): Clock {
  return new Clock(options)
}

/** A clock as its owner sees it. */
export class Clock implements ClockControl {
  private readonly timers = new TimerQueue((timer) => this.onRemoved(timer))
  /** The instant, virtual and real, from which time runs. */
  private origin = { virtual: 0, real: 0 }
  speed = 1
  /** The instant at which time stands: frozen by the user, or pinned while an advance is under way. */
  private pinned: number | undefined
  private frozen = false
  isClosed = false
  private holds = 0
  private wakes = 0
  private loads = 0
  private readonly works = new Set<Promise<unknown>>()
  private armed: ReturnType<typeof setTimeout> | undefined
  private armedFor = Infinity
  private moving: Promise<void> = Promise.resolve()
  private isMoving = false
  private isFiring = false
  private lastIsoAt = Number.NaN
  private lastIso = ''
  private readonly onMove: (move: ClockMove) => void

  constructor(options: ClockOptions) {
    this.onMove = options.onMove ?? (() => undefined)
    this.load(initialClockState(options))
  }

  get isFrozen(): boolean {
    return this.frozen
  }

  now(): number {
    if (this.pinned !== undefined) return this.pinned
    return this.origin.virtual + Math.floor((realTime() - this.origin.real) * this.speed)
  }

  iso(): string {
    const now = this.now()
    if (now !== this.lastIsoAt) {
      this.lastIsoAt = now
      this.lastIso = new Date(now).toISOString()
    }
    return this.lastIso
  }

  /** A monotonic reading in real milliseconds, for measuring durations only. */
  stopwatch(): number {
    return realClock.stopwatch()
  }

  /** Calls `fire` when the clock reaches `due` (milliseconds since 1970), unless cancelled first. */
  schedule(due: number, fire: () => void, { hold = false, span = false }: Partial<TimerKind> = {}): Timer {
    const timer = this.timers.add(due, fire, { hold, span })
    if (hold) this.holds++
    this.arm()
    return timer
  }

  /** Resolves after `ms` virtual milliseconds, or at once when `signal` aborts; true if the time has passed. */
  sleep(ms: number, signal?: StopSignal): Promise<boolean> {
    if (signal?.aborted === true || this.isClosed) return Promise.resolve(false)
    return new Promise((resolve) => {
      const settle = (passed: boolean): void => {
        signal?.removeEventListener('abort', onAbort)
        this.noteWake()
        resolve(passed)
      }
      const timer = this.schedule(this.now() + ms, () => settle(true), { span: true })
      const onAbort = (): void => {
        timer.cancel()
        settle(false)
      }
      signal?.addEventListener('abort', onAbort)
    })
  }

  /** Tells a running `advance` that promises were resolved and deserve a turn before the next timer. */
  noteWake(): void {
    this.wakes++
  }

  /**
   * Passes on `work`, and makes a running `advance` wait for it before the next timer: for what the platform does
   * outside of this process's turns, such as cryptography and files. It must not wait for virtual time.
   */
  async during<Result>(work: Promise<Result>): Promise<Result> {
    this.works.add(work)
    this.noteWake()
    try {
      return await work
    } finally {
      this.works.delete(work)
      this.noteWake()
    }
  }

  async advance(duration: Duration): Promise<void> {
    const ms = toMilliseconds(duration)
    return this.enqueue('advance', () => this.moveTo(this.now() + ms))
  }

  async set(instant: Instant): Promise<void> {
    const epoch = toEpoch(instant)
    return this.enqueue('set', async () => {
      const now = this.now()
      if (epoch >= now) return this.moveTo(epoch)
      this.timers.shiftSpans(epoch - now)
      this.jump(epoch)
    })
  }

  freeze(): void {
    if (this.frozen) return
    this.pinned ??= this.now()
    this.frozen = true
    this.disarm()
    this.onMove({ action: 'freeze', from: this.pinned, to: this.pinned })
  }

  resume(): void {
    if (!this.frozen) return
    const from = this.now()
    this.frozen = false
    if (!this.isMoving && this.pinned !== undefined) this.jump(this.pinned)
    this.onMove({ action: 'resume', from, to: from })
  }

  scale(speed: number): void {
    expectSpeed(speed)
    const from = this.now()
    this.speed = speed
    this.disarm()
    if (this.pinned === undefined) this.jump(from)
    this.onMove({ action: 'scale', from, to: from })
  }

  nextDue(): number {
    return this.timers.nextDue()
  }

  save(): ClockState {
    return { now: this.now(), frozen: this.frozen, ...(this.speed !== 1 && { speed: this.speed }) }
  }

  /** Forgets every timer and moves to `state`; used by reset and restore. */
  load(state: ClockState): void {
    this.loads++
    this.timers.clear()
    this.holds = 0
    this.disarm()
    this.frozen = state.frozen
    this.speed = state.speed ?? 1
    this.jump(state.now)
  }

  close(): void {
    this.isClosed = true
    this.timers.clear()
    this.holds = 0
    this.disarm()
  }

  /** One move at a time: a second advance starts where the first one ended. */
  private enqueue(action: ClockMove['action'], move: () => Promise<void>): Promise<void> {
    const result = this.moving.then(async () => {
      const from = this.now()
      await move()
      this.onMove({ action, from, to: this.now() })
    })
    this.moving = result.catch(() => undefined)
    return result
  }

  private async moveTo(target: number): Promise<void> {
    if (turnOfTheLoop === undefined) throw loadedTooLate()
    const { loads } = this
    this.pinned = this.now()
    this.isMoving = true
    this.disarm()
    try {
      // What is already waiting for its turn must see the time before the move.
      await this.settle(Number.NaN)
      for (let fired = 1; ; fired++) {
        const due = this.timers.nextDue()
        if (due > target || this.isClosed || this.loads !== loads) break
        this.pinned = Math.max(this.now(), due)
        await this.fireNext()
        // Where timers wake no waiting call, events from outside must not wait until months have passed.
        if (fired % MAX_STEPS_PER_TURN === 0) await turnOfTheLoop()
      }
    } finally {
      this.isMoving = false
      // A clock that was loaded meanwhile stands where the load has put it.
      if (this.loads === loads) this.jump(target)
    }
  }

  /** Fires the earliest timer, and gives what it woke a turn before anything later happens. */
  private async fireNext(): Promise<void> {
    const before = this.wakes
    this.fireEarliest()
    await this.settle(before)
  }

  /** Lets everything run that was woken since the count stood at `seen`, and what that wakes in turn. */
  private async settle(seen: number): Promise<void> {
    let settled = seen
    while (this.wakes !== settled) {
      settled = this.wakes
      await turnOfTheLoop?.()
      if (this.works.size > 0) await Promise.allSettled([...this.works])
    }
  }

  private jump(epoch: number): void {
    this.origin = { virtual: epoch, real: realTime() }
    this.pinned = this.frozen ? epoch : undefined
    this.arm()
  }

  /**
   * Keeps one platform timer, no later than the earliest deadline, and only while time runs by itself. When the
   * earliest deadline is cancelled the platform timer stays: it wakes once for nothing, which costs less than moving it.
   */
  private arm(): void {
    if (this.pinned !== undefined || this.isClosed || this.isFiring) return
    const due = this.timers.nextDue()
    if (due < this.armedFor) {
      this.disarm()
      this.armedFor = due
      const delay = Math.min(Math.max(Math.ceil((due - this.now()) / this.speed), 0), MAX_DELAY_MS)
      this.armed = realSetTimeout(() => this.onPlatformTimer(), delay)
    }
    this.refPlatformTimer()
  }

  private onPlatformTimer(): void {
    this.armed = undefined
    this.armedFor = Infinity
    this.isFiring = true
    try {
      // What falls due meanwhile waits for its turn: where time runs fast, there is always something.
      const now = this.now()
      while (this.pinned === undefined && !this.isClosed && this.timers.nextDue() <= now) {
        this.fireEarliest()
      }
    } finally {
      // A timer that throws surfaces, and stops none of the others.
      this.isFiring = false
      this.arm()
    }
  }

  private fireEarliest(): void {
    const timer = this.timers.takeNext()
    if (timer === undefined) return
    this.onRemoved(timer)
    timer.fire()
  }

  private onRemoved(timer: Timer): void {
    if (!timer.hold) return
    this.holds--
    this.refPlatformTimer()
  }

  /** Only a timer with a waiting call keeps the process alive (Node alone has this notion). */
  private refPlatformTimer(): void {
    const timer: unknown = this.armed
    if (typeof timer !== 'object' || timer === null || !('ref' in timer) || !('unref' in timer)) return
    const switchTo = this.holds > 0 ? timer.ref : timer.unref
    if (typeof switchTo === 'function') switchTo.call(timer)
  }

  private disarm(): void {
    if (this.armed !== undefined) realClearTimeout(this.armed)
    this.armed = undefined
    this.armedFor = Infinity
  }
}
