/** Whether a check's own heartbeats went out in time. If not, the machine let its runners lapse, and not the target. */
import type { StartedCall } from '../target/client.js'
import type { RealTime } from '../target/transport.js'
import type { TimeParticipant } from './time-keeper.js'

/** Why a check has no verdict whose runners lapsed unasked. */
export const TOO_SLOW = 'this machine was too slow: heartbeats of the check went out late'

/** A sign of life of a runner. */
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
