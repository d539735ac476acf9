/**
 * Coordinates time between checks that run at once. With a clock, time moves only when every running check waits for it,
 * and by the smallest amount that lets one go on: so a check sees no more time pass than it asked for, and all of them
 * together need as many moves as the longest alone. Without a clock, waits are real and simply overlap.
 */
import { Unreachable } from '../target/client.js'
import { NotRun } from '../target/expectation.js'
import type { RealTime } from '../target/transport.js'
import type { TargetClock } from '../target/target.js'

/** Keeps time for all running checks. */
export interface TimeKeeper {
  /**
   * Registers a check about to run, once there is room; time then stands still for everybody until it waits or leaves.
   * `onWait` hears how many seconds each of its waits may really take.
   */
  join(onWait?: (seconds: number) => void): Promise<TimeParticipant>
  /** How much time may pass from now on. */
  readonly mostSeconds: number
  /** The target's time, in milliseconds since 1970. */
  now(): Promise<number>
  /**
   * Settles when `seconds` have passed on the target since something that happened at `since`, a reading of the
   * stopwatch, or when the signal aborts.
   */
  passed(seconds: number, since: number, signal: AbortSignal): Promise<unknown>
}
export interface TimeParticipant {
  /** Resolves true when `until` settles, false once `seconds` have passed before that. */
  wait(seconds: number, until?: Promise<unknown>): Promise<boolean>
  /** Marks the check as busy until the returned function is called; time does not move meanwhile. */
  busy(): () => void
  /** The check has ended, or must: what it still waits for is over. */
  leave(): void
}

/** How many checks that wait for time are set up at once. */
const STARTING_AT_ONCE = 8

/** Time by waiting: each wait is real, and refused when it would end after `deadline` (a reading of the stopwatch). */
export function createRealKeeper(time: RealTime, deadline: number, startingAtOnce = STARTING_AT_ONCE): TimeKeeper {
  const gate = createStartGate(startingAtOnce)
  return {
    get mostSeconds() {
      return (deadline - time.stopwatch()) / 1000
    },
    now: async () => time.now(),
    passed: (seconds, since, signal) => time.sleep(since + 1000 * seconds - time.stopwatch(), signal),
    async join(onWait) {
      const leaveGate = await gate.enter()
      let end: () => void = () => undefined
      const ended = new Promise<void>((resolve) => (end = resolve))
      return {
        async wait(seconds, until = NEVER) {
          leaveGate()
          if (time.stopwatch() + 1000 * seconds > deadline) {
            const wait = `a wait of ${Math.ceil(seconds)} s`
            const past = `${wait} would end past the longest waiting in all (--max-wait, maxWaitSeconds)`
            throw new NotRun(`${past}; a clock that can be moved needs none (--admin, clock)`)
          }
          onWait?.(seconds)
          const settled = Promise.race([until, ended]).then(SETTLED, SETTLED)
          return time.within(settled, 1000 * seconds, false)
        },
        busy: () => () => undefined,
        leave() {
          leaveGate()
          end()
        },
      }
    },
  }
}

const NEVER = new Promise<never>(() => undefined)
const SETTLED = (): true => true

/** Time by moving the target's clock, not before `from` has settled. */
export function createVirtualKeeper(clock: TargetClock, time: RealTime, from?: Promise<unknown>): TimeKeeper {
  return new VirtualKeeper(clock, time, from)
}

interface Wait {
  /** Target time at which it is over, in milliseconds. */
  wake: number
  settle(passed: boolean): void
  reject(error: Error): void
}

interface Participant {
  waits: Set<Wait>
  busy: number
}

/** How long everything must have been quiet before time moves: between two calls a check looks idle for a moment. */
const QUIET_MS = 2

/** Waits that end so close to each other end together: fewer moves of the clock, with the same result. */
const TOGETHER_MS = 80

const MAX_MOVES = 5

/** Checks are never busy for so long that a longer wait could end before time is moved. */
const MAX_UNMOVED_MS = 120_000

/** Clocks tell whole milliseconds: an alarm must not ring just before its time. */
const ALARM_SLACK_MS = 2

class VirtualKeeper implements TimeKeeper {
  readonly mostSeconds = Infinity
  private readonly clock: TargetClock
  private readonly time: RealTime
  private readonly gate = createStartGate(STARTING_AT_ONCE)
  private readonly participants = new Set<Participant>()
  private version = 0
  private isWatching = false
  /** What the clock showed last, and when by the stopwatch. */
  private reading = { now: 0, at: 0 }
  private alarm = new AbortController()

  constructor(clock: TargetClock, time: RealTime, from: Promise<unknown> | undefined) {
    this.clock = clock
    this.time = time
    if (from === undefined) return
    const others: Participant = { waits: new Set(), busy: 1 }
    this.participants.add(others)
    const begin = (): void => {
      this.participants.delete(others)
      this.noteChange()
    }
    from.then(begin, begin)
  }

  /** Always asked: a reckoning of our own would be wrong by the delays of a busy machine. */
  async now(): Promise<number> {
    return this.noteReading(await this.clock.now())
  }

  private noteReading(now: number): number {
    this.reading = { now, at: this.time.stopwatch() }
    return now
  }

