/** Sends requests that may wait at a target: each when there is a place for it, which it keeps until it surely waits no more. */
import type { Pending, Transport, WireOutcome, WireRequest } from './transport.js'
import type { Place } from './waiting-places.js'

/** Where requests that may wait go through. */
export interface SendGate {
  /** A place for one of them, at once or when there is one. */
  enter(): Place | Promise<Place>
  /** Settles when a request that was hung up surely waits no more; it was sent at that reading of the stopwatch. */
  linger(seconds: number, sentAt: number): Promise<unknown>
}

/** A request, and the longest that the target may hold it. */
export interface WaitingRequest {
  wire: WireRequest
  timeoutMs: number
  waitSeconds: number
}

/** A request under way, or to be. */
export interface SentLater extends Pending {
  /** Settles when it has gone out. Default: it has. */
  sent?: Promise<unknown>
}

/** Sends through a door; one that is hung up before there is a place for it is never sent. */
export function sendWaiting(
  request: WaitingRequest,
  transport: Transport,
  door: SendGate,
  now: () => number,
): SentLater {
  const send = (place: Place): Pending => {
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

function sendLater(place: Promise<Place>, send: (place: Place) => Pending): SentLater {
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
