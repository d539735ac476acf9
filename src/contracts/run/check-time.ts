/**
 * What checks that run at once share besides time: places for requests that wait. And what one check sees of time, including
 * whether its own heartbeats went out in time: if not, the machine let its runners lapse, and not the target.
 */
import { Stop, type StopSignal } from '../../kernel/clock.js'
import { secondsToBeat } from '../check/check-steps.js'
import type { CheckTime, PassOptions } from '../check/context.js'
import type { OperationId } from '../../kernel/operation.js'
import type { OpenCall, StartedCall } from '../target/client.js'
import { fail, NotRun } from '../target/expectation.js'
import type { Limits } from '../target/target.js'
import { realClock } from '../../kernel/real-time.js'
import type { LeavePlace } from '../target/transport.js'
import type { RequestPace } from './inspect-target.js'
import type { TimeKeeper, TimeParticipant } from './time-keeper.js'

/** Places that are not reserved for checks, for the single polls of all others. */
const RESERVED_CONNECTIONS = 4

/** Who waits for places: for so many, once no more than `most` are then in use. */
interface Waiting {
  readonly count: number
  readonly most: number
  readonly take: (count: number) => void
}

/** What one check has reserved. */
export type PollPermit = Awaited<ReturnType<PollLimiter['reserve']>>

/**
 * The places of one run, at least one, for requests that wait at the target. Requests of checks under way come before checks
 * that have not begun.
 */
export class PollLimiter {
  readonly most: number
  private held = 0
  private readonly singles: Waiting[] = []
  private readonly whole: Waiting[] = []

  constructor(places: number) {
    this.most = Math.max(1, places)
  }

  /** Resolves when so many places are free, at most all there are; with none when the signal aborts. */
  async reserve(wanted: number, signal: StopSignal) {
    const count = signal.aborted ? 0 : Math.min(wanted, this.most)
    const kept = Math.min(RESERVED_CONNECTIONS, Math.floor(this.most / 4))
    let free = count === 0 ? 0 : await this.standInLine(count, Math.max(this.most - kept, count), signal)
    let isReleased = false
    return {
      /**
       * Takes a place for one request: a reserved one, else any that is free; a promise when all are taken.
       * @param linger settles when a request that went out at a reading of the stopwatch surely waits no more
       */
      enter: (linger: (sentAt: number) => Promise<unknown>): LeavePlace | Promise<LeavePlace> => {
        const isOwn = free > 0
        const giveBack = (): void => {
          if (isOwn && !isReleased) free++
          else this.giveBack(1)
        }
        const taken = (): LeavePlace => {
          const sentAt = realClock.stopwatch()
          return (mayStillWait) => (mayStillWait ? void linger(sentAt).then(giveBack, giveBack) : giveBack())
        }
        if (isOwn) free--
        return (isOwn ? undefined : this.takeOne()?.then(taken)) ?? taken()
      },
      /** Gives back what is not in use; the rest follows by itself. */
      release: (): void => {
        isReleased = true
        this.giveBack(free)
        free = 0
      },
    }
  }

  /** Takes a single place, now or when there is one; `giveBack` returns it. */
  takeOne(): Promise<unknown> | undefined {
    if (this.held >= this.most) return new Promise((take) => this.singles.push({ count: 1, most: this.most, take }))
    this.held++
    return undefined
  }

  giveBack(count: number): void {
    this.held -= count
    this.admit()
  }

  private standInLine(count: number, most: number, signal: StopSignal): Promise<number> {
    return new Promise((resolve) => {
      const take = (taken: number): void => {
        signal.removeEventListener('abort', leave)
        resolve(taken)
      }
      const waiting = { count, most, take }
      const leave = (): void => {
        this.whole.splice(this.whole.indexOf(waiting), 1)
        take(0)
      }
      signal.addEventListener('abort', leave)
      this.whole.push(waiting)
      this.admit()
    })
  }

