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
  switch (keyword) {
    case 'required':
      return 'is required'
    case 'type':
      return `must be ${text(params['type'])}`
    case 'enum':
      return `must be one of ${text(params['allowedValues'])}`
    case 'const':
      return `must be ${text(params['allowedValue'])}`
    case 'format':
      return `must be a valid ${text(params['format'])}`
    case 'pattern':
      return params['pattern'] === '\\S' ? 'must not be blank' : `must match ${text(params['pattern'])}`
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return `must have at least ${text(params['limit'])} ${unitOf(keyword)}`
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
      return `must have at most ${text(params['limit'])} ${unitOf(keyword)}`
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `must be ${text(params['comparison'])} ${text(params['limit'])}`
    default:
      return `breaks ${keyword}`
  }
}

function unitOf(keyword: string): string {
  if (keyword.endsWith('Length')) return 'characters'
  return keyword.endsWith('Items') ? 'items' : 'entries'
}

function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(text).join(', ')
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value)
}
