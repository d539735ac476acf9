/** In which form the server sends refusals. */
import type { OperationId } from '../../kernel/operation.js'
import type { Deviations } from '../engine/deviations.js'

/** Who has no runner, or one that is silent, is told so as a list, where other unknown things are not. */
const LISTED_404: Readonly<Partial<Record<OperationId, readonly string[]>>> = {
  createJob: ['none', 'pairing'],
  createBridgeCommand: ['disconnected'],
}

const LISTED: readonly (number | null)[] = [400, 409, 410, 429]

/** Those of runners and pairing that are a list: `{errors}` instead of `{code, message}`. */
export const listedRefusals: Deviations = {
  isListed(operation, { from, rule }) {
    if (rule.answer === 404) return LISTED_404[operation]?.includes(from) === true
    return LISTED.includes(rule.answer) && operation !== 'createPairingSession'
  },
}

/** What a search refuses before it looks for anything comes under the media type of its stream. */
export const searchRefusalsAsStream: Deviations = {
  mediaOf(operation, reason, details) {
    if (operation !== 'searchTraces' && operation !== 'searchSpans') return undefined
    // Whether an operator suits a field is found out later.
    const isLate = reason === 'filters' && String(Reflect.get(details, 'how')).startsWith('cannot ask')
    return isLate || (reason !== undefined && !EARLY.has(reason)) ? undefined : 'application/octet-stream'
  },
}

const EARLY: ReadonlySet<string> = new Set(['filters', 'exclude', 'times'])
