/** Rules about JSON that callers store: how its numbers are kept and how large a value is. */
import { keepSpelling, writeJson } from '../../kernel/json-text.js'

/** Fields of requests that hold any JSON and are stored as they are. */
const STORED = ['inputs', 'result', 'args', 'error']

/** Lets stored JSON come back with its numbers as they were written, where it is a number itself. */
export function keepNumbers(wire: object, request: object): void {
  keepSpelling(wire, request, STORED)
}

const UTF8 = new TextEncoder()

/** Whether a value's JSON takes more than `limit` bytes of UTF-8. */
export function isLargerThan(value: unknown, limit: number): boolean {
  const json = writeJson(value)
  if (json.length > limit) return true
  // A UTF-16 code unit takes at most three bytes; only long texts need an exact count.
  return json.length * 3 > limit && UTF8.encode(json).length > limit
}