  private admit(): void {
    for (const line of [this.singles, this.whole]) {
      for (let next = line[0]; next !== undefined && this.held + next.count <= next.most; next = line[0]) {
        this.held += next.count
        line.shift()
        next.take(next.count)
      }
    }
  }
}

interface CheckTimeParts {
  keeper: TimeKeeper
  participant: TimeParticipant
  limits: Limits
  pace: RequestPace
  /** Sends a further request; resolves when it has been answered, false when the target is not there. */
  roundTrip: () => Promise<boolean>
}

/**
 * Further requests whose answers show that an earlier one has arrived, however busy the target: while it answers the
 * first, it may just have accepted the other's connection.
 */
const ROUND_TRIPS = 2

/** Real time that an answer may take once its hour has come. */
const GRACE_MS = 3000

/** Real time in which an answer that was sent is here. */
const LEAST_ON_ITS_WAY_MS = 10

/** By so much an answer may be seen later than it came; what is seen later still may have come in its time. */
const SEEN_LATE_SECONDS = 1.5

/** Why a check has no verdict whose runners lapsed unasked. */
export const TOO_SLOW = 'this machine was too slow: heartbeats of the check went out late'

export class OwnTime implements CheckTime {
  /** Whether more time than a heartbeat lasts went by in which the check had not asked to wait. */
  isLate = false
  private readonly parts: CheckTimeParts
  /** When each open call was sent that is not answered yet. */
  private readonly open = new Map<StartedCall, number>()
  /** When all that was opened before had arrived. */
  private lastArrivedAt = -Infinity
  /** The last heartbeat of each runner: when it was sent, and how long the check had waited on purpose by then. */
  private readonly beats = new Map<string, { sentAt: number; waitedMs: number }>()
  private waitedMs = 0

  constructor(parts: CheckTimeParts) {
    this.parts = parts
  }

  async within<Id extends OperationId>(call: OpenCall<Id>, seconds: number, what?: string, options: PassOptions = {}) {
    await this.pass(seconds, options, call)
    const answer = await realClock.within(call.answer, GRACE_MS, undefined)
    return answer ?? fail(`${what ?? 'the answer'} within ${seconds} s`, 'none')
  }

  async stillOpen(call: OpenCall, seconds: number, what?: string, options: PassOptions = {}): Promise<void> {
    const from = await this.now()
    await this.pass(seconds, options, call)
    // An answer that was sent too early may still be on its way.
    await realClock.sleep(Math.max(LEAST_ON_ITS_WAY_MS, this.parts.pace.settleMs / 3))
    if (!call.isSettled) return
    const answer = await call.answer
    if ((await this.now()) - from > 1000 * (seconds + SEEN_LATE_SECONDS))
      throw new NotRun('more time has passed than was asked for, since a machine is busy')
    fail(`${what ?? 'the call'} to wait for ${seconds} s`, `an answer before: ${answer.status} ${answer.text}`, answer)
  }

  /** Lets seconds pass, or as many as it takes until the call is answered. */
  async pass(seconds: number, { alive = [] }: PassOptions = {}, call?: OpenCall): Promise<void> {
    const span = Math.max(0, seconds - (await this.arrive(call)))
    if (alive.length === 0) {
      // A wait may be refused: there is none where nothing is left to wait for.
      if (call === undefined ? span > 0 : !call.isSettled) await this.wait(span, call?.answer)
      return
    }
    // What heartbeats take on the way counts, too, since it adds up on a busy machine.
    let now = await this.now()
    const until = now + 1000 * span
    while (call === undefined ? now < until : !call.isSettled && now <= until) {
      const step = Math.min(secondsToBeat(this.parts.limits, now), (until - now) / 1000)
      if (!(await this.wait(step, call?.answer, now))) await Promise.all(alive.map((each) => each.heartbeat()))
      now = await this.now()
    }
  }

