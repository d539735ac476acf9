/**
 * Calls that are given up when no answer comes, and repeated when the server is busy or unreachable, as the clients
 * generated for the SDKs do it.
 */
import type { Clock } from '../../kernel/clock.js'
import type { OperationId } from '../../kernel/operation.js'
import type { Call, CallAnswer, CallInput } from './api-call.js'

/** Virtual milliseconds before the first and the second repetition. */
const PAUSES_MS = [1000, 2000]

/** Virtual milliseconds in which an answer must have come: what the SDKs allow, and what daemons allow a poll. */
const TIMEOUT_MS = 60_000
const POLL_TIMEOUT_MS = 45_000

/** Repeats a call up to twice; what is answered then counts. Nothing is repeated once `stopped` has aborted. */
export function createRetryingCall(call: Call, clock: Clock, stopped: AbortSignal): Call {
  return async <Id extends OperationId>(id: Id, input?: CallInput<Id>): Promise<CallAnswer> => {
    const attempt = (): Promise<CallAnswer> => callInTime(call, clock, id, input)
    let answer = await attempt()
    for (const pause of PAUSES_MS) {
      if (!isTemporary(answer.status) || input?.signal?.aborted === true) break
      if (!(await clock.sleep(retryAfter(answer) ?? pause, stopped))) break
      answer = await attempt()
    }
    return answer
  }
}

/** Hangs up when the time is over. */
async function callInTime<Id extends OperationId>(
  call: Call,
  clock: Clock,
  id: Id,
  input?: CallInput<Id>,
): Promise<CallAnswer> {
  const hangUp = new AbortController()
  const abort = (): void => hangUp.abort()
  const endsAt = clock.now() + (id === 'nextBridgeCommands' ? POLL_TIMEOUT_MS : TIMEOUT_MS)
  const giveUp = (): void => {
    clock.noteWake()
    abort()
  }
  const timer = clock.schedule(endsAt, giveUp, { span: true })
  if (input?.signal?.aborted === true) abort()
  input?.signal?.addEventListener('abort', abort)
  try {
    return await call(id, { ...input, signal: hangUp.signal })
  } finally {
    timer.cancel()
    input?.signal?.removeEventListener('abort', abort)
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
