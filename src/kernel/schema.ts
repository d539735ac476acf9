// Validates values against the spec's schemas. Violations are data (pointer, keyword, message); the validators
// themselves are generated code. It decides nothing about statuses.

import type { SchemaErrorObject, Validator } from '../generated/validator.js'

export type { SchemaErrorObject, Validator } from '../generated/validator.js'

export interface SchemaViolation {
  /** JSON pointer to the place, `/params/0/name`; '' for the whole value. */
  pointer: string
  keyword: string
  message: string
}

/**
 * The violations of the latest failed call of `validator`, the first ten at most, since a long list may have one in
 * every entry; empty when it succeeded.
 */
export function violationsOf(validator: Validator): SchemaViolation[] {
  // Keywords that only combine others say nothing that their parts have not said.
  const told = (validator.errors ?? []).filter((error) => error.isFurther !== true && !COMBINING.has(error.keyword))
  return told.map((error) => ({
    pointer: pointerOf(error),
    keyword: error.keyword,
    message: describe(error),
  }))
}

const COMBINING = new Set(['if', 'anyOf', 'oneOf', 'allOf'])

/** Points at the missing property itself rather than at the object that lacks it. */
function pointerOf({ instancePath, keyword, params }: SchemaErrorObject): string {
  return keyword === 'required' ? `${instancePath}/${text(params['missingProperty'])}` : instancePath
}

function describe({ keyword, params }: SchemaErrorObject): string {
  return phrases[keyword]?.(params) ?? `breaks ${keyword}`
}

type Phrase = (params: SchemaErrorObject['params']) => string

const bound: Phrase = ({ comparison, limit }) => `must be ${text(comparison)} ${text(limit)}`

function size(bound: 'least' | 'most', unit: string): Phrase {
  return ({ limit }) => `must have at ${bound} ${text(limit)} ${unit}`
}

/** What a value must be, by the keyword that it breaks. */
const phrases: Readonly<Record<string, Phrase>> = {
  required: () => 'is required',
  type: ({ type }) => `must be ${text(type)}`,
  enum: ({ allowedValues }) => `must be one of ${text(allowedValues)}`,
  const: ({ allowedValue }) => `must be ${text(allowedValue)}`,
  format: ({ format }) => `must be a valid ${text(format)}`,
  pattern: ({ pattern }) => (pattern === '\\S' ? 'must not be blank' : `must match ${text(pattern)}`),
  minLength: size('least', 'characters'),
  maxLength: size('most', 'characters'),
  minItems: size('least', 'items'),
  maxItems: size('most', 'items'),
  minProperties: size('least', 'entries'),
  maxProperties: size('most', 'entries'),
  minimum: bound,
  maximum: bound,
  exclusiveMinimum: bound,
  exclusiveMaximum: bound,
}

function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(text).join(', ')
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value)
}
