/** Which refusals of runners and pairing the server sends as a list: `{errors}` instead of `{code, message}`. */
import type { OperationId } from '../../kernel/operation.js'
import type { Deviations } from '../engine/deviations.js'

/** Who has no runner, or one that is silent, is told so as a list, where other unknown things are not. */
const LISTED_404: Readonly<Partial<Record<OperationId, readonly string[]>>> = {
  createJob: ['none', 'pairing'],
  createBridgeCommand: ['disconnected'],
}

const LISTED: readonly (number | null)[] = [400, 409, 410, 429]

export const listedRefusals: Deviations = {
  isListed(operation, { from, rule }) {
    if (rule.answer === 404) return LISTED_404[operation]?.includes(from) === true
    return LISTED.includes(rule.answer) && operation !== 'createPairingSession'
  },
}
