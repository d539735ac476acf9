/**
 * Makes requests that a schema refuses, one flaw at a time: for every field of a body, every way in which it can be wrong,
 * with the status that the API's conventions give it. Pure: it knows schemas and valid bodies, no target.
 */
import type { FieldSchema } from '../../generated/request-schemas.js'
import { objectOf } from '../../kernel/json-value.js'
import { sampleBody } from '../../lifecycle/steps/valid-bodies.js'

/** Which answer a flaw deserves: the body cannot be read (400), or it can and is not valid (422). */
export type FlawAnswer = 'unreadable' | 'invalid'

/** One way in which one field of a body can be wrong. */
export interface BodyFlaw {
  /** Where: names, `*` for any member of a map, `#` for any item of a list; empty for the body itself. */
  readonly place: readonly string[]
  readonly kind: FlawKind
  readonly answer: FlawAnswer
  /** Bodies with this flaw and no other, made from a valid one. */
  breakBody(valid: unknown): readonly unknown[]
}

/** How a field can be wrong: the answer that it deserves, and what comes before the field's name. */
export const flawKinds = {
  missing: ['invalid', 'without'],
  'wrong-type': ['unreadable', 'of the wrong JSON type in'],
  'malformed-id': ['unreadable', 'with something that is no UUID in'],
  'malformed-time': ['unreadable', 'with something that is no time in'],
  'unknown-value': ['unreadable', 'with an unknown value in'],
  blank: ['invalid', 'with a blank'],
  'too-short': ['invalid', 'with too short a'],
  'too-long': ['invalid', 'with too long a'],
  'too-small': ['invalid', 'with a number below the range in'],
  'too-large': ['invalid', 'with a number above the range in'],
  'beyond-32-bits': ['unreadable', 'with a number that fits no 32 bits in'],
  empty: ['invalid', 'with an empty'],
  'too-many': ['invalid', 'with too many'],
  'malformed-key': ['unreadable', 'with a key that is no UUID in'],
} as const satisfies Record<string, readonly [FlawAnswer, string]>

export type FlawKind = keyof typeof flawKinds

export function listFlaws(schema: FieldSchema): readonly BodyFlaw[] {
  return [...flawsAt(schema, schema, []), ...flawsBelow(schema, schema, [])]
}

function flawsBelow(root: FieldSchema, schema: FieldSchema, place: readonly string[]): BodyFlaw[] {
  return childrenOf(schema).flatMap(([step, child]) => {
    const at = [...place, step]
    const isRequired = schema.required?.includes(step) === true
    const missing = isRequired ? [flaw(root, at, 'missing', [REMOVED])] : []
    return [...missing, ...flawsAt(root, child, at), ...flawsBelow(root, child, at)]
  })
}

function childrenOf({ properties = {}, items, additionalProperties }: FieldSchema): [string, FieldSchema][] {
  const children = Object.entries(properties)
  if (items !== undefined) children.push(['#', items])
  if (additionalProperties !== undefined) children.push(['*', additionalProperties])
  return children
}

const REMOVED = Symbol('removed')

function flawsAt(root: FieldSchema, schema: FieldSchema, place: readonly string[]): BodyFlaw[] {
  return Object.entries(wrongValues(schema)).flatMap(([kind, values]) =>
    isFlawKind(kind) && values.length > 0 ? [flaw(root, place, kind, values)] : [],
  )
}

function isFlawKind(kind: string): kind is FlawKind {
  return Object.hasOwn(flawKinds, kind)
}

function flaw(root: FieldSchema, place: readonly string[], kind: FlawKind, values: readonly unknown[]): BodyFlaw {
  return {
    place,
    kind,
    answer: flawKinds[kind][0],
    breakBody: (valid) => values.map((value) => put(root, valid, place, value)),
  }
}

const UNREADABLE_UUIDS = ['contract', '0190babc-62a0-71d2-832a', 'zzzzzzzz-62a0-71d2-832a-0feffa4676eb']

/** Values that a place of this schema does not admit, by what is wrong with them. */
function wrongValues(schema: FieldSchema): Partial<Record<FlawKind, readonly unknown[]>> {
  const { type, format, pattern, propertyNames } = schema
  return {
    'wrong-type': type === undefined ? [] : WRONG_TYPES[type],
    'malformed-id': format === 'uuid' ? UNREADABLE_UUIDS : [],
    'malformed-time': format === 'date-time' ? ['yesterday', '2026-13-01T00:00:00Z'] : [],
    'unknown-value': schema.enum === undefined ? [] : ['contract_unknown'],
    blank: pattern === '\\S' ? ['', ' \t'] : [],
    ...wrongLengths(schema),
    ...wrongNumbers(schema),
    ...wrongCounts(schema),
    'malformed-key': propertyNames?.format === 'uuid' ? [{ contract: '0190babc-62a0-71d2-832a-0feffa4676eb' }] : [],
  }
}

const NO_SCALARS = ['text', { member: 1 }, ['item']]

/** Scalars that a lenient reader turns into one another ("5" and 5) are left out: no server is blamed for reading them. */
const WRONG_TYPES = {
  object: ['text', 7, ['item']],
  array: ['text', 7, { member: 1 }],
  string: [{ member: 1 }, ['item']],
  integer: NO_SCALARS,
  number: NO_SCALARS,
  boolean: NO_SCALARS,
}

function wrongLengths({ minLength = 0, maxLength }: FieldSchema): Partial<Record<FlawKind, readonly unknown[]>> {
  return {
    'too-short': minLength > 1 ? ['A'.repeat(minLength - 1)] : [],
    'too-long': maxLength === undefined ? [] : ['A'.repeat(maxLength + 1)],
  }
}

function wrongNumbers({ type, format, minimum, maximum }: FieldSchema): Partial<Record<FlawKind, readonly unknown[]>> {
  if (type !== 'integer' && type !== 'number') return {}
  return {
    'too-small': minimum === undefined ? [] : [minimum - 1],
    'too-large': maximum === undefined ? [] : [maximum + 1],
    'beyond-32-bits': format === 'int32' ? [2 ** 31, -(2 ** 31) - 1] : [],
  }
}

function wrongCounts({ minItems = 0, maxItems, items = {} }: FieldSchema) {
  return {
    empty: minItems > 0 ? [[]] : [],
    'too-many': maxItems === undefined ? [] : [Array(maxItems + 1).fill(sampleBody(items))],
  }
}

/** A copy of a body with a value at a place, and with whatever is needed to reach it. */
function put(schema: FieldSchema, body: unknown, [step, ...rest]: readonly string[], value: unknown): unknown {
  if (step === undefined) return value
  const whole = body ?? sampleBody(schema, () => false)
  if (step === '#') {
    const [first, ...others] = Array.isArray(whole) ? Array.from<unknown>(whole) : []
    return [put(schema.items ?? {}, first, rest, value), ...others]
  }
  const members = { ...objectOf(whole) }
  const [first = 'sample'] = Object.keys(members)
  const name = step === '*' ? first : step
  const child = step === '*' ? schema.additionalProperties : schema.properties?.[step]
  members[name] = put(child ?? {}, members[name], rest, value)
  if (members[name] === REMOVED) Reflect.deleteProperty(members, name)
  return members
}
