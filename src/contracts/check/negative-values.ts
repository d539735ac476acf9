/**
 * Makes requests that a schema refuses, one flaw at a time: for every field of a body, every way in which it can be wrong,
 * with the status that the API's conventions give it. Pure: it knows schemas and valid bodies, no target.
 */
import type { FieldSchema } from '../../generated/request-schemas.js'

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

/** A body that fits the schema, with every optional field filled in. */
export function sampleBody(schema: FieldSchema): unknown {
  return fill(schema, undefined)
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
    breakBody: (valid) => values.map((value) => fill(root, valid, place, { value })),
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
    'too-many': maxItems === undefined ? [] : [Array.from({ length: maxItems + 1 }, () => fill(items, undefined))],
  }
}

/**
 * A copy of `value` with every required field there, and whatever is needed to reach `place`, where `end` is put; all fields
 * without a place.
 */
function fill(schema: FieldSchema, value: unknown, place?: readonly string[], end?: { value: unknown }): unknown {
  if (end !== undefined && place?.length === 0) return end.value
  const [step, ...rest] = place ?? []
  const below: Below = (name, child, old) => {
    if (place === undefined) return fill(child, old)
    return name === step ? fill(child, old, rest, end) : fill(child, old, [])
  }
  if (schema.properties !== undefined)
    return fillMembers(schema, value, below, (name) => place === undefined || name === step)
  if (schema.items !== undefined) {
    const list = toItems(value)
    return step === '#' || (list.length === 0 && value === undefined)
      ? [below('#', schema.items, list[0]), ...list.slice(1)]
      : list
  }
  if (schema.additionalProperties !== undefined) {
    const members = toMembers(value)
    const name = Object.keys(members)[0] ?? sampleKey(schema)
    if (step === '*' || value === undefined) members[name] = below('*', schema.additionalProperties, members[name])
    return members
  }
  return value === undefined ? sampleScalar(schema) : value
}

type Below = (name: string, child: FieldSchema, old: unknown) => unknown

function fillMembers(
  { properties = {}, required = [] }: FieldSchema,
  value: unknown,
  below: Below,
  isReached: (name: string) => boolean,
): Record<string, unknown> {
  const members = toMembers(value)
  for (const [name, child] of Object.entries(properties)) {
    const isWanted = isReached(name) || required.includes(name)
    if (isWanted || name in members) members[name] = below(name, child, members[name])
    if (members[name] === REMOVED) Reflect.deleteProperty(members, name)
  }
  return members
}

function toMembers(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

function toItems(value: unknown): unknown[] {
  return Array.isArray(value) ? Array.from<unknown>(value) : []
}

function sampleKey({ propertyNames }: FieldSchema): string {
  return propertyNames?.format === 'uuid' ? SAMPLE_UUID : 'sample'
}

const SAMPLE_UUID = '0190babc-62a0-71d2-832a-0feffa4676eb'

function sampleScalar(schema: FieldSchema): unknown {
  const { type = 'object', format, minLength = 6 } = schema
  const value = schema.enum?.[0] ?? schema.example
  if (value !== undefined) return value
  // Neither 0 nor absent, either of which a server might fill in.
  const number = Math.min(Math.max(schema.minimum ?? 1, 1), schema.maximum ?? Infinity)
  const text = SAMPLE_TEXTS.get(format) ?? 'sample'.padEnd(minLength, 's')
  return { object: {}, array: [], boolean: true, integer: number, number, string: text }[type]
}

const SAMPLE_TEXTS: ReadonlyMap<string | undefined, string> = new Map([
  ['uuid', SAMPLE_UUID],
  ['date-time', '2026-07-14T09:30:04.118Z'],
  ['date', '2026-07-14'],
  ['uri', 'https://example.com/sample'],
  ['email', 'sample@example.com'],
])
