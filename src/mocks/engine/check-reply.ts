// Holds the mock's own answers against the spec, with all that this takes: for tests. `serve` loads most of it later, and a
// browser none of it.
import { responseBodies } from '../../generated/response-validators.js'
import type { OperationId } from '../../kernel/operation.js'
import { createReplyCheck } from './reply-check.js'

const check = createReplyCheck(responseBodies)

/**
 * Throws when an answer has an undeclared status or a body that breaks its schema. Such an answer is a bug of the mock
 * and must not look like the API's behaviour.
 * @throws Error
 */
export function checkReply(id: OperationId, status: number, body: unknown): void {
  check(id, status, body)
}
