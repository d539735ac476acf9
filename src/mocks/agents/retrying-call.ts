/** Calls that are repeated when the server is busy or unreachable, as the clients generated for the SDKs do it. */
import type { Clock } from '../../kernel/clock.js'
import type { OperationId } from '../../kernel/operation.js'
import type { Call, CallAnswer, CallInput } from './api-call.js'

/** Virtual milliseconds before the first and the second repetition. */
const PAUSES_MS = [1000, 2000]

/** Repeats a call up to twice; what is answered then counts. Nothing is repeated once `stopped` has aborted. */
export function createRetryingCall(call: Call, clock: Clock, stopped: AbortSignal): Call {
  return async <Id extends OperationId>(id: Id, input?: CallInput<Id>): Promise<CallAnswer> => {
    let answer = await call(id, input)
    for (const pause of PAUSES_MS) {
      if (!isTemporary(answer.status) || input?.signal?.aborted === true) break
      if (!(await clock.sleep(retryAfter(answer) ?? pause, stopped))) break
      answer = await call(id, input)
    }
    return answer
  }
}

function isTemporary(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500
}

function retryAfter({ headers }: CallAnswer): number | undefined {
  const seconds = Number(headers['retry-after'] ?? Number.NaN)
  return seconds >= 0 && seconds <= LONGEST_RETRY_SECONDS ? seconds * 1000 : undefined
}

/** The generated clients wait no longer, whatever the server asks for. */
const LONGEST_RETRY_SECONDS = 60
