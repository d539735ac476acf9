/** What bodies may say although the schema does not allow it: words that are none of an enum, and null among ids. */
import type { OperationId } from '../../kernel/operation.js'
import { memberOf, placeAt } from '../../kernel/json-value.js'
import type { Deviations } from '../engine/deviations.js'

interface LenientWord {
  readonly pointer: string
  readonly read: (word: string) => string
}

const lower = (word: string): string => word.toLowerCase()

const WORDS: Readonly<Partial<Record<OperationId, LenientWord>>> = {
  createAgentConfig: { pointer: '/blueprint/type', read: lower },
  updateAgentConfig: { pointer: '/blueprint/type', read: lower },
  getProjectKpiCards: { pointer: '/entity_type', read: lower },
  createPrompt: { pointer: '/template_structure', read: () => 'text' },
  createPromptVersion: { pointer: '/template_structure', read: () => 'text' },
}

export const lenientBodies: Deviations = {
  mend({ operation, body, flaws }) {
    const lenient = WORDS[operation]
    const flaw = flaws.find(({ keyword, instancePath }) => keyword === 'enum' && instancePath === lenient?.pointer)
    const place = flaw && placeAt(body, flaw.instancePath)
    const word: unknown = place && Reflect.get(place.parent, place.key)
    if (lenient === undefined || place === undefined || typeof word !== 'string') return false
    const read = lenient.read(word)
    return read !== word && Reflect.set(place.parent, place.key, read)
  },
  answer({ operation, body, answerTo }) {
    const ids: unknown = operation === 'deleteProjectsBatch' ? memberOf(body, 'ids') : undefined
    if (!Array.isArray(ids) || !ids.includes(null)) return undefined
    const known = ids.filter((id: unknown) => id !== null)
    return known.every((id) => typeof id === 'string') ? answerTo({ ids: known }) : undefined
  },
}
