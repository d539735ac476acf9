/** Calls that give a client its work: they meet faults too, and are repeated as a user clicks again. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallAnswer } from '../../mocks/agents/call-api.js'

const MAX_TRIES = 20

/** Repeats a call until it is answered by more than trouble. An answer of status 0 has met trouble alone. */
export async function retryUntilAnswered(attempt: () => Promise<CallAnswer>, signal: AbortSignal): Promise<CallAnswer> {
  for (let tries = 1; ; tries++) {
    const answer = await attempt().catch(() => LOST)
    const isTrouble = answer.status === 0 || answer.status === 429 || answer.status >= 500
    if (!isTrouble || tries === MAX_TRIES || signal.aborted) return answer
    await pause(500, signal)
  }
}

const LOST: CallAnswer = { status: 0, headers: {}, body: undefined, createdId: '' }

/** Waits, shorter when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
