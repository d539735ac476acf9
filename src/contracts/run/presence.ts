/**
 * The road to a target, apart from any check: a call that every server answers at once, which shows that earlier requests
 * have arrived, and whether anybody is there at all.
 */
import { Unreachable } from '../target/client.js'
import { Violation } from '../target/expectation.js'
import type { Transport } from '../target/transport.js'

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

/** Creates the ping of a target. */
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
