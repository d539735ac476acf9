/** How a patch merges into a runner's checklist. */
import { constants } from '../generated/lifecycle-tables.js'
import { keepSpelling } from '../kernel/json-text.js'
import { isObject, type JsonObject } from '../kernel/json-value.js'

/**
 * Objects merge by key; arrays, scalars and null replace, and so does what lies under more keys than merge. Changes neither
 * argument. Results have no prototype, so `__proto__` is a key like any other.
 * @param depth under how many keys the two lie
 */
export function mergeChecklist(base: JsonObject | undefined, patch: JsonObject, depth = 0): JsonObject {
  const merged: Record<string, unknown> = Object.assign(emptyObject(), base)
  // Of many members, keys alone take a third of the time of entries.
  for (const key of Object.keys(patch)) {
    const value = patch[key]
    const old = merged[key]
    const merges = depth < constants.checklist_merge_keys && isObject(value) && isObject(old)
    merged[key] = merges ? mergeChecklist(old, value, depth + 1) : value
  }
  if (base !== undefined) keepSpelling(merged, base)
  keepSpelling(merged, patch)
  return merged
}

function emptyObject(): object {
  const empty: unknown = Object.create(null)
  return isObject(empty) ? empty : {}
}