  private async wait(seconds: number, until?: Promise<unknown>, from?: number): Promise<boolean> {
    const began = realClock.stopwatch()
    try {
      return await this.parts.participant.wait(seconds, until, from)
    } finally {
      this.waitedMs += Math.min(1000 * seconds, realClock.stopwatch() - began)
    }
  }

  /** The check has ended, or must: what it still waits for is over. */
  leave(): void {
    this.parts.participant.leave()
  }

  async settle(): Promise<void> {
    await this.arrived(realClock.stopwatch())
  }

  /** Resolves when what was sent at a reading of the stopwatch has surely reached the target, or the signal aborts. */
  private async arrived(sentAt: number, signal?: StopSignal): Promise<void> {
    const { pace, roundTrip } = this.parts
    await realClock.sleep(Math.max(0, pace.settleMs - (realClock.stopwatch() - sentAt)), signal)
    for (let trip = 0; trip < ROUND_TRIPS && signal?.aborted !== true; trip++) if (!(await roundTrip())) return
  }

  get mostSeconds(): number {
    return this.parts.keeper.mostSeconds
  }

  now(): Promise<number> {
    return this.parts.keeper.now()
  }

  /**
   * A call is about to be sent. Time must not move while it is on its way; a long poll that has arrived waits for it, as the
   * check does. Returns what hears of its end, and whether it was answered.
   */
  onCall(call: StartedCall): (isAnswered: boolean) => void {
    this.noteBeat(call)
    const { participant } = this.parts
    if (call.isOpen) {
      this.open.set(call, realClock.stopwatch())
      return (isAnswered) => {
        if (isAnswered) this.open.delete(call)
        this.look()
      }
    }
    const notBusy = participant.busy()
    const ended = new Stop()
    if (call.waitSeconds !== undefined) void this.lendPatience(ended, call.waitSeconds + 1, notBusy)
    return () => {
      notBusy()
      ended.abort()
      this.look()
    }
  }

  private noteBeat({ operation, acts }: StartedCall): void {
    this.look()
    const path = acts.kind === 'operation' ? acts.path : {}
    const key = operation === 'activatePairingSession' ? path['sessionId'] : path['runnerId']
    if (key === undefined) return
    const sentAt = realClock.stopwatch()
    const isBeat = operation === 'heartbeat' || operation === 'activatePairingSession'
    if (isBeat) this.beats.set(key, { sentAt, waitedMs: this.waitedMs })
    if (operation === 'disconnectRunner') this.beats.delete(key)
  }

  private look(): void {
    const now = realClock.stopwatch()
    const ttlMs = 1000 * this.parts.limits.heartbeat_ttl_seconds
    for (const { sentAt, waitedMs } of this.beats.values()) {
      if (now - sentAt >= ttlMs && this.waitedMs - waitedMs < ttlMs) this.isLate = true
    }
  }

  /** Counts a long poll as waiting once it has surely arrived. */
  private async lendPatience(ended: StopSignal, seconds: number, notBusy: () => void): Promise<void> {
    await this.arrived(realClock.stopwatch(), ended)
    if (ended.aborted) return
    const until = new Promise<void>((resolve) => ended.addEventListener('abort', resolve))
    const waiting = this.wait(seconds, until).catch(() => undefined)
    notBusy()
    await waiting
  }

  /** Open calls must have arrived before time moves, which an answer to `call` makes needless. Returns the seconds that it took. */
  private async arrive(call?: OpenCall): Promise<number> {
    const openedAt = Math.max(-Infinity, ...this.open.values())
    if (this.lastArrivedAt >= openedAt) return 0
    const started = realClock.stopwatch()
    const answered = new Stop()
    void call?.answer.catch(() => undefined).then(() => answered.abort())
    await this.arrived(openedAt, answered)
    if (!answered.aborted) this.lastArrivedAt = realClock.stopwatch()
    return (realClock.stopwatch() - started) / 1000
  }
}
