/** What came of running one check, whether the target was there for it, and why a run ends early. */
import type { OperationId } from '../../kernel/operation.js'
import type { Verdict } from '../check/check.js'
import type { SeenInCheck } from '../check/seen-quirks.js'
import { absenceIn } from '../target/answer.js'
import { Violation } from '../target/expectation.js'
import type { Exchange } from '../target/recorded-exchange.js'
import { Unreachable } from '../target/client.js'
import type { RealTime, Transport } from '../target/transport.js'
export interface CheckRun {
  verdict: Verdict
  durationMs: number
  requests: number
  operations: readonly OperationId[]
  quirks: readonly SeenInCheck[]
  /** Recent exchanges; of a check that passed only where they are asked for. */
  exchanges: readonly Exchange[]
  /**
   * Whether the target was there: `silent` when a request got no answer, `gone` when it refuses connections, `stuck`
   * when its clock could not be moved.
   */
  connection: Presence
  /** The exchange that ended the check although it had to succeed, if it looks as if the operation were not there. */
  missingOperation?: Exchange | undefined
}

export function notRun(reason: string): CheckRun {
  const verdict = { kind: 'not-run' as const, reason }
  return { verdict, durationMs: 0, requests: 0, operations: [], quirks: [], exchanges: [], connection: 'there' }
}

export function blockedBy(operation: OperationId): Verdict {
  return { kind: 'not-run', reason: `blocked by ${operation}`, blockedBy: operation }
}

/** The exchange that `CheckRun.lack` is about, from what a check has thrown. */
export function lackOf(thrown: unknown): Exchange | undefined {
  const shown = thrown instanceof Violation && thrown.wasSuccessDue ? thrown.finding.exchanges.at(-1) : undefined
  return shown === undefined || shown.operation === null || absenceIn(shown) === undefined ? undefined : shown
}

/** Whether a target answers: not at all (`gone`), with nothing (`silent`), or somehow; `stuck` when its clock fails. */
export type Presence = 'there' | 'silent' | 'gone' | 'stuck'

/** What an error says of the target: calls that it leaves unanswered end with one. */
export function presenceOf(thrown: unknown): Presence {
  if (thrown instanceof Unreachable) return thrown.lost
  const last = thrown instanceof Violation ? thrown.finding.exchanges.at(-1) : undefined
  return last?.status === null ? 'silent' : 'there'
}

/** Sends a call that asks for nothing and leaves no trace in a report. */
export type Ping = (timeoutMs: number) => Promise<Presence>

export function createPing(transport: Transport, url: string): Ping {
  return async (timeoutMs) => {
    const request = { method: 'GET', url: `${url}/is-alive/ping`, headers: { accept: 'application/json' } }
    const first = await transport.send(request, timeoutMs).outcome
    // Connections that were kept open may have ended with their server a moment ago; a new one tells more.
    const isDropped = first.kind === 'failure' && first.reason === 'dropped'
    const outcome = isDropped ? await transport.send(request, timeoutMs, true).outcome : first
    if (outcome.kind === 'answer' || outcome.reason === 'dropped') return 'there'
    return outcome.reason === 'refused' ? 'gone' : 'silent'
  }
}

export const ABORTED = {
  interrupted: 'interrupted',
  gone: 'the target went away',
  silent: 'the target stopped answering',
  stuck: 'the clock of the target cannot be moved',
} as const

export const POLLS_HANG = 'long polls of the target hang: several were not answered in their time'

/** Why a check has no verdict that was under way when the run ended. */
export const ENDED = 'the run was ended'

export interface Bail {
  /** Counts a failure by its name, each name once. */
  count(name: string): void
  readonly hasEnded: boolean
}
export function createBail(bail: boolean | number | undefined, end: (reason: string) => void) {
  const most = bail === true ? 1 : bail === false || bail === undefined ? Infinity : bail
  const failures = new Set<string>()
  return {
    /** Counts a failure by its name, each name once. */
    count(name: string) {
      if (failures.size >= most) return
      failures.add(name)
      if (failures.size === most)
        end(most === 1 ? 'the run ends at the first failure (--bail)' : `the run ends after ${most} failures (--bail)`)
    },
    get hasEnded() {
      return failures.size >= most
    },
  }
}

/** The verdict on a check that lost its target: how the loss was noticed stays part of it. */
export function verdictOfLoss(presence: 'gone' | 'silent' | 'stuck', noticed: Verdict): Verdict {
  const summary = `${ABORTED[presence].replace('the', 'The')}.`
  return { kind: 'error', message: noticed.kind === 'error' ? `${summary} ${noticed.message}` : summary }
}

/** How long a run that is interrupted may clean up, in milliseconds. */
const LAST_CLEANING_MS = 1200

/** What comes of some work; undefined when the signal aborts and the work does not end soon after. */
export async function unlessInterrupted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
  time: RealTime,
): Promise<Result | undefined> {
  if (signal === undefined) return work
  const over = new AbortController()
  const interrupted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true, signal: over.signal })
  })
  work.catch(() => undefined)
  try {
    return await Promise.race([work, interrupted.then(() => time.within(work, LAST_CLEANING_MS, undefined))])
  } finally {
    over.abort()
  }
}
