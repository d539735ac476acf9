/** A call of the API as plain data, from the recorder to the report: who asked for what, and what was answered. */
import type { OperationId } from '../operation.js'

export interface ApiCall {
  readonly operation: OperationId
  /** Who calls, by a name that tells callers apart. */
  readonly caller: string
  readonly path: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | number | boolean>>
  readonly body: unknown
  /**
   * Whether the secret in the request is right: the proof of an activation, the key of a new session. Left out: unknown,
   * or the request has no secret.
   */
  readonly secret?: 'right' | 'wrong'
}

/** The answer to it. */
export interface ApiAnswer {
  readonly status: number
  readonly body: unknown
  /** The id that `Location` ends in. */
  readonly createdId: string | undefined
  /** Milliseconds of the server's time between request and answer, at most. */
  readonly waitedMs: number
}

export function describeCall({ operation, caller }: ApiCall): string {
  return caller === 'main' ? operation : `${operation} as ${caller}`
}
