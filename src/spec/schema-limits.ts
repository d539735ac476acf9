// Numeric limits of schemas: read them in one form, and say which of two is tighter.
import { textsOf, type JsonObject } from './json-value.js'

/** Limit keyword to its value. Exclusive bounds of integers are written as inclusive ones; limits that refuse nothing are left out. */
export type Limits = ReadonlyMap<string, number>

/** Which value of a limit refuses more. */
type Sense = 'lower-bound' | 'upper-bound'

const senses: Readonly<Record<string, Sense>> = {
  minimum: 'lower-bound',
  exclusiveMinimum: 'lower-bound',
  maximum: 'upper-bound',
  exclusiveMaximum: 'upper-bound',
  minLength: 'lower-bound',
  maxLength: 'upper-bound',
  minItems: 'lower-bound',
  maxItems: 'upper-bound',
  minProperties: 'lower-bound',
  maxProperties: 'upper-bound',
  multipleOf: 'lower-bound',
  uniqueItems: 'lower-bound',
}

/** The limits that hold when all of these schemas do. */
export function readLimits(parts: readonly JsonObject[]): Limits {
  const limits = new Map<string, number>()
  for (const part of parts) {
    for (const [name, value] of limitsOf(part)) {
      const known = limits.get(name)
      limits.set(name, known === undefined ? value : tighter(name, known, value))
    }
  }
  return limits
}

/** Whether `value` of a limit refuses more than `other` does. */
export function isTighter(name: string, value: number, other: number): boolean {
  return value !== other && tighter(name, value, other) === value
}

function tighter(name: string, left: number, right: number): number {
  return senses[name] === 'upper-bound' ? Math.min(left, right) : Math.max(left, right)
}

function limitsOf(part: JsonObject): readonly (readonly [string, number])[] {
  const isInteger = part.type === 'integer' || textsOf(part.type).includes('integer')
  return Object.keys(senses).flatMap((name) => {
    const value = boundOf(part, name)
    if (value === undefined || refusesNothing(name, value)) return []
    if (isInteger && name === 'exclusiveMinimum') return [['minimum', Math.floor(value) + 1] as const]
    if (isInteger && name === 'exclusiveMaximum') return [['maximum', Math.ceil(value) - 1] as const]
    return [[name, value] as const]
  })
}

/** A limit's number. In 3.0 an exclusive bound is a flag beside the inclusive one, which then does not hold. */
function boundOf(part: JsonObject, name: string): number | undefined {
  if (name === 'minimum' && part.exclusiveMinimum === true) return undefined
  if (name === 'maximum' && part.exclusiveMaximum === true) return undefined
  const value = part[name]
  if (typeof value === 'number') return value
  if (value !== true) return undefined
  if (name === 'uniqueItems') return 1
  const flagged = name === 'exclusiveMinimum' ? part.minimum : name === 'exclusiveMaximum' ? part.maximum : undefined
  return typeof flagged === 'number' ? flagged : undefined
}

function refusesNothing(name: string, value: number): boolean {
  return value <= 0 && (name === 'minLength' || name === 'minItems' || name === 'minProperties')
}
