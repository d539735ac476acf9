/**
 * Time for one check, on top of the keeper that all checks share; and whether its own heartbeats went out in time: if not, the
 * machine let its runners lapse, and not the target.
 */
import type { OperationId } from '../../kernel/operation.js'
import type { CheckTime, PassOptions } from '../check/context.js'
import type { OpenCall, StartedCall } from '../target/client.js'
import { fail, NotRun } from '../target/expectation.js'
import type { RealTime } from '../target/transport.js'
import type { Limits } from '../target/target.js'
import type { Presence } from './check-run.js'
import type { TimeKeeper, TimeParticipant } from './time-keeper.js'
export interface CheckTimeParts {
  keeper: TimeKeeper
  participant: TimeParticipant
  time: RealTime
  limits: Limits
  /** Real milliseconds after which a request has reached a target that is not busy. */
  settleMs: number
  /** Resolves when a further request has been answered. */
  roundTrip: () => Promise<Presence>
}

/**
 * Further requests whose answers show that an earlier one has arrived, however busy the target: while it answers the
 * first, it may just have accepted the other's connection.
 */
const ROUND_TRIPS = 2

/** Real time that an answer may take once its hour has come. */
const GRACE_MS = 3000

/** Real time in which an answer that was sent is here. */
const LEAST_ON_ITS_WAY_MS = 20

/** By so much an answer may be seen later than it came; what is seen later still may have come in its time. */
const SEEN_LATE_SECONDS = 1.5

export class OwnTime implements CheckTime {
  private readonly parts: CheckTimeParts
  private lastOpenedAt = -Infinity
  /** When all that was opened before had arrived. */
  private lastArrivedAt = -Infinity

  constructor(parts: CheckTimeParts) {
    this.parts = parts
  }

  async pass(seconds: number, options: PassOptions = {}): Promise<void> {
    const alive = options.alive ?? []
    const step = alive.length === 0 ? seconds : this.parts.limits.heartbeat_ttl_seconds / 2
    const left = await this.countDown(seconds - (await this.arrive()), alive)
    for (let now = await left(); now > 0; now = await left()) {
      await this.parts.participant.wait(Math.min(step, now))
      await Promise.all(alive.map((each) => each.heartbeat()))
      if (alive.length === 0) return
    }
  }

  async within<Id extends OperationId>(call: OpenCall<Id>, seconds: number, what?: string, options: PassOptions = {}) {
    await this.watch(call, seconds, options)
    const answer = await this.parts.time.within(call.answer, GRACE_MS, undefined)
    return answer ?? fail(`${what ?? 'the answer'} within ${seconds} s`, 'none')
  }

  async stillOpen(call: OpenCall, seconds: number, what?: string, options: PassOptions = {}): Promise<void> {
    const from = await this.now()
    await this.watch(call, seconds, options)
    // An answer that was sent too early may still be on its way.
    await this.parts.time.sleep(Math.max(LEAST_ON_ITS_WAY_MS, this.parts.settleMs / 3))
    if (!call.isSettled) return
    const answer = await call.answer
    if ((await this.now()) - from > 1000 * (seconds + SEEN_LATE_SECONDS))
      throw new NotRun('more time has passed than was asked for, since a machine is busy')
    fail(`${what ?? 'the call'} to wait for ${seconds} s`, `an answer before: ${answer.status} ${answer.text}`, answer)
  }

  /** Lets seconds pass, or as many as it takes until the call is answered. */
  private async watch(call: OpenCall, seconds: number, { alive = [] }: PassOptions): Promise<void> {
    const left = await this.countDown(Math.max(0, seconds - (await this.arrive())), alive)
    const step = alive.length === 0 ? Infinity : this.parts.limits.heartbeat_ttl_seconds / 2
    for (let now = await left(); !call.isSettled && now >= 0; now = await left()) {
      const isAnswered = await this.parts.participant.wait(Math.min(step, now), call.answer)
      if (!isAnswered) await Promise.all(alive.map((each) => each.heartbeat()))
      if (alive.length === 0) return
    }
  }

  /** Tells how many seconds are left; what heartbeats take on the way counts, too, since it adds up on a busy machine. */
  private async countDown(seconds: number, alive: readonly unknown[]): Promise<() => Promise<number>> {
    if (alive.length === 0) return async () => seconds
    const until = (await this.now()) + 1000 * seconds
    return async () => (until - (await this.now())) / 1000
  }

