/** What bodies may say although the schema does not allow it: words that are none of an enum, and null among ids. */
import type { OperationId } from '../../kernel/operation.js'
import { memberOf, placeAt } from '../../kernel/json-value.js'
import type { Deviations } from '../engine/deviations.js'

interface LenientWord {
  /** Where it stands in the body. */
  readonly at: RegExp
  readonly read: (word: string) => string
}

const lower = (word: string): string => word.toLowerCase()
const blueprintType: LenientWord = { at: /^\/blueprint\/type$/, read: lower }
const entityType: LenientWord = { at: /^\/entity_type$/, read: lower }
const structure: LenientWord = { at: /^\/template_structure$/, read: () => 'text' }
const origin: LenientWord = { at: /^(\/(traces|spans)\/\d+|\/update)?\/(type|source)$/, read: lower }

const WORDS: Readonly<Partial<Record<OperationId, LenientWord>>> = {
  createAgentConfig: blueprintType,
  updateAgentConfig: blueprintType,
  getProjectKpiCards: entityType,
  createPrompt: structure,
  createPromptVersion: structure,
  createTrace: origin,
  createTraces: origin,
  updateTrace: origin,
  batchUpdateTraces: origin,
  createSpan: origin,
  createSpans: origin,
  updateSpan: origin,
  batchUpdateSpans: origin,
  searchSpans: origin,
}

export const lenientBodies: Deviations = {
  mend({ operation, body, flaws }) {
    const lenient = WORDS[operation]
    if (lenient === undefined) return false
    let isChanged = false
    for (const { keyword, instancePath } of flaws) {
      const place = keyword === 'enum' && lenient.at.test(instancePath) ? placeAt(body, instancePath) : undefined
      const word: unknown = place && Reflect.get(place.parent, place.key)
      if (place === undefined || typeof word !== 'string') continue
      const read = lenient.read(word)
      isChanged = (read !== word && Reflect.set(place.parent, place.key, read)) || isChanged
    }
    return isChanged
  },
  answer({ operation, body, answerTo }) {
    const ids: unknown = operation === 'deleteProjectsBatch' ? memberOf(body, 'ids') : undefined
    if (!Array.isArray(ids) || !ids.includes(null)) return undefined
    const known = ids.filter((id: unknown) => id !== null)
    return known.every((id) => typeof id === 'string') ? answerTo({ ids: known }) : undefined
  },
}
