/** Handles requests as before, and tells what became of each. */
import type { HeardRequest } from '../../kernel/recording/recorder.js'
import { headersOf, whenLost, type ApiRequest, type ApiResponse } from '../base/exchange.js'
import type { Authenticate } from '../base/identity.js'
import { isRefusal } from '../../kernel/errors.js'
import type { Handle } from '../engine/engine.js'
import { splitUrl } from '../engine/split-url.js'

/** Told how a call ends; an answer may turn out later not to have reached the caller. */
export interface WatchedCall {
  answered(reply: ApiResponse): void
  lost(faults?: ApiResponse['faults']): void
}

/** @param begin hears each request, and returns who hears the rest; undefined for calls that are not watched */
export function watchedHandle(handle: Handle, begin: (exchange: ApiRequest) => WatchedCall | undefined): Handle {
  return (exchange) => {
    const call = begin(exchange)
    const reply = handle(exchange)
    if (call === undefined) return reply
    // Only a caller that waits can have hung up by now.
    return reply instanceof Promise
      ? reply.then((late) => end(call, late, exchange.signal?.aborted === true))
      : end(call, reply, false)
  }
}

function end(call: WatchedCall, reply: ApiResponse, hasHungUp: boolean): ApiResponse {
  if (hasHungUp || reply.connection !== undefined) call.lost(reply.faults)
  else call.answered(reply)
  whenLost(reply, () => call.lost(reply.faults))
  return reply
}

/** A request as a recorder takes it; undefined for a caller who is refused, and for what is no call of the API. */
export function recordable(exchange: ApiRequest, authenticate: Authenticate): HeardRequest | undefined {
  const { method, headers = {}, body, outsideBasePath } = exchange
  const caller = authenticate(headers)
  if (isRefusal(caller) || outsideBasePath !== undefined) return undefined
  const { user, workspace } = caller
  return { method, ...splitUrl(exchange), headers: headersOf(headers), body, user, workspace }
}
