/** What a check gets back from a call, before and after it has looked at the status. */
import type { OperationId, ResponseBodyOf, StatusOf } from '../../kernel/operation.js'
import type { Exchange } from './recorded-exchange.js'

/** An answer whose status nobody has looked at: use `expectStatus` to learn the type of its body. */
export interface Answer<Id extends OperationId = OperationId> {
  /** The operation called; null for a raw request that means none. */
  readonly operation: Id | null
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Parsed JSON, see `knownPart`; undefined when there was no body or it could not be parsed. */
  readonly body: unknown
  /** The body as it came. */
  readonly text: string
  /** What about it breaks the spec, whatever the check expects. */
  readonly flaws: readonly Flaw[]
  readonly exchange: Exchange
}

/** An answer with a known status, and thus a known body. */
export interface AnswerWith<Id extends OperationId, Status extends StatusOf<Id>> extends Answer<Id> {
  readonly status: Status
  readonly body: ResponseBodyOf<Id, Status>
}

/** A way in which an answer breaks the spec. */
export interface Flaw {
  kind: 'status' | 'media' | 'body' | 'header'
  expected: string
  actual: string
  /** Pointer into the spec. */
  pointer: string
}
