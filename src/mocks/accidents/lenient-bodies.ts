/** What bodies may say although the schema does not allow it: words that are none of an enum, and null among ids. */
import type { OperationId } from '../../kernel/operation.js'
import { memberOf, placeAt } from '../../kernel/json-value.js'
import type { BrokenBody, Deviations } from '../engine/deviations.js'

/** Reads the word at a pointer anew where it is none of the enum's; whether that changed it. */
function reread({ body, flaws }: BrokenBody, pointer: string, read: (word: string) => string): boolean {
  const isWrong = flaws.some(({ keyword, instancePath }) => keyword === 'enum' && instancePath === pointer)
  const place = isWrong ? placeAt(body, pointer) : undefined
  const word: unknown = place && Reflect.get(place.parent, place.key)
  if (place === undefined || typeof word !== 'string' || read(word) === word) return false
  return Reflect.set(place.parent, place.key, read(word))
}

const POINTERS: Readonly<Partial<Record<OperationId, string>>> = {
  createAgentConfig: '/blueprint/type',
  updateAgentConfig: '/blueprint/type',
  getProjectKpiCards: '/entity_type',
}

export const enumsAnyCase: Deviations = {
  mend(broken) {
    const pointer = POINTERS[broken.operation]
    return pointer !== undefined && reread(broken, pointer, (word) => word.toLowerCase())
  },
}

export const unknownStructureText: Deviations = {
  mend(broken) {
    const isOfPrompt = broken.operation === 'createPrompt' || broken.operation === 'createPromptVersion'
    const isThere = memberOf(broken.body, 'template_structure') !== undefined
    return isOfPrompt && isThere && reread(broken, '/template_structure', () => 'text')
  },
}

export const nullIdIgnored: Deviations = {
  answer({ operation, body, answerTo }) {
    const ids: unknown = operation === 'deleteProjectsBatch' ? memberOf(body, 'ids') : undefined
    if (!Array.isArray(ids) || !ids.includes(null)) return undefined
    const known = ids.filter((id: unknown) => id !== null)
    return known.every((id) => typeof id === 'string') ? answerTo({ ids: known }) : undefined
  },
}
