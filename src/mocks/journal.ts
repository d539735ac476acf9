/**
 * The journal: the latest requests and their answers, in a ring. Recording stores references only; an entry is built,
 * and its secrets are blacked out, when somebody reads it.
 */
import type { OperationId } from '../operation.js'
import type { Observation } from './engine/engine.js'
import { redactHeaders, redactJson } from './redact.js'

/** One request and its answer. */
export interface JournalEntry {
  /** Counts up by one per request. */
  readonly id: number
  /** Virtual time of the answer, ISO-8601. */
  readonly at: string
  readonly method: string
  readonly path: string
  /** undefined when no operation matched. */
  readonly operation: OperationId | undefined
  readonly status: number
  /** Real milliseconds, waiting included. */
  readonly duration_ms: number
  readonly request: { readonly headers: Readonly<Record<string, string>>; readonly body?: unknown }
  readonly response: { readonly headers: Readonly<Record<string, string>>; readonly body?: unknown }
}

/** Which entries to read; all given conditions must hold. */
export interface JournalFilter {
  /** An operationId. */
  operation?: string
  status?: number
  /** ISO-8601; entries of this moment or later. */
  since?: string
}

/** What users read of the journal. */
export interface Journal {
  /** The matching entries that the ring still holds, oldest first. */
  entries(filter?: JournalFilter): JournalEntry[]
  /** Forgets all entries. */
  clear(): void
}

interface Recorded extends Observation {
  id: number
  at: number
}

/** The journal as the engine's owner sees it. */
export interface RecordingJournal extends Journal {
  record(observation: Observation): void
}

/**
 * Creates a journal.
 * @param capacity how many requests it holds; older ones are overwritten
 * @param now virtual milliseconds
 */
export function createJournal(capacity: number, now: () => number): RecordingJournal {
  let ring: Recorded[] = []
  let place = 0
  let count = 0
  return {
    record(observation) {
      count++
      if (capacity === 0) return
      ring[place] = { ...observation, id: count, at: now() }
      place = (place + 1) % capacity
    },
    entries(filter = {}) {
      const since = filter.since === undefined ? -Infinity : Date.parse(filter.since)
      return [...ring]
        .sort((a, b) => a.id - b.id)
        .filter(
          (recorded) =>
            (filter.operation === undefined || recorded.operation === filter.operation) &&
            (filter.status === undefined || recorded.reply.status === filter.status) &&
            recorded.at >= since,
        )
        .map(toEntry)
    },
    clear() {
      ring = []
      place = 0
    },
  }
}

function toEntry({ id, at, exchange, path, operation, reply, durationMs }: Recorded): JournalEntry {
  return {
    id,
    at: new Date(at).toISOString(),
    method: exchange.method,
    path,
    operation,
    status: reply.status,
    duration_ms: Math.round(durationMs * 1000) / 1000,
    request: { headers: redactHeaders(exchange.headers ?? {}), ...bodyOf(exchange.body) },
    response: { headers: redactHeaders(reply.headers), ...bodyOf(reply.body) },
  }
}

function bodyOf(body: Uint8Array | string | undefined): { body?: unknown } {
  if (body === undefined || body.length === 0) return {}
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
  try {
    return { body: redactJson(JSON.parse(text)) }
  } catch {
    // What is no JSON might hide anything, so only its size is told.
    return { body: `(${text.length} characters that are no JSON)` }
  }
}
