// All validators of answers are as large as the rest of the mock: `serve` loads those of the operations around runners later
// than the others, and a browser loads none. So nothing else stands here.
import { responseBodies } from '../../generated/response-validators.js'
import type { OperationId } from '../../kernel/operation.js'
import { createReplyCheck } from './reply-check.js'

const check = /* @__PURE__ */ createReplyCheck(responseBodies)

/**
 * Throws when an answer has an undeclared status or a body that breaks its schema. Such an answer is a bug of the mock
 * and must not look like the API's behaviour.
 * @throws Error
 */
export function checkReply(id: OperationId, status: number, body: unknown): void {
  check(id, status, body)
}