  async settle(): Promise<void> {
    await this.arrived(this.parts.time.stopwatch())
  }

  /** Resolves when what was sent at a reading of the stopwatch has surely reached the target, or the signal aborts. */
  private async arrived(sentAt: number, signal?: AbortSignal): Promise<void> {
    const { time, settleMs, roundTrip } = this.parts
    await time.sleep(Math.max(0, settleMs - (time.stopwatch() - sentAt)), signal)
    for (let trip = 0; trip < ROUND_TRIPS && signal?.aborted !== true; trip++) {
      if ((await roundTrip()) !== 'there') return
    }
  }

  get mostSeconds(): number {
    return this.parts.keeper.mostSeconds
  }

  now(): Promise<number> {
    return this.parts.keeper.now()
  }

  /** Time must not move while a request is on its way; a long poll that has arrived waits for it, as the check does. */
  onCall(call: StartedCall): () => void {
    if (call.isOpen) {
      this.lastOpenedAt = this.parts.time.stopwatch()
      return () => undefined
    }
    const end = this.parts.participant.busy()
    if (call.waitSeconds === undefined) return end
    const ended = new AbortController()
    void this.lendPatience(ended.signal, call.waitSeconds + 1, end)
    return () => {
      end()
      ended.abort()
    }
  }

  /** Counts a long poll as waiting once it has surely arrived. */
  private async lendPatience(ended: AbortSignal, seconds: number, notBusy: () => void): Promise<void> {
    await this.arrived(this.parts.time.stopwatch(), ended)
    if (ended.aborted) return
    const until = new Promise<void>((resolve) => ended.addEventListener('abort', () => resolve(), { once: true }))
    const waiting = this.parts.participant.wait(seconds, until).catch(() => undefined)
    notBusy()
    await waiting
  }

  /** An open call must have reached the target before time moves. Returns the seconds that this took. */
  private async arrive(): Promise<number> {
    const { time } = this.parts
    if (this.lastArrivedAt >= this.lastOpenedAt) return 0
    const started = time.stopwatch()
    await this.arrived(this.lastOpenedAt)
    this.lastArrivedAt = time.stopwatch()
    return (this.lastArrivedAt - started) / 1000
  }
}

/** Why a check has no verdict whose runners lapsed unasked. */
export const TOO_SLOW = 'this machine was too slow: heartbeats of the check went out late'

interface Beat {
  readonly sentAt: number
  /** How long the check had waited on purpose by then. */
  readonly waitedMs: number
}

export class OwnPace {
  private readonly time: RealTime
  private readonly ttlMs: number
  private readonly beats = new Map<string, Beat>()
  private waitedMs = 0
  private late = false

  constructor(time: RealTime, heartbeatTtlSeconds: number) {
    this.time = time
    this.ttlMs = 1000 * heartbeatTtlSeconds
  }

  /** Whether more time than a heartbeat lasts went by in which the check had not asked to wait. */
  get isLate(): boolean {
    return this.late
  }

  /** A participant whose waits are known to be on purpose. */
  counting(participant: TimeParticipant): TimeParticipant {
    return {
      ...participant,
      wait: async (seconds, until) => {
        const began = this.time.stopwatch()
        try {
          return await participant.wait(seconds, until)
        } finally {
          this.waitedMs += Math.min(1000 * seconds, this.time.stopwatch() - began)
        }
      },
    }
  }

  /** A call is about to be sent. Returns what hears of its end. */
  onCall({ operation, path }: StartedCall): () => void {
    this.look()
    const key = operation === 'activatePairingSession' ? path['sessionId'] : path['runnerId']
    const isBeat = operation === 'heartbeat' || operation === 'activatePairingSession'
    if (isBeat && key !== undefined) this.beats.set(key, { sentAt: this.time.stopwatch(), waitedMs: this.waitedMs })
    if (operation === 'disconnectRunner' && key !== undefined) this.beats.delete(key)
    return () => this.look()
  }

  private look(): void {
    const now = this.time.stopwatch()
    for (const { sentAt, waitedMs } of this.beats.values()) {
      if (now - sentAt >= this.ttlMs && this.waitedMs - waitedMs < this.ttlMs) this.late = true
    }
  }
}
