/**
 * Bodies and queries that the schemas of the spec admit: samples, with every field or with those that must be there; and, for
 * random sequences, one for each number, the plainest first.
 */
import { requestSchemas, type FieldSchema } from '../../generated/request-schemas.js'
import { operations } from '../../kernel/all-operations.js'
import type { ApiCall } from '../../kernel/recording/api-call.js'
import type { OperationId } from '../../kernel/operation.js'
import type { QueryParameter } from '../../generated/operations.js'

/** Values that a field may have, by the field's name: those that mean something there. */
export type Words = Readonly<Record<string, readonly unknown[]>>

const SOME_ID = '0190babc-62a0-71d2-832a-0feffa46760'

const SAMPLE_UUID = '0190babc-62a0-71d2-832a-0feffa4676eb'

const ANY_JSON = [
  { text: 'hi', none: null },
  'done',
  { answer: 42, none: null },
  null,
  [1, 'two', [null]],
  { progress: 0.5 },
]

/**
 * The body of a call; undefined for an operation without one.
 * @param form from 0 on: each picks one value of every field
 */
export function bodyOf(operation: OperationId, form: number, words: Words): unknown {
  const schema = requestSchemas[operation]
  if (schema === undefined) return undefined
  const { requestBody } = operations[operation]
  // Every third call leaves a body out that is optional.
  const isLeftOut = requestBody?.required !== true && form % 3 === 1
  return isLeftOut ? undefined : make(schema, '', choose(form), words)
}

export function queryOf(operation: OperationId, form: number, words: Words): ApiCall['query'] {
  const choice = choose(form)
  const query: Record<string, string | number | boolean> = {}
  const parameters: readonly QueryParameter[] = operations[operation].queryParameters
  for (const parameter of parameters) {
    const values = [
      ...(parameter.required ? [] : [undefined]),
      ...(words[parameter.name] ?? valuesOfParameter(parameter)),
    ]
    const value = choice.pick(values)
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      query[parameter.name] = value
  }
  return query
}

function valuesOfParameter({ type, enum: allowed, minimum = 0 }: QueryParameter): readonly unknown[] {
  if (type === 'boolean') return [true, false]
  if (type === 'integer') return [minimum, minimum + 1, minimum + 2, 100]
  return allowed ?? []
}

/** How a body is made: what is there, and which values. */
interface Choice {
  /** One of some values. */
  pick(values: readonly unknown[]): unknown
  hasOptional(name: string): boolean
  /** How many items of a list, or members of a map. */
  count(counts: readonly number[]): number
  /** Names of the members of a map. */
  keys(isOfIds: boolean): readonly unknown[]
  scalar(schema: FieldSchema): unknown
}

/** Picks a value for each field in turn; form 0 picks the first of all. */
function choose(form: number): Choice {
  let fields = 0
  const pick = <Value>(values: readonly Value[]): Value | undefined => {
    fields++
    const mixed = Math.imul(form, 0x9e3779b1) ^ Math.imul(form * fields, 0x85ebca6b)
    return values[((mixed ^ (mixed >>> 15)) >>> 0) % Math.max(1, values.length)]
  }
  return {
    pick,
    hasOptional: () => pick([false, true, false]) === true,
    count: (counts) => pick(counts) ?? 0,
    keys: (isOfIds) => (isOfIds ? [`${SOME_ID}1`, `${SOME_ID}2`] : ['a', 'b']),
    scalar(schema) {
      const { type, minimum, maximum, format, example } = schema
      if (type === undefined) return pick(ANY_JSON)
      if (type === 'boolean') return pick([true, false])
      if (type !== 'string') return pick([minimum ?? 0, maximum ?? 500, minimum ?? 5, minimum ?? -3])
      if (format === 'uuid') return `${SOME_ID}${pick([1, 2, 3])}`
      const isFree = (format ?? example) === undefined
      return isFree ? pick(['text', 'ä\n', '  some text ']) : sampleScalar(schema)
    },
  }
}

/** A body that fits the schema, with the optional fields that are wanted: by default, with all of them. */
export function sampleBody(schema: FieldSchema, hasOptional = (_name: string) => true, words: Words = {}) {
  const sample: Choice = {
    ...choose(0),
    hasOptional,
    keys: (isOfIds) => [isOfIds ? SAMPLE_UUID : 'sample'],
    scalar: sampleScalar,
  }
  return make(schema, '', sample, words)
}

function make(schema: FieldSchema, name: string, choice: Choice, words: Words): unknown {
  const known = words[name] ?? schema.enum
  if (known !== undefined) return choice.pick(known)
  const { type, properties, required = [], additionalProperties: member, propertyNames, items } = schema
  if (type === 'array' && items !== undefined) {
    const length = Math.max(schema.minItems ?? 0, choice.count([1, 2, 3, 0]))
    return Array.from({ length }, () => make(items, `${name}/item`, choice, words))
  }
  if (properties !== undefined) {
    const entries = Object.entries(properties).flatMap(([field, part]) => {
      const isThere = required.includes(field) || choice.hasOptional(field)
      return isThere ? [[field, make(part, field, choice, words)] as const] : []
    })
    return Object.fromEntries(entries)
  }
  if (type !== 'object') return choice.scalar(schema)
  const keys = words[`${name}/*`] ?? choice.keys(propertyNames?.format === 'uuid')
  const shown = keys.slice(0, choice.count([1, 2, 0]))
  return Object.fromEntries(shown.map((key) => [String(key), make(member ?? {}, '*', choice, words)]))
}

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
