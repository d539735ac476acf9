/** One line of the journal, as users read it. */
import type { OperationId } from '../../kernel/operation.js'

/** One request and its answer. Secrets are blacked out: credentials, activation keys and signatures. */
export interface JournalEntry {
  /** Counts up by one per request. */
  readonly id: number
  /** Virtual time of the answer, ISO-8601. */
  readonly at: string
  readonly method: string
  /** Relative to the API's base. */
  readonly path: string
  /** As it was sent, without `?`; absent when there was none. */
  readonly query?: string
  /** undefined when no operation matched. */
  readonly operation: OperationId | undefined
  /** 0 when a fault broke the connection. */
  readonly status: number
  /** Real milliseconds, waiting included. */
  readonly duration_ms: number
  /**
   * What decided the answer: `fault <id>`; else the rule of the lifecycle, as `job nextJob: pending -> running`, with the
   * facts that it asks for behind; else, where none was asked, the operation's method and path; undefined when nothing
   * matched.
   */
  readonly matched_rule: string | undefined
  /** Ids of all faults that had a part in the answer. */
  readonly faults?: readonly string[]
  /** There when no client sent it: `given` or a scenario did. */
  readonly given?: true
  readonly request: JournalMessage
  readonly response: JournalMessage
}

/** One side of an exchange. The body is parsed JSON, or a remark where it is none or was too long to keep. */
export interface JournalMessage {
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}
