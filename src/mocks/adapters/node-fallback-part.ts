/** Which requests are a fallback's: those for the rest of the API, and for no resource that is kept here. */
import { matchOperation, operations } from '../../kernel/all-operations.js'
import { isAlwaysEmpty } from '../resolvers/system-resolvers.js'

/** Whether a fallback answers a method and a path below the API's base. */
export function isOfFallback(method: string, path: string): boolean {
  const found = matchOperation(method, path)
  if (found.kind === 'unknown') return true
  const template = found.kind === 'operation' ? found.operation.path : found.template
  if (hasWordForId(template, path)) return true
  // Somebody else may have more than nothing.
  if (found.kind === 'operation') return isAlwaysEmpty(found.operation.id)
  return Object.values(operations).every((each) => each.path !== template || isAlwaysEmpty(each.id))
}

/** A word where an id would stand is part of a path that is not ours, such as `traces/feedback-scores`. */
function hasWordForId(template: string, path: string): boolean {
  const segments = path.split('/')
  return template.split('/').some((part, place) => /id\}$/i.test(part) && WORD.test(segments[place] ?? ''))
}

const WORD = /^[a-z]+(-[a-z]+)*$/