  async join(): Promise<TimeParticipant> {
    const leaveGate = await this.gate.enter()
    const participant: Participant = { waits: new Set(), busy: 0 }
    this.participants.add(participant)
    this.noteChange()
    return {
      wait: (seconds, until) => {
        leaveGate()
        return this.wait(participant, seconds, until)
      },
      busy: () => this.markBusy(participant),
      leave: () => {
        leaveGate()
        this.participants.delete(participant)
        for (const each of [...participant.waits]) each.settle(false)
        this.noteChange()
      },
    }
  }

  /** Counts from now: what the clock was moved since cannot be told. */
  async passed(seconds: number, _since: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const participant: Participant = { waits: new Set(), busy: 0 }
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    this.participants.add(participant)
    await this.wait(participant, seconds, aborted).catch(() => undefined)
    this.participants.delete(participant)
    this.noteChange()
  }

  private markBusy(participant: Participant): () => void {
    participant.busy++
    this.noteChange()
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      participant.busy--
      this.noteChange()
    }
  }

  private async wait(participant: Participant, seconds: number, until?: Promise<unknown>): Promise<boolean> {
    // Whole milliseconds, as clocks tell them: the rest of one could never be seen to pass.
    const wake = (await this.now()) + Math.ceil(1000 * seconds)
    return new Promise((resolve, reject) => {
      const end = (action: () => void): void => {
        if (!participant.waits.delete(wait)) return
        this.setAlarm()
        action()
        this.noteChange()
      }
      const wait: Wait = {
        wake,
        settle: (passed) => end(() => resolve(!passed)),
        reject: (error) => end(() => reject(error)),
      }
      participant.waits.add(wait)
      until?.then(
        () => wait.settle(false),
        () => wait.settle(false),
      )
      this.setAlarm()
      this.noteChange()
    })
  }

  private get waits(): Wait[] {
    return [...this.participants].flatMap((each) => [...each.waits])
  }

  /** While some are busy, time passes by itself: a wait that is over by then must not be held up by them. */
  private setAlarm(): void {
    this.alarm.abort()
    this.alarm = new AbortController()
    const first = Math.min(...this.waits.map(({ wake }) => wake))
    const ms = first - this.reading.now - (this.time.stopwatch() - this.reading.at) + ALARM_SLACK_MS
    if (ms < MAX_UNMOVED_MS) void this.ring(Math.max(ms, 0), this.alarm.signal)
  }

  private async ring(ms: number, signal: AbortSignal): Promise<void> {
    await this.time.sleep(ms, signal)
    if (signal.aborted) return
    // A clock that cannot be read is told by the next move.
    const now = await this.now().catch(() => -Infinity)
    for (const each of this.waits) if (each.wake <= now) each.settle(true)
  }

  private noteChange(): void {
    this.version++
    if (this.isWatching || this.participants.size === 0) return
    this.isWatching = true
    void this.watch()
  }

  /** Runs while there is something to watch; moves time whenever nothing else can happen. */
  private async watch(): Promise<void> {
    try {
      for (;;) {
        const seen = this.version
        await this.time.sleep(QUIET_MS)
        if (this.version !== seen) continue
        if (!this.isEverybodyWaiting()) return
        await this.move()
      }
    } catch (error) {
      this.giveUp(error)
    } finally {
      this.isWatching = false
    }
  }

  private isEverybodyWaiting(): boolean {
    if (this.participants.size === 0) return false
    return [...this.participants].every(({ waits, busy }) => waits.size > 0 && busy === 0)
  }

  private async move(): Promise<void> {
    const { waits } = this
    const first = Math.min(...waits.map((each) => each.wake))
    const wake = Math.max(...waits.map((each) => each.wake).filter((each) => each <= first + TOGETHER_MS))
    const seen = this.version
    const now = await this.now()
    // Another check may have gone on during our request.
    if (this.version !== seen) return
    await this.moveTo(wake, now)
    // Answers that the move has released are on their way; they end their waits first.
    await this.time.sleep(0)
    for (const each of waits) if (each.wake <= wake) each.settle(true)
    this.setAlarm()
  }

  private async moveTo(wake: number, from: number): Promise<void> {
    let now = from
    for (let attempt = 0; attempt < MAX_MOVES && now < wake; attempt++) {
      now = this.noteReading(await this.clock.advance((wake - now) / 1000))
    }
    if (now < wake) throw new Error('it was advanced and did not move')
  }

  private giveUp(error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error)
    const reason = new Unreachable(`The target's clock cannot be moved: ${detail}`, 'stuck')
    for (const { waits } of this.participants) for (const each of [...waits]) each.reject(reason)
  }
}

/**
 * Lets checks that wait for time start a few at once: a check holds its place until it waits for the first time or ends.
 * All may wait together, yet the requests that set them up do not crowd each other, which keeps their timing exact.
 */
function createStartGate(places: number) {
  let free = places
  const queue: (() => void)[] = []
  const leave = (): void => {
    const next = queue.shift()
    if (next === undefined) free++
    else next()
  }
  return {
    /** Resolves when there is a place; the returned function gives it back, once. */
    async enter() {
      if (free > 0) free--
      else await new Promise<void>((resolve) => queue.push(resolve))
      let hasLeft = false
      return () => {
        if (!hasLeft) leave()
        hasLeft = true
      }
    },
  }
}
