/** Requests that wait: how many may be under way at once, and how one is sent when a place is free. */
import type { Pending, Transport, WireOutcome, WireRequest } from './transport.js'

export interface PollPlace {
  /** Gives it back, once `lingering` has settled where the request is over and may still wait at the target. */
  leave(lingering?: Promise<unknown>): void
}

/** Places that are not reserved for checks, for the single polls of all others. */
const RESERVED_CONNECTIONS = 4

/** The places of one run, at least one. Requests of checks under way come before checks that have not begun. */
export class PollLimiter {
  readonly most: number
  private held = 0
  private readonly singles: (() => void)[] = []
  private readonly whole = new Set<{ count: number; take: (count: number) => void }>()

  constructor(places: number) {
    this.most = Math.max(1, places)
  }

  /** Resolves when so many places are free, at most all there are; with none when the signal aborts. */
  async reserve(count: number, signal: AbortSignal): Promise<PollPermit> {
    const needed = signal.aborted ? 0 : Math.min(count, this.most)
    if (needed === 0) return new PollPermit(0, this)
    // A signal of its own: many may wait for this one.
    const stop = AbortSignal.any([signal])
    const taken = await new Promise<number>((take) => {
      const entry = { count: needed, take }
      this.whole.add(entry)
      const onAbort = (): void => {
        if (this.whole.delete(entry)) take(0)
      }
      stop.addEventListener('abort', onAbort, { once: true })
      this.admit()
    })
    return new PollPermit(taken, this)
  }

  /** Takes a single place, now or when there is one; `giveBack` returns it. */
  takeOne(): Promise<void> | undefined {
    if (this.held >= this.most) return new Promise((take) => this.singles.push(take))
    this.held++
    return undefined
  }

  giveBack(count: number): void {
    this.held -= count
    this.admit()
  }

  private admit(): void {
    for (let next = this.singles[0]; next !== undefined && this.held < this.most; next = this.singles[0]) {
      this.held++
      this.singles.shift()
      next()
    }
    const kept = Math.min(RESERVED_CONNECTIONS, Math.floor(this.most / 4))
    for (const next of this.whole) {
      if (this.held + next.count > Math.max(this.most - kept, next.count)) return
      this.held += next.count
      this.whole.delete(next)
      next.take(next.count)
    }
  }
}
export class PollPermit {
  private readonly places: PollLimiter
  /** Reserved and not in use. */
  private free: number
  private isReleased = false

  constructor(count: number, places: PollLimiter) {
    this.free = count
    this.places = places
  }

  /** Takes a place for one request: a reserved one, else any that is free; a promise when all are taken. */
  enter(): PollPlace | Promise<PollPlace> {
    if (this.free > 0) {
      this.free--
      return toPlace(() => (this.isReleased ? this.places.giveBack(1) : this.free++))
    }
    const single = toPlace(() => this.places.giveBack(1))
    return this.places.takeOne()?.then(() => single) ?? single
  }

  /** Gives back what is not in use; the rest follows by itself. */
  release(): void {
    this.isReleased = true
    this.places.giveBack(this.free)
    this.free = 0
  }
}

function toPlace(giveBack: () => unknown): PollPlace {
  let isLeft = false
  return {
    leave(lingering) {
      if (isLeft) return
      isLeft = true
      if (lingering === undefined) giveBack()
      else void lingering.then(giveBack, giveBack)
    },
  }
}
export interface PollGate {
  enter(): PollPlace | Promise<PollPlace>
  /** Settles when a request that was hung up surely waits no more; it was sent at that reading of the stopwatch. */
  linger(seconds: number, sentAt: number): Promise<unknown>
}

/** A request, and the longest that the target may hold it. */
export interface WaitingRequest {
  wire: WireRequest
  timeoutMs: number
  waitSeconds: number
}
export interface SentLater extends Pending {
  /** Settles when it has gone out. Default: it has. */
  sent?: Promise<unknown>
}

/** Sends through a door; one that is hung up before there is a place for it is never sent. */
export function sendWaiting(
  request: WaitingRequest,
  transport: Transport,
  door: PollGate,
  now: () => number,
): SentLater {
  const send = (place: PollPlace): Pending => {
    const sentAt = now()
    const pending = transport.send(request.wire, request.timeoutMs)
    void pending.outcome.then((outcome) => {
      const isOver = outcome.kind === 'answer' || outcome.reason === 'refused'
      place.leave(isOver ? undefined : door.linger(request.waitSeconds, sentAt))
    })
    return pending
  }
  const place = door.enter()
  return place instanceof Promise ? sendLater(place, send) : send(place)
}

function sendLater(place: Promise<PollPlace>, send: (place: PollPlace) => Pending): SentLater {
  let sent: Pending | undefined
  let giveUp: (() => void) | undefined
  const unsent = new Promise<WireOutcome>((resolve) => {
    giveUp = () => resolve({ kind: 'failure', reason: 'hung-up', message: 'It was not sent any more.' })
  })
  const outcome = place.then(async (free) => {
    if (giveUp === undefined) {
      free.leave()
      return unsent
    }
    sent = send(free)
    return sent.outcome
  })
  return {
    outcome: Promise.race([outcome, unsent]),
    sent: place,
    hangUp() {
      if (sent !== undefined) sent.hangUp()
      giveUp?.()
      giveUp = undefined
    },
  }
}
