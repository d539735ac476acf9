/** Signatures stay in memory: what was signed before a restart is unsigned after it. */
import { keepSpelling } from '../../kernel/json-text.js'

/** The same value without its signature. */
export function withoutSignature<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || !('_hmac' in value)) return value
  const copy = { ...value }
  Reflect.deleteProperty(copy, '_hmac')
  keepSpelling(copy, value)
  return copy
}
