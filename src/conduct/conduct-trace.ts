/**
 * What is remembered of one runner's calls, and how those facts are read from requests and answers. All of it is plain data
 * without bodies and keys, so that it can be kept and judged again.
 */
import { runnerOperations, type OperationId } from '../kernel/operation.js'
import { isEnd } from '../lifecycle/rule-effects.js'
import { findRole, handedOut, idFields, isReport, workMachines } from '../lifecycle/roles.js'
import type { ConductAnswer, ConductCall, HandOut } from '../generated/kit-schema.js'
import { memberOf, textsOf } from '../kernel/json-value.js'

export type { ConductTrace, Sleep } from '../generated/kit-schema.js'

/** Status of an answer that never reached its caller. */
export const LOST = 0

/** A call as it is noted when it arrives, and completed when it is answered. */
export interface TracedCall extends Omit<ConductCall, 'answer'> {
  /** The number of its exchange, for one that was read from a recording. */
  readonly exchange?: number
  answer?: TracedAnswer | undefined
}

export interface TracedAnswer extends ConductAnswer {
  /** Whether it shows that the job or command which was read has ended. */
  readonly showsEnd?: boolean
}

export type AnsweredTrace = TracedCall & { readonly answer: TracedAnswer }

export function isAnswered(call: TracedCall): call is AnsweredTrace {
  return call.answer !== undefined
}

export function isAfter(call: TracedCall, { answer }: AnsweredTrace): boolean {
  return call.order > answer.order
}

/** Whether an answer asks for another attempt, or never came. */
export function asksAgain({ answer: { status } }: AnsweredTrace): boolean {
  return status === LOST || status === 429 || status >= 500
}

const ofRunners: ReadonlySet<string> = new Set(
  Object.values(runnerOperations).flatMap((operation) => ('isRunners' in operation ? [operation.id] : [])),
)

/** Whether only a runner's own process makes a call. */
export function isRunners(operation: OperationId): boolean {
  return ofRunners.has(operation)
}

/**
 * The key of the client that makes a call: a runner, by its owner and its id. undefined for a call that only others make,
 * and where it is unknown which runner it is about.
 */
export function clientKeyOf(
  { operation, owner, runnerId }: { operation: OperationId; owner: string; runnerId: string | undefined },
  known: ReadonlyMap<string, unknown>,
): string | undefined {
  const key = `${owner}\n${runnerId}`
  // Any caller may say goodbye for a runner; a goodbye alone makes no client.
  const isHeard = isRunners(operation) || (operation === 'disconnectRunner' && known.has(key))
  return isHeard && runnerId !== undefined ? key : undefined
}

/**
 * Reads a request.
 * @param body as JSON; undefined for none
 * @param key with which it is sent; empty for an unknown one
 */
export function factsOfRequest(operation: OperationId, body: unknown, key: string): Partial<TracedCall> {
  if (isReport(operation)) {
    const status = memberOf(body, 'status')
    return typeof status === 'string' ? { reports: status } : {}
  }
  switch (operation) {
    case 'heartbeat': {
      const declared = memberOf(body, 'capabilities')
      return Array.isArray(declared) ? { capabilities: textsOf(declared) } : {}
    }
    case 'appendJobLogs':
      if (!Array.isArray(body) || key.length < MIN_KEY) return {}
      return { leaks: body.some((entry) => String(memberOf(entry, 'text')).includes(key)) }
    default:
      return {}
  }
}

/** Length of a key; a line may hold a shorter one by chance. */
const MIN_KEY = 8

/**
 * Reads an answer. What cannot be read is left out, never guessed.
 * @param retryAfter the header; as a date it is not read
 * @param read gives the body as JSON, or undefined for none; asked only where it matters
 */
export function factsOfAnswer(
  operation: OperationId,
  { status, retryAfter, read }: { status: number; retryAfter: string | undefined; read: () => unknown },
): Omit<TracedAnswer, 'at' | 'order'> {
  const seconds = Number(retryAfter ?? Number.NaN)
  return {
    status,
    retryAfterMs: Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined,
    handsOut: status === 200 ? handOutsOf(operation, read) : [],
    announces: status === 200 && operation === 'heartbeat' ? textsOf(memberOf(read(), 'cancelled_job_ids')) : [],
    ...(status === 200 && showsEnd(operation, read)),
  }
}

function showsEnd(operation: OperationId, read: () => unknown): Pick<TracedAnswer, 'showsEnd'> {
  const role = findRole(operation)
  const machine = workMachines.find((each) => each === role?.machine)
  if (role?.isRead !== true || machine === undefined) return {}
  const state = memberOf(read(), 'status')
  return typeof state === 'string' ? { showsEnd: isEnd(machine, state) } : {}
}

function handOutsOf(operation: OperationId, read: () => unknown): readonly HandOut[] {
  const machine = findRole(operation)?.handsOut
  if (machine === undefined) return []
  return handedOut(operation, read()).flatMap((item) => {
    const id = item[idFields[machine]]
    const seconds = item[machine === 'job' ? 'timeout' : 'timeout_seconds']
    if (typeof id !== 'string') return []
    return [{ id, timeoutMs: typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined }]
  })
}
