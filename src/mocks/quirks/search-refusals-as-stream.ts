/** What a search refuses before it looks for anything comes under the media type of its stream. */
import type { Deviations } from '../engine/deviations.js'

export const searchRefusalsAsStream: Deviations = {
  mediaOf(operation, reason, details) {
    if (operation !== 'searchTraces' && operation !== 'searchSpans') return undefined
    // Whether an operator suits a field is found out later.
    const isLate = reason === 'filters' && String(Reflect.get(details, 'how')).startsWith('cannot ask')
    return isLate || (reason !== undefined && !EARLY.has(reason)) ? undefined : 'application/octet-stream'
  },
}

const EARLY: ReadonlySet<string> = new Set(['filters', 'exclude', 'times'])
