// Calls that are given up when no answer comes, and repeated when the server is busy or unreachable, as the clients
// generated for the SDKs do it.
import { Stop, type Clock, type StopSignal } from '../../kernel/clock.js'
import type { OperationId } from '../../kernel/operation.js'
import type { CallAnswer, CallInput, DirectCall } from './call-api.js'

/** Virtual milliseconds before the first and the second repetition. */
const PAUSES_MS = [1000, 2000]

/** Virtual milliseconds in which an answer must have come: what the SDKs allow, and what daemons allow a poll. */
const TIMEOUT_MS = 60_000
const POLL_TIMEOUT_MS = 45_000

/** Repeats a call up to twice; what is answered then counts. Nothing is repeated once `stopped` has aborted. */
export function createRetryingCall(call: DirectCall, clock: Clock, stopped: StopSignal): DirectCall {
  return (id, input) => {
    const attempt = (): CallAnswer | Promise<CallAnswer> => callInTime(call, clock, id, input)
    const first = attempt()
    if (!(first instanceof Promise) && !isTemporary(first.status)) return first
    return repeat(first, attempt, clock, input?.signal, stopped)
  }
}

async function repeat(
  first: CallAnswer | Promise<CallAnswer>,
  attempt: () => CallAnswer | Promise<CallAnswer>,
  clock: Clock,
  signal: StopSignal | undefined,
  stopped: StopSignal,
): Promise<CallAnswer> {
  let answer = await first
  for (const pause of PAUSES_MS) {
    if (!isTemporary(answer.status) || signal?.aborted === true) break
    if (!(await clock.sleep(retryAfter(answer) ?? pause, stopped))) break
    answer = await attempt()
  }
  return answer
}

function callInTime<Id extends OperationId>(
  call: DirectCall,
  clock: Clock,
  id: Id,
  input?: CallInput<Id>,
): CallAnswer | Promise<CallAnswer> {
  const hangUp = new Stop()
  if (input?.signal?.aborted === true) hangUp.abort()
  const answer = call(id, { path: input?.path, query: input?.query, body: input?.body, signal: hangUp })
  if (!(answer instanceof Promise)) return answer
  return hangUpInTime(answer, hangUp, clock, id === 'nextBridgeCommands' ? POLL_TIMEOUT_MS : TIMEOUT_MS, input?.signal)
}

/** Hangs up when the time is over, or another signal aborts. */
async function hangUpInTime(
  answer: Promise<CallAnswer>,
  hangUp: Stop,
  clock: Clock,
  ms: number,
  signal: StopSignal | undefined,
): Promise<CallAnswer> {
  const giveUp = (): void => {
    clock.noteWake()
    hangUp.abort()
  }
  const timer = clock.schedule(clock.now() + ms, giveUp, { span: true })
  const end = (): void => hangUp.abort()
  signal?.addEventListener('abort', end)
  try {
    return await answer
  } finally {
    timer.cancel()
    signal?.removeEventListener('abort', end)
  }
}

function isTemporary(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500
}

function retryAfter({ headers }: CallAnswer): number | undefined {
  const seconds = Number(headers['retry-after'] ?? Number.NaN)
  return seconds >= 0 && seconds <= MAX_RETRY_SECONDS ? seconds * 1000 : undefined
}

/** The generated clients wait no longer, whatever the server asks for. */
const MAX_RETRY_SECONDS = 60
