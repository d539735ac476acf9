/**
 * Time of checks by moving the target's clock: it moves only when every running check waits for it, and by the smallest
 * amount that lets one go on. So a check sees hardly more time pass than it asked for, and all of them together need not
 * many more moves than the longest alone.
 */
import { Stop, type StopSignal } from '../../kernel/clock.js'
import { Unreachable } from '../target/client.js'
import type { TargetClock } from '../target/target.js'
import type { RealTime } from '../target/real-time.js'
import { askTogether, createStartGate, type TimeKeeper, type TimeParticipant } from './check-time.js'
import type { RequestPace } from './inspect-target.js'

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

/** How long everything must have been quiet before time moves: between two calls a check looks idle for a moment. */
const QUIET_MS = 1

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

export class VirtualKeeper implements TimeKeeper {
  readonly mostSeconds = Infinity
  private readonly clock: TargetClock
  private readonly time: RealTime
  private readonly start = createStartGate()
  private readonly participants = new Set<Participant>()
  private version = 0
  private isWatching = false
  /** What the clock showed last, and when by the stopwatch. */
  private reading = { now: 0, at: 0 }
  private alarm = new Stop()
  private unmeasured: RequestPace | undefined

  /**
   * @param pace is measured before the first move, when nothing else goes on
   * @param from time is not moved before it has settled
   */
  constructor(clock: TargetClock, time: RealTime, pace?: RequestPace, from?: Promise<unknown>) {
    this.clock = clock
    this.time = time
    this.unmeasured = pace
    if (from === undefined) return
    const others = this.add()
    const notBusy = this.markBusy(others)
    const begin = (): void => {
      this.participants.delete(others)
      notBusy()
    }
    from.then(begin, begin)
  }

  private add(): Participant {
    const participant: Participant = { waits: new Set(), busy: 0 }
    this.participants.add(participant)
    this.noteChange()
    return participant
  }

  /** Always asked: a reckoning of our own would be wrong by the delays of a busy machine. */
  readonly now = askTogether(async () => this.noteReading(await this.clock.now()))

  private noteReading(now: number): number {
    this.reading = { now, at: this.time.stopwatch() }
    return now
  }

  async join(): Promise<TimeParticipant> {
    const leaveGate = await this.start()
    const participant = this.add()
    return {
      wait: (seconds, until) => {
        leaveGate()
        return this.wait(participant, seconds, until)
      },
      busy: () => this.markBusy(participant),
      rest: () => {
        leaveGate()
        const isThere = this.participants.delete(participant)
        this.noteChange()
        return () => void (isThere && this.participants.add(participant))
      },
      leave: () => {
        leaveGate()
        this.participants.delete(participant)
        for (const each of [...participant.waits]) each.settle(false)
        this.noteChange()
      },
    }
  }

  /** Counts from now: what the clock was moved since cannot be told. */
  async passed(seconds: number, _since: number, signal: StopSignal): Promise<void> {
    if (signal.aborted) return
    const participant = this.add()
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', resolve))
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
    const ms = Math.ceil(1000 * seconds)
    const wake = (await this.now()) + ms
    const latest = wake + Math.max(MAX_LATE_MS, MAX_LATE_PART * ms)
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

  /** While some are busy, time passes by itself: a wait that is over by then must not be held up by them. */
  private setAlarm(): void {
    this.alarm.abort()
    this.alarm = new Stop()
    const first = Math.min(...this.waits.map(({ wake }) => wake))
    const ms = first - this.reading.now - (this.time.stopwatch() - this.reading.at) + ALARM_SLACK_MS
    if (ms < MAX_UNMOVED_MS) void this.ring(Math.max(ms, 0), this.alarm)
  }

  private async ring(ms: number, signal: StopSignal): Promise<void> {
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
        const all = [...this.participants]
        if (all.length === 0 || !all.every(({ waits, busy }) => waits.size > 0 && busy === 0)) return
        await this.move()
      }
    } catch (error) {
      this.giveUp(error)
    } finally {
      this.isWatching = false
    }
  }

  private async move(): Promise<void> {
    await this.unmeasured?.measure()
    this.unmeasured = undefined
    const { waits } = this
    const latest = Math.min(...waits.map((each) => each.latest))
    const wake = Math.max(...waits.map((each) => each.wake).filter((each) => each <= latest))
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
    for (const each of this.waits) each.reject(reason)
  }
}
