/**
 * Time of all checks of a run: what passes by itself, or what the target's clock is moved by. It is moved only when every
 * running check waits for it, and by the smallest amount that lets one go on. So a check sees hardly more time pass than it
 * asked for, and all of them together need not many more moves than the longest alone.
 */
import { Stop, type StopSignal } from '../../kernel/clock.js'
import { resolveTurn } from '../../kernel/timer-queue.js'
import { afterRealTime, realClock } from '../../kernel/real-time.js'
import { Unreachable } from '../target/client.js'
import { NotRun } from '../target/expectation.js'
import type { TargetClock } from '../target/target.js'
import type { RequestPace } from './inspect-target.js'

interface KeeperOptions {
  /** Moves time. Default: it passes by itself. */
  clock?: TargetClock | undefined
  /** Where time passes by itself, a wait is refused that would end after this reading of the stopwatch. Default: never. */
  deadline?: number
  /** How many checks are set up at once. Default: 8. */
  startingAtOnce?: number | undefined
  /** Is measured before the first move, when nothing else goes on. */
  pace?: RequestPace
  /** Time is not moved before it has settled. */
  from?: Promise<unknown> | undefined
}

interface Wait {
  /** Target time at which it is over, in milliseconds. */
  wake: number
  /** Until then it may last, when others end meanwhile. */
  latest: number
  settle(passed: boolean): void
  reject(error: Error): void
}

interface Participant {
  waits: Set<Wait>
  busy: number
}

/** What a check may do with time. */
export type TimeParticipant = Awaited<ReturnType<TimeKeeper['join']>>

/** How many checks that wait for time are set up at once. */
const STARTING_AT_ONCE = 8

/** How long everything must have been quiet before time moves: between two calls a check looks idle for a moment. */
const QUIET_MS = 0.3

/**
 * A wait may end so much later, or by this part of its length, together with others: fewer moves of the clock, with the
 * same result, since checks leave more room than that around a deadline.
 */
const MAX_LATE_MS = 80
const MAX_LATE_PART = 0.02

const MAX_MOVES = 5

/** Checks are never busy for so long that a longer wait could end before time is moved. */
const MAX_UNMOVED_MS = 120_000

/** Clocks tell whole milliseconds: an alarm must not ring just before its time. */
const ALARM_SLACK_MS = 2

export class TimeKeeper {
  private readonly clock: TargetClock | undefined
  private readonly deadline: number
  /** So many checks may start now; the others stand in line. */
  private places: number
  private readonly inLine: (() => void)[] = []
  private readonly participants = new Set<Participant>()
  private version = 0
  private activity: 'none' | 'watching' | 'moving' = 'none'
  /** What the clock showed last, and when by the stopwatch. */
  private reading = { now: 0, at: 0 }
  private alarm = new Stop()
  private unmeasured: RequestPace | undefined
  private readonly from: Promise<unknown> | undefined

  constructor({ clock, deadline = Infinity, startingAtOnce = STARTING_AT_ONCE, pace, from }: KeeperOptions) {
    this.clock = clock
    this.deadline = deadline
    this.places = startingAtOnce
    this.unmeasured = pace
    this.from = from?.catch(() => undefined)
  }

  /** How much time may pass from now on. */
  get mostSeconds(): number {
    return this.clock === undefined ? (this.deadline - realClock.stopwatch()) / 1000 : Infinity
  }

  /**
   * The target's time, in milliseconds since 1970. A clock is always asked: a reckoning of our own would be wrong by the
   * delays of a busy machine.
   */
  readonly now = askTogether(async () => this.noteReading((await this.clock?.now()) ?? realClock.now()))

  private noteReading(now: number): number {
    this.reading = { now, at: realClock.stopwatch() }
    return now
  }

  private add(): Participant {
    const participant: Participant = { waits: new Set(), busy: 0 }
    this.participants.add(participant)
    this.noteChange()
    return participant
  }

  private remove(participant: Participant): boolean {
    const wasThere = this.participants.delete(participant)
    this.noteChange()
    return wasThere
  }

  /**
   * Registers a check about to run, once there is room; a clock then stands still for all checks until it waits or leaves.
   * Checks that wait for time start a few at once: each counts as starting until it waits for the first time or ends. All
   * may wait together, yet the requests that set them up do not crowd each other, which keeps their timing exact.
   * @param onWait hears how many seconds each of its waits may really take
   */
  async join(onWait?: (seconds: number) => void) {
    if (this.places > 0) this.places--
    else await new Promise<void>((resolve) => this.inLine.push(resolve))
    const participant = this.add()
    let isStarting = true
    const hasStarted = (): void => {
      const next = isStarting ? (this.inLine.shift() ?? (() => this.places++)) : undefined
      isStarting = false
      next?.()
    }
    return {
      /**
       * Resolves true when `until` settles, false once `seconds` have passed before that.
       * @param from the target's time from which they count. Default: now, which is asked.
       */
      wait: (seconds: number, until?: Promise<unknown>, from?: number): Promise<boolean> => {
        hasStarted()
        return this.wait(participant, seconds, until, from, onWait)
      },
      /** Marks the check as busy until the returned function is called; a clock does not move meanwhile. */
      busy: () => this.markBusy(participant),
      /** Lets time move without it until the returned function is called: others wait in its place. */
      rest: () => {
        hasStarted()
        const wasThere = this.remove(participant)
        return () => void (wasThere && this.participants.add(participant))
      },
      /** The check has ended, or must: what it still waits for is over. */
      leave: () => {
        hasStarted()
        for (const each of [...participant.waits]) each.settle(false)
        this.remove(participant)
      },
    }
  }

