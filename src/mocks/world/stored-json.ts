/** Rules about JSON that callers store: how checklists merge and how large a value is. */
import { constants } from '../../kernel/lifecycle.js'
import { keepSpelling, writeJson } from '../../kernel/json-text.js'
import type { JsonObject } from './records.js'
import { isObject } from '../../kernel/json-value.js'

/**
 * patchChecklist's merge: objects merge by key; arrays, scalars and null replace, and so does what lies under more
 * than `checklist_merge_keys`. Neither argument is changed. Results have no prototype, so `__proto__` is a key like any other.
 * @param depth under how many keys the two lie
 */
export function mergeChecklist(base: JsonObject | undefined, patch: JsonObject, depth = 0): JsonObject {
  const merged: JsonObject = Object.assign(emptyObject(), base)
  for (const [key, value] of Object.entries(patch)) {
    const old = merged[key]
    const merges = depth < constants.checklist_merge_keys && isObject(value) && isObject(old)
    merged[key] = merges ? mergeChecklist(old, value, depth + 1) : value
  }
  if (base !== undefined) keepSpelling(merged, base)
  keepSpelling(merged, patch)
  return merged
}

/** Fields of requests that hold any JSON and are stored as they are. */
const STORED = ['inputs', 'result', 'args', 'error']

/** Lets stored JSON come back with its numbers as they were written, where it is a number itself. */
export function keepNumbers(wire: object, request: object): void {
  keepSpelling(wire, request, STORED)
}

function emptyObject(): JsonObject {
  const empty: unknown = Object.create(null)
  return isObject(empty) ? empty : {}
}

const UTF8 = new TextEncoder()

/** Whether a value's JSON takes more than `limit` bytes of UTF-8. */
export function isLargerThan(value: unknown, limit: number): boolean {
  const json = writeJson(value)
  if (json.length > limit) return true
  // A UTF-16 code unit takes at most three bytes; only long texts need an exact count.
  return json.length * 3 > limit && UTF8.encode(json).length > limit
}