  /**
   * Settles when `seconds` have passed on the target since something that happened at `since`, a reading of the stopwatch,
   * or when the signal aborts. What a clock was moved since cannot be told: there they count from now.
   */
  async passed(seconds: number, since: number, signal: StopSignal): Promise<void> {
    if (this.clock === undefined) return realClock.sleep(since + 1000 * seconds - realClock.stopwatch(), signal)
    if (signal.aborted) return
    const participant = this.add()
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', resolve))
    await this.wait(participant, seconds, aborted).catch(() => undefined)
    this.remove(participant)
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

  private async wait(
    participant: Participant,
    seconds: number,
    until?: Promise<unknown>,
    from?: number,
    onWait?: (seconds: number) => void,
  ): Promise<boolean> {
    if (seconds > this.mostSeconds) {
      const wait = `a wait of ${Math.ceil(seconds)} s`
      const past = `${wait} would end past the longest waiting in all (--max-wait, maxWaitSeconds)`
      throw new NotRun(`${past}; a clock that can be moved needs none (--admin, clock)`)
    }
    if (this.clock === undefined) onWait?.(seconds)
    // Whole milliseconds, as clocks tell them: the rest of one could never be seen to pass.
    const ms = Math.ceil(1000 * seconds)
    const wake = (from ?? (await this.now())) + ms
    const latest = wake + Math.max(MAX_LATE_MS, MAX_LATE_PART * ms)
    if (!this.participants.has(participant)) return true
    return new Promise((resolve, reject) => {
      const end = (action: () => void): void => {
        if (!participant.waits.delete(wait)) return
        this.setAlarm()
        action()
        this.noteChange()
      }
      const settle = (passed: boolean): void => end(() => resolve(!passed))
      const wait: Wait = { wake, latest, settle, reject: (error) => end(() => reject(error)) }
      participant.waits.add(wait)
      const come = (): void => settle(false)
      until?.then(come, come)
      this.setAlarm()
      this.noteChange()
    })
  }

  private get waits(): Wait[] {
    return [...this.participants].flatMap((each) => [...each.waits])
  }

  /** Time passes by itself as well: a wait that is over by then must not be held up by those that are busy. */
  private setAlarm(): void {
    this.alarm.abort()
    this.alarm = new Stop()
    const first = Math.min(...this.waits.map(({ wake }) => wake))
    const ms = first - this.reading.now - (realClock.stopwatch() - this.reading.at) + ALARM_SLACK_MS
    const isFar = this.clock === undefined ? first === Infinity : ms >= MAX_UNMOVED_MS
    if (!isFar) void this.ring(Math.max(ms, 0), this.alarm)
  }

  private async ring(ms: number, signal: StopSignal): Promise<void> {
    await realClock.sleep(ms, signal)
    if (signal.aborted) return
    // A clock that cannot be read is told by the next move. One that is being moved may yet jump ahead of who goes on.
    const now = await this.now().catch(() => -Infinity)
    if (this.activity === 'moving') return
    for (const each of this.waits) if (each.wake <= now) each.settle(true)
    if (this.clock === undefined) this.setAlarm()
  }

  private noteChange(): void {
    this.version++
    if (this.clock === undefined || this.activity !== 'none' || this.participants.size === 0) return
    this.activity = 'watching'
    void this.watch(this.clock)
  }

  /** Runs while there is something to watch; moves time whenever nothing else can happen. */
  private async watch(clock: TargetClock): Promise<void> {
    try {
      await this.from
      for (;;) {
        const seen = this.version
        const all = [...this.participants]
        if (all.length === 0 || !all.every(({ waits, busy }) => waits.size > 0 && busy === 0)) return
        await quiet()
        if (this.version === seen) await this.move(clock)
      }
    } catch (error) {
      this.giveUp(error)
    } finally {
      this.activity = 'none'
    }
  }

  private async move(clock: TargetClock): Promise<void> {
    await this.unmeasured?.measure()
    this.unmeasured = undefined
    const { waits } = this
    const latest = Math.min(...waits.map((each) => each.latest))
    const wake = Math.max(...waits.map((each) => each.wake).filter((each) => each <= latest))
    const seen = this.version
    let now = await this.now()
    // Another check may have gone on during our request.
    if (this.version !== seen) return
    this.activity = 'moving'
    for (let attempt = 0; attempt < MAX_MOVES && now < wake; attempt++) {
      now = this.noteReading(await clock.advance((wake - now) / 1000))
    }
    if (now < wake) throw new Error('it was advanced and did not move')
    this.activity = 'watching'
    // Answers that the move has released are on their way; they end their waits first.
    await quiet()
    for (const each of waits) if (each.wake <= wake) each.settle(true)
    this.setAlarm()
  }

  private giveUp(error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error)
    const reason = new Unreachable(`The target's clock cannot be moved: ${detail}`, 'stuck')
    for (const each of this.waits) each.reject(reason)
  }
}

/** Lets all come in that is on its way: a timer would sleep for longer, more than a hundred times in a run. */
async function quiet(): Promise<void> {
  for (const from = realClock.stopwatch(); realClock.stopwatch() - from < QUIET_MS;) await turnOfTheLoop?.()
}

const turnOfTheLoop = resolveTurn((act, ms) => afterRealTime(ms, act))

/** Asks once for all who ask while an earlier question is under way: each gets what was asked for after it came. */
export function askTogether<Value>(ask: () => Promise<Value>): () => Promise<Value> {
  let current: Promise<unknown> | undefined
  let next: Promise<Value> | undefined
  const begin = (): Promise<Value> => {
    next = undefined
    const asked = ask()
    const over = (): void => void (current = undefined)
    current = asked.then(over, over)
    return asked
  }
  return () => next ?? (current === undefined ? begin() : (next = current.then(begin)))
}
